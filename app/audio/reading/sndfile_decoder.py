"""libsndfile: sound whose samples lie in the file as they are, and FLAC, Ogg and MP3 where PyAV is missing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np

from app.audio.reading.faults import DamagedAudio, EmptyAudio, NotAudio
from app.audio.reading.length import UNKNOWN, Length
from app.audio.reading.quiet import quiet
from app.audio.reading.scale import integer_scale, scale_notice
from app.audio.reading.view import View

LONGEST_S = 1000 * 3600.0
"""A header that says more says nothing."""
SPOTS = 40
"""Places at which float samples are looked at for their scale."""
BYTES = {
    "PCM_S8": 1,
    "PCM_U8": 1,
    "ULAW": 1,
    "ALAW": 1,
    "PCM_16": 2,
    "PCM_24": 3,
    "PCM_32": 4,
    "FLOAT": 4,
    "DOUBLE": 8,
}
"""Of one sample."""
COMPRESSED = ("FLAC", "OGG", "MPEG", "MP3")


class SndfileDecoder:
    """See ``decoder.Decoder``. Raises NotAudio for what libsndfile does not know, EmptyAudio for no samples."""

    def __init__(self, file: View, length: Length | None = None, *, noisy: bool = False):
        """``length``: what is known better than by libsndfile. ``noisy``: it may be MP3, whose decoder writes to the
        terminal."""
        import soundfile

        self._view, self.notices = file, []
        self._guard = quiet if noisy else contextlib.nullcontext
        try:
            with self._guard():
                self._file = soundfile.SoundFile(file)
        except (soundfile.LibsndfileError, TypeError, OSError, RuntimeError) as error:
            raise NotAudio(str(error)) from None
        self.rate, self.channels = self._file.samplerate, self._file.channels
        if self._file.frames <= 0:
            self._file.close()
            raise EmptyAudio("no audio in it")
        seconds = self._file.frames / max(1, self.rate)
        self.compressed = self._file.format in COMPRESSED
        self.length = length or (Length(seconds, exact=not self.compressed) if seconds < LONGEST_S else UNKNOWN)
        self._scale = self._float_scale()

    @property
    def format(self) -> str:
        return f"{self._file.format} {self._file.subtype}"

    def expected_bytes(self) -> int:
        """About how many bytes the samples take that the header speaks of; 0 where that is not known."""
        return self._file.frames * self.channels * BYTES.get(self._file.subtype, 0)

    def seek(self, time_s: float) -> float:
        frame = min(round(time_s * self.rate), self._file.frames)
        try:
            with self._guard():
                return self._file.seek(frame) / self.rate
        except (OSError, RuntimeError):
            raise DamagedAudio("damaged audio") from None

    def blocks(self, most: int) -> Iterator[tuple[int, np.ndarray]]:
        given = False
        while True:
            try:
                with self._guard():
                    frames = self._file.read(most, dtype="float32", always_2d=True)
            except (OSError, RuntimeError) as error:
                if given and not self.length.known:  # libsndfile wants to go to an end that it does not know
                    break
                reason = str(error).strip().rstrip(".").removeprefix("Error : ")
                raise DamagedAudio(f"damaged audio ({reason})") from None
            if not len(frames):
                break
            given = True
            yield self.rate, frames if self._scale == 1 else frames / np.float32(self._scale)
        if self.compressed and self._view.read_bytes < 0.9 * self._view.size:
            share = self._view.read_bytes / self._view.size
            self.notices.append(
                f"only about {share:.0%} of it could be heard; `pip install av` brings the decoder that reads all of it"
            )

    def close(self) -> None:
        self._file.close()

    def _float_scale(self) -> int:
        """See ``scale``: judged by spots over the whole recording."""
        if self._file.subtype not in ("FLOAT", "DOUBLE") or not self._file.seekable():
            return 1
        count, size = self._file.frames, max(1, min(self.rate // 10, (1 << 20) // self.channels))
        spots = []
        try:
            for at in sorted({round(share * max(0, count - size)) for share in np.linspace(0, 1, SPOTS)}):
                self._file.seek(at)
                spots.append(self._file.read(size, dtype="float32", always_2d=True).ravel())
            self._file.seek(0)
        except (OSError, RuntimeError):
            return 1
        samples = np.concatenate(spots)
        scale = integer_scale(samples[np.isfinite(samples)])
        if scale > 1:
            self.notices.append(scale_notice(scale))
        return scale
