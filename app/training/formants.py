"""Voices that nobody has: the formants of real ones moved, their pitch left where it is.

Playing speech faster moves pitch and formants together (``augment.change_speed``). With the formants moved apart from
that, each voice leads to a plane of others instead of a line.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import astuple
from pathlib import Path

import numpy as np
from scipy.fft import irfft, rfft

from app.training.corpus import Corpus
from utils import SAMPLE_RATE, atomic_write

FRAME, HOP = 512, 128
"""Samples of a frame, a little over two periods of a low voice, and between frames."""
ENVELOPE_COEFFICIENTS = 32
"""Of the cepstrum: up to 2 ms, below the period of all but the highest voices."""
MOST_GAIN = 4.0
"""Natural logarithm of amplitude, 35 dB: where the envelope is all but nothing, its ratio says nothing."""
BLOCK = 60 * SAMPLE_RATE
"""So much of a corpus is changed at once."""


def shift_formants(speech: np.ndarray, ratio: float) -> np.ndarray:
    """``speech`` (n,) with its spectral envelope stretched along the frequency axis: (n,) float32.

    ``ratio`` of 1.1 puts every formant 10 % higher, as a vocal tract that is 10 % shorter would. The envelope of each
    frame is its cepstrum's low part (Oppenheim and Schafer, "Discrete-Time Signal Processing", homomorphic analysis);
    each frame is filtered by the ratio of the stretched envelope and its own.
    """
    padded = np.pad(speech.astype(np.float32), FRAME)
    window = np.hanning(FRAME + 1)[:-1].astype(np.float32)
    starts = np.arange(0, len(padded) - FRAME + 1, HOP)
    out = np.zeros(len(padded), dtype=np.float32)
    spectrum = rfft(padded[starts[:, None] + np.arange(FRAME)] * window)
    frames = irfft(spectrum * np.exp(_gain(spectrum, ratio)), FRAME) * window
    for start, frame in zip(starts, frames, strict=True):
        out[start : start + FRAME] += frame
    return out[FRAME : FRAME + len(speech)] * np.float32(HOP / np.square(window).sum())


def _gain(spectrum: np.ndarray, ratio: float) -> np.ndarray:
    """Log gains (frames, bins) from the envelopes of spectra (frames, bins) to the stretched ones."""
    cepstrum = irfft(np.log(np.abs(spectrum) + 1e-6), FRAME)
    cepstrum[:, ENVELOPE_COEFFICIENTS : FRAME - ENVELOPE_COEFFICIENTS + 1] = 0
    envelope = rfft(cepstrum).real
    source = np.minimum(np.arange(envelope.shape[1]) / ratio, envelope.shape[1] - 1).astype(np.float32)
    below = np.minimum(source.astype(int), envelope.shape[1] - 2)
    part = source - below
    stretched = envelope[:, below] * (1 - part) + envelope[:, below + 1] * part
    return np.clip(stretched - envelope, -MOST_GAIN, MOST_GAIN)


def load_shifted(corpus: Corpus, ratio: float, cache: str | os.PathLike, progress=None) -> Corpus:
    """``corpus`` with all formants moved by ``ratio``, made on first use into ``cache`` and mapped from there.

    ``progress``: a tqdm-like wrapper for an iterable.
    """
    if ratio == 1:
        return corpus
    records = [astuple(speaker) for speaker in corpus.speakers]
    key = hashlib.sha256(repr((records, len(corpus.samples), ratio)).encode()).hexdigest()[:16]
    path = Path(cache) / f"{key}.formants.int16"
    if not path.is_file():
        starts = range(0, len(corpus.samples), BLOCK)
        with atomic_write(path) as file:
            for start in progress(starts) if progress else starts:
                shifted = shift_formants(corpus.samples[start : start + BLOCK] / np.float32(32768), ratio)
                file.write((np.clip(shifted, -1, 1) * 32767).round().astype("<i2").tobytes())
    return Corpus(np.memmap(path, dtype=np.int16, mode="r"), corpus.speakers)
