"""Sound of several channels as one."""

from __future__ import annotations

import numpy as np


def mono(frames: np.ndarray) -> np.ndarray:
    """Sound of one or more channels (n, channels) as one channel (n,): their mean.

    The voice may be on one channel or on all of them. One channel is given as it is, not copied.
    """
    return frames[:, 0] if frames.shape[1] == 1 else frames.mean(axis=1)
