"""Whether another program, or another window, has written to the store since it was looked at last."""

from __future__ import annotations

from pathlib import Path

from app.voiceprints.store import VoiceprintStore
from utils import HeardError


class StoreWatch:
    """Keeps the store open, since only a connection that stays can tell; one thread. Looking takes microseconds."""

    def __init__(self, data: Path):
        self._store = VoiceprintStore(data)
        self._seen: object = self._look()

    def changed(self) -> bool:
        """Whether anything was written, or the file replaced, since this was asked last, or since the beginning."""
        now = self._look()
        before, self._seen = self._seen, now
        return now != before

    def close(self) -> None:
        self._store.close()

    def _look(self) -> object:
        file = _identity(self._store.path)
        if file != getattr(self, "_file", file):  # made, removed, or put in place of another: the old one tells nothing
            self._store.close()
        self._file = file
        try:
            return file, self._store.version() if file else 0
        except HeardError:  # in use, or damaged: whoever needs it says so
            self._store.close()
            return file, None


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
