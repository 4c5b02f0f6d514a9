"""What a decoder looks like to the reader, whichever library is behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from app.audio.reading.length import Length


class Decoder(Protocol):
    """One recording, from its first sample on. One thread uses it."""

    rate: int
    """Hz."""
    channels: int
    length: Length
    notices: list[str]
    """What is to be said about the sound, in phrases; complete when it was read to its end."""

    def seek(self, time_s: float) -> float:
        """Go to ``time_s`` or before it, ahead of the first block; where that is."""

    def blocks(self, most: int) -> Iterator[tuple[int, np.ndarray]]:
        """(rate, samples (n, channels) float32, full scale +-1), ``n`` not much above ``most`` frames, to the end.

        Raises faults.DamagedAudio where nothing at all can be decoded any more. What could not be decoded in between
        is left out, and a notice says so.
        """

    def close(self) -> None: ...
