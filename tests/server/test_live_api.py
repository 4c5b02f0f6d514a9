"""The live WebSocket: real sound in, names out, and whatever else a client may send."""

from __future__ import annotations

import json
import threading
import time
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import groupby

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from app.audio.reading.reader import read_audio
from app.client import Client, ServerRefused
from app.server.config import ServerConfig
from app.voiceprints.people import delete_person
from app.voiceprints.store import VoiceprintStore
from tests.support.serving import TOKEN, running
from utils import BadInput, HeardError, resample


def pcm(samples: np.ndarray) -> bytes:
    return (32767 * np.clip(samples, -1, 1)).astype("<i2").tobytes()


def paced(sound: bytes, rate: int, speed: float = 4.0):
    """Blocks of a tenth of a second, ``speed`` times as fast as real."""
    step, due = 2 * (rate // 10), time.monotonic()
    for at in range(0, len(sound), step):
        yield sound[at : at + step]
        due += 0.1 / speed
        time.sleep(max(0.0, due - time.monotonic()))


@pytest.fixture(scope="module")
def talk(demo_dir):
    return read_audio(demo_dir / "conversation.flac", end_s=14)


def opened(url: str, rate: object = 16000, **more):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return connect(f"{url.replace('http', 'ws')}/v1/live?rate={rate}", additional_headers=headers, **more)


def until(socket, kind: str) -> dict:
    while True:
        event = json.loads(socket.recv(timeout=20))
        if event["type"] == kind:
            return event


def rest(socket) -> tuple[list[dict], int]:
    """All events until the connection is closed, and the code it was closed with."""
    events = []
    try:
        while True:
            events.append(json.loads(socket.recv(timeout=20)))
    except ConnectionClosed as closed:
        return events, closed.rcvd.code if closed.rcvd else 1006


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_names_come_at_any_rate(reader, talk, rate):
    events = list(reader.live(paced(pcm(resample(talk, 16000, rate)), rate), rate))
    assert events[0].type == "ready"
    assert events[0].values["people"] == ["Ana", "Ben", "Colin"]
    said = [event.values for event in events if event.type == "identification"]
    named = [one["speaker"] for one in said if one["speaker"]]
    assert {"Ana", "Ben"} <= set(named)
    for one in said:
        assert set(one["probabilities"]) == set(one["scores"])
        assert all(0 <= share <= 1 for share in one["probabilities"].values())
        assert one["label"] or one["condition"] is None
    bands = {one["condition"]["band"] for one in said if one["condition"]}
    assert bands == {"telephone" if rate == 8000 else "wide"}
    final = events[-1]
    assert (final.type, final.values["final"]) == ("turns", True)
    assert [name for name, _ in groupby(turn["speaker"] for turn in final.values["turns"])][:2] == ["Ana", "Ben"]


def test_a_stream_that_falls_silent_is_told_of_and_goes_on(url, talk):
    with opened(url) as socket:
        until(socket, "ready")
        socket.send(pcm(talk[:32000]))
        began = time.monotonic()
        notice = until(socket, "notice")
        assert notice["code"] == "no_sound"
        assert 1.5 < time.monotonic() - began < 10
        socket.send(pcm(talk[32000:64000]))
        assert until(socket, "identification")["time_s"] > 2.0


def test_changed_turns_put_together_are_the_final_ones(reader, talk):
    turns = []
    for event in reader.live(paced(pcm(talk), 16000), 16000):
        if event.type == "turns":
            kept = [turn for turn in turns if turn["start_s"] < event.values["from_s"] - 5e-4]
            turns, before = kept + event.values["turns"], turns
    shorter = [turn["start_s"] for turn in before]
    assert shorter == [turn["start_s"] for turn in turns][: len(shorter)]


def test_a_flood_is_cut_to_the_newest_and_told_of(reader, talk):
    sound = pcm(np.tile(talk, 6))  # 84 s at once
    events = list(reader.live(iter([sound[at : at + 200_000] for at in range(0, len(sound), 200_000)])))
    dropped = sum(e.values["seconds"] for e in events if e.type == "notice" and e.values["code"] == "sound_dropped")
    said = [event.values for event in events if event.type == "identification"]
    assert dropped > 30
    assert sum(one["dropped_s"] for one in said) == pytest.approx(dropped, abs=0.01)
    assert said[-1]["time_s"] == pytest.approx(84, abs=0.3)


def test_connections_do_not_hear_each_other(reader, demo_dir):
    answers = {}

    def listen(name: str) -> None:
        sound = read_audio(demo_dir / "enrolment" / name / "01.flac")
        answers[name] = {
            e.values["speaker"] for e in reader.live(paced(pcm(sound), 16000)) if e.type == "identification"
        }

    threads = [threading.Thread(target=listen, args=(name,)) for name in ("Ana", "Ben", "Colin")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(said - {None} == {name} for name, said in answers.items()), answers


def test_somebody_enrolled_meanwhile_is_known_on_the_open_connection(url, client, demo_dir):
    client.delete("Ana")
    sound = pcm(read_audio(demo_dir / "enrolment" / "Ana" / "02.flac"))
    with opened(url) as socket:
        assert until(socket, "ready")["people"] == ["Ben", "Colin"]
        for block in paced(sound, 16000):
            socket.send(block)
        client.create("Ana")
        client.add_sample("Ana", demo_dir / "enrolment" / "Ana" / "01.flac")
        for block in paced(sound, 16000):
            socket.send(block)
        while until(socket, "people")["people"] != ["Ana", "Ben", "Colin"]:
            pass  # sound that still waited was heard between the name and its first sample
        socket.send(json.dumps({"type": "end"}))
        assert "Ana" in {event.get("speaker") for event in rest(socket)[0]}


def test_somebody_deleted_elsewhere_is_gone_from_the_open_connection_within_a_second(url, data):
    """Without sound, too; by another program, which has a store of its own."""
    with opened(url) as socket, VoiceprintStore(data) as store:
        assert until(socket, "ready")["people"] == ["Ana", "Ben", "Colin"]
        for left in (["Ana", "Colin"], ["Ana"]):
            delete_person(store, "Ben" if "Colin" in left else "Colin")
            began = time.monotonic()
            assert until(socket, "people")["people"] == left
            assert time.monotonic() - began < 5  # a second on a machine that does nothing else


@pytest.mark.parametrize("channels", ["0", "9", "two", "-1", "", "1.0"])
def test_channels_that_cannot_be_are_refused(shared_url, channels):
    with pytest.raises(InvalidStatus) as refused:
        opened(shared_url, f"16000&channels={channels}")
    assert refused.value.response.status_code == 422


def test_a_voice_on_inverted_channels_is_named_and_it_is_said(reader, talk):
    frames = np.stack([talk, -talk], axis=1)
    events = list(reader.live(paced(pcm(frames), 2 * 16000), 16000, channels=2))
    assert events[0].values["channels"] == 2
    assert {"Ana", "Ben"} <= {event.values["label"] for event in events if event.type == "identification"}
    said = [event.values["message"] for event in events if event.values.get("code") == "channels"]
    assert said == ["channel 2 is an inverted copy and is turned."]


@pytest.mark.parametrize("rate", ["0", "-1", "abc", "7999", "192001", "1e9", "99999999999999999999", "", "١٦٠٠٠"])
def test_rates_that_cannot_be_are_refused(shared_url, rate):
    with pytest.raises(InvalidStatus) as refused:
        opened(shared_url, rate)
    assert refused.value.response.status_code == 422
    assert json.loads(refused.value.response.body)["error"]["code"] == "invalid_request"


@pytest.mark.parametrize("token", [None, "wrong", TOKEN + "x", TOKEN[:-1]])
def test_no_connection_without_the_token(shared_url, token):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{shared_url.replace('http', 'ws')}/v1/live", additional_headers=headers)
    assert refused.value.response.status_code == 401


def test_a_browser_brings_its_token_as_a_protocol(shared_url):
    address = f"{shared_url.replace('http', 'ws')}/v1/live"
    with connect(address, subprotocols=["heard.v1", f"heard.token.{TOKEN}"]) as socket:
        assert socket.subprotocol == "heard.v1"  # the token is not sent back
        assert until(socket, "ready")
    with pytest.raises(InvalidStatus):
        connect(address, subprotocols=["heard.v1", "heard.token.wrong"])


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"\x01\x02\x03", 1007),
        ("not json", 1007),
        ("[]", 1007),
        ("{}", 1007),
        ("[" * 50_000, 1007),
        ('{"type": 7}', 1003),
        ('{"type": "format the disk"}', 1003),
        (bytes(2_000_000), 1009),
    ],
)
def test_messages_that_make_no_sense_end_their_connection_alone(shared_url, reader, message, code):
    with opened(shared_url) as other, opened(shared_url) as socket:
        until(other, "ready")
        socket.send(message)
        assert rest(socket)[1] == code
        other.send(bytes(16000))
        assert until(other, "identification")
    assert reader.health() == "ok"


