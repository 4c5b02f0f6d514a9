from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from app.cli import evaluate
from app.corpus.manifest import read_clips
from app.diarisation.rttm import read_rttm
from app.scoring.metrics import equal_error_rate
from model import Architecture, SpeakerNetwork, save_checkpoint
from utils import ROOT, SAMPLE_RATE, BadInput, write_wav


@pytest.fixture
def tiny_model(tmp_path: Path) -> Path:
    """A network that was never trained: enough to tell tones apart."""
    torch.manual_seed(0)
    arch = Architecture(channels=16, mfa_channels=48, scale=4, se_channels=8, attention_channels=8, embedding_dim=32)
    save_checkpoint(tmp_path / "tiny.safetensors", SpeakerNetwork(arch), {"name": "tiny", "threshold": 0.5})
    return tmp_path / "tiny.safetensors"


@pytest.fixture
def trials(tmp_path: Path) -> Path:
    time_s, folder = np.arange(SAMPLE_RATE) / SAMPLE_RATE, tmp_path / "audio"
    for name, frequency in (("a1", 300), ("a2", 305), ("b1", 2000), ("b2", 2010)):
        write_wav(folder / f"{name}.wav", 0.5 * np.sin(2 * np.pi * frequency * time_s))
    path = tmp_path / "trials.txt"
    path.write_text("1 a1.wav a2.wav\n1 b1.wav b2.wav\n0 a1.wav b1.wav\n0 a2.wav b2.wav\n")
    return path


def run(*arguments: str | Path) -> int:
    return evaluate.run([*map(str, arguments)])


def test_json_and_scores(trials: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    scores = tmp_path / "scores.txt"
    audio = trials.parent / "audio"
    assert run(trials, "--audio-root", audio, "--model", tiny_model, "--json", "--scores", scores) == 0
    result = json.loads(capsys.readouterr().out)
    assert result.keys() >= {"eer", "min_dcf", "threshold", "trials", "accuracy", "f1"}
    assert result.keys() >= {"eer_interval", "actual_dcf", "at_default", "cllr", "min_cllr", "speakers", "normalised"}
    assert result["min_dcf"].keys() == {"0.01", "0.05"}
    assert result["trials"] == 4
    lines = [line.split() for line in scores.read_text().splitlines()]
    assert [" ".join(line[:3]) for line in lines] == trials.read_text().splitlines()
    values = np.array([float(line[3]) for line in lines])
    assert (np.abs(values) <= 1.000001).all()
    assert result["eer"] == pytest.approx(equal_error_rate(values[:2], values[2:])[0])


def test_text_is_in_percent(trials: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]):
    assert run(trials, "--audio-root", trials.parent / "audio", "--model", tiny_model) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()][:3] == ["trials", "scores", "EER"]
    assert "%" in out


def test_conditions_and_a_picture(trials: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    table, picture = tmp_path / "audio" / "trials.csv", tmp_path / "det.svg"
    rows = ["1,a1.wav,a2.wav,x", "1,b1.wav,b2.wav,y", "0,a1.wav,b1.wav,x", "0,a2.wav,b2.wav,y"]
    table.write_text("target,enrol,test,room\n" + "\n".join(rows) + "\n")
    assert run(table, "--model", tiny_model, "--condition", "room", "--det", picture) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()[-3:]] == ["room", "x", "y"]
    assert "EER" in picture.read_text()
    assert "room x" in picture.read_text()
    with pytest.raises(BadInput, match=r"picture is one of \.png"):
        run(table, "--model", tiny_model, "--det", tmp_path / "det.gif")


def test_scores_of_one_kind_of_trial_are_kept_though_there_are_no_figures(
    trials: Path, tiny_model: Path, tmp_path: Path
):
    (tmp_path / "one.txt").write_text("1 a1.wav a2.wav\n")
    out = tmp_path / "scores.txt"
    with pytest.raises(BadInput, match="both"):
        run(tmp_path / "one.txt", "--audio-root", trials.parent / "audio", "--model", tiny_model, "--scores", out)
    assert out.read_text().startswith("1 a1.wav a2.wav ")


