"""What a server leaves behind, however it ends: no upload in a temporary file, and in its log no name and no token."""

from __future__ import annotations

import os
import signal
import socket
import stat
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from app.client import Client, ServerRefused
from tests.support.serving import serving


def all_files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.skipif(sys.platform != "linux", reason="open files are looked up in /proc")
def test_an_upload_that_is_cut_short_leaves_nothing(data, tmp_path, monkeypatch):
    """A file without a name: it is gone with the process, however that ends."""
    spool = tmp_path / "spool"
    spool.mkdir()
    monkeypatch.setenv("TMPDIR", str(spool))
    with serving(data=data) as (process, address, _):
        client, before = Client(address, (data / "server-token").read_text().strip()), all_files(data)
        client.people()
        others = all_files(spool)  # what libraries put there has nothing to do with uploads
        where = urlsplit(address)
        with socket.create_connection((where.hostname, where.port), timeout=20) as connection:
            start = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
            lines = (
                "POST /v1/people/Ana/samples HTTP/1.1",
                "Host: localhost",
                f"Authorization: Bearer {client.token}",
                "Content-Type: multipart/form-data; boundary=x",
                "Content-Length: 60000000",
            )
            connection.sendall("\r\n".join([*lines, "", ""]).encode() + start + bytes(20_000_000))
            give_up = time.monotonic() + 20
            while not (spooled := spooled_bytes(process.pid, spool)) and time.monotonic() < give_up:
                time.sleep(0.05)
            assert spooled > 1_000_000
            assert all_files(spool) == others
            process.send_signal(signal.SIGKILL)
            process.wait(10)
    assert all_files(spool) == others
    assert all_files(data) - before <= {"voiceprints.db-wal", "voiceprints.db-shm"}


def spooled_bytes(pid: int, folder: Path) -> int:
    """Bytes of open files without a name in ``folder``."""
    sizes = []
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(fd)
            if target.startswith(f"{folder}/") and target.endswith("(deleted)"):
                sizes.append(os.stat(fd).st_size)
        except FileNotFoundError:
            continue
    return sum(sizes)


def test_the_log_holds_no_names_and_no_token(data, demo_dir, tmp_path):
    with serving(data=data) as (process, address, said):
        token = (data / "server-token").read_text().strip()
        client, stranger = Client(address, token), Client(address, "wrong-token-0123456789")
        client.create("Wilhelmine")
        client.add_sample("Wilhelmine", demo_dir / "enrolment" / "Ana" / "01.flac", accept_flawed=True)
        client.identify(demo_dir / "enrolment" / "Ana" / "02.flac")
        for refused in (
            lambda: client.identify(b"no sound"),
            lambda: client.create("Wilhelmine"),
            lambda: client.rename("Wilhelmine", "\u202e"),
            lambda: client.add_sample("Wilhelmine", demo_dir / "enrolment" / "Ana" / "01.flac"),
            stranger.people,
        ):
            with pytest.raises(ServerRefused):
                refused()
        assert next(client.live([bytes(16000)])).type == "ready"
        with pytest.raises(InvalidStatus):
            connect(f"{address.replace('http', 'ws')}/v1/live", subprotocols=[f"heard.token.{token}x"])
        client.delete("Wilhelmine")
        process.send_signal(signal.SIGTERM)
        said += process.stdout.read()
    for secret in (token, token[:12], "Wilhelmine", "wilhelmine", "wrong-token"):
        assert secret not in said


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_what_is_kept_is_for_the_owner_alone(client, data, demo_dir):
    client.create("Eva")
    client.add_sample("Eva", demo_dir / "enrolment" / "Ana" / "01.flac", accept_flawed=True)
    (person,) = [person for person in client.people() if person.name == "Eva"]
    for path in (data / "voiceprints.db", data / "speakers" / person.id, *(data / "speakers" / person.id).iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
