"""The large picture: what comes and goes below the name moves nothing, and has room in every size."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QRectF

from app.scoring.certainty import Certainty
from app.window.view.palette import DARK, INKS, LIGHT
from app.window.view.view_state import Mood, SpeakerView
from app.window.widgets.speaker_card import SpeakerCard
from tests.support.contrast import contrast

VIEW = SpeakerView(Mood.NAMED, "Ana", "certain", ink=0, initials="A")
HINT = "Telephone quality, very noisy: less sure"


def drawn(card: SpeakerCard, view: SpeakerView):
    card.show_view(view)
    return card.grab().toImage()


def lowest_difference(one, other) -> tuple[int, int]:
    """First and last line in which two pictures differ."""
    ratio = one.devicePixelRatio()
    rows = [
        y for y in range(one.height()) if any(one.pixel(x, y) != other.pixel(x, y) for x in range(0, one.width(), 2))
    ]
    return (int(rows[0] / ratio), int(rows[-1] / ratio)) if rows else (-1, -1)


@pytest.mark.parametrize("view", [VIEW, SpeakerView(Mood.UNKNOWN, "Unknown 1", initials="?")])
@pytest.mark.parametrize("size", [(640, 360), (390, 180), (760, 560)])
def test_a_hint_stands_below_and_moves_nothing(theme, view, size):
    card = SpeakerCard(theme)
    card.resize(*size)
    plain, hinted = drawn(card, view), drawn(card, replace(view, hint=HINT))
    first, last = lowest_difference(plain, hinted)
    assert first > size[1] / 2
    assert last < size[1] - 1


@pytest.mark.parametrize("width", [240, 320])
def test_where_there_is_little_room_all_of_it_stays_inside(theme, width):
    card = SpeakerCard(theme)
    card.resize(width, card.minimumSizeHint().height() + 30)
    card.show_view(replace(VIEW, hint=HINT))
    assert QRectF(card.rect()).contains(card.hint_rect())


@pytest.mark.parametrize("size", [(640, 360), (390, 180)])
def test_a_question_mark_stands_behind_a_likely_name_and_moves_no_letter(theme, size):
    card = SpeakerCard(theme)
    card.resize(*size)
    name = replace(VIEW, title="Maximiliane Freifrau von Hohenstein-Wittgenberg", detail="")
    for view in (replace(VIEW, detail=""), name):
        certain = letters(drawn(card, replace(view, certainty=Certainty.CERTAIN)), card)
        likely = letters(drawn(card, replace(view, certainty=Certainty.LIKELY)), card)
        assert certain[0] == likely[0]
        assert certain[1] < likely[1] < size[0]


def letters(image, card: SpeakerCard) -> tuple[int, int]:
    """First and last column in which there is something of the title."""
    title, ground = card.title_rect(), image.pixel(0, image.height() - 1)
    rows = range(int(title.top()) + 1, int(title.bottom()))
    columns = [x for x in range(int(title.left()), image.width()) if any(image.pixel(x, y) != ground for y in rows)]
    return columns[0], columns[-1]


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_a_likely_name_is_paler_and_can_still_be_read(theme, colours):
    theme.use(colours)
    for number in range(INKS):
        ink = theme.ink(number)
        full, pale = (contrast(colour.name(), colours.surface) for colour in (ink, theme.paler(ink)))
        assert 3 <= pale < 0.8 * full


def test_the_tip_has_the_numbers_and_the_whole_name(theme):
    card = SpeakerCard(theme)
    card.show_view(replace(VIEW, detail="likely", certainty=Certainty.LIKELY, numbers="62 % sure"))
    assert card.toolTip() == "Ana?\n62 % sure"
    assert card.accessibleDescription() == "Ana? likely"
