"""Bluetooth's older speech codec: continuously variable slope delta modulation, one bit a sample at 64 kHz.

As the Bluetooth Core Specification defines it (volume 2, part B, "Baseband", on CVSD, with its parameters for 64
kbit/s): each bit says whether the sound is below the decoder's accumulator, whose step grows while bits are equal.
"""

from __future__ import annotations

import numpy as np

from app.audio.lines.codecs import fit
from utils import SAMPLE_RATE

CODED_RATE = 64_000
ACCUMULATOR_DECAY = 1 - 1 / 32
STEP_DECAY = 1 - 1 / 1024
SMALLEST_STEP, LARGEST_STEP = 10.0, 1280.0
"""On the scale of 16-bit integers; a step that grows does so by the smallest one."""
EQUAL_BITS = 4
"""After so many equal bits the step grows."""


class CVSD:
    """64 kbit/s of telephone band, as headsets without wide-band speech have it."""

    missing = ""

    def __call__(self, samples: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        """Samples (n,) float32 at 16 kHz, coded and decoded: (n,) float32."""
        import soxr

        narrow = soxr.resample(soxr.resample(samples, SAMPLE_RATE, 8000), 8000, CODED_RATE)
        decoded = code(np.clip(narrow * 32768, -32768, 32767))[1] / np.float32(32768)
        narrow = soxr.resample(decoded, CODED_RATE, 8000)
        return fit(soxr.resample(narrow, 8000, SAMPLE_RATE), len(samples))


def code(samples: np.ndarray) -> tuple[list[bool], np.ndarray]:
    """Samples (n,) at 64 kHz, on the scale of 16-bit integers -> n bits, and what is decoded of them: (n,) float32.

    The encoder carries the decoder within itself, so that one run gives both.
    """
    estimate, step, run, last = 0.0, SMALLEST_STEP, 0, False
    bits, decoded = [], []
    for sample in samples.tolist():
        falls = sample < estimate
        run, last = (run + 1 if falls is last else 1), falls
        step = min(step + SMALLEST_STEP, LARGEST_STEP) if run >= EQUAL_BITS else max(STEP_DECAY * step, SMALLEST_STEP)
        moved = estimate - step if falls else estimate + step
        estimate = ACCUMULATOR_DECAY * min(max(moved, -32768.0), 32767.0)
        bits.append(falls)
        decoded.append(estimate)
    return bits, np.array(decoded, np.float32)
