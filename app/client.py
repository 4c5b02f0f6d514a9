"""A client of a Heard server, for programs in Python. Standard library only, but for ``live``, which needs websockets.

client = Client("http://127.0.0.1:8765", token)
client.create("Ana")
client.add_sample("Ana", "ana.wav")
print(client.identify("who.wav").label)
"""

from __future__ import annotations

import http.client
import json
import ssl
import threading
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlencode, urlsplit

from utils import HeardError

Shape = TypeVar("Shape")
Audio = str | Path | bytes
"""A file, or the bytes of one."""


class ServerRefused(HeardError):
    """The server did not do what was asked: ``status`` is HTTP's, ``code`` is for programs, ``details`` is JSON."""

    def __init__(self, status: int, code: str, message: str, details: dict | None = None):
        super().__init__(message)
        self.status, self.code, self.details = status, code, details or {}


@dataclass(frozen=True)
class Person:
    id: str
    name: str
    recordings: int
    speech_s: float
    enrolled_at: str | None
    models: list[str]
    known: bool
    """Whether the server's model knows the voice."""


@dataclass(frozen=True)
class Sample:
    id: str
    recorded_at: str | None
    device: str
    position: str
    source: str
    quality: dict[str, float | bool | None]
    used: bool


@dataclass(frozen=True)
class Verification:
    score: float
    """-1 to 1."""
    cosine: float
    probability: float
    same: bool
    threshold: float
    speech_s: list[float]
    warnings: list[list[str]]


@dataclass(frozen=True)
class Identified:
    label: str
    """A name, or "unknown"."""
    speaker: str | None
    confidence: float
    scores: dict[str, float]
    threshold: float
    reason: str
    gender: str | None
    gender_confidence: float
    speech_s: float
    duration_s: float


@dataclass(frozen=True)
class Turn:
    start_s: float
    end_s: float
    speaker: str


@dataclass(frozen=True)
class Embedding:
    model: str
    sha256: str
    embedding: list[float]
    """Of unit length."""
    speech_s: float
    gender: str | None
    gender_confidence: float


@dataclass(frozen=True)
class Event:
    """What a live connection says; ``type`` is "ready", "identification", "turns", "people", "notice" or "error"."""

    type: str
    values: dict = field(default_factory=dict)


