"""Servers with real sockets: in a thread of the tests, and as a user runs them."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.server.config import DEFAULTS, ServerConfig
from utils import ROOT

TOKEN = "token-of-the-tests-0123456789"


@contextlib.contextmanager
def running(
    encoder, data: Path, config: ServerConfig = DEFAULTS, tls: tuple[Path, Path] | None = None
) -> Iterator[str]:
    """A server in a thread of this process; gives its address. ``tls``: a certificate and its key."""
    from app.server.application import create_app
    from app.server.process import make_server
    from app.server.service import Service

    listener = socket.create_server(("127.0.0.1", 0))
    server = make_server(create_app(Service(encoder, data, config), TOKEN), config, *(tls or ()))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield f"http{'s' if tls else ''}://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive(), "the server did not stop"


@contextlib.contextmanager
def serving(*arguments: object, data: Path, program: Sequence[str] = ("-m", "app")):
    """``python -m app serve``: the process, its address, what it said; killed if a test leaves it running."""
    command = [sys.executable, *program, "serve", "--port", "0", "--data", str(data), *map(str, arguments)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines = []
    try:
        while not lines or "Ctrl-C" not in lines[-1]:
            line = process.stdout.readline()
            assert line, "".join(lines)
            lines.append(line)
        address = re.search(r"Serving (https?://\S+:\d+)/", "".join(lines)).group(1)
        give_up = time.monotonic() + 30
        while time.monotonic() < give_up:  # the line comes a moment before the socket is served
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", int(address.rsplit(":", 1)[1]))) == 0:
                    break
        yield process, address, "".join(lines)
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody vouches for, and its key, made with openssl."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2"]
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*make, *name], check=True, capture_output=True)
    return cert, key