def test_frames_that_break_the_protocol_end_their_connection_alone(shared_url, reader):
    unmasked, reserved, endless = b"\x82\x05hello", b"\x83\x80abcd", b"\x82\xff" + b"\xff" * 12
    out_of_order = 2 * b"\x01\x81\x00\x00\x00\x00a"
    for garbage in (b"\xff" * 64, unmasked, reserved, endless, out_of_order):
        with opened(shared_url, close_timeout=0.1) as socket:
            until(socket, "ready")
            socket.socket.sendall(garbage)
            assert rest(socket)[1] != 1000
    assert reader.health() == "ok"


def test_noise_of_every_kind_is_no_harm(reader):
    rng = np.random.default_rng(5)
    blocks = [rng.bytes(2 * int(rng.integers(0, 4000))) for _ in range(60)]
    blocks += [b"", b"\xff\x7f" * 800, b"\x00\x80" * 800]
    events = list(reader.live(blocks))
    assert events[-1].type == "turns"


def test_a_silent_connection_is_closed(encoder, tmp_path):
    with running(encoder, tmp_path, ServerConfig(stream_idle_s=0.5)) as address, opened(address) as socket:
        assert until(socket, "error")["code"] == "idle"
        assert rest(socket)[1] == 4408


def test_a_listener_who_never_reads_does_not_hold_up_the_others(encoder, enrolled_data, talk):
    config = ServerConfig(send_s=0.5)
    with running(encoder, enrolled_data, config) as address, opened(address, max_queue=1, close_timeout=0.1) as deaf:
        sound, over = pcm(talk), threading.Event()

        def shout() -> None:
            while not over.is_set():
                try:
                    for block in paced(sound, 16000, speed=20.0):
                        deaf.send(block)
                except ConnectionClosed:
                    return

        thread = threading.Thread(target=shout)
        thread.start()
        named = {e.values.get("speaker") for e in Client(address, TOKEN).live(paced(sound, 16000))}
        assert {"Ana", "Ben"} <= named
        over.set()
        deaf.close()
        thread.join(20)
        assert not thread.is_alive()


