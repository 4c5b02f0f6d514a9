"""Windows whose spectrum is computed once for all: of the frames of 25 ms most belong to many windows.

A frame that reaches beyond its window, where there are zeros, is the window's own. All others lie on one grid, for
windows begin at multiples of 32 samples and their frames follow each 160 later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from app.embedding.ecapa_onnx import HOP, N_FFT
from app.embedding.log_mel import LogMel
from app.embedding.windows import EmbedsBatches, Span, Windows

STEP = 32
"""Samples from one place of the grid to the next: windows begin, and frames follow each other, by multiples of it."""
OFFSET = -(N_FFT // 2) % STEP
"""Sample at which the first frame of the grid begins: frames are centred."""

Result = tuple[np.ndarray, np.ndarray]


class SpectrumWindows(Windows):
    """See ``Windows``; for an encoder whose network can be given decibels."""

    def __init__(self, encoder: EmbedsBatches, log_mel: LogMel, embed: Callable[..., Result]):
        """``embed(decibels, overlaps=...)``: from the decibels (B, T, mels) of windows to their embeddings (B, D) of
        unit length and, with ``overlaps``, the probabilities (B,) of ``Encoder.embed_batch_with_overlap``."""
        super().__init__(encoder)
        self._log_mel, self._embed = log_mel, embed
        self._decibels = np.zeros((0, log_mel.mels), np.float32)  # of the grid's frames from ``_at`` on
        self._at = 0

    def append(self, samples: np.ndarray) -> None:
        """See ``Windows.append``."""
        super().append(samples)
        begin = STEP * (self._at + len(self._decibels)) + OFFSET - self._first
        if len(self._sound) - begin >= N_FFT:
            frames = np.lib.stride_tricks.sliding_window_view(self._sound[begin:], N_FFT)[::STEP]
            self._decibels = np.concatenate([self._decibels, self._log_mel.frames(frames)])

    def forget(self, before: int) -> None:
        """See ``Windows.forget``."""
        super().forget(before)
        drop = min(len(self._decibels), max(0, -(-(self._first - OFFSET) // STEP) - self._at))
        self._decibels = self._decibels[drop:].copy()
        self._at += drop

    def embed(self, spans: Sequence[Span]) -> np.ndarray:
        """See ``Windows.embed``."""
        return self._by_length(spans, overlaps=False)[0]

    def embed_with_overlap(self, spans: Sequence[Span]) -> Result:
        """See ``Windows.embed_with_overlap``."""
        return self._by_length(spans, overlaps=True)

    def _by_length(self, spans: Sequence[Span], *, overlaps: bool) -> Result:
        lengths = {end - start for start, end in spans}
        if len(lengths) == 1:
            return self._embed(self._spectra(spans), overlaps=overlaps)
        out: list[Result] = [()] * len(spans)
        for length in lengths:
            places = [place for place, (start, end) in enumerate(spans) if end - start == length]
            found = self._by_length([spans[place] for place in places], overlaps=overlaps)
            for place, *row in zip(places, *found, strict=True):
                out[place] = row
        return tuple(np.stack(rows) for rows in zip(*out, strict=True))

    def _spectra(self, spans: Sequence[Span]) -> np.ndarray:
        """(B, T, mels): the decibels of windows of one length."""
        starts, length = np.array([start for start, _ in spans]), spans[0][1] - spans[0][0]
        if (starts % STEP).any() or starts.min() < self._first:
            raise ValueError(f"windows begin at multiples of {STEP}, and where sound is kept")
        begins = HOP * np.arange(length // HOP + 1) - N_FFT // 2
        whole = (begins >= 0) & (begins + N_FFT <= length)
        out = np.empty((len(spans), len(begins), self._log_mel.mels), np.float32)
        places = (starts[:, None] + begins[whole]) // STEP - self._at
        out[:, whole] = self._decibels[places]
        waves = np.stack([self._cut(span) for span in spans])
        padded = np.pad(waves, ((0, 0), (N_FFT // 2, N_FFT // 2)))
        frames = begins[~whole, None] + N_FFT // 2 + np.arange(N_FFT)
        out[:, ~whole] = self._log_mel.frames(padded[:, frames])
        return out
