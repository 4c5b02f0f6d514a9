from __future__ import annotations

from pathlib import Path

import pytest

from app.evaluation.trials import Trial, find_speakers, read_trials
from utils import BadInput


def trials_of(*lines: str) -> list[Trial]:
    return [Trial(line[0] == "1", *line.split()[1:]) for line in lines]


def test_read_trials(tmp_path: Path):
    path = tmp_path / "trials.txt"
    path.write_text("1 a/1.wav a/2.wav\n\n0 a/1.wav b/1.wav\n")
    assert read_trials(path) == [Trial(True, "a/1.wav", "a/2.wav"), Trial(False, "a/1.wav", "b/1.wav")]


def test_names_with_spaces_and_with_commas(tmp_path: Path):
    path = tmp_path / "trials.txt"
    path.write_text("1\ta 1.wav\ta 2.wav\n0,a 1.wav,b.wav\n1 a,1.wav a,2.wav\n")
    assert read_trials(path) == [
        Trial(True, "a 1.wav", "a 2.wav"),
        Trial(False, "a 1.wav", "b.wav"),
        Trial(True, "a,1.wav", "a,2.wav"),
    ]


@pytest.mark.parametrize(
    ("text", "complaint"), [("", "no trials"), ("1 a b\n2 a b\n", "line 2"), ("1 a\n", "line 1"), ("1 a b c", "line 1")]
)
def test_bad_trials(tmp_path: Path, text: str, complaint: str):
    path = tmp_path / "trials.txt"
    path.write_text(text)
    with pytest.raises(BadInput, match=complaint):
        read_trials(path)


def test_no_trials_file(tmp_path: Path):
    with pytest.raises(BadInput, match="no such list"):
        read_trials(tmp_path / "none.txt")
    with pytest.raises(BadInput, match="no such list"):
        read_trials(tmp_path)
    (tmp_path / "sound.txt").write_bytes(b"\xff\xfe\x00RIFF")
    with pytest.raises(BadInput, match="not a list of trials"):
        read_trials(tmp_path / "sound.txt")


def test_a_table_of_trials_with_its_conditions(tmp_path: Path):
    path = tmp_path / "trials.csv"
    path.write_text("enrol,test,label,condition,snr\na b.wav,c.wav,target,far,10\na b.wav,d.wav,0,near,\n")
    assert read_trials(path) == [
        Trial(True, "a b.wav", "c.wav", (("condition", "far"),)),
        Trial(False, "a b.wav", "d.wav", (("condition", "near"),)),
    ]
    assert [trial.conditions for trial in read_trials(path, ["snr"])] == [(("snr", "10"),), (("snr", ""),)]
    tabs = tmp_path / "trials.tsv"
    tabs.write_text("same\ta\tb\nTrue\tx\ty\n")
    assert read_trials(tabs) == [Trial(True, "x", "y")]


@pytest.mark.parametrize(
    ("text", "conditions", "complaint"),
    [
        ("file,other\n1,2\n", [], "needs the columns"),
        ("", [], "no trials"),
        ("target,enrol,test\n", [], "no trials"),
        ("target,enrol,test\n1,a,b\nperhaps,a,b\n", [], "line 3"),
        ("target,enrol,test\n1,a\n", [], "line 2"),
        ("target,enrol,test\n1,a,b\n", ["snr"], "no column snr; there are target, enrol, test"),
    ],
)
def test_bad_tables(tmp_path: Path, text: str, conditions: list[str], complaint: str):
    path = tmp_path / "trials.csv"
    path.write_text(text)
    with pytest.raises(BadInput, match=complaint):
        read_trials(path, conditions)


def test_a_plain_list_has_no_conditions(tmp_path: Path):
    path = tmp_path / "trials.txt"
    path.write_text("1 a b\n")
    with pytest.raises(BadInput, match="only a list with a heading"):
        read_trials(path, ["snr"])


def test_speakers_by_folder_as_in_voxceleb():
    trials = trials_of("1 id1/v1/1.wav id1/v2/1.wav", "0 id1/v1/1.wav id2/v1/1.wav", "0 id3/x/1.wav id2/v1/1.wav")
    speakers = find_speakers(trials)
    assert speakers.by_folder
    assert len(speakers) == 3  # id3, too, though no same-speaker trial has it
    first, second = speakers.sides(trials)
    assert (first == second).tolist() == [True, False, False]


def test_speakers_by_a_deeper_folder():
    trials = trials_of("1 wav/ana/1.wav wav/ana/2.wav", "0 wav/ana/1.wav wav/ben/1.wav")
    assert find_speakers(trials).by_folder


@pytest.mark.parametrize("folder", ["", "same/", "1/"])
def test_speakers_as_same_speaker_trials_link_them(folder: str):
    lines = [f"1 {folder}a {folder}b", f"1 {folder}c {folder}b", f"0 {folder}a {folder}d", f"1 {folder}e {folder}d"]
    speakers = find_speakers(trials_of(*lines))
    assert not speakers.by_folder
    groups: dict[int, set[str]] = {}
    for file, number in speakers.of_file.items():
        groups.setdefault(number, set()).add(file.removeprefix(folder))
    assert sorted(map(sorted, groups.values())) == [["a", "b", "c"], ["d", "e"]]
    assert len(speakers) == 2
