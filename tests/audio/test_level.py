"""How loud sound is."""

from __future__ import annotations

import numpy as np
import pytest

from app.audio.level import clipped_fraction, level_db


@pytest.mark.parametrize(
    ("samples", "db"),
    [
        (np.ones(100, np.float32), 0.0),
        (np.full(100, 0.1, np.float32), -20.0),
        (np.sin(np.arange(16_000) * 2 * np.pi / 160).astype(np.float32), -3.0103),
        (np.zeros(100, np.float32), -120.0),
        (np.zeros(0, np.float32), -120.0),
        (np.full(100, 1e-9, np.float32), -120.0),
    ],
)
def test_level(samples, db):
    assert level_db(samples) == pytest.approx(db, abs=1e-3)


def test_clipping():
    sound = np.array([0.0, 1.0, -1.0, 32767 / 32768, 0.9, -0.99, 0.5, 0.1], np.float32)
    assert clipped_fraction(sound) == 3 / 8
    assert clipped_fraction(sound[:0]) == 0.0
