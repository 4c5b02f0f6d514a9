"""Float samples in the scale of integers: +-32768 in place of +-1, as NumPy programs write them by mistake."""

from __future__ import annotations

import numpy as np

FAR_ABOVE = 8.0
"""Full scales that headroom never reaches (18 dB)."""
SCALES = (1 << 15, 1 << 23, 1 << 31)


def integer_scale(samples: np.ndarray) -> int:
    """What float samples have to be divided by: 1, or the scale of 16, 24 or 32 bits that they were written in.

    A single loud sample decides nothing: one in twenty of those that are not zero has to be far above full scale.
    """
    sizes = np.abs(samples[samples != 0])
    if not len(sizes) or not np.quantile(sizes, 0.95) > FAR_ABOVE:
        return 1
    return next((scale for scale in SCALES if sizes.max() <= 1.01 * scale), 1)


def scale_notice(scale: int) -> str:
    """What to say of samples that were divided."""
    return f"its samples have the scale of {scale.bit_length()}-bit integers, not of +-1: they were divided"
