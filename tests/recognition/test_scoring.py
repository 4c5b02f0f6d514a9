from __future__ import annotations

import numpy as np
import pytest

from app.recognition.scoring import Gallery, score, unit


def test_score_is_the_cosine_to_the_best_row_of_a_person():
    rows = unit(np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0]], np.float32))
    gallery = Gallery(("Ana", "Ana", "Ben"), rows)
    scores = score(np.array([0, 1, 0], np.float32), gallery)
    assert scores == pytest.approx({"Ana": 1.0, "Ben": 0.5**0.5})
    assert gallery.people == ["Ana", "Ben"]


def test_nobody_enrolled():
    assert score(np.ones(192, np.float32), Gallery()) == {}


def test_names_and_rows_must_agree():
    with pytest.raises(ValueError, match="2 names"):
        Gallery(("Ana", "Ben"), np.zeros((1, 192), np.float32))


def test_unit_keeps_zeros():
    assert unit(np.zeros((2, 3))).tolist() == [[0, 0, 0], [0, 0, 0]]
