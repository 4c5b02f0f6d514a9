"""The chime after a good recording: two soft tones, as samples."""

from __future__ import annotations

from functools import cache

import numpy as np

from utils import SAMPLE_RATE

TONES_HZ = (659.3, 880.0)
"""E5 and A5."""
TONE_S, STEP_S = 0.32, 0.11
LOUDNESS = 0.16


@cache
def chime() -> np.ndarray:
    """(n,) float32 at 16 kHz, full scale +-1, 0.43 s: two tones that fade, the second a little later."""
    sound = np.zeros(round((TONE_S + STEP_S) * SAMPLE_RATE), np.float32)
    time_s = np.arange(round(TONE_S * SAMPLE_RATE)) / SAMPLE_RATE
    envelope = np.minimum(1.0, time_s / 0.01) * np.exp(-9 * time_s) * np.minimum(1.0, (TONE_S - time_s) / 0.03)
    for index, tone_hz in enumerate(TONES_HZ):
        start = round(index * STEP_S * SAMPLE_RATE)
        tone = np.sin(2 * np.pi * tone_hz * time_s) + 0.25 * np.sin(4 * np.pi * tone_hz * time_s)
        sound[start : start + len(tone)] += LOUDNESS * envelope * tone
    return sound
