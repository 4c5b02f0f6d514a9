"""Prompts: every position has its share, position by position, with other words each time."""

from __future__ import annotations

import pytest

from app.enrolment.prompts import BACK, NEAR, SOFT, prompts


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


@pytest.mark.parametrize(
    ("samples", "had", "expected"),
    [
        (1, ["near", "back"], [SOFT]),
        (2, ["near"], [BACK, SOFT]),
        (3, ["near", "back", "soft"], [NEAR, BACK, SOFT]),
        (3, ["near", "near", "near"], [BACK, BACK, SOFT]),
        (1, ["", "elsewhere"], [NEAR]),  # of a file
    ],
)
def test_what_is_missing_comes_first(samples, had, expected):
    assert [prompt.position for prompt in prompts(samples, len(had), had)] == expected


def test_sentences_differ_within_a_session_and_between_sessions():
    first, second = prompts(3), prompts(3, recorded_before=3)
    assert len({prompt.sentence for prompt in first}) == 3
    assert not {p.sentence for p in first} & {p.sentence for p in second}
    assert len({prompt.questions for prompt in first}) == 3
    assert len(prompts(40)) == 40  # more than there are sentences: they come again


def test_sentences_in_another_language():
    assert prompts(1, language="de")[0].sentence.startswith("Der große Hund")
    assert prompts(1, language="ar")[0].questions


def test_no_samples_is_a_mistake():
    with pytest.raises(ValueError, match="0 samples"):
        prompts(0)
