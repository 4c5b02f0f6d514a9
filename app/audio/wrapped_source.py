"""What sources that stand before another source have in common."""

from __future__ import annotations

from app.audio.source import AudioBlock, AudioSource, SourceStatus


class WrappedSource:
    """An ``AudioSource`` that is ``source`` once more; who derives from it changes what is read."""

    def __init__(self, source: AudioSource):
        self.name = source.name
        self._source = source

    @property
    def status(self) -> SourceStatus:
        return self._source.status

    @property
    def notices(self) -> tuple[str, ...]:
        """What the source has to say about its sound, if it is one that does."""
        return tuple(getattr(self._source, "notices", ()))

    def start(self) -> None:
        self._source.start()

    def stop(self) -> None:
        self._source.stop()

    def read(self, min_s: float, max_s: float, timeout_s: float = 0.5) -> AudioBlock | None:
        """See ``AudioSource.read``."""
        return self._source.read(min_s, max_s, timeout_s)
