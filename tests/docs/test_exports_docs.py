"""docs/exports.md: its commands and its program run, on the first seconds of the demo; its table is the registry's."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from app.audio.reading.reader import read_audio
from app.exports.formats import FORMATS, format_of
from tests.support.demo_data import enrol_demo
from tests.support.documented_commands import assert_links_exist
from utils import ROOT, write_wav

DOCS = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(encoder, demo_dir, tmp_path_factory) -> Path:
    """A folder with talk.wav, and the demo's people in data/."""
    folder = tmp_path_factory.mktemp("exports")
    enrol_demo(folder / "data", encoder, demo_dir)
    write_wav(folder / "talk.wav", read_audio(demo_dir / "conversation.flac", end_s=12.0))
    return folder


def run(command: list[str], folder: Path) -> str:
    env = {"HEARD_DATA": str(folder / "data"), "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_commands_run(folder):
    (block,) = re.findall(r"```\n(python test\.py.*?)```", DOCS, re.DOTALL)
    for line in block.splitlines():
        words = shlex.split(
            line.replace("--demo", "--file talk.wav").replace("data/demo/conversation.flac", "talk.wav")
        )
        out = run([sys.executable, str(ROOT / words[1]), *words[2:]], folder)
        made = [words[i + 1] for i, word in enumerate(words) if word == "--export"]
        assert made
        for name in made:
            content = out if name == "-" else (folder / name).read_text(encoding="utf-8")
            assert "Ana" in content
            if name == "-":
                assert all(re.fullmatch(r"\d+:\d\d(\u2013\d+:\d\d)?  \S.*", row) for row in out.splitlines())
            else:
                (folder / name).unlink()


def test_the_program_runs(folder):
    (program,) = re.findall(r"```python\n(.*?)```", DOCS, re.DOTALL)
    out = run([sys.executable, "-c", program], folder)
    assert re.search(r"^0:00\u2013\d:\d\d  Ana$", out, re.MULTILINE)
    assert re.search(r"^0\.\d+ \d+\.\d+ Ana (0\.9\d*|1\.0) False$", out, re.MULTILINE), out
    assert (folder / "talk.vtt").read_text(encoding="utf-8").startswith("WEBVTT")


def test_the_table_has_every_format_its_ending_and_its_pauses():
    rows = re.findall(r"^\| .*?\(?`(\w+)`\)? \| (\S*) ?\|.*\| (joined|kept) \|", DOCS, re.MULTILINE)
    assert [name for name, _, _ in rows] == list(FORMATS)
    for name, ending, pauses in rows:
        assert FORMATS[name].suffix == ending
        assert FORMATS[name].for_readers is (pauses == "joined")
        assert not ending or format_of(f"talk{ending}") is FORMATS[name]


def test_files_that_it_names_exist():
    assert_links_exist(DOCS, ROOT / "docs")
