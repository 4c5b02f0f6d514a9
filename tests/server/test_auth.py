"""The token's file, and who is let in."""

from __future__ import annotations

import os
import stat

import pytest

from app.server.auth import SiteCheck, TokenCheck, load_token, neighbourhood
from utils import BadInput


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_token_is_made_once_for_its_owner_alone(tmp_path):
    path = tmp_path / "new" / "server-token"
    token = load_token(path)
    assert len(token) >= 40
    assert load_token(path) == token
    assert load_token(tmp_path / "other") != token
    if os.name == "posix":
        assert mode(path) == 0o600


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_a_file_that_others_can_read_is_closed_to_them(tmp_path):
    path = tmp_path / "token"
    path.write_text("a-token-of-my-own-0123\n")
    path.chmod(0o644)
    assert load_token(path) == "a-token-of-my-own-0123"
    assert mode(path) == 0o600


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfa-token-of-my-own-0123\r\n", b"a-token-of-my-own-0123\r\n"])
def test_a_token_that_an_editor_of_windows_wrote(tmp_path, content):
    (tmp_path / "token").write_bytes(content)
    assert load_token(tmp_path / "token") == "a-token-of-my-own-0123"


def test_an_empty_file_is_filled_and_a_strange_one_refused(tmp_path):
    (tmp_path / "empty").touch()
    assert load_token(tmp_path / "empty")
    for content in ("short", "with spaces in the middle of it", "x" * 15):
        (tmp_path / "strange").write_text(content)
        with pytest.raises(BadInput, match="delete the file"):
            load_token(tmp_path / "strange")


@pytest.mark.parametrize(
    ("headers", "admitted"),
    [
        ({b"authorization": b"Bearer right-token-0123456"}, True),
        ({b"authorization": b"bearer right-token-0123456"}, True),
        ({b"authorization": b"Bearer right-token-012345"}, False),
        ({b"authorization": b"Bearer right-token-01234567"}, False),
        ({b"authorization": b"Bearer "}, False),
        ({b"authorization": b"Bearer \xff\xfe"}, False),
        ({b"authorization": b"Basic right-token-0123456"}, False),
        ({b"authorization": b"right-token-0123456"}, False),
        ({}, False),
        ({b"sec-websocket-protocol": b"heard.v1, heard.token.right-token-0123456"}, True),
        ({b"sec-websocket-protocol": b"heard.v1, heard.token."}, False),
        ({b"sec-websocket-protocol": b"heard.v1"}, False),
        ({b"cookie": b"right-token-0123456"}, False),
    ],
)
def test_only_the_token_itself_is_admitted(headers, admitted):
    assert TokenCheck("right-token-0123456").accepts(headers) is admitted


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_one_machine_cannot_pass_for_many(address, expected):
    assert neighbourhood(address) == expected


OWN = {b"host": b"127.0.0.1:8765"}


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({}, False),
        (OWN, False),
        ({**OWN, b"origin": b"http://127.0.0.1:8765"}, False),
        ({**OWN, b"origin": b"http://127.0.0.1:8766"}, True),
        ({**OWN, b"origin": b"https://evil.example"}, True),
        ({**OWN, b"origin": b"null"}, True),
        ({b"origin": b"null"}, True),
        ({**OWN, b"origin": b""}, True),
        ({**OWN, b"origin": b"\xff\xfe"}, True),
        ({**OWN, b"sec-fetch-site": b"none", b"sec-fetch-mode": b"navigate"}, False),
        ({**OWN, b"sec-fetch-site": b"same-origin", b"sec-fetch-mode": b"cors"}, False),
        ({**OWN, b"sec-fetch-site": b"cross-site", b"sec-fetch-mode": b"navigate"}, False),
        ({**OWN, b"sec-fetch-site": b"cross-site", b"sec-fetch-mode": b"no-cors"}, True),
        ({**OWN, b"sec-fetch-site": b"same-site", b"sec-fetch-mode": b"websocket"}, True),
        ({b"host": b"evil.example:8765", b"origin": b"http://evil.example:8765"}, True),
        ({b"host": b"heard.example", b"origin": b"https://heard.example"}, False),
        ({b"host": b"localhost."}, False),
        ({b"host": b"[::1]:8765"}, False),
        ({b"host": b"[::1"}, True),
        ({b"host": b"\xff"}, True),
    ],
)
def test_pages_of_other_sites_are_told(headers, foreign):
    assert SiteCheck(frozenset({"heard.example"})).is_foreign(headers) is foreign
