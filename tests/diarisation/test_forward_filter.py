"""Evidence over time: changes of speaker are noticed, long turns stay one, and memory does not grow."""

from __future__ import annotations

import pytest

from app.diarisation.forward_filter import Posterior
from app.scoring.identification import is_unknown
from tests.support.synthetic_turns import ANA, BEN, EVA, STRANGER, SyntheticTalk, mix


def test_a_change_without_a_pause_is_noticed_and_dated_back():
    talk = SyntheticTalk().speech(ANA, 3.0).speech(BEN, 1.1)
    assert talk.label == "Ben"
    (first, ana), (second, ben) = talk.unfinished()
    assert (ana, ben) == ("Ana", "Ben")
    assert first[0][0] == pytest.approx(10.0)
    assert second[0][0] == pytest.approx(13.0, abs=0.15)
    assert first[0][1] == pytest.approx(second[0][0])


def test_a_stranger_after_a_long_turn_is_noticed_too():
    """Were all of a turn pooled, the longer it was the longer the name would stay."""
    talk = SyntheticTalk().speech(ANA, 60.0)
    assert talk.label == "Ana"
    talk.speech(STRANGER, 4.0)
    assert is_unknown(talk.label)


def test_a_long_turn_stays_one():
    talk = SyntheticTalk().speech(ANA, 40.0)
    assert [label for _, label in talk.unfinished()] == ["Ana"]
    assert set(talk.labels[4:]) == {"Ana"}


def test_what_is_kept_does_not_grow():
    talk = SyntheticTalk()
    sizes = []
    for _ in range(5):
        for _ in range(12):
            talk.speech(ANA, 1.0).speech(mix((1.0, BEN), (0.4, EVA)), 0.7).silence(0.1)
            talk.turns.pop_finished()
        sizes.append((len(talk.filter.hypotheses), len(talk.filter.path), len(talk.turns.times)))
    assert max(sizes[-1]) <= 45
    assert max(sizes[-1]) <= max(sizes[0]) + 15


def test_the_posterior_is_a_distribution_and_unknown_voices_are_together_in_it():
    talk = SyntheticTalk().speech(ANA, 1.0).speech(STRANGER, 1.0)
    posterior = talk.filter.posterior
    assert sum(posterior.probabilities.values()) == pytest.approx(1)
    assert sum(posterior.plain.values()) == pytest.approx(1)
    assert posterior.plain[posterior.best] == max(posterior.plain.values())
    several = Posterior({"Ana": 0.4, "Unknown 1": 0.25, "unknown": 0.35})
    assert several.best == "unknown"
    assert several.plain == pytest.approx({"Ana": 0.4, "unknown": 0.6})
    assert Posterior({"Ana": 0.4, "Unknown 1": 0.35, "unknown": 0.25}).likeliest == "Unknown 1"


def test_what_is_committed_is_not_in_the_path_any_more_and_what_goes_on_begins_there():
    talk = SyntheticTalk().speech(ANA, 4.0).silence(0.5).speech(ANA, 2.0)
    (split,) = talk.filter.splits(100, 150)
    assert split == 125
    talk.filter.commit(split)
    assert [(segment.first, segment.label) for segment in talk.filter.path] == [(split, "Ana")]
    talk.speech(ANA, 0.5)
    assert [(segment.first, segment.label) for segment in talk.filter.path] == [(split, "Ana")]