def test_with_and_without_normalisation(trials: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    torch.manual_seed(0)
    arch = Architecture(channels=16, mfa_channels=48, scale=4, se_channels=8, attention_channels=8, embedding_dim=32)
    network = SpeakerNetwork(arch)
    network.cohort = torch.nn.functional.normalize(torch.randn(60, 32))
    save_checkpoint(tmp_path / "norm.safetensors", network, {"name": "norm", "threshold": 0.5})
    results = []
    for extra in ((), ("--no-norm",)):
        arguments = ("--audio-root", trials.parent / "audio", "--model", tmp_path / "norm.safetensors", "--json")
        assert run(trials, *arguments, *extra) == 0
        results.append(json.loads(capsys.readouterr().out))
    assert [result["normalised"] for result in results] == [True, False]
    assert ["at_default" in result for result in results] == [True, False]  # the card's threshold is not for cosines
    assert results[0]["threshold"] != results[1]["threshold"]


def test_all_pairs_of_a_table(trials: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    table = tmp_path / "t.csv"
    table.write_text("speaker,corpus,file\na,x,audio/a1.wav\na,x,audio/a2.wav\nb,x,audio/b1.wav\nb,x,audio/b2.wav\n")
    assert run("--pairs", table, "--crop-s", "0", "0.5", "--model", tiny_model, "--json", "--record") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["corpus"], row["crop_s"], row["trials"], row["speakers"]) for row in rows] == [
        ("x", 0, 6, 2),
        ("x", 0.5, 6, 2),
    ]
    recorded = json.loads(tiny_model.with_suffix(".json").read_text())["figures"]
    assert recorded["command"] == "python -m app evaluate --pairs t.csv --crop-s 0 0.5"
    assert [row["eer"] for row in recorded["rows"]] == pytest.approx([row["eer"] for row in rows], abs=1e-4)
    with pytest.raises(BadInput, match="'y'"):
        run("--pairs", table, "--corpus", "y", "--model", tiny_model)


def test_noise_and_a_reference_make_rows_of_their_own(
    trials: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    pytest.importorskip("resemblyzer", reason="pip install --group teacher")
    table = tmp_path / "t.csv"
    table.write_text("speaker,corpus,file\na,x,audio/a1.wav\na,x,audio/a2.wav\nb,x,audio/b1.wav\nb,x,audio/b2.wav\n")
    arguments = ("--pairs", table, "--noisy", "--beside", "resemblyzer", "--model", tiny_model)
    assert run(*arguments, "--record", "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["model"], row["noisy"]) for row in rows] == [
        ("tiny", False),
        ("resemblyzer", False),
        ("tiny", True),
        ("resemblyzer", True),
    ]
    assert ["at_default" in row for row in rows] == [True, False, True, False]
    assert rows[0]["threshold"] != rows[2]["threshold"]
    recorded = json.loads(tiny_model.with_suffix(".json").read_text())["figures"]
    assert recorded["command"] == "python -m app evaluate --pairs t.csv --crop-s 0 --noisy --beside resemblyzer"
    assert len(recorded["rows"]) == 4
    assert run(*arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines[1:]] == ["tiny", "resemblyzer"] * 2
    assert len({line.rindex("  ") for line in lines[1:]}) == 1


def test_open_set(speech_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], tiny_model: Path):
    clips = [clip for clip in read_clips(speech_dir / "dev.csv") if clip.corpus == "librispeech-test-other"]
    table = tmp_path / "t.csv"
    rows = [f"{clip.speaker},x,{clip.path}" for i, clip in enumerate(clips) if i % 10 < 6 and i < 60]
    table.write_text("speaker,corpus,file\n" + "\n".join(rows) + "\n")
    arguments = ("--open-set", table, "--model", tiny_model, "--record", "--json")
    assert run(*arguments) == 0
    row = json.loads(capsys.readouterr().out)
    assert (row["model"], row["corpus"], row["speakers"]) == ("tiny", "x", 6)
    assert 0 <= row["right"] <= row["closed_set"] <= 1
    recorded = json.loads(tiny_model.with_suffix(".json").read_text())["open_set"]
    assert recorded["command"] == "python -m app evaluate --open-set t.csv"


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("t.txt", "--pairs", "t.csv"),
        ("t.txt", "--record"),
        ("t.txt", "--noisy"),
        ("t.txt", "--crop-s", "3"),
        ("t.txt", "--quick"),
        ("t.txt", "--beside", "resemblyzer"),
        ("--pairs", "t.csv", "--crop-s", "0.01"),
        ("--pairs", "t.csv", "--scores", "s.txt"),
        ("--pairs", "t.csv", "--det", "d.png"),
        ("--open-set", "t.csv", "--condition", "x"),
        ("--pairs", "t.csv", "--open-set", "t.csv"),
        ("--open-set", "t.csv", "--noisy"),
        ("--open-set", "t.csv", "--crop-s", "3"),
        ("--open-set", "t.csv", "--conversations", "t.csv"),
        ("--open-set", "t.csv", "--quick"),
        ("--conversations", "t.csv", "--record"),
        ("--conversations", "t.csv", "--enrolled", "51"),
        ("--conversations", "t.csv", "--seeds", "0"),
        ("--conversations", "t.csv", "--overlap", "much"),
    ],
)
def test_options_that_do_not_go_together(arguments: tuple[str, ...]):
    with pytest.raises(SystemExit) as left:
        run(*arguments)
    assert left.value.code == 2


