"""``python test.py`` as a user runs it: files, outputs, and what is wrong with them, each in one line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.audio.reading.reader import read_audio
from app.demo import agreement
from app.diarisation.rttm import read_rttm
from app.exports.reading import read_export
from app.scoring.identification import is_unknown
from app.voiceprints.store import VoiceprintStore
from utils import ROOT, write_wav


def program(*arguments: object, data: Path | None = None, script: str = "test.py", **env: str):
    """Run a script of the program without a display; returns (exit code, stdout, stderr)."""
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    command = [sys.executable, script, *map(str, arguments)] + (["--data", str(data)] if data else [])
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env={**environment, **env}, stdin=subprocess.DEVNULL
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


def one_line(stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line.strip()]
    assert len(lines) == 1, stderr
    return lines[0]


@pytest.fixture(scope="module")
def enrolled(tmp_path_factory, demo_dir) -> Path:
    """A data folder with the demo's three people, made by the command that users run."""
    data = tmp_path_factory.mktemp("data")
    code, out, err = program("--from", demo_dir / "enrolment", data=data, script="build_voiceprint.py")
    assert code == 0, out + err
    return data


@pytest.fixture(scope="module")
def talk(tmp_path_factory, demo_dir) -> Path:
    """The first ten seconds of the demo's conversation, for what does not depend on how long it is."""
    path = tmp_path_factory.mktemp("talk") / "talk.wav"
    write_wav(path, read_audio(demo_dir / "conversation.flac", end_s=10.0))
    return path


def test_the_demo_without_a_display_runs_in_the_terminal_and_names_the_right_people():
    code, out, err = program("--demo")
    assert code == 0, err
    assert "No display here" in err
    share = float(out.split("Right for ")[1].split("%")[0])
    assert share >= 90, out


def test_a_file_gives_rttm_and_json_lines(enrolled, demo_dir, tmp_path):
    rttm, jsonl = tmp_path / "out.rttm", tmp_path / "out.jsonl"
    code, _, err = program(
        "--terminal", "--file", demo_dir / "conversation.flac", "--rttm", rttm, "--jsonl", jsonl, data=enrolled
    )
    assert code == 0, err
    reference = read_rttm(demo_dir / "conversation.rttm")
    people = {path.name for path in (demo_dir / "enrolment").iterdir() if path.is_dir()}
    strangers = {turn.label for turn in reference} - people
    assert agreement(reference, read_rttm(rttm), unknown=strangers)["right"] >= 0.9

    said = [json.loads(line) for line in jsonl.read_text().splitlines()]
    times = [line["time_s"] for line in said]
    assert times == sorted(times)
    assert times[-1] == pytest.approx(soundfile.info(demo_dir / "conversation.flac").duration, abs=0.01)
    labels = {"unknown" if is_unknown(line["label"]) else line["label"] for line in said}
    assert labels == people | {"unknown", None}
    for line in said:
        assert set(line) >= {
            "time_s", "label", "speaker", "confidence", "scores", "gender", "gender_confidence",
            "speech_probability", "level_db",
        }  # fmt: skip
        assert 0 <= line["confidence"] <= 1
        assert line["speaker"] in (None, line["label"])
        if line["label"] is not None:
            assert set(line["scores"]) == people


def test_a_terminated_session_leaves_its_files(enrolled, demo_dir, tmp_path):
    rttm = tmp_path / "out.rttm"
    command = [sys.executable, "test.py", "--terminal", "--realtime", "--file", str(demo_dir / "conversation.flac")]
    command += ["--rttm", str(rttm), "--jsonl", "-", "--data", str(enrolled)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in process.stdout:
        if json.loads(line)["time_s"] > 5:
            break
    process.terminate()
    process.stdout.read()
    assert process.wait(20) == 0
    assert read_rttm(rttm)[0].label == "Ana"


def test_json_lines_on_standard_output_are_nothing_but_json(enrolled, talk):
    code, out, _ = program("--terminal", "--file", talk, "--jsonl", "-", data=enrolled)
    assert code == 0
    assert all("time_s" in json.loads(line) for line in out.splitlines())


def test_a_threshold_of_one_lets_nobody_in(enrolled, talk, tmp_path):
    rttm = tmp_path / "out.rttm"
    program("--file", talk, "--threshold", 1, "--rttm", rttm, data=enrolled)
    assert {turn.label for turn in read_rttm(rttm)} == {"unknown"}


def test_nobody_enrolled_is_said(talk, tmp_path):
    code, out, _ = program("--terminal", "--file", talk, data=tmp_path)
    assert code == 0
    assert "Nobody is enrolled yet" in out
    assert not (tmp_path / "voiceprints.db").exists()  # looking changes nothing


def test_voiceprints_of_another_model_are_not_compared(talk, tmp_path):
    from app.voiceprints.store import EmbeddedSample

    with VoiceprintStore(tmp_path) as store:
        store.set_samples("Ana", "other", "0" * 64, [EmbeddedSample("a.wav", np.eye(1, 192, dtype=np.float32), [3.0])])
    code, out, _ = program("--terminal", "--file", talk, data=tmp_path)
    assert code == 0
    assert "Ana: enrolled with another model" in out
    assert "build_voiceprint.py" in out


def make_bad_files(folder: Path) -> dict[str, Path]:
    files = {name: folder / f"{name}.wav" for name in ("text", "empty", "none", "nan")}
    files["text"].write_text("a letter\n" * 50)
    files["empty"].write_bytes(b"")
    soundfile.write(files["none"], np.zeros(0, np.float32), 16000)
    soundfile.write(files["nan"], np.full(32000, np.nan, np.float32), 16000, subtype="FLOAT")
    return files


@pytest.mark.parametrize(
    ("kind", "message"),
    [("text", "not an audio file"), ("empty", "is empty"), ("none", "no audio"), ("nan", "not numbers")],
)
def test_bad_files_end_in_one_line_and_exit_code_2(kind, message, tmp_path):
    path = make_bad_files(tmp_path)[kind]
    code, _, err = program("--file", path, data=tmp_path)
    assert code == 2
    assert message in one_line(err)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--file", "nowhere.wav"], "no such file"),
        (["--file", "tests"], "folder"),
        (["--demo", "--threshold", "3"], "between -1 and 1"),
        (["--demo", "--rttm", "no/such/folder/x.rttm"], "there is no folder"),
        (["--demo", "--jsonl", "tests"], "this is a folder"),
        (["--demo", "--terminal", "--model", "no-such-model"], "no-such-model"),
    ],
)
def test_bad_options_end_in_one_line_and_exit_code_2(arguments, message):
    code, _, err = program(*arguments)
    assert code == 2
    assert message in one_line(err)


