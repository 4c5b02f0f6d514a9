"""A model hub on this machine.

It answers as the real one does: a redirect to a store on another host, which honours ranges.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from app.embedding.model_files import SPEECHBRAIN

STEP_S = 0.05
"""Between two parts of a file that comes slowly."""


@dataclass
class Hub:
    """A hub with one file. What was asked is in ``requests``: (method, path, range)."""

    content: bytes
    cut_at: list[int] = field(default_factory=list)
    """Bytes of the file after which the next answers break off, one entry each; afterwards they are whole."""
    silent_s: float = 0.0
    """How long a connection says nothing more before it breaks off."""
    ranges: bool = True
    bytes_per_s: float | None = None
    """How fast the file comes; None: as fast as it can."""
    requests: list[tuple[str, str, str | None]] = field(default_factory=list)
    authorization: set[str | None] = field(default_factory=set)
    """What came in that header."""
    url: str = ""
    shutdown: Callable[[], None] | None = None

    def asked_ranges(self) -> list[str]:
        return [asked for _, path, asked in self.requests if path == "/store" and asked]


@contextlib.contextmanager
def serve(hub: Hub) -> Iterator[Hub]:
    """Answer at ``hub.url`` meanwhile."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self):
            self.answer(body=False)

        def do_GET(self):
            self.answer(body=True)

        def answer(self, body: bool):
            asked = self.headers.get("Range")
            hub.requests.append((self.command, self.path, asked))
            hub.authorization.add(self.headers.get("Authorization"))
            if not re.fullmatch(rf"/store|/{SPEECHBRAIN}/resolve/[0-9a-f]{{40}}/embedding_model\.ckpt", self.path):
                self.send_error(404)
                return
            if self.path != "/store":
                self.send_response(302)
                self.send_header("Location", f"http://localhost:{self.server.server_port}/store")
                self.send_header("X-Repo-Commit", self.path.split("/")[4])
                self.send_header("X-Linked-Etag", f'"{hashlib.sha256(hub.content).hexdigest()}"')
                self.send_header("X-Linked-Size", str(len(hub.content)))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and hub.ranges else 0
            if start and start >= len(hub.content):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            self.send_header("ETag", f'"{hashlib.sha256(hub.content).hexdigest()}"')
            self.send_header("Content-Length", str(len(hub.content) - start))
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(hub.content) - 1}/{len(hub.content)}")
            self.end_headers()
            if body:
                cut = hub.cut_at.pop(0) if hub.cut_at else len(hub.content)
                self.send_content(start, cut)
                self.close_connection = cut < len(hub.content)
                if self.close_connection:
                    time.sleep(hub.silent_s)

        def send_content(self, start: int, end: int):
            while start < end:
                step = end - start if hub.bytes_per_s is None else round(hub.bytes_per_s * STEP_S)
                try:
                    self.wfile.write(hub.content[start : min(start + step, end)])
                except ConnectionError:  # nobody wants it any more
                    return
                start += step
                if hub.bytes_per_s is not None:
                    time.sleep(STEP_S)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        hub.url = f"http://127.0.0.1:{server.server_port}"
        hub.shutdown = server.shutdown
        yield hub
        server.shutdown()
        thread.join()
