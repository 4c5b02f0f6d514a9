"""Requests to the server with damaged bodies: sound, forms and JSON. The answer is one that the API describes."""

from __future__ import annotations

import contextlib
import http.client
import json
import tempfile
from functools import cache
from pathlib import Path
from random import Random

from tests.support.serving import TOKEN, running
from tests.torture.inputs import sound
from tests.torture.inputs.models import encoder
from tests.torture.mutations import WORDS, damaged_bytes, damaged_json
from tests.torture.subjects import Subject, Wrong

BOUNDARY = "part-of-a-form"
UPLOADS = ("/v1/identify", "/v1/identify?timeline=1&format=csv", "/v1/verify", "/v1/embeddings", "/v1/people/1/samples")
_open = contextlib.ExitStack()
"""The server lives as long as its worker."""


@cache
def server() -> str:
    from app.server.config import ServerConfig

    data = Path(_open.enter_context(tempfile.TemporaryDirectory()))
    return _open.enter_context(running(encoder(), data, ServerConfig(rate_per_s=0))).removeprefix("http://")


def stop() -> None:
    """End the server of this process."""
    _open.close()
    server.cache_clear()


def form(parts: dict[str, tuple[str, bytes]]) -> bytes:
    """Name -> (file name, body) as multipart/form-data."""
    body = b""
    for name, (file, data) in parts.items():
        named = f'; filename="{file}"' if file else ""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
        body += head.encode("utf-8", "surrogatepass") + data + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


def make(random: Random, folder: Path) -> Path:
    """A file with the request's line, its kind and its body."""
    if random.random() < 0.35:
        path, kind = random.choice((("POST /v1/people", "json"), ("PATCH /v1/people/1", "json")))
        body = damaged_json(random, {"name": random.choice((*WORDS, "Ana"))})
    else:
        target, kind = random.choice(UPLOADS), "form"
        path = f"POST {target}"
        names = ("a", "b") if "verify" in target else ("file",)
        whole = {name: (random.choice(("x.wav", *WORDS)), sound.make(random, folder).read_bytes()) for name in names}
        if random.random() < 0.2:
            whole[random.choice(("person", "force", "x"))] = ("", random.choice(WORDS).encode("utf-8", "surrogatepass"))
        body = form(whole)
        if random.random() < 0.4:
            body = damaged_bytes(random, body)
    (folder / "request").write_bytes(f"{path} {kind}\n".encode() + body)
    return folder / "request"


def use(path: Path) -> None:
    line, _, body = path.read_bytes().partition(b"\n")
    method, target, kind = line.decode().split()
    mime = "application/json" if kind == "json" else f"multipart/form-data; boundary={BOUNDARY}"
    connection = http.client.HTTPConnection(server(), timeout=60)
    try:
        connection.request(method, target, body, {"Authorization": f"Bearer {TOKEN}", "Content-Type": mime})
        answer = connection.getresponse()
        text = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise Wrong(f"no answer: {error!r}") from None
    finally:
        connection.close()
    if answer.status >= 500 or answer.status in (401, 429):
        raise Wrong(f"{answer.status}: {text[:300]!r}")
    if answer.status >= 400 and not json.loads(text).get("error"):
        raise Wrong(f"{answer.status} without a reason: {text[:300]!r}")


SUBJECTS = (Subject("request to the server", make, use),)
