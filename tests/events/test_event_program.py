"""``python test.py`` with events: the program as it is started, on the demo's conversation."""

from __future__ import annotations

import json
import os
import re
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from app.cli.options import event_options
from app.cli.program.live import parse
from app.events.event import SpeakerEvent
from app.events.options import EventOptions
from app.session import SessionOptions
from utils import ROOT, BadInput

DEMO = ("test.py", "--terminal", "--demo")


def run(*words: object, data: Path, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=ROOT,
        env={**os.environ, "HEARD_DATA": str(data), **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict], Path]:
    """The events of the demo as standard output had them, and the folder where a command noted them, too."""
    folder = tmp_path_factory.mktemp("published")
    note = "import sys; open(sys.argv[1], 'a').write(sys.stdin.read())"
    command = shlex.join([sys.executable, "-c", note, str(folder / "noted.jsonl")])
    done = run(*DEMO, "--events", "-", "--exec", command, data=folder / "data")
    assert done.returncode == 0, done.stderr
    assert "Right for" in done.stderr  # what is for people stands aside
    return [json.loads(line) for line in done.stdout.splitlines()], folder


def test_standard_output_has_events_and_nothing_else(published):
    events, _ = published
    assert [event["type"] for event in events[:3]] == ["here", "began", "here"]
    assert events[-1] | {"at": "", "time_s": 0} == SpeakerEvent("here", "", 0, "conversation").as_json()
    began = [event["speaker"] for event in events if event["type"] == "began"]
    assert began[:4] == ["Ana", "Ben", "Colin", "Ana"]
    assert set(began) == {"Ana", "Ben", "Colin"}
    assert len(began) == sum(event["type"] == "ended" for event in events)
    assert len(events) < 60  # of 500 answers


def test_who_began_had_ended_before_and_states_agree(published):
    speaking, here = [], []
    for event in published[0]:
        if event["type"] == "began":
            speaking = [event["speaker"]]
        elif event["type"] == "ended":
            assert [event["speaker"]] == speaking
            assert event["start_s"] < event["end_s"] <= event["time_s"]
            speaking = []
        else:
            here = event["here"]
        assert event["speaking"] == speaking
        assert set(here) <= set(event["here"]) or event["type"] == "here"


def test_a_command_was_given_the_same_events_in_the_same_order(published):
    events, folder = published
    assert [json.loads(line) for line in (folder / "noted.jsonl").read_text().splitlines()] == events


def test_events_follow_the_schema_of_the_documentation(published):
    schema = documented_schema()
    for event in published[0]:
        jsonschema.validate(event, schema)
    shown = SpeakerEvent("shown", "2026-01-31T12:00:00.000Z", 1.0, "live 1", label="Unknown 1", certainty="unknown")
    jsonschema.validate(shown.as_json(), schema)
    assert list(schema["properties"]) == list(shown.as_json()) == schema["required"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**shown.as_json(), "more": 1}, schema)


def documented_schema() -> dict:
    page = (ROOT / "docs" / "integrations.md").read_text(encoding="utf-8")
    return json.loads(re.search(r"```json\n(\{\n  \"\$schema\".*?)```", page, re.DOTALL)[1])


def test_a_file_of_events_is_private_and_replaced(tmp_path: Path):
    out = tmp_path / "events.jsonl"
    out.write_text("of before\n")
    out.chmod(0o600)
    assert run(*DEMO, "--events", out, data=tmp_path / "data").returncode == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert all("version" in json.loads(line) for line in out.read_text().splitlines())


def test_a_reader_that_has_enough_ends_it_quietly(tmp_path: Path):
    line = f"{shlex.quote(sys.executable)} test.py --terminal --demo --events - 2>{tmp_path / 'err'} | head -n 1"
    env = {**os.environ, "HEARD_DATA": str(tmp_path / "data")}
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, env=env, capture_output=True, text=True, timeout=300)
    assert json.loads(done.stdout)["type"] == "here"
    assert "Traceback" not in (tmp_path / "err").read_text()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("--events - --jsonl -", "standard output can hold events"),
        ("--events - --export - --export-format srt", "standard output can hold events"),
        ("--events {folder}/no/such/folder.jsonl", "there is no folder"),
        ("--events {folder}/a --jsonl {folder}/a", "are the same file"),
        ("--exec no-such-program", "no program no-such-program"),
        ("--webhook localhost", "--webhook"),
        ("--webhook http://localhost --webhook-secret {folder}/none", "cannot be read"),
        ("--webhook-secret {folder}/none", "that is for a --webhook"),
        ("--mqtt localhost", "HOST[:PORT]/TOPIC"),
        ("--here-minutes 0", "--here-minutes"),
        ("--here-minutes nan", "--here-minutes"),
    ],
)
def test_what_cannot_be_is_one_line_before_anything_is_loaded(words: str, complaint: str, tmp_path: Path):
    done = run(*DEMO, *words.format(folder=tmp_path).split(), data=tmp_path / "data")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert complaint in done.stderr


def test_a_password_that_others_could_read_is_told(tmp_path: Path, capsys, monkeypatch):
    monkeypatch.setenv("HEARD_MQTT_PASSWORD", "secret")
    EventOptions(mqtt="broker.example/heard").check()
    assert "mqtts://broker.example" in capsys.readouterr().err
    for quiet in ("localhost/heard", "127.0.0.1/heard", "mqtts://broker.example/heard"):
        EventOptions(mqtt=quiet).check()
    assert capsys.readouterr().err == ""


def test_the_secret_is_of_the_file_or_the_environment(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("HEARD_WEBHOOK_SECRET", "of the environment")
    assert EventOptions(webhook="http://localhost").secret() == b"of the environment"
    (tmp_path / "secret").write_text("of a file, on its first line\nmore\n")
    assert EventOptions(webhook="http://localhost", secret_file=tmp_path / "secret").secret() == (
        b"of a file, on its first line"
    )
    monkeypatch.setenv("HEARD_WEBHOOK_SECRET", "short")
    with pytest.raises(BadInput, match="too short"):
        EventOptions(webhook="http://localhost").check()


def test_nothing_is_told_unless_it_is_asked_for():
    assert SessionOptions().events is None
    assert event_options(vars(parse([]))) is None
