from __future__ import annotations

import numpy as np
import pytest

from app.scoring.cohort import Cohort, Side, similarities, unit
from app.scoring.decision import DecisionRule, decide
from app.scoring.gallery import Gallery, best, score


def test_score_is_the_cosine_to_the_best_row_of_a_person():
    rows = unit(np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0]], np.float32))
    gallery = Gallery(("Ana", "Ana", "Ben"), rows)
    scores = score(np.array([0, 1, 0], np.float32), gallery)
    assert scores == pytest.approx({"Ana": 1.0, "Ben": 0.5**0.5})
    assert gallery.people == ("Ana", "Ben")
    assert gallery.owners.tolist() == [0, 0, 1]


def test_nobody_enrolled():
    assert score(np.ones(192, np.float32), Gallery()) == {}


def test_names_and_rows_must_agree():
    with pytest.raises(ValueError, match="2 names"):
        Gallery(("Ana", "Ben"), np.zeros((1, 192), np.float32))


def test_unit_keeps_zeros():
    assert unit(np.zeros((2, 3))).tolist() == [[0, 0, 0], [0, 0, 0]]


@pytest.fixture
def voices() -> np.ndarray:
    """80 made-up voices (80, 16)."""
    return unit(np.random.default_rng(3).standard_normal((80, 16))).astype(np.float32)


def test_normalised_scores_by_hand(voices: np.ndarray):
    cohort, a, b = Cohort(voices[2:], top=5), voices[0], voices[1]

    def nearest(voice: np.ndarray) -> tuple[float, float]:
        best = np.sort(voices[2:] @ voice)[-5:]
        return best.mean(), best.std()

    (mean_a, deviation_a), (mean_b, deviation_b) = nearest(a), nearest(b)
    cosine = float(a @ b)
    seen = ((cosine - mean_a) / deviation_a + (cosine - mean_b) / deviation_b) / 2
    expected = cohort.mean + cohort.deviation * seen
    assert -1 < expected < 0.7
    assert similarities(a[None], b[None], cohort)[0, 0] == pytest.approx(expected, abs=1e-5)
    assert similarities(a[None], b[None])[0, 0] == pytest.approx(cosine)


def test_a_cohort_leaves_its_own_members_out_of_their_statistics(voices: np.ndarray):
    cohort = Cohort(voices, top=5)
    others = [np.sort(np.delete(voices @ voice, index))[-5:] for index, voice in enumerate(voices)]
    assert cohort.mean == pytest.approx(np.mean(others), abs=1e-5)
    assert cohort.deviation == pytest.approx(np.std(others, axis=1).mean(), abs=1e-5)


def test_a_voice_that_resembles_everybody_scores_lower_with_a_cohort(voices: np.ndarray):
    """Two voices at the same cosine from a voiceprint: the one nearer to the crowd is the less convincing."""
    crowd = unit(voices + 3 * voices[0])
    cohort = Cohort(crowd, top=20)
    voiceprint = unit(voices[0] + 2 * voices[1])
    plain = unit(np.stack([voices[0], voices[2]]))
    gallery = Gallery(("Ana",), voiceprint[None].astype(np.float32), cohort)
    common, rare = (score(voice, gallery)["Ana"] - float(voice @ voiceprint) for voice in plain)
    assert common < rare


def test_a_gallery_scores_the_same_in_a_crowd_and_alone(voices: np.ndarray):
    cohort = Cohort(voices[:60], top=10)
    gallery = Gallery(tuple("abcdefgh"), voices[60:68], cohort)
    together = gallery.row_scores(voices[70:75])
    alone = [[score(voice, gallery)[name] for name in gallery.people] for voice in voices[70:75]]
    assert together == pytest.approx(np.array(alone), abs=1e-6)
    assert np.all(np.abs(similarities(voices, voices, cohort)) <= 1)


def test_statistics_do_not_depend_on_how_many_voices_are_asked_for(voices: np.ndarray, monkeypatch):
    cohort = Cohort(voices[:60], top=10)
    whole = cohort.side(voices)
    monkeypatch.setattr("app.scoring.cohort.BLOCK", 7)
    for one, other in zip(whole, cohort.side(voices), strict=True):
        assert one == pytest.approx(other, abs=1e-6)


@pytest.fixture(scope="module")
def many() -> Gallery:
    """2,000 people, every third one with two rows; eight of them are the very same voice."""
    rng = np.random.default_rng(0)
    vectors = unit(rng.standard_normal((2666, 32))).astype(np.float32)
    vectors[100:108] = vectors[100]
    names = [f"{i:04}" for i in range(2000)]
    return Gallery((*names, *names[:1998:3]), vectors)


@pytest.mark.parametrize("normalised", [False, True])
@pytest.mark.parametrize("most", [1, 2, 5, 20, 5000])
def test_the_best_are_the_highest_of_all(many: Gallery, normalised: bool, most: int):
    rng = np.random.default_rng(1)
    cohort = Cohort(unit(rng.standard_normal((60, 32))).astype(np.float32), top=20) if normalised else None
    gallery = Gallery(many.names, many.vectors, cohort)
    for probe in (*unit(rng.standard_normal((20, 32))), many.vectors[100]):
        everybody = score(probe.astype(np.float32), gallery)
        ranked = sorted(everybody.items(), key=lambda item: (-item[1], item[0]))
        assert list(best(probe.astype(np.float32), gallery, most).items()) == ranked[:most]


def test_deciding_needs_no_more_than_the_best(many: Gallery):
    rng, rule = np.random.default_rng(2), DecisionRule(threshold=0.6, margin=0.05)
    answers = []
    for row in (100, 200, 2300):  # of eight alike, alone, and a person's second row
        probe = unit(many.vectors[row] + 0.1 * rng.standard_normal(32)).astype(np.float32)
        answers.append(decide(best(probe, many), rule))
        assert answers[-1] == decide(score(probe, many), rule)
    assert [answer.speaker for answer in answers] == [None, "0200", many.names[2300]]


def test_nobody_is_best_in_an_empty_gallery():
    assert best(np.ones(192, np.float32), Gallery()) == {}


def test_the_scores_of_a_large_gallery_are_those_of_float64():
    rng = np.random.default_rng(3)
    vectors = unit(rng.standard_normal((20_000, 192))).astype(np.float32)
    gallery = Gallery(tuple(f"{i:05}" for i in range(20_000)), vectors)
    probe = unit(vectors[7] + 0.08 * rng.standard_normal(192)).astype(np.float32)
    truth = vectors.astype(float) @ probe.astype(float)
    order = np.argsort(-truth)[:20]
    found = best(probe, gallery)
    assert list(found) == [f"{i:05}" for i in order]
    assert list(found.values()) == pytest.approx(truth[order], abs=1e-6)


def test_scores_never_leave_the_scale_of_a_cosine_and_keep_their_order(voices: np.ndarray):
    cohort = Cohort(voices[20:], top=5)
    turned = np.linspace(np.pi, 0, 41)  # angles to the first axis
    vectors = np.zeros((41, 16), np.float32)
    vectors[:, 0], vectors[:, 1] = np.cos(turned), np.sin(turned)
    where = np.full((41, 1), cohort.mean), np.full((41, 1), cohort.deviation / 2)
    one, other = (
        Side(some, some, np.zeros(41, np.intp), *where) for some in (vectors, np.eye(16, dtype=np.float32)[[0] * 41])
    )
    scores = cohort.pair_scores(one, other)
    assert np.all(np.diff(scores[scores > -1]) > 0)
    assert scores.min() >= -1
    assert 0.9 < scores.max() <= 1