def test_turns_can_be_asked_for(shared_url, talk):
    with opened(shared_url) as socket:
        for block in paced(pcm(talk[: 16000 * 6]), 16000):
            socket.send(block)
        socket.send(json.dumps({"type": "turns"}))
        while (event := until(socket, "turns"))["from_s"] != 0:
            continue
        assert event["turns"][0]["speaker"] == "Ana"
        assert not event["final"]


def test_the_server_stops_while_connections_are_open(encoder, enrolled_data, talk):
    with ExitStack() as stack:
        with running(encoder, enrolled_data) as address:
            sockets = [stack.enter_context(opened(address)) for _ in range(3)]
            for socket in sockets:
                socket.send(pcm(talk[:32000]))
                until(socket, "identification")
        for socket in sockets:  # the server has ended, with all of its threads
            assert rest(socket)[1] == 1012
    assert "live" not in [thread.name for thread in threading.enumerate()]


def test_a_server_that_is_not_there_is_said_to_be_missing():
    nowhere = Client("http://127.0.0.1:9", TOKEN)
    for ask in (nowhere.people, lambda: next(nowhere.live([]))):
        with pytest.raises(HeardError, match="cannot be reached"):
            ask()


class Stranger(BaseHTTPRequestHandler):
    """A server of something else, which says that all is well."""

    body = b""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_):
        pass


