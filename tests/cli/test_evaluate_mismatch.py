"""``python -m app evaluate --mismatch`` on real speech of a few people."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from app.audio.lines.lines import missing
from app.cli import evaluate
from app.evaluation.model_card import render
from utils import BUNDLED, BadInput

PEOPLE = ("1688", "1998", "2033")


def run(*arguments: str | Path) -> int:
    return evaluate.run([*map(str, arguments)])


@pytest.fixture
def table(speech_dir: Path, tmp_path: Path) -> Path:
    folder = speech_dir / "dev" / "librispeech-test-other"
    rows = [f"{who},read,{folder / who / f'0{n}.flac'}" for who in PEOPLE for n in range(3)]
    (tmp_path / "dev.csv").write_text("speaker,corpus,file\n" + "\n".join(rows) + "\n")
    return tmp_path / "dev.csv"


@pytest.fixture
def sessions(speech_dir: Path, tmp_path: Path) -> Path:
    folder, days = (
        speech_dir / "dev" / "librispeech-test-other",
        (("1", "landline"), ("2", "landline"), ("3", "mobile")),
    )
    rows = [
        f"{who},calls,{day},{device},{folder / who / f'0{n}.flac'}"
        for who in PEOPLE
        for n, (day, device) in enumerate(days)
    ]
    (tmp_path / "sessions.csv").write_text("speaker,corpus,session,device,file\n" + "\n".join(rows) + "\n")
    return tmp_path / "sessions.csv"


def test_every_part_has_its_rows(table: Path, sessions: Path, capsys: pytest.CaptureFixture[str]):
    asked = ("--conditions", "clean", "mu-law", "room-0.3/noise-10+opus-12", "sessions", "identification")
    assert run("--mismatch", table, sessions, *asked, "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["model"] for row in rows} == {"embedded"}
    assert [row["condition"] for row in rows if row["part"] == "sessions"] == [
        "same session",
        "other session, same kind of device",
        "other session, other kind of device",
    ]
    lines = {row["condition"]: row["lengths"]["whole"] for row in rows if row["part"] == "conditions"}
    assert [*lines] == [
        "clean / clean",
        "clean / mu-law",
        "mu-law / mu-law",
        "room-0.3 / noise-10+opus-12",
    ]
    assert [(figures["targets"], figures["trials"]) for figures in lines.values()] == [(9, 36), (18, 72)] * 2
    assert lines["clean / mu-law"]["false_rejects"] >= lines["clean / clean"]["false_rejects"]
    named = [(row["corpus"], row["enrolled"], row["speakers"]) for row in rows if row["part"] == "identification"]
    assert named == [("calls", 2, 3), ("read", 2, 3)]
    for row in rows:
        assert row["lengths"].keys() == {"whole", "3 s"}


def test_text_and_markdown(table: Path, capsys: pytest.CaptureFixture[str]):
    assert run("--mismatch", table, "--conditions", "clean", "identification") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line] == ["enrolled", "clean", "corpus", "read"]
    assert len({len(line) for line in lines[:2]}) == 1
    assert run("--mismatch", table, "--conditions", "clean", "--markdown") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("| enrolled / compared |")
    assert lines[2].startswith("| clean / clean | 9 + 27 | ")
    assert {line.count("|") for line in lines} == {11}


def test_calls_of_other_days_go_into_the_card(sessions: Path, table: Path, tmp_path: Path):
    weights = tmp_path / "own.safetensors"
    for suffix in (".safetensors", ".json"):
        shutil.copy(BUNDLED / "models" / f"embedded{suffix}", weights.with_suffix(suffix))
    assert run("--mismatch", sessions, "--conditions", "sessions", "--model", weights, "--json", "--record") == 0
    card = json.loads(weights.with_suffix(".json").read_text())
    assert card["sessions"]["command"] == "python -m app evaluate --mismatch sessions.csv --conditions sessions"
    assert card["sessions"]["rows"][0]["condition"] == "same session"
    text = render(card)
    assert "## Another day, another telephone" in text
    assert "| other session, other kind of device | half a call | " in text
    with pytest.raises(BadInput, match="only rows of --conditions sessions"):
        run("--mismatch", table, "--conditions", "clean", "--record")


def test_what_the_machine_lacks_is_named_in_one_line(table: Path, capsys: pytest.CaptureFixture[str]):
    if "amr-wb-12.65" not in missing():
        pytest.skip("there is an encoder for AMR-WB here")
    assert run("--mismatch", table, "--conditions", "clean", "amr-wb-12.65", "clean/amr-wb-23.85") == 0
    out, err = capsys.readouterr()
    assert err == "heard: left out amr-wb-12.65, amr-wb-23.85 (no FFmpeg's libvo_amrwbenc on this machine)\n"
    assert "amr-wb" not in out
    with pytest.raises(BadInput, match="nothing in it for these conditions"):
        run("--mismatch", table, "--conditions", "clean/amr-wb-23.85")


def test_bad_input(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(BadInput, match='"gms" is no condition'):
        run("--mismatch", table, "--conditions", "gms")
    with pytest.raises(BadInput, match="nothing in it"):
        run("--mismatch", table, "--conditions", "sessions")
    with pytest.raises(BadInput, match="no clips of a corpus named 'x'"):
        run("--mismatch", table, "--corpus", "x", "--conditions", "clean")
    with pytest.raises(BadInput, match="no folder with recordings"):
        run("--mismatch", table, "--noise", tmp_path / "nowhere", "--conditions", "noise-10")
    for wrong in (("--crop-s", "3"), ("--seeds", "2"), ("--no-norm",)):
        with pytest.raises(SystemExit):
            run("--mismatch", table, *wrong)
        assert f"{wrong[0]}: not with --mismatch" in capsys.readouterr().err
