from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.corpus.clips import Clip
from app.corpus.manifest import read_clips
from app.embedding.encoder import Encoder
from app.evaluation.open_set import OpenSetConfig, SpeakerEmbeddings, embed_speaker, measure_open_set, split_speakers
from app.scoring.decision import DecisionRule
from utils import SAMPLE_RATE, BadInput


def voice(own: list[float], *windows: list[float]) -> SpeakerEmbeddings:
    """Made to unit length by two more coordinates, which voiceprints and windows have apart: products stay."""
    own, windows = np.array([own]), np.array(windows)

    def rest(vectors: np.ndarray) -> np.ndarray:
        return np.sqrt(np.maximum(0, 1 - (vectors**2).sum(axis=1, keepdims=True)))

    none = np.zeros((len(windows), 1))
    return SpeakerEmbeddings(np.hstack([own, rest(own), none[:1]])[0], np.hstack([windows, none, rest(windows)]))


def test_rates_by_hand():
    """Two of three are enrolled, in every draw one of the three is the stranger; scores are first coordinates."""
    a = voice([1.0, 0, 0], [0.9, 0, 0], [0.9, 0, 0])
    b = voice([0, 1.0, 0], [0, 0.8, 0], [0.7, 0.6, 0])  # its second window is taken for a
    c = voice([0, 0, 1.0], [0, 0, 0.9], [0, 0, 0.2])
    config = OpenSetConfig(enrolled=2, draws=600, false_accepts=0.0)
    result = measure_open_set([a, b, c], config)
    # Without a enrolled its windows score 0; without b the second one scores 0.7 for a: the threshold is above that.
    assert result["threshold"] == pytest.approx(0.8)
    assert result["false_accepts"] == 0
    # Right: both of a, one of b, one of c; in each draw four windows are of enrolled people.
    assert result["right"] == pytest.approx((2 + 1 + 1) / 6, abs=0.03)
    assert result["misnamed"] == 0
    assert result["closed_set"] == pytest.approx((4 + 3 + 4) / 12, abs=0.04)  # a's hold on b counts in one draw of two
    assert result["speakers"] == 3
    assert result["windows"] == 6
    low, high = result["right_interval"]
    assert 0 <= low <= result["right"] <= high <= 1
    assert low < high

    lax = measure_open_set([a, b, c], OpenSetConfig(enrolled=2, draws=600, false_accepts=0.3))
    assert lax["threshold"] <= 0.7
    assert 0 < lax["false_accepts"] <= 0.3
    assert lax["misnamed"] == pytest.approx(1 / 12, abs=0.02)


def test_the_interval_is_narrow_where_all_people_are_alike_and_wide_where_they_are_not():
    names = np.eye(12)
    alike = [voice(list(names[i]), *[list(0.9 * names[i])] * 3) for i in range(12)]
    config = OpenSetConfig(enrolled=2, draws=50, bootstrap_rounds=60)
    assert measure_open_set(alike, config)["right_interval"] == [1, 1]
    unlike = [*alike[:6], *(voice(list(names[i]), *[list(0.1 * names[0])] * 3) for i in range(6, 12))]
    low, high = measure_open_set(unlike, config)["right_interval"]
    assert high - low > 0.2


def test_a_rule_is_held_against_what_comes_true():
    voices = [voice([1.0, 0], *[[0.8, 0]] * 10), voice([0, 1.0], *[[0, 0.8]] * 10), voice([0, 0], *[[0.8, 0]] * 10)]
    config = OpenSetConfig(enrolled=2, draws=10, bootstrap_rounds=5)
    assert "cllr" not in measure_open_set(voices, config)
    result = measure_open_set(voices, config, rule=DecisionRule(0.5, scale=10.0, offset=-4.0))
    low, high = result["reliability"]
    # The third one sounds like the first, and not like his own voiceprint.
    assert (low["said"], low["trials"]) == (pytest.approx(1 / (1 + np.exp(4))), 60)
    assert (high["said"], high["trials"]) == (pytest.approx(1 / (1 + np.exp(-4))), 30)
    assert high["same"] == pytest.approx((20 / 30) / (20 / 30 + 10 / 60))
    assert low["same"] == pytest.approx((10 / 30) / (10 / 30 + 50 / 60))
    assert result["cllr"] > result["min_cllr"]


@pytest.fixture(scope="module")
def two_people(speech_dir: Path) -> list[Clip]:
    """Five utterances of each of two."""
    clips = [clip for clip in read_clips(speech_dir / "dev.csv") if clip.corpus == "librispeech-test-other"]
    names = sorted({clip.speaker for clip in clips})[:2]
    return [clip for name in names for clip in [c for c in clips if c.speaker == name][:5]]


def test_windows_are_not_of_the_enrolled_clips(two_people: list[Clip]):
    parts = split_speakers(two_people, OpenSetConfig(enrolled=1, enrolment_s=10.0))
    assert len(parts) == 2
    for part in parts:
        assert len(part.enrolment) == 10 * SAMPLE_RATE
        assert {len(window) for window in part.windows} == {2 * SAMPLE_RATE}
        enrolled = {some.tobytes() for some in np.lib.stride_tricks.sliding_window_view(part.enrolment, 100)}
        assert not any(window[:100].tobytes() in enrolled for window in part.windows)


def test_too_few_people(two_people: list[Clip]):
    with pytest.raises(BadInput, match=r"0 speakers .* are too few to enrol 5"):
        split_speakers(two_people[:2], OpenSetConfig())


def test_real_voices_are_told_apart(two_people: list[Clip], encoder: Encoder):
    config = OpenSetConfig(enrolled=1, enrolment_s=10.0, false_accepts=0.05)
    voices = [embed_speaker(part, encoder.embed) for part in split_speakers(two_people, config)]
    result = measure_open_set(voices, config)
    assert result["right"] > 0.8
    assert result["closed_set"] == 1
