"""How loud sound is."""

from __future__ import annotations

import numpy as np

FLOOR_DB = -120.0
FULL_SCALE = 0.999
"""From here on a sample counts as clipped: converters of all widths reach it only there."""


def level_db(samples: np.ndarray) -> float:
    """RMS level of samples (n,) in dB relative to full scale, -120 to 0 or a little more; -120 for none."""
    if not len(samples):
        return FLOOR_DB
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    return max(FLOOR_DB, 10 * float(np.log10(max(power, 1e-12))))


def clipped_fraction(samples: np.ndarray) -> float:
    """Part of the samples (n,) at full scale, 0 to 1."""
    return float(np.mean(np.abs(samples) >= FULL_SCALE)) if len(samples) else 0.0
