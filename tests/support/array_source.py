"""An array as if it were a microphone, for tests."""

from __future__ import annotations

import numpy as np

from app.audio.file_source import StreamSource
from utils import SAMPLE_RATE


class ArraySource(StreamSource):
    """Samples (n,), full scale +-1, at 16 kHz."""

    def __init__(self, samples: np.ndarray, *, realtime: bool = False, name: str = "array"):
        samples = np.asarray(samples, np.float32)
        if samples.ndim != 1:
            raise ValueError(f"samples of one channel are (n,), not {samples.shape}")
        step = SAMPLE_RATE
        super().__init__(name, (samples[at : at + step] for at in range(0, len(samples), step)), realtime=realtime)
