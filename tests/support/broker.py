"""A real MQTT broker (mosquitto) on a port of its own, and somebody who listens to all that it says."""

from __future__ import annotations

import contextlib
import getpass
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
"""Debian puts it where ordinary users do not look."""


@contextlib.contextmanager
def broker(folder: Path, port: int = 0, lines: Sequence[str] = ("allow_anonymous true",)) -> Iterator[int]:
    """The port of a broker that keeps nothing on disk. ``lines``: of its configuration."""
    port = port or free_port()
    config = folder / f"mosquitto-{port}.conf"
    config.write_text(
        "\n".join([f"listener {port} 127.0.0.1", "persistence false", f"user {getpass.getuser()}", *lines, ""])
    )
    with open(folder / f"mosquitto-{port}.log", "ab") as log:
        process = subprocess.Popen([MOSQUITTO, "-c", config], stdout=log, stderr=log)
    try:
        until(lambda: process.poll() is not None or _answers(port), "the broker did not start")
        assert process.poll() is None, (folder / f"mosquitto-{port}.log").read_text()
        yield port
    finally:
        process.terminate()
        process.wait(10)


class Listener:
    """Everything that is published, as (topic, text, whether it was retained)."""

    def __init__(self, port: int, user: str | None = None, password: str | None = None):
        self.heard: list[tuple[str, str, bool]] = []
        subscribed = threading.Event()
        client = self._client = paho.Client(CallbackAPIVersion.VERSION2)
        if user:
            client.username_pw_set(user, password)
        client.on_message = lambda _c, _d, m: self.heard.append((m.topic, m.payload.decode(), m.retain))
        client.on_connect = lambda *_: client.subscribe("#", qos=1)
        client.on_subscribe = lambda *_: subscribed.set()
        client.connect("127.0.0.1", port)
        client.loop_start()
        assert subscribed.wait(10)

    def texts(self, topic: str) -> list[str]:
        return [text for heard, text, _ in self.heard if heard == topic]

    def wait_for(self, topic: str, text: str = "") -> str:
        """The newest text of a topic, once one came that holds ``text``."""
        until(lambda: any(text in one for one in self.texts(topic)), f"{topic}: {text}", lambda: str(self.heard))
        return next(one for one in reversed(self.texts(topic)) if text in one)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextlib.contextmanager
def listening(port: int, **login: str) -> Iterator[Listener]:
    listener = Listener(port, **login)
    try:
        yield listener
    finally:
        listener.close()


def until(true: Callable[[], bool], what: str, more: Callable[[], str] = lambda: "", timeout_s: float = 120.0) -> None:
    ends = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < ends, f"{what} {more()}"
        time.sleep(0.02)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
