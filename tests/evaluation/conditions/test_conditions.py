"""What is asked for by name."""

from __future__ import annotations

import pytest

from app.audio.lines.lines import CODECS, LINES, missing
from app.evaluation.conditions.conditions import GROUPS, Condition, choose, missing_lines
from utils import BadInput


def test_all_there_is_by_default():
    chosen = choose([])
    assert chosen.sessions
    assert chosen.identification
    sides = {side for one in chosen.conditions for side in (one.enrol, one.test)}
    assert sides == {"clean", *LINES} - {"telephone-band"}
    assert {Condition("clean", name) for name in CODECS} | {Condition(name, name) for name in CODECS} <= {
        *chosen.conditions
    }
    assert len(chosen.conditions) == sum(map(len, GROUPS.values()))


def test_a_line_is_compared_with_what_is_clean_and_with_itself():
    chosen = choose(["gsm", "clean/gsm", "room-2+opus-12/cvsd"])
    assert [str(one) for one in chosen.conditions] == ["clean / gsm", "gsm / gsm", "room-2+opus-12 / cvsd"]
    assert not chosen.sessions
    assert not chosen.identification


def test_parts_that_are_no_lines():
    assert choose(["sessions"]).sessions
    assert not choose(["sessions"]).conditions
    assert choose(["identification", "band"]).identification


@pytest.mark.parametrize("name", ["gms", "clean/gms", "gsm/gsm/gsm", "gsm+", "", "clean+gsm"])
def test_other_names_are_refused(name: str):
    with pytest.raises(BadInput, match="is no condition: there are sessions, identification, clean, band"):
        choose([name])


def test_what_this_machine_lacks_is_told_once():
    lacking = missing_lines(choose([]).conditions)
    assert lacking == missing()
    assert not missing_lines(choose(["gsm", "clean/room-1+mu-law"]).conditions)
    if "amr-wb-12.65" in missing():
        chained = missing_lines(choose(["clean/room-1 + amr-wb-12.65"]).conditions)
        assert chained == {"room-1 + amr-wb-12.65": "FFmpeg's libvo_amrwbenc"}