class Client:
    """One server. May be shared by threads: each request has a connection of its own.

    Methods raise ServerRefused for what the server does not do, and HeardError if it cannot be reached.
    """

    def __init__(self, url: str, token: str, *, timeout_s: float = 120.0, tls: ssl.SSLContext | None = None):
        """``tls``: how the server's certificate is checked, in place of the system's authorities."""
        self.url, self.timeout_s, self.tls = url.rstrip("/"), timeout_s, tls
        self.token = token

    # ------------------------------------------------------------ people

    def people(self) -> list[Person]:
        """Everybody, in alphabetical order."""
        return [_shape(Person, one) for one in self._ask("GET", "/v1/people")["people"]]

    def create(self, name: str) -> Person:
        return _shape(Person, self._ask("POST", "/v1/people", {"name": name}))

    def rename(self, person: str, name: str) -> Person:
        """``person``, here and below: an id or a name."""
        return _shape(Person, self._ask("PATCH", f"/v1/people/{quote(person, safe='')}", {"name": name}))

    def delete(self, person: str) -> None:
        """Voiceprint and recordings, for good."""
        self._ask("DELETE", f"/v1/people/{quote(person, safe='')}")

    def samples(self, person: str) -> list[Sample]:
        rows = self._ask("GET", f"/v1/people/{quote(person, safe='')}/samples")["samples"]
        return [_shape(Sample, one) for one in rows]

    def add_sample(self, person: str, audio: Audio, *, accept_flawed: bool = False) -> Sample:
        """Raises ServerRefused with code "poor_sample" and ``details["problems"]`` for one that is not good enough."""
        form = {"file": audio, "accept_flawed": "true" if accept_flawed else "false"}
        answer = self._ask("POST", f"/v1/people/{quote(person, safe='')}/samples", form=form)
        return _shape(Sample, answer["sample"])

    def delete_sample(self, person: str, sample: str) -> None:
        self._ask("DELETE", f"/v1/people/{quote(person, safe='')}/samples/{quote(sample, safe='')}")

    # ------------------------------------------------------------ recordings

    def verify(self, a: Audio, b: Audio | None = None, *, person: str | None = None) -> Verification:
        """Whether one person speaks in both, or ``person`` in ``a``."""
        form = {"a": a} | ({"b": b} if b is not None else {"person": person or ""})
        return _shape(Verification, self._ask("POST", "/v1/verify", form=form))

    def identify(self, audio: Audio) -> Identified:
        return _shape(Identified, self._ask("POST", "/v1/identify", form={"file": audio}))

    def timeline(self, audio: Audio) -> list[Turn]:
        """Who spoke when."""
        rows = self._ask("POST", "/v1/identify?timeline=1", form={"file": audio})["turns"]
        return [_shape(Turn, one) for one in rows]

    def transcript(self, audio: Audio, kind: str = "rttm") -> str:
        """The same as "rttm", "srt", "csv" or "json"."""
        return self._send("POST", f"/v1/identify?timeline=1&format={kind}", form={"file": audio}).decode()

    def embedding(self, audio: Audio) -> Embedding:
        return _shape(Embedding, self._ask("POST", "/v1/embeddings", form={"file": audio}))

    # ------------------------------------------------------------ server

    def model(self) -> dict:
        return self._ask("GET", "/v1/model")

    def health(self) -> str:
        return self._ask("GET", "/v1/health")["status"]

    def live(self, blocks: Iterable[bytes], rate: int = 16_000) -> Iterator[Event]:
        """Send blocks of 16-bit little-endian PCM of one channel, and give back events as they come.

        A thread sends, at the pace of ``blocks``; what comes faster than the server can hear it drops, and says so.
        Ends when the sound does and the last turns are known. Needs the package websockets.
        """
        from websockets.exceptions import ConnectionClosed, InvalidStatus
        from websockets.sync.client import connect

        address = f"{self.url.replace('http', 'ws', 1)}/v1/live?{urlencode({'rate': rate})}"
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            socket = connect(address, additional_headers=headers, ssl=self.tls, open_timeout=self.timeout_s)
        except InvalidStatus as refused:
            raise _refused(refused.response.status_code, bytes(refused.response.body or b"")) from None
        except OSError as error:
            raise HeardError(f"{self.url} cannot be reached ({error}).") from None

        def send() -> None:
            try:
                for block in blocks:
                    socket.send(block)
                socket.send(json.dumps({"type": "end"}))
            except ConnectionClosed:
                return

        with socket:
            threading.Thread(target=send, name="sending sound", daemon=True).start()
            try:
                for text in socket:
                    values = json.loads(text)
                    yield Event(values.pop("type"), values)
            except ConnectionClosed as closed:
                raise HeardError(f"the connection was closed ({closed}).") from None

    # ------------------------------------------------------------ HTTP

    def _ask(self, method: str, path: str, body: dict | None = None, form: dict | None = None) -> dict:
        answer = self._send(method, path, body, form)
        return json.loads(answer) if answer else {}

    def _send(self, method: str, path: str, body: dict | None = None, form: dict | None = None) -> bytes:
        headers, data = {"Authorization": f"Bearer {self.token}"}, None
        if body is not None:
            headers["Content-Type"], data = "application/json", json.dumps(body).encode()
        elif form is not None:
            headers["Content-Type"], data = multipart(form)
        where = urlsplit(self.url)
        if where.scheme == "https":
            connection = http.client.HTTPSConnection(where.netloc, timeout=self.timeout_s, context=self.tls)
        else:
            connection = http.client.HTTPConnection(where.netloc, timeout=self.timeout_s)
        try:
            connection.request(method, where.path + path, data, headers)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise HeardError(f"{self.url} cannot be reached ({error}).") from None
        finally:
            connection.close()
        if response.status >= 400:
            raise _refused(response.status, content)
        return content


def _refused(status: int, content: bytes) -> ServerRefused:
    try:
        error = json.loads(content)["error"]
        return ServerRefused(status, error["code"], error["message"], error.get("details"))
    except (ValueError, KeyError, TypeError):
        return ServerRefused(status, "http", f"the server answered {status}.")


def _shape(kind: type[Shape], values: dict) -> Shape:
    """A newer server's additional values are passed over."""
    return kind(**{one.name: values[one.name] for one in fields(kind)})


def multipart(form: dict[str, Audio]) -> tuple[str, bytes]:
    """(content type, body): a path is sent as a file, so are bytes, any other text as a field."""
    boundary, parts = uuid.uuid4().hex, []
    for name, value in form.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
        if name in {"file", "a", "b"}:
            file = "audio" if isinstance(value, bytes) else quote(Path(value).name, safe=" ._-()")
            content = value if isinstance(value, bytes) else Path(value).read_bytes()
            parts.append(
                f'{head}; filename="{file}"\r\nContent-Type: application/octet-stream\r\n\r\n'.encode() + content
            )
        else:
            parts.append(f"{head}\r\n\r\n{value}".encode())
    return f"multipart/form-data; boundary={boundary}", b"\r\n".join([*parts, f"--{boundary}--\r\n".encode()])
