from __future__ import annotations

import pytest

from app.demo import agreement
from app.diarisation.timeline import Timeline, Turn, read_rttm, write_rttm
from utils import BadInput


def test_what_is_going_on_is_stated_anew_each_time():
    timeline = Timeline()
    timeline.going_on([([(1.0, 4.0)], "Ana")])
    timeline.going_on([([(1.0, 3.5)], "Ana"), ([(3.5, 6.0)], "Ben")])
    assert timeline.turns() == [Turn(1.0, 3.5, "Ana"), Turn(3.5, 6.0, "Ben")]
    timeline.add(1.0, [(1.0, 3.5)], "Ana")
    timeline.going_on([([(3.5, 7.0)], None)])
    assert timeline.turns() == [Turn(1.0, 3.5, "Ana"), Turn(3.5, 7.0, "unknown")]


def test_hindsight_changes_all_pieces_of_a_turn_and_no_other():
    timeline = Timeline()
    timeline.add(1.0, [(1.0, 2.0), (2.5, 3.0)], "unknown")
    timeline.add(3.0, [(3.0, 4.0)], "Ben")
    timeline.relabel({1.0: "Ana", 9.0: "Eva"})
    assert timeline.turns() == [Turn(1.0, 2.0, "Ana"), Turn(2.5, 3.0, "Ana"), Turn(3.0, 4.0, "Ben")]


def test_neighbours_of_one_label_are_joined_unless_there_is_a_pause():
    timeline = Timeline()
    timeline.add(0.0, [(0.0, 2.0)], "Ana")
    timeline.add(2.0, [(2.0, 3.0), (3.6, 5.0)], "Ana")
    assert timeline.turns() == [Turn(0.0, 3.0, "Ana"), Turn(3.6, 5.0, "Ana")]


def test_speech_without_a_name_is_unknown_unless_very_short():
    timeline = Timeline()
    timeline.add(0.0, [(0.0, 0.1)], None)
    timeline.add(5.0, [(5.0, 5.5)], None)
    assert timeline.turns() == [Turn(5.0, 5.5, "unknown")]


def test_rttm_round_trip(tmp_path):
    path = tmp_path / "out.rttm"
    write_rttm(path, [Turn(0.5, 2.25, "Ana María"), Turn(3.0, 4.0, "unknown")], "my file")
    assert path.read_text().splitlines() == [
        "SPEAKER my_file 1 0.500 1.750 <NA> <NA> Ana_María <NA> <NA>",
        "SPEAKER my_file 1 3.000 1.000 <NA> <NA> unknown <NA> <NA>",
    ]
    assert read_rttm(path) == [Turn(0.5, 2.25, "Ana_María"), Turn(3.0, 4.0, "unknown")]


def test_bad_rttm_names_the_line(tmp_path):
    path = tmp_path / "bad.rttm"
    path.write_text("SPKR-INFO x\nSPEAKER x 1 zero 1 <NA> <NA> a <NA> <NA>\n")
    with pytest.raises(BadInput, match="line 2"):
        read_rttm(path)
    with pytest.raises(BadInput, match="no such file"):
        read_rttm(tmp_path / "none.rttm")


def test_agreement_counts_right_wrong_and_missed():
    reference = [Turn(0, 4, "Ana"), Turn(5, 7, "Stranger")]
    said = [Turn(0, 3, "Ana"), Turn(3, 3.5, "Ben"), Turn(5, 6, "unknown"), Turn(6, 7, "Ben")]
    result = agreement(reference, said, unknown=["Stranger"])
    assert result["speech_s"] == pytest.approx(6)
    assert result["right_s"] == pytest.approx(4)
    assert result["wrong_s"] == pytest.approx(1.5)
    assert result["missed_s"] == pytest.approx(0.5)
    assert result["right"] == pytest.approx(4 / 6)
