"""How much sound goes through speech detection."""

from __future__ import annotations

import numpy as np
import pytest

from app.audio.vad import SpeechDetector


def detected_lengths(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list that grows by the number of samples of every later call of ``SpeechDetector.process``."""
    lengths: list[int] = []
    process = SpeechDetector.process

    def counting(detector: SpeechDetector, samples: np.ndarray) -> np.ndarray:
        lengths.append(len(samples))
        return process(detector, samples)

    monkeypatch.setattr(SpeechDetector, "process", counting)
    return lengths
