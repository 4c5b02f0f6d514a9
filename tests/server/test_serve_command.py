"""``python -m app serve`` as a user runs it."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from websockets.sync.client import connect

from app.client import Client
from tests.support.serving import certificate, serving
from utils import ROOT, missing_extra


def failing(*arguments: object, data: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "app", "serve", "--data", str(data), *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr.strip().splitlines()[-1]


def test_it_serves_from_this_machine_alone_and_stops_cleanly_with_streams_open(data):
    with serving(data=data) as (process, address, said):
        assert address.startswith("http://127.0.0.1:")
        assert "3 people" in said
        token_file = data / "server-token"
        token = token_file.read_text().strip()
        assert token not in said  # not a terminal: it would be in a log
        if os.name == "posix":
            assert stat.S_IMODE(token_file.stat().st_mode) == 0o600
        assert len(Client(address, token).people()) == 3
        headers = {"Authorization": f"Bearer {token}"}
        with connect(address.replace("http", "ws") + "/v1/live", additional_headers=headers) as stream:
            assert "ready" in stream.recv(timeout=20)
            stream.send(bytes(8000))
            process.send_signal(signal.SIGINT)
            rest = process.stdout.read()
        assert process.wait(30) == 0
        assert "Traceback" not in rest
        assert rest.strip().splitlines()[-1] == "Stopped."


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_it_serves_https_and_ends_with_sigterm(data, tmp_path):
    cert, key = certificate(tmp_path)
    with serving("--certfile", cert, "--keyfile", key, data=data) as (process, address, said):
        assert address.startswith("https://")
        assert "warning" not in said.lower()
        context = ssl.create_default_context(cafile=str(cert))
        client = Client(address, (data / "server-token").read_text().strip(), tls=context)
        assert client.model()["name"] == "embedded"
        assert next(client.live([bytes(16000)])).type == "ready"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert failing("--certfile", cert, data=data) == (2, "heard: --certfile and --keyfile belong together.")
    code, line = failing("--certfile", key, "--keyfile", key, data=data)
    assert code == 2
    assert "not a certificate" in line


def test_another_address_without_tls_warns(data):
    with serving("--host", "0.0.0.0", data=data) as (_, _, said):
        (line,) = [line for line in said.splitlines() if line.lower().startswith("warning")]
        assert "--certfile" in line


def test_mistakes_end_in_one_line(data):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, line = failing("--port", taken.getsockname()[1], data=data)
    assert code == 1
    assert "choose another with --port" in line
    for arguments in (
        ["--port", "70000"],
        ["--host", "no.such.host.invalid"],
        ["--max-streams", "0"],
        ["--threshold", "2"],
    ):
        assert failing(*arguments, data=data)[0] == 2
    (data / "server-token").write_text("x")
    code, line = failing(data=data)
    assert code == 2
    assert "server-token" in line


def test_without_its_packages_it_says_what_to_install(data, tmp_path):
    """In a Python that finds none of them."""
    hide = "f = u.find_spec; u.find_spec = lambda n, p=None: None if n == 'fastapi' else f(n, p)"
    start = "sys.argv = ['app', 'serve']; runpy.run_module('app', run_name='__main__')"
    script = f"import importlib.util as u, runpy, sys; {hide}; {start}"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr.strip()) == (
        1,
        f"heard: {missing_extra('serving', 'fastapi', 'server')}",
    )


def test_health_needs_no_token(data):
    with serving(data=data) as (_, address, _):
        connection = http.client.HTTPConnection(address.removeprefix("http://"))
        connection.request("GET", "/v1/health")
        assert connection.getresponse().status == 200
        connection.close()
