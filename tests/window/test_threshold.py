"""What a threshold costs, counted; and the dialog that moves it while one listens."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from app.scoring.cohort import unit
from app.scoring.gallery import Gallery
from app.voiceprints.store import EmbeddedSample
from app.window import strings
from app.window.engine.threshold_errors import ErrorScores, error_scores, expected
from utils import ROOT

LONG = 180_000


def test_rates_are_counted_at_the_threshold():
    scores = ErrorScores(same=np.array([0.3, 0.5, 0.7, 0.9]), different=np.array([-0.1, 0.2, 0.5]))
    assert scores.rejected(0.5) == 0.25
    assert scores.accepted(0.5) == pytest.approx(1 / 3)
    assert ErrorScores().rejected(0.5) is None
    assert ErrorScores().accepted(0.5) is None


def test_people_are_compared_with_the_rest_of_their_own_and_with_each_other():
    rng = np.random.default_rng(0)

    def sample(axis: int) -> EmbeddedSample:
        vectors = unit(np.eye(8)[axis] + 0.05 * rng.normal(size=(2, 8))).astype(np.float32)
        return EmbeddedSample(f"{axis}.wav", vectors, [3.0, 3.0])

    samples = {"Ana": [sample(0), sample(0)], "Ben": [sample(1)]}
    gallery = Gallery(("Ana", "Ben"), np.eye(8, dtype=np.float32)[:2])
    scores = error_scores(gallery, samples)
    assert len(scores.same) == 4  # Ben's only recording has nothing to be compared with
    assert len(scores.different) == 6
    assert scores.same.min() > 0.9
    assert scores.different.max() < 0.3


CARD = {
    "thresholds": [
        {
            "speech_s": 3.0,
            "threshold": 0.58,
            "scale": 25.0,
            "offset": -12.7,
            "false_accepts": 0.01,
            "false_rejects": 0.1,
            "eer": 0.035,
        }
    ]
}


def recorded(likeness: float) -> list[EmbeddedSample]:
    """Three recordings whose scores with each other are about ``likeness``."""
    near = np.eye(8, dtype=np.float32)
    off = np.sqrt(1 / likeness - 1)
    return [EmbeddedSample(f"{n}.wav", unit(near[0] + off * near[n + 1])[None], [3.0]) for n in range(3)]


def test_what_is_expected_follows_from_people_in_general_and_ones_own_recordings():
    gallery = Gallery(("Ana",), np.eye(8, dtype=np.float32)[:1])
    alike, apart = (expected(gallery, {"Ana": recorded(likeness)}, CARD) for likeness in (0.9, 0.4))
    assert alike.recordings == 3
    for threshold in (0.4, 0.58, 0.7):
        assert alike.rejected(threshold) < apart.rejected(threshold)
        assert alike.accepted(threshold) == apart.accepted(threshold)
    assert alike.accepted(0.58) == pytest.approx(0.01, abs=1e-3)  # as the card says
    assert alike.rejected(0.7) > alike.rejected(0.5)
    two = expected(gallery, {"Ana": recorded(0.9), "Ben": recorded(0.9)}, CARD)
    assert two.accepted(0.58) == pytest.approx(0.02, abs=1e-3)  # there are two names to get


def test_nothing_is_expected_of_nobody_or_of_a_card_that_says_too_little():
    gallery = Gallery(("Ana",), np.eye(8, dtype=np.float32)[:1])
    for nothing in (expected(gallery, {}, CARD), expected(gallery, {"Ana": recorded(0.9)}, {"threshold": 0.5})):
        assert nothing.accepted(0.5) is None
        assert nothing.rejected(0.5) is None


@pytest.mark.parametrize(
    ("share", "of", "text"), [(0.0, 50, "< 2.0 %"), (0.5, 50, "50 %"), (0.021, 50, "2.1 %"), (1e-6, 1000, "< 0.1 %")]
)
def test_none_of_a_few_is_not_nothing(share, of, text):
    assert strings.rate(share, of).replace("\u00a0", " ") == text


def test_the_dialog_tells_what_to_expect_of_the_people_enrolled(qtbot, window, voice, demo_dir, tmp_path):
    build = ["build_voiceprint.py", "--from", str(demo_dir / "enrolment"), "--data", str(tmp_path)]
    assert subprocess.run([sys.executable, *build], cwd=ROOT, capture_output=True).returncode == 0
    shown = window(voice("Ana"))
    shown.listening.open_threshold()
    dialog = shown.listening.threshold_dialog
    qtbot.waitUntil(lambda: "your own 15 recordings" in dialog.basis.text(), timeout=LONG)
    told = {}
    for value in (20, 90):
        dialog.slider.setValue(value)
        told[value] = [
            float(label.text().strip("<\u00a0%")) for label in (dialog.accepted_label, dialog.rejected_label)
        ]
    assert told[20][0] > 20 > 1 > told[90][0]
    assert told[20][1] < 1 < 50 < told[90][1]
    dialog.accept()


def test_the_slider_moves_the_rule_while_it_listens(qtbot, window, voice):
    shown = window(voice("Ana"))
    shown.start()
    qtbot.waitUntil(lambda: shown.engine.facts.identification is not None, timeout=LONG)
    own = shown.engine.facts.rule.threshold
    shown.listening.open_threshold()
    dialog = shown.listening.threshold_dialog
    assert dialog.threshold == pytest.approx(own, abs=0.006)
    dialog.slider.setValue(85)
    qtbot.waitUntil(lambda: shown.engine.facts.rule.threshold == 0.85, timeout=LONG)
    qtbot.waitUntil(lambda: shown.engine.context.recogniser.rule.threshold == 0.85, timeout=LONG)
    qtbot.waitUntil(lambda: "somebody is enrolled" in dialog.basis.text(), timeout=LONG)  # nobody to measure with
    dialog.use_own()
    qtbot.waitUntil(lambda: shown.engine.facts.rule.threshold == own, timeout=LONG)
    dialog.accept()
    assert shown.engine.facts.running