@pytest.mark.parametrize(
    "body", [b"<html>", b"[1]", b"{}", b'{"people": [1]}', b'{"people": [{"id": 1}]}', b"[" * 9999]
)
def test_a_server_of_something_else_is_said_to_be_one(body):
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Other", (Stranger,), {"body": body})) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client = Client(f"http://127.0.0.1:{server.server_port}", TOKEN)
        for ask in (client.people, client.health):
            with pytest.raises(HeardError, match="does not answer as"):
                ask()
        with pytest.raises(HeardError):
            next(client.live([]))
        server.shutdown()


def test_names_that_are_no_text_are_refused_by_the_client(reader, tmp_path):
    """As the system gives names of files that are not UTF-8."""
    with pytest.raises(BadInput):
        reader.create("a\udcff")
    with pytest.raises(ServerRefused, match="nobody"):
        reader.samples("a\udcff")
    (tmp_path / "a\udcff.wav").write_bytes(b"no sound")
    with pytest.raises(ServerRefused, match="audio"):
        reader.identify(tmp_path / "a\udcff.wav")


def test_the_client_gives_the_servers_reason(shared_url):
    with pytest.raises(ServerRefused) as refused:
        Client(shared_url, "wrong").people()
    assert (refused.value.status, refused.value.code) == (401, "unauthorised")
    with pytest.raises(ServerRefused):
        next(Client(shared_url, "wrong").live([]))


def test_an_unknown_voice_of_a_connection_becomes_a_person(url, client, demo_dir):
    for person in client.people():
        client.delete(person.id)
    clips = sorted((demo_dir / "enrolment" / "Ana").glob("*.flac"))
    pause = np.zeros(24000, np.float32)
    talk = pcm(np.concatenate([part for clip in clips[:2] for part in (read_audio(clip), pause)]))
    with opened(url) as socket:
        for block in paced(talk, 16000):
            socket.send(block)
        until(socket, "unknowns")
        for label, name in (("Unknown 9", "Eva"), ("Unknown 1", "")):
            socket.send(json.dumps({"type": "enrol", "label": label, "name": name}))
            assert until(socket, "error")["code"] in {"no_such_voice", "bad_input"}
        assert client.people() == []
        socket.send(json.dumps({"type": "enrol", "label": "Unknown 1", "name": "Eva"}))
        assert until(socket, "enrolled")["name"] == "Eva"
        for block in paced(talk, 16000):
            socket.send(block)
        socket.send(json.dumps({"type": "end"}))
        events, _ = rest(socket)
    assert {turn["speaker"] for turn in events[-1]["turns"]} == {"Eva"}
    assert [(one.name, one.known) for one in client.people()] == [("Eva", True)]
    assert client.identify(clips[3]).label == "Eva"


def test_who_is_denied_is_another_voice(url, demo_dir):
    sound = pcm(read_audio(demo_dir / "enrolment" / "Ana" / "02.flac"))
    with opened(url) as socket:
        for block in paced(sound, 16000):
            socket.send(block)
        while until(socket, "identification")["speaker"] != "Ana":
            pass
        socket.send(json.dumps({"type": "deny", "name": "Ana"}))
        socket.send(json.dumps({"type": "end"}))
        events, _ = rest(socket)
    assert "Ana" not in {turn["label"] for turn in [e for e in events if e["type"] == "turns"][-1]["turns"]}


def test_denying_who_was_not_heard_is_told(shared_url):
    with opened(shared_url) as socket:
        until(socket, "ready")
        socket.send(json.dumps({"type": "deny", "name": "Ana"}))
        assert until(socket, "error")["code"] == "no_such_voice"
