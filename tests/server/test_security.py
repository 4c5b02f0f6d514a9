"""What somebody with bad intentions may try: nothing crashes, leaks a path or a stack, or touches others' data."""

from __future__ import annotations

import http.client
import json
import os
import socket
from urllib.parse import quote, urlsplit

import numpy as np
import pytest
import soundfile

from app.client import Client, ServerRefused
from app.server.application import create_app
from app.server.config import ServerConfig
from app.server.service import Service
from app.voiceprints.recordings import samples_dir
from app.voiceprints.store import VoiceprintStore
from tests.support.serving import TOKEN, running


def raw(url: str, method: str, target: str, headers: dict | None = None, body: bytes | None = None):
    """A request whose target is sent as it is: (status, headers, body)."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=20)
    try:
        connection.request(method, target, body, headers or {})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def authorised(**more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKEN}", **more}


@pytest.fixture(scope="module")
def operations(encoder, tmp_path_factory) -> list[tuple[str, str]]:
    """(method, path) of everything that the API describes."""
    service = Service(encoder, tmp_path_factory.mktemp("none"))
    try:
        paths = create_app(service, TOKEN).openapi()["paths"]
    finally:
        service.close()
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN[:-1], TOKEN + " x", TOKEN.upper()])
def test_nothing_but_health_answers_without_the_token(shared_url, operations, token):
    assert len(operations) >= 14
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    for method, path in [*operations, ("GET", "/openapi.json")]:
        status, answer, body = raw(shared_url, method, path.format(person="Ana", sample="001", offer="1"), headers)
        if path == "/v1/health":
            assert (status, json.loads(body)) == (200, {"status": "ok"})
            continue
        assert status == 401, (method, path)
        assert answer["WWW-Authenticate"] == "Bearer"
        assert json.loads(body)["error"]["code"] == "unauthorised"


def test_a_token_in_the_address_or_a_cookie_does_not_count(shared_url):
    for target, headers in ((f"/v1/people?token={TOKEN}", {}), ("/v1/people", {"Cookie": f"token={TOKEN}"})):
        assert raw(shared_url, "GET", target, headers)[0] == 401


@pytest.mark.parametrize(
    "target",
    [
        "/../server-token",
        "/page/../../../../data/server-token",
        "/page/..%2f..%2f..%2futils.py",
        "/page/%2e%2e/%2e%2e/api.py",
        "/page//etc/passwd",
        "/page/....//....//etc/passwd",
        "/page/style.css%00.html",
        "//etc/passwd",
        "/page/",
        "/page",
        "/server-token",
        "/speakers",
    ],
)
def test_paths_lead_nowhere(shared_url, target):
    for headers in ({}, authorised()):
        status, _, body = raw(shared_url, "GET", target, headers)
        assert status in {307, 400, 404}
        assert b"root:" not in body
        assert TOKEN.encode() not in body


HOSTILE = [
    "../../outside",
    "/etc/passwd",
    "C:\\Windows\\x",
    "a/../../b",
    ".hidden",
    "~root",
    "-rf",
    "CON",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_never_paths(url, data, demo_dir, name):
    client, outside = Client(url, TOKEN), set(os.listdir(data.parent))
    person = client.create(name)
    assert set(person.id) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    client.add_sample(person.id, demo_dir / "enrolment" / "Ana" / "01.flac", accept_flawed=True)
    assert set(os.listdir(data.parent)) == outside
    folders = {path.name for path in (data / "speakers").iterdir()}
    assert person.id in folders
    assert len(folders) == 4
    client.delete(person.id)
    assert len(list((data / "speakers").iterdir())) == 3


@pytest.mark.parametrize("name", ["..", "x\u202egnp", "Unknown 1", "a\nb", "x" * 121, "x" * 60_000])
def test_names_that_cannot_be_are_refused_in_one_line(reader, name):
    before = reader.people()
    for ask in (lambda: reader.create(name), lambda: reader.rename("Ben", name)):
        with pytest.raises(ServerRefused) as refused:
            ask()
        assert refused.value.status == 422
        assert "\n" not in str(refused.value)
        assert len(str(refused.value)) < 300
    assert reader.people() == before


@pytest.mark.parametrize(
    "target", ["../Ana", "..%2fAna", "%2e%2e%2fben-030d7562", "..", "ana-*", "%", "%00", "%ff", "Ana%00"]
)
def test_person_and_sample_in_a_path_are_never_paths(shared_url, reader, target):
    before = reader.people()
    for method, path in (("DELETE", f"/v1/people/{target}"), ("DELETE", f"/v1/people/Ana/samples/{target}")):
        status, _, body = raw(shared_url, method, path, authorised())
        assert status in {307, 400, 404, 405, 422}, body
    assert reader.people() == before


def test_file_names_are_only_a_text(client, data, demo_dir):
    sound = (demo_dir / "enrolment" / "Ana" / "01.flac").read_bytes()
    client.delete_sample("Ana", "001")
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="../../../../tmp/evil\\..\\<b>.wav"\r\n\r\n'
        + sound
        + b"\r\n--x--\r\n"
    )
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    status, _, answer = raw(client.url, "POST", "/v1/people/Ana/samples", authorised(**kind), body)
    assert status == 201, answer
    sample = json.loads(answer)["sample"]
    assert sample["source"] == "<b>.wav"
    assert sample["id"].isdecimal()
    assert not list(data.parent.rglob("*evil*"))


def test_deleting_one_person_leaves_the_others_untouched(client, data):
    with VoiceprintStore(data) as store:
        before = {name: store.samples(name, client.model()["sha256"]) for name in ("Ben", "Colin")}
    files = {path: path.read_bytes() for name in before for path in samples_dir(data, name).iterdir()}
    client.delete("Ana")
    assert {path: path.read_bytes() for path in files} == files
    with VoiceprintStore(data) as store:
        for name, samples in before.items():
            after = store.samples(name, client.model()["sha256"])
            assert [sample.file for sample in after] == [sample.file for sample in samples]
            for one, other in zip(after, samples, strict=True):
                assert np.array_equal(one.vectors, other.vectors)


def test_bombs_are_refused_quickly_and_the_server_goes_on(reader, tmp_path):
    """Two hours in a small file; the time is bounded by the test of ``sound.py``: nothing of it is decoded."""
    soundfile.write(tmp_path / "bomb.flac", np.zeros(16000 * 7200, np.int16), 16000)
    assert (tmp_path / "bomb.flac").stat().st_size < 1_000_000
    for ask in (reader.identify, reader.timeline, reader.embedding, lambda file: reader.add_sample("Ana", file)):
        with pytest.raises(ServerRefused) as refused:
            ask(tmp_path / "bomb.flac")
        assert (refused.value.status, refused.value.code) == (413, "audio_too_long")
    assert reader.health() == "ok"


def test_a_compressed_body_is_not_unpacked(shared_url):
    headers = authorised(**{"Content-Type": "application/json", "Content-Encoding": "gzip"})
    assert raw(shared_url, "POST", "/v1/people", headers, b"\x1f\x8b" + bytes(100))[0] in {400, 415, 422}


PART = b'--x\r\nContent-Disposition: form-data; name="file"\r\n'


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{" * 100_000),
        ("application/json", b'{"name": ' + b"[" * 50_000),
        ("application/json", b'{"name": "\\ud800"}'),
        ("application/json", b'{"name": 1e999}'),
        ("application/json", b"\xff\xfe\x00"),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=", b"--\r\n\r\n"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nno file\r\n--x--',
        ),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"A: b\r\n" * 20_000),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="f"\r\n\r\n\r\n' * 3000 + b"--x--",
        ),
        ("text/plain", b"file=x"),
    ],
)
def test_malformed_bodies_get_an_error_of_the_one_shape(shared_url, reader, kind, body):
    for target in ("/v1/people", "/v1/identify", "/v1/people/Ana/samples", "/v1/verify"):
        status, headers, answer = raw(shared_url, "POST", target, authorised(**{"Content-Type": kind}), body)
        assert 400 <= status < 500, answer
        assert headers["Content-Type"] == "application/json"
        error = json.loads(answer)["error"]
        assert set(error) <= {"code", "message", "details"}
        assert "Traceback" not in answer.decode()
    assert reader.health() == "ok"


def test_what_is_not_http_gets_no_further(shared_url, reader):
    where = urlsplit(shared_url)
    for garbage in (
        os.urandom(500),
        b"GET\r\n\r\n",
        b"\x16\x03\x01" + bytes(200),
        b"GET / HTTP/9.9\r\n\r\n",
        b"A" * 100_000,
    ):
        with socket.create_connection((where.hostname, where.port), timeout=15) as connection:
            try:
                connection.sendall(garbage)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(4096):
                    continue
            except ConnectionError:
                pass
    assert reader.health() == "ok"


def test_errors_of_this_machine_stay_on_this_machine(encoder, tmp_path, caplog):
    """A database that is none: the client is told that it cannot be, the log why."""
    data = tmp_path / "secret-folder"
    data.mkdir()
    (data / "voiceprints.db").write_bytes(b"not a database, but long enough to be looked at" * 100)
    with pytest.raises(Exception, match="damaged"):
        Service(encoder, data).gallery()
    with running(encoder, data) as address:
        client = Client(address, TOKEN)
        with pytest.raises(ServerRefused) as refused:
            client.people()
        event = next(client.live([bytes(16000)]))
    assert refused.value.status == 503
    assert event.type == "error"
    for text in (str(refused.value), json.dumps(event.values)):
        assert str(tmp_path) not in text
        assert "secret-folder" not in text
        assert "log" in text
    assert "secret-folder" in caplog.text


def test_there_is_no_way_in_from_other_sites(shared_url):
    status, headers, _ = raw(shared_url, "OPTIONS", "/v1/people", {"Origin": "https://evil.example"})
    assert status == 401
    status, headers, _ = raw(shared_url, "GET", "/v1/people", authorised(Origin="https://evil.example"))
    assert status == 200
    assert not [name for name in headers if name.lower().startswith("access-control")]


def test_answers_are_not_kept_by_caches(shared_url):
    assert raw(shared_url, "GET", "/v1/people", authorised())[1]["Cache-Control"] == "no-store"


def test_one_address_cannot_lock_out_another(encoder, tmp_path):
    """Wrong tokens are counted like all requests, by address."""
    with running(encoder, tmp_path, ServerConfig(rate_per_s=0.1, burst=5)) as address:
        statuses = [raw(address, "GET", "/v1/people", {"Authorization": "Bearer guess"})[0] for _ in range(8)]
    assert statuses == [401] * 5 + [429] * 3


def test_quoted_names_find_their_person(client):
    person = client.create("Zoë & Åsa?#%")
    assert client.samples("Zoë & Åsa?#%") == []
    assert raw(client.url, "GET", f"/v1/people/{quote(person.id)}", authorised())[0] == 200
