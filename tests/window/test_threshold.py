"""What a threshold costs, counted; and the dialog that moves it while one listens."""

from __future__ import annotations

import numpy as np
import pytest

from app.recognition.scoring import Gallery, unit
from app.recognition.voiceprints import Sample
from app.window.threshold_errors import ErrorScores, error_scores

LONG = 180_000


def test_rates_are_counted_at_the_threshold():
    scores = ErrorScores(same=np.array([0.3, 0.5, 0.7, 0.9]), different=np.array([-0.1, 0.2, 0.5]))
    assert scores.rejected(0.5) == 0.25
    assert scores.accepted(0.5) == pytest.approx(1 / 3)
    assert ErrorScores().rejected(0.5) is None
    assert ErrorScores().accepted(0.5) is None


def test_people_are_compared_with_the_rest_of_their_own_and_with_each_other():
    rng = np.random.default_rng(0)

    def sample(axis: int) -> Sample:
        vectors = unit(np.eye(8)[axis] + 0.05 * rng.normal(size=(2, 8))).astype(np.float32)
        return Sample(f"{axis}.wav", vectors, [3.0, 3.0])

    samples = {"Ana": [sample(0), sample(0)], "Ben": [sample(1)]}
    gallery = Gallery(("Ana", "Ben"), np.eye(8, dtype=np.float32)[:2])
    scores = error_scores(gallery, samples)
    assert len(scores.same) == 4  # Ben's only recording has nothing to be compared with
    assert len(scores.different) == 6
    assert scores.same.min() > 0.9
    assert scores.different.max() < 0.3


def test_the_slider_moves_the_rule_while_it_listens(qtbot, window, voice):
    shown = window(voice("Ana"))
    shown.start()
    qtbot.waitUntil(lambda: shown._listener.facts.said is not None, timeout=LONG)
    own = shown._listener.facts.rule.threshold
    shown.open_threshold()
    dialog = shown.threshold_dialog
    assert dialog.threshold == pytest.approx(own, abs=0.006)
    dialog.slider.setValue(85)
    qtbot.waitUntil(lambda: shown._listener.facts.rule.threshold == 0.85, timeout=LONG)
    qtbot.waitUntil(lambda: shown._listener.recogniser.rule.threshold == 0.85, timeout=LONG)
    qtbot.waitUntil(lambda: "two people" in dialog.basis.text(), timeout=LONG)  # nobody to measure with
    dialog.use_own()
    qtbot.waitUntil(lambda: shown._listener.facts.rule.threshold == own, timeout=LONG)
    dialog.accept()
    assert shown._listener.facts.running
