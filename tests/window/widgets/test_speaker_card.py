"""The large picture: what comes and goes below the name moves nothing, and has room in every size."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QRectF

from app.window.view.view_state import Mood, SpeakerView
from app.window.widgets.speaker_card import SpeakerCard

VIEW = SpeakerView(Mood.NAMED, "Ana", "98 % sure", ink=0, initials="A")
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