def test_a_tenth_of_a_second_is_no_speech(tmp_path):
    write_wav(tmp_path / "short.wav", np.full(1600, 0.1))
    code, out, _ = program("--file", tmp_path / "short.wav", data=tmp_path)
    assert code == 0
    assert "No speech was heard" in out


def test_a_damaged_database_is_one_line_and_left_alone(tmp_path):
    damaged = b"this was a database once" * 1000
    (tmp_path / "voiceprints.db").write_bytes(damaged)
    write_wav(tmp_path / "a.wav", np.zeros(16000))
    code, _, err = program("--file", tmp_path / "a.wav", data=tmp_path)
    assert code == 1
    assert "damaged" in err
    assert "build_voiceprint.py" in err
    assert (tmp_path / "voiceprints.db").read_bytes() == damaged


def test_a_full_disk_is_one_line(enrolled, demo_dir):
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    code, _, err = program("--file", demo_dir / "conversation.flac", "--jsonl", "/dev/full", data=enrolled)
    assert code == 1
    assert "disk is full" in err


def test_a_real_meeting(speech_dir, enrolled, tmp_path):
    meeting = speech_dir / "dev" / "conversations" / "trn03.flac"
    rttm, jsonl = tmp_path / "out.rttm", tmp_path / "out.jsonl"
    code, _, err = program("--file", meeting, "--rttm", rttm, "--jsonl", jsonl, data=enrolled)
    assert code == 0, err
    turns = read_rttm(rttm)
    assert sum(turn.duration_s for turn in turns) > 5
    assert {turn.label for turn in turns} == {"unknown"}  # nobody of this meeting is enrolled


def test_exports_go_by_their_ending_and_to_standard_output(enrolled, talk, tmp_path):
    files = [tmp_path / name for name in ("10.15.30.srt", "a.vtt", "a.csv", "a.json", "a.rttm", "a.txt", "a.TextGrid")]
    asked = [word for file in files for word in ("--export", file)]
    code, out, err = program("--terminal", "--file", talk, *asked, data=enrolled)
    assert code == 0, err
    assert all(f"Saved: {file}" in out for file in files)
    assert all("Ana" in file.read_text(encoding="utf-8") for file in files)
    document = read_export(tmp_path / "a.json")
    assert (document.file, document.model, document.duration_s) == ("talk", "embedded", 10.0)
    assert len(document.sha256) == 64
    assert document.turns[0].confidence > 0.9
    for other in (read_export(tmp_path / "a.csv"), read_export(tmp_path / "a.rttm")):
        assert other.turns == document.turns
    code, out, err = program("--file", talk, "--export", "-", "--export-format", "text", "--merge-gaps", data=enrolled)
    assert code == 0, err
    assert all(re.fullmatch(r"0:\d\d(\u20130:\d\d)?  \w.*", line) for line in out.splitlines())


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--export", "talk.docx"), "--export talk.docx: the name must end in one of .srt"),
        (("--export", "WhatsApp 10.15.30"), "--export WhatsApp 10.15.30: the name must end in one of .srt"),
        (("--export", "-"), "--export -: say in which format"),
        (("--export", "-", "--export-format", "docx"), "--export-format docx: there is no such format"),
        (("--export-format", "srt"), "name the file with --export"),
        (("--rttm", "-"), "--rttm -: on standard output with --export - --export-format rttm."),
        (("--export", "-", "--export-format", "srt", "--jsonl", "-"), "standard output can hold one"),
        (("--export", "a.srt", "--export", "./a.srt"), "are the same file"),
        (("--export", "nowhere/a.srt"), "there is no folder"),
    ],
)
def test_an_export_that_cannot_be_is_refused_before_anything_is_heard(talk, arguments, named):
    code, _, err = program("--file", talk, *arguments)
    assert code == 2
    assert named in one_line(err)


def test_an_export_never_replaces_the_recording(talk, tmp_path):
    recording = tmp_path / "talk.srt"
    recording.write_bytes(talk.read_bytes())
    code, _, err = program("--file", recording, "--export", recording)
    assert code == 2
    assert "is the same file as --file" in one_line(err)
    assert recording.read_bytes() == talk.read_bytes()
