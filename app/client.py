"""A client of a Heard server, for programs in Python. Needs the packages httpx2 and, for ``live``, websockets.

client = Client("http://127.0.0.1:8765", token)
client.create("Ana")
client.add_sample("Ana", "ana.wav")
print(client.identify("who.wav").label)
"""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import quote, urlencode

import httpx2

from app.schemas import (
    Condition,
    Embedding,
    Identified,
    OfferInfo,
    Person,
    Progress,
    Prompt,
    Sample,
    Turn,
    Verification,
)
from utils import BadInput, HeardError

Schema = TypeVar("Schema")
Audio = str | Path | bytes
"""A file, or the bytes of one."""


class ServerRefused(HeardError):
    """The server did not do what was asked: ``status`` is HTTP's, ``code`` is for programs, ``details`` is JSON."""

    def __init__(self, status: int, code: str, message: str, details: dict[str, Any] | None = None):
        super().__init__(message)
        self.status, self.code, self.details = status, code, details or {}


@dataclass(frozen=True)
class Event:
    """What a live connection says: ``type`` is one of docs/server.md, such as "identification"; the rest is values."""

    type: str
    values: dict[str, Any] = field(default_factory=dict)


class Client:
    """One server. May be shared by threads: each request has a connection of its own.

    Methods raise ServerRefused for what the server does not do, HeardError if it cannot be reached, and OSError for a
    file that cannot be read.
    """

    def __init__(self, url: str, token: str, *, timeout_s: float = 120.0, tls: ssl.SSLContext | None = None):
        """``tls``: how the server's certificate is checked, in place of the system's authorities."""
        self.url, self.token, self.timeout_s, self.tls = url.rstrip("/"), token, timeout_s, tls
        self._http = httpx2.Client(
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout_s,
            verify=tls or ssl.create_default_context(),
            trust_env=False,  # no proxy between a program and its own server
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
        )

    # ------------------------------------------------------------ people

    def people(self) -> list[Person]:
        """Everybody, in alphabetical order."""
        return _many(Person, self._ask("GET", "/v1/people"), "people")

    def create(self, name: str) -> Person:
        return _one(Person, self._ask("POST", "/v1/people", json={"name": name}))

    def rename(self, person: str, name: str) -> Person:
        """``person``, here and below: an id or a name."""
        return _one(Person, self._ask("PATCH", _path("people", person), json={"name": name}))

    def delete(self, person: str) -> None:
        """Voiceprint and recordings, for good."""
        self._ask("DELETE", _path("people", person))

    def samples(self, person: str) -> list[Sample]:
        return _many(Sample, self._ask("GET", _path("people", person, "samples")), "samples")

    def add_sample(
        self, person: str, audio: Audio, *, accept_flawed: bool = False, channel: int | None = None
    ) -> Sample:
        """``channel``, here and below: the only one that is heard of an upload, from 1. Raises ServerRefused with code
        "poor_sample" and ``details["problems"]`` for one that is not good enough."""
        form = {"accept_flawed": "true" if accept_flawed else "false"}
        answer = self._upload(_path("people", person, "samples"), {"file": audio}, data=form, params=_of(channel))
        return _one(Sample, _json(answer), "sample")

    def delete_sample(self, person: str, sample: str) -> None:
        self._ask("DELETE", _path("people", person, "samples", sample))

    def allow_keeping(self, person: str, *, may_keep: bool) -> Person:
        """Whether speech that is surely theirs may be kept, to be offered; False erases what is kept."""
        return _one(Person, self._ask("PUT", _path("people", person, "consent"), json={"may_keep": may_keep}))

    def offers(self, person: str) -> list[OfferInfo]:
        """What is offered to be added to a person's samples."""
        return _many(OfferInfo, self._ask("GET", _path("people", person, "offers")), "offers")

    def hear_offer(self, person: str, offer: int) -> bytes:
        """Its sound, a WAV file."""
        return self._send("GET", _path("people", person, "offers", str(offer), "sound")).content

    def accept_offer(self, person: str, offer: int) -> Person:
        return _one(Person, self._ask("POST", _path("people", person, "offers", str(offer))))

    def dismiss_offer(self, person: str, offer: int) -> None:
        self._ask("DELETE", _path("people", person, "offers", str(offer)))

    def prompts(self, samples: int = 3, recorded_before: int = 0, language: str = "en") -> list[Prompt]:
        """What to read for so many samples, after those that there are. ``language``: such as "de-AT,en"."""
        params = {"samples": samples, "recorded_before": recorded_before, "language": language}
        return _many(Prompt, self._ask("GET", "/v1/prompts", params=params), "prompts")

    # ------------------------------------------------------------ recordings

    def verify(
        self, a: Audio, b: Audio | None = None, *, person: str | None = None, channel: int | None = None
    ) -> Verification:
        """Whether one person speaks in both, or ``person`` in ``a``."""
        if b is None:
            answer = self._upload("/v1/verify", {"a": a}, data={"person": person or ""}, params=_of(channel))
        else:
            answer = self._upload("/v1/verify", {"a": a, "b": b}, params=_of(channel))
        return _one(Verification, _json(answer))

    def identify(self, audio: Audio, *, channel: int | None = None) -> Identified:
        return _one(Identified, _json(self._upload("/v1/identify", {"file": audio}, params=_of(channel))))

    def timeline(
        self,
        audio: Audio,
        *,
        channel: int | str | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> list[Turn]:
        """Who spoke when; with ``channel="each"`` in each channel by itself.

        ``on_progress`` is called twice a second with how far it is, and may raise an exception: that ends the analysis
        in the server, too, and comes out here.
        """
        params = {"timeline": 1, **_of(channel)}
        if on_progress is None:
            return _many(Turn, _json(self._upload("/v1/identify", {"file": audio}, params=params)), "turns")
        with (
            _parts({"file": audio}) as parts,
            self._answering("POST", "/v1/identify", files=parts, params={**params, "progress": 1}) as lines,
        ):
            for line in lines.iter_lines():
                values = _parsed(line)
                match _value(values, "type"):
                    case "progress":
                        on_progress(_one(Progress, values))
                    case "timeline":
                        return _many(Turn, _value(values, "timeline"), "turns")
                    case "error":
                        raise _refusal(_value(values, "status"), values)
        raise _not_heard()

    def transcript(self, audio: Audio, kind: str = "rttm", *, channel: int | str | None = None) -> str:
        """The same in a format of docs/exports.md: "rttm", "srt", "vtt", "csv", "json", "audacity", "textgrid" or
        "text"."""
        answer = self._upload("/v1/identify", {"file": audio}, params={"timeline": 1, "format": kind, **_of(channel)})
        return answer.content.decode("utf-8-sig")

    def label(
        self,
        transcript: Audio,
        audio: Audio | None = None,
        *,
        rename: Mapping[str, str] | None = None,
        channel: int | str | None = None,
    ) -> bytes:
        """A transcript (a file, or the bytes of one) with the names of who speaks in the recording ``audio``, in its
        own format; docs/transcripts.md. ``rename``: a name in it, such as "Unknown 1" -> another; that alone needs no
        ``audio``. Raises ServerRefused with code "bad_transcript" for what is none, or none of this recording."""
        parts = {"transcript": transcript} | ({} if audio is None else {"file": audio})
        form = {"rename": [f"{old}={new}" for old, new in (rename or {}).items()]}
        return self._upload("/v1/transcripts", parts, data=form, params=_of(channel)).content

    def embedding(self, audio: Audio, *, channel: int | None = None) -> Embedding:
        return _one(Embedding, _json(self._upload("/v1/embeddings", {"file": audio}, params=_of(channel))))

    # ------------------------------------------------------------ server

    def model(self) -> dict[str, Any]:
        return self._ask("GET", "/v1/model")

    def health(self) -> str:
        return str(_value(self._ask("GET", "/v1/health"), "status"))

    def live(self, blocks: Iterable[bytes], rate: int = 16_000, channels: int = 1) -> Iterator[Event]:
        """Send blocks of 16-bit little-endian PCM, and give back events as they come. Of several ``channels`` the
        samples of a frame lie side by side; the server mixes them so that no voice is lost (docs/channels.md).

        A thread sends at the pace of ``blocks``. What comes faster than the server can take it in is dropped; an event
        says so.
        Ends when the sound does and the last turns are known. Needs the package websockets.
        """
        from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
        from websockets.sync.client import connect

        address = f"{self.url.replace('http', 'ws', 1)}/v1/live?{urlencode({'rate': rate, 'channels': channels})}"
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            socket = connect(address, additional_headers=headers, ssl=self.tls, open_timeout=self.timeout_s)
        except InvalidStatus as refused:
            raise _refused(refused.response.status_code, bytes(refused.response.body or b"")) from None
        except (OSError, InvalidHandshake) as error:
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
                    yield _event(_parsed(text))
            except ConnectionClosed as closed:
                raise HeardError(f"the connection was closed ({closed}).") from None

    def events(self, *, shown: bool = False) -> Iterator[Event]:
        """Who begins, who ends and who is here, on all live connections of the server, as docs/integrations.md has it,
        until the server stops. ``shown``: every change of what is shown, too."""
        params = {"shown": "true"} if shown else {}
        with self._answering("GET", "/v1/events", params=params) as answer:
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    yield _event(_parsed(line.removeprefix("data: ")))

    # ------------------------------------------------------------ HTTP

    def _ask(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        """The JSON of an answer; {} for one without."""
        answer = self._send(method, path, **request)
        return _json(answer) if answer.content else {}

    def _upload(self, path: str, audio: dict[str, Audio], **request: Any) -> httpx2.Response:
        with _parts(audio) as parts:
            return self._send("POST", path, files=parts, **request)

    def _send(self, method: str, path: str, **request: Any) -> httpx2.Response:
        with self._answering(method, path, **request) as answer:
            answer.read()
            return answer

    @contextlib.contextmanager
    def _answering(self, method: str, path: str, **request: Any) -> Iterator[httpx2.Response]:
        """An answer that still comes; the connection is closed at the end."""
        try:
            with self._http.stream(method, self.url + path, **request) as answer:
                if not answer.is_success:  # a redirect, too: it leads to something else than was asked for
                    raise _refused(answer.status_code, answer.read())
                yield answer
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise HeardError(f"{self.url} cannot be reached ({error}).") from None
        except UnicodeEncodeError:
            raise BadInput("what was asked for holds characters that are none.") from None


def _path(*segments: str) -> str:
    """An address of the API. Dots are escaped, too: "/people/Ana/samples/.." would be Ana herself."""
    return "/v1/" + "/".join(quote(_text(segment), safe="").replace(".", "%2E") for segment in segments)


def _of(channel: int | str | None) -> dict[str, int | str]:
    return {} if channel is None else {"channel": channel}


@contextlib.contextmanager
def _parts(audio: dict[str, Audio]) -> Iterator[dict[str, tuple[str, object]]]:
    """Uploads as httpx2 takes them. Raises OSError."""
    with contextlib.ExitStack() as files:
        yield {
            name: ("audio", one)
            if isinstance(one, bytes)
            else (_text(Path(one).name), files.enter_context(open(one, "rb")))
            for name, one in audio.items()
        }


def _refused(status: int, content: bytes) -> ServerRefused:
    try:
        return _refusal(status, json.loads(content)["error"])
    except (ValueError, KeyError, TypeError):
        return ServerRefused(status, "http", f"the server answered {status}.")


def _refusal(status: int, error: dict[str, Any]) -> ServerRefused:
    try:
        return ServerRefused(status, error["code"], error["message"], error.get("details"))
    except (KeyError, TypeError):
        return ServerRefused(status, "http", f"the server answered {status}.")


def _text(text: str) -> str:
    """A name of a file or a person as it can be sent: what is no character, as in names that are not UTF-8, is "?"."""
    return text.encode("utf-8", "replace").decode()


def _json(answer: httpx2.Response) -> dict[str, Any]:
    return _parsed(answer.content)


def _parsed(text: str | bytes) -> dict[str, Any]:
    """An answer's JSON object. Raises HeardError for anything else: something else listens there."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise _not_heard()
    return values


def _value(values: dict[str, Any], name: str) -> Any:
    if name not in values:
        raise _not_heard()
    return values[name]


def _event(values: dict[str, Any]) -> Event:
    return Event(_value(values, "type"), {name: value for name, value in values.items() if name != "type"})


def _one(schema: type[Schema], values: dict[str, Any], name: str | None = None) -> Schema:
    """The object of an answer, or its part ``name``. A newer server's additional values are passed over."""
    part = values if name is None else _value(values, name)
    if not isinstance(part, dict):
        raise _not_heard()
    try:
        return schema(**{one.name: _nested(one.name, part) for one in fields(cast(Any, schema)) if one.name in part})
    except TypeError:  # something is missing
        raise _not_heard() from None


def _nested(name: str, part: dict[str, Any]) -> object:
    """A value of an answer; conditions are objects of their own."""
    if name == "condition" and part[name] is not None:
        return _one(Condition, part, name)
    return _many(Condition, part, name) if name == "conditions" else part[name]


def _many(schema: type[Schema], values: dict[str, Any], name: str) -> list[Schema]:
    parts = _value(values, name)
    if not isinstance(parts, list):
        raise _not_heard()
    return [_one(schema, {name: part}, name) for part in parts]


def _not_heard() -> HeardError:
    return HeardError("what listens there does not answer as this version of Heard does.")
