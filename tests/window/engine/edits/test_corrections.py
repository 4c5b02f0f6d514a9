"""Labels that the user gave stay on the stretch of time, however the turns change."""

from __future__ import annotations

from app.diarisation.timeline import Turn
from app.window.engine.edits.corrections import Corrections

ANA, BEN = Turn(0.0, 4.0, "Ana"), Turn(5.0, 7.0, "Ben")


def test_without_corrections_turns_stay():
    assert Corrections().apply([ANA, BEN]) == (ANA, BEN)


def test_a_label_stays_with_its_time_while_the_turn_grows():
    corrections = Corrections()
    corrections.add([ANA], "Zoe")
    assert corrections.apply([Turn(0.2, 5.0, "unknown"), BEN]) == (Turn(0.2, 5.0, "Zoe"), BEN)


def test_the_newest_correction_counts_until_all_are_cleared():
    corrections = Corrections()
    corrections.add([ANA, BEN], "Zoe")
    corrections.add([BEN], "Dora")
    assert [turn.label for turn in corrections.apply([ANA, BEN])] == ["Zoe", "Dora"]
    corrections.clear()
    assert corrections.apply([ANA]) == (ANA,)


def test_a_correction_is_of_its_own_channel():
    corrections = Corrections()
    corrections.add([Turn(0.0, 4.0, "Ana", 2)], "Zoe")
    turns = [Turn(0.0, 4.0, "Ana", 1), Turn(0.0, 4.0, "Ana", 2)]
    assert [turn.label for turn in corrections.apply(turns)] == ["Ana", "Zoe"]
