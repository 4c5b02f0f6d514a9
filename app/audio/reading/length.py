"""How long a recording is, as far as its file tells before it is heard."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Length:
    """What a file says of its length. It is shown and counted against, never believed: sound is read to the end of
    the bytes."""

    seconds: float | None = None
    """None: the file does not say, as a stream that was never closed."""
    exact: bool = False
    """Whether ``seconds`` is in the file; else it is worked out of a bit rate or the last time stamp, and may be
    wrong."""

    @property
    def known(self) -> bool:
        return self.seconds is not None

    def missing(self, heard_s: float) -> str:
        """What to say after ``heard_s`` seconds were all that there was; empty if that fits."""
        if not self.exact or self.seconds is None or heard_s >= 0.95 * self.seconds:
            return ""
        return f"the header says {self.seconds:.1f} s, {heard_s:.1f} s were heard"


UNKNOWN = Length()
