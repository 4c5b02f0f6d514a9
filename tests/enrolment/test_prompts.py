"""Prompts: every position has its share, position by position, with other words each time."""

from __future__ import annotations

import pytest

from app.enrolment.prompts import BACK, NEAR, POSITIONS, SOFT, prompts


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (1, [NEAR]),
        (2, [NEAR, BACK]),
        (3, [NEAR, BACK, SOFT]),
        (4, [NEAR, NEAR, BACK, SOFT]),
        (7, [NEAR, NEAR, NEAR, BACK, BACK, SOFT, SOFT]),
    ],
)
def test_samples_are_shared_out_among_the_positions(samples, expected):
    assert [prompt.position for prompt in prompts(samples)] == expected


def test_sentences_differ_within_a_session_and_between_sessions():
    first, second = prompts(6), prompts(6, recorded_before=6)
    assert len({prompt.sentence for prompt in first}) == 6
    assert not {p.sentence for p in first} & {p.sentence for p in second}
    assert len(prompts(40)) == 40  # more than there are sentences: they come again


def test_every_sentence_is_about_eight_seconds_long_and_there_are_several():
    for position in POSITIONS:
        assert len(set(position.sentences)) == len(position.sentences) >= 4
        for sentence in position.sentences:
            assert 20 <= len(sentence.split()) <= 30


def test_no_samples_is_a_mistake():
    with pytest.raises(ValueError, match="0 samples"):
        prompts(0)
