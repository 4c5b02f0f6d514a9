"""``--mqtt`` with a real broker: what is retained, the last will, a broker that goes and comes back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest

from app.events.event import SpeakerEvent
from app.events.mqtt import Broker, Mqtt, discovery_messages, read_broker
from tests.support.broker import MOSQUITTO, broker, free_port, listening, until
from utils import ROOT, BadInput

pytestmark = pytest.mark.skipif(not Path(MOSQUITTO).exists(), reason="mosquitto is not installed")
BEGAN = SpeakerEvent("began", "2026-01-31T12:00:00.000Z", 1.5, "microphone", ("Ána",), ("Ána", "Ben"), speaker="Ána")
GONE = SpeakerEvent("here", "2026-01-31T12:00:09.000Z", 9.5, "microphone")


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with broker(tmp_path) as port:
        yield port


def of(port: int, **more: object) -> Mqtt:
    return Mqtt(Broker("127.0.0.1", port, "heard/room"), more.pop("say", print), **more)


def test_who_is_here_is_retained_and_events_are_not(port: int):
    with listening(port) as early:
        mqtt = of(port)
        early.wait_for("heard/room/status", "online")
        mqtt.put(BEGAN)
        assert json.loads(early.wait_for("heard/room/event")) == BEGAN.as_json()
        early.wait_for("heard/room/state")
        with listening(port) as late:
            assert json.loads(late.wait_for("heard/room/state"))["here"] == ["Ána", "Ben"]
            assert late.wait_for("heard/room/status") == "online"
            assert late.texts("heard/room/event") == []
        mqtt.put(GONE)
        mqtt.close()
        assert early.wait_for("heard/room/status", "offline")
    with listening(port) as after:
        assert json.loads(after.wait_for("heard/room/state"))["here"] == []  # no name stays on the broker
        assert after.wait_for("heard/room/status") == "offline"


def test_home_assistant_finds_four_entities_whose_templates_read_our_events(port: int):
    with listening(port) as listener:
        mqtt = of(port)
        for topic, payload in discovery_messages("heard/room").items():
            assert json.loads(listener.wait_for(topic)) == payload
        mqtt.close()
    read = {
        entity["name"]: as_home_assistant(entity["value_template"], BEGAN)
        for entity in discovery_messages("heard/room").values()
    }
    assert read.pop("Speech") == json.dumps({**BEGAN.as_json(), "event_type": "began"})
    assert read == {"Speaker": "Ána", "People here": "2", "Somebody known here": "ON"}
    sensor = discovery_messages("heard/room")["homeassistant/sensor/heard_heard_room/speaker/config"]
    assert as_home_assistant(sensor["value_template"], GONE) == "nobody"


def as_home_assistant(template: str, event: SpeakerEvent) -> str:
    """A template as Home Assistant renders it: Jinja, with ``value_json`` and a filter of its own."""
    environment = jinja2.Environment()
    environment.filters["to_json"] = json.dumps
    return environment.from_string(template).render(value_json=event.as_json())


def test_a_broker_that_comes_late_and_one_that_comes_back_are_told_how_things_are(tmp_path: Path):
    port, said = free_port(), []
    mqtt = of(port, say=said.append)
    mqtt.put(BEGAN)  # nobody is there
    until(lambda: bool(said), "nobody was told")
    assert said == ["127.0.0.1: the broker cannot be reached; it is tried again."]
    with broker(tmp_path, port), listening(port) as listener:
        assert json.loads(listener.wait_for("heard/room/state")) == BEGAN.as_json()
        assert listener.texts("heard/room/event") == []
    until(lambda: len(said) == 2, "the loss was not told")
    assert said[1].startswith("127.0.0.1: the connection is lost")
    mqtt.put(GONE)
    with broker(tmp_path, port), listening(port) as listener:
        assert json.loads(listener.wait_for("heard/room/state")) == GONE.as_json()
        assert listener.wait_for("heard/room/status") == "online"
    mqtt.close()


def test_the_broker_says_offline_for_a_program_that_was_killed(port: int, tmp_path: Path):
    words = ["test.py", "--terminal", "--demo", "--realtime", "--mqtt", f"127.0.0.1:{port}/heard/room"]
    with listening(port) as listener:
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=ROOT,
            env={**os.environ, "HEARD_DATA": str(tmp_path / "data")},
            stdout=subprocess.DEVNULL,
        )
        try:
            began = json.loads(listener.wait_for("heard/room/event", '"began"'))
            assert (began["speaker"], began["source"]) == ("Ana", "conversation")
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        listener.wait_for("heard/room/status", "offline")


def test_user_and_password_are_asked_for_and_are_not_on_the_command_line(tmp_path: Path):
    passwords = tmp_path / "passwords"
    tool = str(Path(MOSQUITTO).parent / "mosquitto_passwd").replace("/sbin/", "/bin/")
    subprocess.run([tool, "-b", "-c", passwords, "heard", "right"], check=True, capture_output=True)
    with broker(tmp_path, lines=["allow_anonymous false", f"password_file {passwords}"]) as port:
        said: list[str] = []
        wrong = of(port, say=said.append, user="heard", password="wrong")
        until(lambda: bool(said), "nobody was told")
        wrong.close()
        assert said[0] == "127.0.0.1: the broker refuses (not authorized)."
        with listening(port, user="heard", password="right") as listener:
            mqtt = of(port, user="heard", password="right")
            listener.wait_for("heard/room/status", "online")
            mqtt.close()


def test_sound_never_waits_for_a_broker_that_is_not_there():
    mqtt = Mqtt(Broker("192.0.2.1", 1883, "heard"), print)  # an address that nobody has
    started = time.monotonic()
    for _ in range(1000):
        mqtt.put(BEGAN)
    assert time.monotonic() - started < 1.0
    started = time.monotonic()
    mqtt.close()
    assert time.monotonic() - started < 10.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("localhost/heard", Broker("localhost", 1883, "heard")),
        ("10.0.0.2:1884/house/heard/", Broker("10.0.0.2", 1884, "house/heard")),
        ("[::1]:1884/heard", Broker("::1", 1884, "heard")),
        ("mqtt://host/heard", Broker("host", 1883, "heard")),
        ("mqtts://host/heard", Broker("host", 8883, "heard", True)),
        ("host:8883/heard", Broker("host", 8883, "heard", True)),
    ],
)
def test_a_broker_is_read(text: str, expected: Broker):
    assert read_broker(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "host", "host/", "/topic", "host:0/x", "host:99999/x", "host:x/x", "http://host/x", "u:p@host/x", "host/a/#",
     "host/$SYS", "host/+", "host/a\nb", "host/" + "x" * 300],
)  # fmt: skip
def test_what_names_no_broker_is_refused(text: str):
    with pytest.raises(BadInput, match="--mqtt"):
        read_broker(text)
