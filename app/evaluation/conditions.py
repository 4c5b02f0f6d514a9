"""Worse conditions than a corpus was recorded in, the same for every network and on every machine."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from app.audio.acoustics import noisy_room, simulated_room
from app.corpus.clips import Clip

SNR_DB = 10.0
RT60_S = (0.2, 0.6)


def noisy(clip: Clip, samples: np.ndarray) -> np.ndarray:
    """``samples`` (n,) of ``clip`` in a simulated room, with noise 10 dB below the speech: (n,) float32.

    Room and noise are drawn from the clip's file name and start, so both sides of a trial have their own. They are of
    the kinds that training simulates too, with other draws: recorded noise would be the same noise that it hears.
    """
    key = hashlib.sha256(f"{Path(clip.path).name} {clip.start_s}".encode()).digest()
    rng = np.random.default_rng(list(key[:16]))
    return noisy_room(samples, simulated_room(rng.uniform(*RT60_S), rng), SNR_DB, rng)