def test_options_that_do_not_go_together_are_named(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        run("--open-set", "t.csv", "--noisy", "--seeds", "3", "--beside", "embedded", "--no-norm", "--adults")
    assert capsys.readouterr().err.splitlines()[-1].endswith("error: --noisy, --seeds: not with --open-set")


def test_a_mistake_is_one_line_and_exit_code_2(tiny_model: Path):
    command = [sys.executable, "-m", "app", "evaluate", "none.txt", "--model", str(tiny_model)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["heard: none.txt: no such list of trials."]


@pytest.fixture
def four_people(speech_dir: Path, tmp_path: Path) -> Path:
    """A table of some of four people's clips, a corpus of little else, and an impostor where they are looked for."""
    clips = [clip for clip in read_clips(speech_dir / "dev.csv") if clip.corpus == "librispeech-test-other"]
    names = sorted({clip.speaker for clip in clips})[:4]
    some = [clip for name in names for clip in [clip for clip in clips if clip.speaker == name][:6]]
    rows = [f"{clip.speaker},read,{clip.path}" for clip in some]
    rows += [f"short-{name},words,{clips[0].path}" for name in "ab"]
    (tmp_path / "t.csv").write_text("speaker,corpus,file\n" + "\n".join(rows) + "\n")
    folder = tmp_path / "dev" / "impostors"
    folder.mkdir(parents=True)
    (folder / "one.opus").write_bytes((speech_dir / "dev" / "impostors" / "000.opus").read_bytes())
    return tmp_path / "t.csv"


SMALL = ("--enrolled", "2", "--strangers", "1", "--length-s", "20", "--seeds", "1", "--conditions", "20")


def test_conversations(four_people: Path, speech_dir: Path, capsys: pytest.CaptureFixture[str]):
    meetings = four_people.parent / "meetings"
    meetings.mkdir()
    for name in ("dev00.flac", "dev00.rttm", "dev01.flac", "dev01.rttm"):
        (meetings / name).write_bytes((speech_dir / "dev" / "conversations" / name).read_bytes())
    assert run("--conversations", four_people, *SMALL, "--baselines", "--meetings", meetings, "--json") == 0
    out, err = capsys.readouterr()
    lines = json.loads(out)
    assert err.startswith("heard: left out words: of 2 people 0 can be enrolled")
    assert [(line["corpus"], line["condition"]) for line in lines] == [("read", "20 dB")] * 9 + [
        ("meetings", "as recorded")
    ] * 9
    systems = ["heard", "record 7 s", "end of segment", "3 s window"]
    late = ["right after 0.5 s", "right after 0.75 s", "right after 1 s"]
    assert [line["system"] for line in lines[:9]] == [*systems, *late, *systems[2:]]
    assert [line["best_in_hindsight"] for line in lines[:9]] == [False] * 7 + [True] * 2
    for line in lines:
        assert 0 <= line["error"] <= 1
        assert line["speech_s"] > 5
        assert line["der"] >= 0
    for own, best in zip(lines[2:4], lines[7:9], strict=True):
        assert best["error"] <= own["error"]
    assert 0 < lines[4]["error"] < lines[5]["error"] < lines[6]["error"]
    assert lines[4]["strangers_named"] == lines[4]["enrolled_confused"] == lines[4]["extra_changes_per_min"] == 0
    assert lines[4]["time_to_name_s"]["median"] == pytest.approx(0.5)
    assert lines[9]["conversations"] == 2


def test_conversations_in_markdown(four_people: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]):
    arguments = ("--conversations", four_people, "--corpus", "read", *SMALL, "--length-s", "10", "--baselines")
    assert run(*arguments, "--model", tiny_model, "--markdown") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + 9
    assert len({line.count("|") for line in lines}) == 1
    assert lines[2].startswith("| read 20 dB | ")
    assert lines[3].startswith("| record 7 s, 0.52 | ")


def test_conversations_by_telephone_and_on_another_day(
    four_people: Path, speech_dir: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
):
    small = ("--enrolled", "2", "--strangers", "1", "--length-s", "10", "--seeds", "1", "--model", tiny_model)
    sessions = ("--sessions", speech_dir / "dev-sessions.csv", "--conditions", "day", "telephone")
    assert run("--conversations", four_people, "--corpus", "read", *small, *sessions, "--json") == 0
    rows = [(line["corpus"], line["condition"]) for line in json.loads(capsys.readouterr().out)]
    assert rows == [("read", "telephone"), ("wuw", "day")]


def test_conversations_by_two_processes_are_the_same(
    four_people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], tiny_model: Path
):
    arguments = ("--conversations", four_people, "--corpus", "read", *SMALL, "--seeds", "2", "--enrolment-s", "5", "10")
    tables = []
    for jobs in ("1", "2"):
        assert run(*arguments, "--model", tiny_model, "--jobs", jobs, "--keep", tmp_path / jobs) == 0
        tables.append([line.rsplit(maxsplit=1)[0] for line in capsys.readouterr().out.splitlines()])  # core left out
    assert tables[0] == tables[1]
    assert [line[:20] for line in tables[0][2:]] == ["read 20 dB, 5 s     ", "read 20 dB, 10 s    "]
    assert len({len(line) for line in tables[0][2:]}) == 1
    kept = sorted(path.name for path in (tmp_path / "1").iterdir())
    assert len(kept) == 2 * 2 * 4
    assert kept[0] == "read_20_dB_2_enrolled_seed_1_10_s.jsonl"
    assert all((tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes() for name in kept)
    assert read_rttm(tmp_path / "1" / "read_20_dB_2_enrolled_seed_1_10_s.reference.rttm")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--corpus", "words"), "words: of 2 people 0 can be enrolled"),
        (("--conditions", "loud"), "'loud' is no condition"),
        (("--conditions", "day"), "dev-sessions.csv: no such table, which the condition day needs"),
        (("--impostors", "nowhere"), "nowhere: no such folder"),
    ],
)
def test_conversations_that_cannot_be_made(four_people: Path, arguments: tuple[str, ...], message: str):
    with pytest.raises(BadInput, match=message):
        run("--conversations", four_people, *arguments)


