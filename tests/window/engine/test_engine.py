"""The engine's thread, with the real network and the demo's sound: what it tells, and that it stops."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.audio.source import AudioBlock, SourceState, SourceStatus
from app.demo import DEMO
from app.diarisation.rttm import read_rttm
from app.events.options import EventOptions
from app.scoring.identification import is_unknown
from app.session import SessionOptions
from app.voiceprints.store import EmbeddedSample, VoiceprintStore
from app.window.engine.facts import Phase
from app.window.engine.file_analysis import FileAnalysis, Stage
from tests.support.array_source import ArraySource
from tests.support.window_engine import Seen, play_demo
from utils import BadInput, HeardError

NOISE = np.random.default_rng(0).normal(0, 0.01, 160_000).astype(np.float32)


def endless(options: SessionOptions) -> ArraySource:
    return ArraySource(NOISE, realtime=True)


def listening(facts) -> bool:
    return facts.phase is Phase.LISTENING and facts.identification is not None


def test_events_are_told_of_what_is_listened_to_and_not_of_a_dropped_file(make_engine, tmp_path):
    out = tmp_path / "events.jsonl"
    engine = make_engine(SessionOptions(demo=True, events=EventOptions(out)), open_source=play_demo)
    seen = Seen(engine)
    engine.start()
    seen.until(lambda facts: facts.phase is Phase.ENDED)
    events = [json.loads(line) for line in out.read_text().splitlines()]
    assert {event["speaker"] for event in events if event["type"] == "began"} == {"Ana", "Ben", "Colin"}
    assert events[-1]["here"] == []
    dropped = FileAnalysis(DEMO / "enrolment" / "Ana" / "01.flac")
    engine.begin(dropped)
    seen.until(lambda facts: dropped.facts.stage is Stage.DONE)
    assert len(out.read_text().splitlines()) == len(events)


def test_the_demo_from_start_to_end(make_engine, tmp_path):
    rttm, jsonl = tmp_path / "out.rttm", tmp_path / "out.jsonl"
    engine = make_engine(SessionOptions(demo=True, rttm=rttm, jsonl=jsonl), open_source=play_demo)
    seen = Seen(engine)
    engine.start()
    last = seen.until(lambda facts: facts.phase is Phase.ENDED, timeout_s=60)

    phases = list(dict.fromkeys(facts.phase for facts in seen.all))
    assert phases == [Phase.LOADING, Phase.LISTENING, Phase.ENDED]
    assert last.people == ("Ana", "Ben", "Colin")
    assert last.identification is None
    assert last.model == "embedded"

    reference = read_rttm(DEMO / "conversation.rttm")
    answers = [facts.identification for facts in seen.all if facts.identification and facts.identification.label]
    right = total = 0
    for answer in answers:
        speaking = {turn.label for turn in reference if turn.start_s + 1.2 < answer.time_s < turn.end_s}
        if speaking:
            total += 1
            right += ("Stranger" if is_unknown(answer.label) else answer.label) in speaking
    assert total > 50
    assert right / total >= 0.9
    assert {turn.label for turn in read_rttm(rttm)} >= {"Ana", "Ben", "Colin"}
    assert len(jsonl.read_text().splitlines()) > 100


def test_stop_frees_the_source_and_start_begins_anew(make_engine, tmp_path):
    sources = []

    def open_source(options):
        sources.append(endless(options))
        return sources[-1]

    engine = make_engine(SessionOptions(data=tmp_path), open_source=open_source)
    seen = Seen(engine)
    for number in (1, 2):
        engine.start()
        assert engine.facts.phase is Phase.LOADING
        seen.until(listening)
        engine.stop()
        assert engine.facts.phase is Phase.STOPPED  # at once, for whoever looks
        assert engine.facts.identification is None
        assert len(sources) == number
        seen.until(lambda facts: sources[-1].status.state is SourceState.ENDED, timeout_s=2)
    assert engine.facts.model == "embedded"  # still known


def test_another_microphone_while_listening(make_engine, tmp_path):
    asked = []

    def open_source(options):
        asked.append(options.device)
        return endless(options)

    engine = make_engine(SessionOptions(data=tmp_path, device="USB"), open_source=open_source)
    seen = Seen(engine)
    for device in ("USB", None, "Built-in"):
        engine.start(device)
        seen.until(listening)
    assert asked == ["USB", None, "Built-in"]


def test_impatient_clicks(make_engine, tmp_path):
    sources = []

    def open_source(options):
        sources.append(endless(options))
        return sources[-1]

    engine = make_engine(SessionOptions(data=tmp_path), open_source=open_source)
    seen = Seen(engine)
    for _ in range(20):
        engine.start()
        engine.stop()
    engine.start()
    seen.until(listening)
    engine.stop()
    engine.close()
    assert engine.join(10)
    assert all(source.status.state is SourceState.ENDED for source in sources)


def test_no_microphone_is_tried_again_until_there_is_one(make_engine, tmp_path, monkeypatch):
    monkeypatch.setattr("app.window.engine.listening.RETRY_S", 0.05)
    tries = []

    def open_source(options):
        tries.append(options)
        if len(tries) <= 2:
            raise HeardError("no microphone was found.")
        if len(tries) == 3:
            raise BadInput('no microphone is called "USB".')
        return endless(options)

    engine = make_engine(SessionOptions(data=tmp_path), open_source=open_source)
    seen = Seen(engine)
    engine.start()
    waiting = seen.until(lambda facts: facts.phase is Phase.NO_INPUT)
    assert waiting.error == "no microphone was found."
    assert waiting.running
    assert seen.until(listening).error == ""
    assert len(tries) == 4


def test_a_file_that_cannot_be_read_is_not_tried_again(make_engine, tmp_path):
    def open_source(options):
        raise BadInput("a.wav: damaged audio.")

    engine = make_engine(SessionOptions(data=tmp_path, file=Path("a.wav")), open_source=open_source)
    engine.start()
    failed = Seen(engine).until(lambda facts: facts.phase is Phase.FAILED)
    assert failed.error == "a.wav: damaged audio."
    assert failed.file == "a.wav"
    assert not failed.running


@pytest.mark.parametrize("model", ["nowhere.safetensors", "no-such-model"])
def test_a_model_that_is_not_there(model, make_engine, tmp_path):
    engine = make_engine(SessionOptions(data=tmp_path, model=model), open_source=endless)
    engine.start()
    failed = Seen(engine).until(lambda facts: facts.phase is Phase.FAILED)
    assert model in failed.error
    assert "\n" not in failed.error


def test_a_damaged_database_is_said_and_start_tries_again(make_engine, tmp_path):
    database = tmp_path / "voiceprints.db"
    database.write_bytes(b"this was a database once" * 1000)
    engine = make_engine(SessionOptions(data=tmp_path), open_source=endless)
    seen = Seen(engine)
    engine.start()
    assert "damaged" in seen.until(lambda facts: facts.phase is Phase.FAILED).error
    database.unlink()
    engine.start()
    assert seen.until(listening).people == ()


def test_a_mistake_of_the_program_leaves_the_window_alive(make_engine, tmp_path, caplog):
    def open_source(options):
        raise ZeroDivisionError("oh")

    engine = make_engine(SessionOptions(data=tmp_path), open_source=open_source)
    engine.start()
    failed = Seen(engine).until(lambda facts: facts.phase is Phase.FAILED)
    assert "ZeroDivisionError" in failed.error
    assert "Traceback" in caplog.text


def test_people_enrolled_meanwhile_are_known_at_the_next_start(make_engine, tmp_path, encoder):
    engine = make_engine(SessionOptions(data=tmp_path), open_source=endless)
    seen = Seen(engine)
    engine.start()
    assert seen.until(listening).people == ()
    with VoiceprintStore(tmp_path) as store:
        vector = np.eye(1, encoder.dim, dtype=np.float32)
        store.set_samples("Ana", "embedded", encoder.sha256, [EmbeddedSample("a.wav", vector, [3.0])])
        store.set_samples("Ben", "other", "0" * 64, [EmbeddedSample("b.wav", vector, [3.0])])
    engine.start()
    facts = seen.until(listening)
    assert facts.people == ("Ana", "Ben")
    assert facts.stale == ("Ben",)


class Scripted:
    """A source that goes through the states it is given, with a block of sound whenever it runs."""

    name = "scripted"

    def __init__(self, *steps: tuple[SourceState, float]):
        self.steps = list(steps)
        self.status = SourceStatus(SourceState.WAITING, device=self.name)
        self.time_s = 0.0

    def start(self) -> None:
        """Ready at once."""

    def stop(self) -> None:
        self.steps.clear()

    def read(self, min_s: float, max_s: float, timeout_s: float = 0.5) -> AudioBlock | None:
        time.sleep(0.02)
        state, dropped_s = self.steps.pop(0) if self.steps else (SourceState.ENDED, 0.0)
        message = "scripted was unplugged" if state is SourceState.LOST else ""
        self.status = SourceStatus(state, message, device=self.name, rate=16_000)
        if state is not SourceState.RUNNING:
            return None
        self.time_s += 0.25 + dropped_s
        return AudioBlock(np.zeros(4000, np.float32), self.time_s - 0.25, dropped_s)


def collect(engine, until: Callable) -> list:
    seen = Seen(engine)
    engine.start()
    seen.until(until)
    return seen.all


def test_a_microphone_that_goes_and_comes_back(make_engine, tmp_path):
    running, lost = (SourceState.RUNNING, 0.0), (SourceState.LOST, 0.0)
    engine = make_engine(
        SessionOptions(data=tmp_path), open_source=lambda _: Scripted(running, running, lost, lost, running, running)
    )
    seen = collect(engine, lambda facts: facts.phase is Phase.STOPPED)
    states = [facts.source.state for facts in seen if facts.source]
    assert list(dict.fromkeys(states))[:2] == [SourceState.RUNNING, SourceState.LOST]
    gone = next(facts for facts in seen if facts.source and facts.source.state is SourceState.LOST)
    assert gone.identification is None
    assert gone.source.message == "scripted was unplugged"
    resumed = [facts.resumed for facts in seen if facts.identification]
    assert not resumed[0]
    assert resumed[-1]


def test_sound_that_was_skipped_is_told(make_engine, tmp_path):
    running, late = (SourceState.RUNNING, 0.0), (SourceState.RUNNING, 0.5)
    engine = make_engine(
        SessionOptions(data=tmp_path), open_source=lambda _: Scripted(running, late, late, running, running)
    )
    seen = collect(engine, lambda facts: facts.phase is Phase.STOPPED)
    skipped = [facts.skipped_s for facts in seen if facts.identification]
    assert skipped == sorted(skipped)
    assert skipped[0] == 0.0
    assert skipped[-1] == 1.0


def test_closing_while_the_model_loads(make_engine, tmp_path):
    engine = make_engine(SessionOptions(data=tmp_path), open_source=endless)
    engine.start()
    engine.close()
    assert engine.join(20)
    assert engine.facts.phase is Phase.STOPPED
    assert not [thread for thread in threading.enumerate() if thread.name == "engine"]


def test_without_any_microphone_the_demo_stands_in_until_there_is_one(make_engine, tmp_path):
    problems = ["No microphone was found.", ""]

    def open_source(options):
        return play_demo(options) if options.demo else endless(options)

    engine = make_engine(
        SessionOptions(data=tmp_path), open_source=open_source, microphone_problem=lambda: problems.pop(0)
    )
    engine.start()
    standing_in = Seen(engine).until(listening)
    assert "no microphone was found" in standing_in.file
    assert standing_in.people == ("Ana", "Ben", "Colin")
    engine.start()  # one was plugged in meanwhile
    own = Seen(engine).until(lambda facts: listening(facts) and facts.file is None)
    assert own.people == ()


def test_a_second_start_goes_on_in_the_same_files(make_engine, tmp_path):
    jsonl = tmp_path / "out.jsonl"
    engine = make_engine(SessionOptions(data=tmp_path, jsonl=jsonl), open_source=endless)
    for _ in range(2):
        engine.start()
        Seen(engine).until(lambda facts: listening(facts) and facts.identification.time_s > 0)
        time.sleep(0.6)
        engine.stop()
    engine.close()
    assert engine.join(10)
    times = [json.loads(line)["time_s"] for line in jsonl.read_text().splitlines()]
    assert len(times) >= 4
    assert times == sorted(set(times))
