"""Recordings over the wire give what the command line gives."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.audio.lines.lines import through
from app.audio.reading.reader import read_audio
from app.client import ServerRefused
from app.demo import agreement
from app.diarisation.rttm import read_rttm
from app.diarisation.timeline import Turn
from tests.support.call import demo_call
from utils import ROOT


@pytest.fixture(scope="module")
def clip(demo_dir):
    return lambda name, number=1: demo_dir / "enrolment" / name / f"{number:02d}.flac"


def test_verify_agrees_with_the_command(reader, clip, tmp_path):
    a, b = clip("Ana", 1), tmp_path / "noisy.wav"
    speech = read_audio(clip("Ben", 1))
    soundfile.write(b, speech + 0.05 * np.random.default_rng(3).standard_normal(len(speech)), 16000)
    command = [sys.executable, "-m", "app", "verify", str(a), str(b), "--json"]
    said = json.loads(subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout)
    answer = reader.verify(a, b)
    answer = asdict(answer)
    assert answer["warnings"][1] == ["very noisy: less sure"]
    assert [answer.pop(part) for part in ("warnings", "conditions")] == [
        said.pop(part) for part in ("warnings", "conditions")
    ]
    assert answer.keys() == said.keys()
    for field, value in answer.items():
        assert value == pytest.approx(said[field], abs=2e-4), field
    assert reader.verify(a, clip("Ana", 2)).same


def test_verify_against_a_person(reader, clip):
    said = reader.verify(clip("Colin"), person="Colin")
    assert said.same
    assert len(said.speech_s) == len(said.warnings) == len(said.conditions) == 1  # of what was sent
    assert not reader.verify(clip("Colin"), person="Ana").same
    for arguments in ({"person": "Nobody"}, {"person": ""}):
        with pytest.raises(ServerRefused) as refused:
            reader.verify(clip("Colin"), **arguments)
        assert refused.value.status in {404, 422}


def test_identify_names_the_enrolled_and_explains_the_unknown(reader, clip, demo_dir, tmp_path):
    for name in ("Ana", "Ben", "Colin"):
        said = reader.identify(clip(name))
        assert (said.label, said.speaker) == (name, name)
        assert max(said.scores, key=said.scores.get) == name
    turn = next(turn for turn in read_rttm(demo_dir / "conversation.rttm") if turn.label == "Stranger")
    sound = read_audio(demo_dir / "conversation.flac", start_s=turn.start_s, end_s=turn.end_s)
    soundfile.write(tmp_path / "stranger.ogg", sound, 16000)
    said = reader.identify(tmp_path / "stranger.ogg")
    assert (said.label, said.speaker) == ("unknown", None)
    assert said.reason


def test_a_call_is_said_to_be_one(reader, clip, tmp_path):
    called = through(read_audio(clip("Ana")), "telephone-band+gsm", np.random.default_rng(0))
    soundfile.write(tmp_path / "called.wav", called, 16000)
    said = reader.identify(tmp_path / "called.wav").condition
    assert (said.band, said.hint) == ("telephone", "telephone quality: less sure")
    assert said.bandwidth_hz < 4500
    assert reader.identify(clip("Ana")).condition.hint == ""
    both = reader.verify(clip("Ana"), tmp_path / "called.wav")
    assert [one.band for one in both.conditions] == ["wide", "telephone"]
    assert both.warnings == [[], ["telephone quality: less sure"]]


def test_embeddings_are_those_of_the_model(reader, clip):
    one, again = reader.embedding(clip("Ana", 1)), reader.embedding(clip("Ana", 2))
    assert np.linalg.norm(one.embedding) == pytest.approx(1, abs=1e-3)
    assert np.dot(one.embedding, again.embedding) > 0.5
    assert len(one.embedding) == reader.model()["embedding_dim"]
    assert one.sha256 == reader.model()["sha256"]


def test_each_channel_of_a_call_has_its_own_turns(reader, demo_dir, tmp_path):
    call = demo_call(demo_dir, 20.0)
    soundfile.write(tmp_path / "call.wav", np.stack([call.here, call.remote], axis=1), 16000)
    text = reader._upload("/v1/identify", {"file": tmp_path / "call.wav"},
                          params={"timeline": 1, "channel": "each", "format": "rttm"}).content.decode()  # fmt: skip
    (tmp_path / "call.rttm").write_text(text, encoding="utf-8")
    found = [(turn.channel, turn.label) for turn in read_rttm(tmp_path / "call.rttm") if turn.duration_s > 1]
    assert set(found) == {(1, "Ana"), (2, "Ben"), (2, "Colin")}
    assert len(reader.timeline(tmp_path / "call.wav", channel="each")) >= len(call.turns)
    remote = reader.timeline(tmp_path / "call.wav", channel=2)
    assert {turn.channel for turn in remote} == {2}
    assert "Ana" not in {turn.speaker for turn in remote}
    assert reader.timeline(demo_dir / "enrolment" / "Ana" / "01.flac", channel="each")  # of one channel
    with pytest.raises(ServerRefused) as refused:
        reader.timeline(tmp_path / "call.wav", channel="left")
    assert refused.value.status == 422


def test_the_timeline_is_right_and_the_same_in_every_format(reader, demo_dir, tmp_path):
    talk = demo_dir / "conversation.flac"
    turns = reader.timeline(talk)
    as_turns = [Turn(turn.start_s, turn.end_s, turn.speaker) for turn in turns]
    assert agreement(read_rttm(demo_dir / "conversation.rttm"), as_turns, unknown={"Stranger"})["right"] > 0.9
    soundfile.write(tmp_path / "talk.flac", read_audio(talk, end_s=12), 16000)
    talk = tmp_path / "talk.flac"
    turns = reader.timeline(talk)
    (tmp_path / "talk.rttm").write_text(reader.transcript(talk, "rttm"))
    assert [turn.label for turn in read_rttm(tmp_path / "talk.rttm")] == [
        "_".join(turn.speaker.split()) for turn in turns
    ]
    assert reader.transcript(talk, "srt").count(" --> ") == len(turns)
    assert len(reader.transcript(talk, "csv").splitlines()) == len(turns) + 1


def test_what_cannot_be_used_is_refused_in_one_shape(reader, tmp_path):
    (tmp_path / "text.wav").write_text("hello")
    soundfile.write(tmp_path / "silence.wav", np.zeros(32000), 16000)
    for file, status, code in (("text.wav", 415, "not_audio"), ("silence.wav", 422, "too_little_speech")):
        for ask in (reader.identify, reader.embedding, lambda path: reader.verify(path, path)):
            with pytest.raises(ServerRefused) as refused:
                ask(tmp_path / file)
            assert (refused.value.status, refused.value.code) == (status, code)
    assert reader.timeline(tmp_path / "silence.wav") == []


def test_nothing_of_an_upload_is_kept(client, data, clip):
    before = sorted(path for path in data.rglob("*") if path.suffix in {".wav", ".json"})
    client.identify(clip("Ana"))
    client.timeline(clip("Ana"))
    assert sorted(path for path in data.rglob("*") if path.suffix in {".wav", ".json"}) == before


def test_a_person_of_an_old_database_called_like_an_unknown_voice_hangs_nothing(client, data, demo_dir):
    """Such a name is refused today. The timeline is answered, and nobody is taken for a voice without a name."""
    with contextlib.closing(sqlite3.connect(data / "voiceprints.db")) as database, database:
        database.execute("UPDATE people SET name = 'Unknown 1' WHERE name = 'Ana'")
    turns = client.timeline(demo_dir / "conversation.flac")
    kinds = {(turn.speaker, turn.kind) for turn in turns}
    assert ("Unknown 1 (person)", "person") in kinds
    assert ("Unknown 1", "person") not in kinds


def test_the_header_accept_chooses_the_format_and_a_timeline_is_converted(client, demo_dir, tmp_path):
    soundfile.write(tmp_path / "talk.flac", read_audio(demo_dir / "conversation.flac", end_s=8), 16000)

    def ask(path: str, file: Path, accept: str = "*/*") -> tuple[str, bytes]:
        answer = client._http.post(
            client.url + path, files={"file": (file.name, file.read_bytes())}, headers={"Accept": accept}
        )
        assert answer.is_success, answer.text
        return answer.headers["content-type"].split(";")[0], answer.content

    identify = "/v1/identify?timeline=1"
    media, timeline = ask(identify, tmp_path / "talk.flac")
    assert media == "application/json"
    (tmp_path / "talk.json").write_bytes(timeline)
    turns = json.loads(timeline)["turns"]
    assert {"label", "confidence", "corrected", "channel", "gender"} <= turns[0].keys()
    for accept, media, begins in (
        ("text/vtt", "text/vtt", b"WEBVTT\n"),
        ("application/json;q=0.5, text/csv", "text/csv", b"\xef\xbb\xbffile,"),
        ("text/plain", "text/plain", b"0:00"),
        ("image/png, application/x-subrip;q=0.1", "application/x-subrip", b"1\n00:00:00,"),
        ("text/html, */*", "application/json", b"{"),
        ("text/vtt;q=x", "application/json", b"{"),
    ):
        found = ask("/v1/timeline", tmp_path / "talk.json", accept)
        assert found[0] == media
        assert found[1].startswith(begins)
    assert ask("/v1/timeline?format=json", tmp_path / "talk.json", "text/vtt") == ("application/json", timeline)
    assert ask(identify, tmp_path / "talk.flac", "text/vtt") == ask("/v1/timeline?format=vtt", tmp_path / "talk.json")
    split = ask("/v1/timeline?format=srt&merge_gaps=0", tmp_path / "talk.json")[1]
    assert split.count(b" --> ") == len(turns)
    for body in (b"{}", b"RIFF", b'{"version": 9, "turns": []}'):
        refused = client._http.post(client.url + "/v1/timeline", files={"file": ("x.json", body)})
        assert refused.status_code == 422
        assert refused.json()["error"]["code"] == "bad_input"