def test_trials_with_a_file_that_cannot_be_used_are_left_out_and_named(
    trials: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
):
    folder = trials.parent / "audio"
    (folder / "empty.wav").write_bytes(b"")
    lines = [*trials.read_text().splitlines(), "0 a1.wav gone.wav", "1 empty.wav a2.wav", *["0 x.wav a1.wav"] * 5]
    table = folder / "trials.csv"
    table.write_text("Target;Enrol;Test\r\n" + "\r\n".join(line.replace(" ", ";") for line in lines), encoding="utf-16")
    assert run(table, "--model", tiny_model, "--json") == 0
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert (result["trials"], result["targets"], len(result["left_out"])) == (4, 2, 7)
    assert result["left_out"][1] == {
        "name": "empty.wav a2.wav",
        "reason": f"{folder / 'empty.wav'}: the file is empty.",
    }
    said = err.splitlines()
    assert said[0] == "heard: left out 7 of 11 trials:"
    assert said[1] == f"  a1.wav gone.wav: {folder / 'gone.wav'}: no such file"
    assert said[6:] == ["  and 2 more"]
    assert run(table, "--model", tiny_model, "--strict") == 1
    assert run(trials, "--audio-root", folder, "--model", tiny_model, "--strict") == 0


def test_names_with_backslashes_are_found(trials: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]):
    path = trials.parent / "windows.txt"
    results = []
    for separator in "/\\":
        lines = [line.split() for line in trials.read_text().splitlines()]
        rows = [f"audio{separator}{a} audio{separator}{b} {('nontarget', 'target')[int(t)]}" for t, a, b in lines]
        path.write_text("\n".join(rows))
        assert run(path, "--model", tiny_model, "--json") == 0
        results.append(json.loads(capsys.readouterr().out))
    assert results[0] == results[1]
    assert results[0]["left_out"] == []


def test_clips_that_cannot_be_used_are_left_out_and_named(
    trials: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
):
    table = trials.parent / "t.csv"
    rows = ["a;x;audio/a1.wav", "a;x;audio/a2.wav", "b;x;audio/b1.wav", "b;x;audio/b2.wav"]
    table.write_text("\n".join(["Speaker;Corpus;File", *rows, "b;x;audio/b3.wav", ";x;audio/b1.wav"]))
    assert run("--pairs", table, "--model", tiny_model, "--json", "--record", "--strict") == 1
    out, err = capsys.readouterr()
    row = json.loads(out)
    assert (row["trials"], row["clips"]) == (6, 4)
    assert [one["name"] for one in row["left_out"]] == ["line 7", "audio/b3.wav"]
    assert err.splitlines() == [
        "heard: left out 2 clips:",
        "  line 7: the row names no speaker",
        f"  audio/b3.wav: {trials.parent / 'audio' / 'b3.wav'}: no such file",
    ]
    assert "left_out" not in json.loads(tiny_model.with_suffix(".json").read_text())["figures"]["rows"][0]
    table.write_text("Speaker;File\na;gone.wav\n")
    with pytest.raises(BadInput, match=r"none of its 1 clips can be used, the first because .*gone\.wav: no such file"):
        run("--pairs", table, "--model", tiny_model)
