"""What the window remembers from one start to the next: size, device, looks. A small file in the data folder.

Of a sealed data folder, what may name people (microphones, folders, models of one's own) is in another file, sealed.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from app.enrolment.sentences import codes
from app.sealing.private_files import read_private, write_private
from app.sealing.unlocking import home_of, is_sealed, opens_silently
from app.voiceprints.sides import NAMING_SETTINGS, SETTINGS
from app.window.widgets.theme import Appearance
from utils import HeardError, make_private_dir, parse_json

SEALED = "window.json"
"""What may name people, in the sealed folder."""


class Settings:
    """``window.ini`` in the data folder; without a folder nothing is remembered.

    A folder that cannot be written to is no error: then nothing is remembered, either.
    """

    def __init__(self, data: Path | None):
        self._store = _Kept(data) if data else _Nowhere()

    @property
    def geometry(self) -> QByteArray | None:
        value = self._store.value("geometry")
        return value if isinstance(value, QByteArray) and not value.isEmpty() else None

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._store.setValue("geometry", value)

    @property
    def device(self) -> str | None:
        return self._text("device") or None

    @device.setter
    def device(self, value: str | None) -> None:
        self._store.setValue("device", value or "")

    @property
    def channel(self) -> int | None:
        """The one of ``device`` that was chosen, from 1 on; None for all of them."""
        text = self._text("channel")
        number = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
        return number or None

    @channel.setter
    def channel(self, value: int | None) -> None:
        self._store.setValue("channel", "" if value is None else str(value))

    @property
    def model(self) -> str | None:
        """The name or path that was chosen last; None if none was."""
        return self._text("model") or None

    @model.setter
    def model(self, value: str) -> None:
        self._store.setValue("model", value)

    def threshold(self, model: str) -> float | None:
        """The threshold that was chosen for this model; None for the model's own."""
        if self._store.value("threshold_of") != model:
            return None
        try:
            value = float(self._store.value("threshold"))
        except (TypeError, ValueError):
            return None
        return value if -1 <= value <= 1 else None

    def keep_threshold(self, model: str, threshold: float | None) -> None:
        """Remember the threshold of one model at a time: another model's is worth nothing."""
        self._store.setValue("threshold_of", model)
        self._store.setValue("threshold", "" if threshold is None else threshold)

    @property
    def appearance(self) -> Appearance:
        value = self._store.value("appearance", "system")
        known = isinstance(value, str) and value in {a.value for a in Appearance}
        return Appearance(value) if known else Appearance.SYSTEM

    @appearance.setter
    def appearance(self, value: Appearance) -> None:
        self._store.setValue("appearance", value.value)

    def shown(self, part: str) -> bool:
        """Whether a part of the window ("gender", "timeline", "spectrogram") is wanted: all are, at first."""
        return self._flag(f"show_{part}")

    def show(self, part: str, wanted: bool) -> None:
        self._set_flag(f"show_{part}", wanted)

    @property
    def merge_gaps(self) -> bool:
        """Whether exports for readers leave out the short pauses of one speaker: they do, at first."""
        return self._flag("merge_gaps")

    @merge_gaps.setter
    def merge_gaps(self, wanted: bool) -> None:
        self._set_flag("merge_gaps", wanted)

    @property
    def export_ending(self) -> str:
        """Of the format that was saved last, without the dot; empty if none was."""
        return self._text("export_ending")

    @export_ending.setter
    def export_ending(self, value: str) -> None:
        self._store.setValue("export_ending", value)

    @property
    def folder(self) -> str:
        """Where a file was opened or saved last."""
        return self._text("folder")

    @folder.setter
    def folder(self, value: str) -> None:
        self._store.setValue("folder", value)

    @property
    def language(self) -> str | None:
        """In which language to read at an enrolment, as it was chosen last; None if it never was."""
        code = self._text("language")
        return code if code in codes() else None

    def keep_language(self, code: str) -> None:
        self._store.setValue("language", code)

    @property
    def just_talk(self) -> bool:
        """Whether there are questions to talk about in place of a sentence to read."""
        return self._store.value("just_talk", "false") in (True, "true")

    def keep_just_talk(self, wanted: bool) -> None:
        self._set_flag("just_talk", wanted)

    def _text(self, key: str) -> str:
        """Empty where nothing is kept, or something else than a text."""
        value = self._store.value(key)
        return value if isinstance(value, str) else ""

    def _flag(self, key: str) -> bool:
        """True where nothing is kept."""
        return self._store.value(key, "true") in (True, "true")

    def _set_flag(self, key: str, wanted: bool) -> None:
        self._store.setValue(key, "true" if wanted else "false")


class _Kept:
    """Settings in ``window.ini``; those that may name people in the sealed folder, while there is one."""

    def __init__(self, data: Path):
        self._data, self._plain = data, _private(data / SETTINGS)
        self._carry()

    def value(self, key: str, default: object = None) -> object:
        if key in NAMING_SETTINGS and (home := self._carry()):
            return self._read(home).get(key, default)
        return self._plain.value(key, default)

    def setValue(self, key: str, value: object) -> None:
        if key in NAMING_SETTINGS and (home := self._carry()):
            self._write(home, {**self._read(home), key: value})
        else:
            self._plain.setValue(key, value)

    def sync(self) -> None:
        self._plain.sync()

    def _carry(self) -> Path | None:
        """The sealed folder, if there is one. What stands in the plain file and may name people moves there."""
        if not is_sealed(home := home_of(self._data)):
            return None
        if named := {key: self._plain.value(key) for key in NAMING_SETTINGS if self._plain.contains(key)}:
            self._write(home, {**self._read(home), **named})
            for key in named:
                self._plain.remove(key)
            self._plain.sync()
        return home

    @staticmethod
    def _read(home: Path) -> dict[str, object]:
        try:
            values = parse_json(read_private(home / SEALED)) if opens_silently(home) else {}
        except (OSError, ValueError, HeardError):  # none yet, or damaged
            return {}
        return values if isinstance(values, dict) else {}

    @staticmethod
    def _write(home: Path, values: dict[str, object]) -> None:
        texts = {key: value for key, value in values.items() if isinstance(value, str)}
        with contextlib.suppress(OSError, HeardError):
            if opens_silently(home):
                write_private(home / SEALED, json.dumps(texts).encode())


def _private(path: Path) -> QSettings:
    """Settings in a file that its owner alone can read; an old one becomes so. Qt keeps the mode when it writes."""
    with contextlib.suppress(OSError):
        make_private_dir(path.parent)
        path.touch(mode=0o600)
        if os.name == "posix":
            path.chmod(0o600)
    return QSettings(str(path), QSettings.Format.IniFormat)


class _Nowhere:
    """Settings that are not kept."""

    def value(self, key: str, default: object = None) -> object:
        return default

    def setValue(self, key: str, value: object) -> None:
        """Forget it."""
