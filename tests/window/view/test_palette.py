"""Colours that can be read, and that stay with their people."""

from __future__ import annotations

import pytest

from app.window.view.palette import DARK, INKS, LIGHT, assign_inks
from tests.support.contrast import contrast

AA_TEXT, AA_SHAPES = 4.5, 3.0


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)  # the usual example of barely enough
    assert contrast("#123456", "#123456") == 1


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_everything_can_be_read(colours):
    for name in ("text", "muted", "accent", "good", "warning", "error"):
        for ground in ("background", "surface", "raised"):
            assert contrast(getattr(colours, name), getattr(colours, ground)) >= AA_TEXT, (name, ground)
    assert contrast(colours.on_accent, colours.accent) >= AA_TEXT
    for ground in (colours.background, colours.surface, colours.raised):
        assert contrast(colours.edge, ground) >= AA_SHAPES
    assert len(colours.inks) == INKS == len(set(colours.inks))
    for ink in colours.inks:
        assert contrast(ink, colours.surface) >= AA_TEXT  # a name on a card, and letters on a disc
        assert contrast(ink, colours.track) >= AA_SHAPES  # a bar
    assert contrast(colours.text, colours.track) >= AA_SHAPES  # the threshold's mark


def test_everybody_has_a_colour_of_their_own():
    names = [f"person {number}" for number in range(INKS)]
    assert sorted(assign_inks(names).values()) == list(range(INKS))


def test_a_colour_does_not_depend_on_the_order_of_names():
    names = ["Ana", "Ben", "Colin", "Σοφία"]
    assert assign_inks(names) == assign_inks(reversed(names))


def test_more_people_than_colours_share_them_evenly():
    inks = list(assign_inks([f"person {number}" for number in range(3 * INKS)]).values())
    assert {inks.count(ink) for ink in range(INKS)} == {3}


def test_one_person_keeps_the_colour_across_runs():
    assert assign_inks(["Ana"]) == {"Ana": 0}
