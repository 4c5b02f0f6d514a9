"""Who opens a sealed folder, in which order, and what is said to those who cannot."""

from __future__ import annotations

import sys

import pytest

from app.sealing import unlocking
from app.sealing.lock import Lock, write_lock
from app.sealing.passphrase import ask_new, read_passphrase
from app.sealing.private_files import move_private, read_private, write_private
from app.sealing.sealed_file import NotAuthentic
from app.sealing.unlocking import Locked, home_of, key_of, unlock
from tests.support.keyrings import MemoryKeyring, keyring_in_use
from utils import BadInput

PASSPHRASE = "correct horse battery"


@pytest.fixture
def sealed(tmp_path, cheap):
    """(home, data key) of a sealed folder that this process has not opened."""
    home = tmp_path / "sealed"
    home.mkdir()
    lock, key = Lock.fresh()
    write_lock(home, lock.with_passphrase(key, PASSPHRASE, cheap))
    return home, key


def test_a_folder_is_its_own_home_until_it_is_sealed(tmp_path, sealed):
    assert home_of(tmp_path) == sealed[0]
    assert home_of(sealed[0]) == sealed[0]
    assert home_of(tmp_path / "elsewhere") == tmp_path / "elsewhere"


def test_the_environment_opens_it(sealed, monkeypatch, tmp_path):
    home, key = sealed
    (tmp_path / "secret").write_text(PASSPHRASE + "\nand more")
    monkeypatch.setenv("HEARD_PASSPHRASE_FILE", str(tmp_path / "secret"))
    assert key_of(home) == key
    unlocking.forget_all()
    monkeypatch.setenv("HEARD_PASSPHRASE", "another one")
    with pytest.raises(Locked, match="this is not its passphrase"):
        key_of(home)


def test_without_a_terminal_it_says_what_to_do(sealed, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(BadInput, match=r"is sealed: start this at a terminal .* HEARD_PASSPHRASE_FILE"):
        key_of(sealed[0])


def test_it_is_asked_for_once(sealed):
    asked = []
    unlocking.ask_with(lambda home: asked.append(home) or PASSPHRASE)
    assert key_of(sealed[0]) == key_of(sealed[0]) == sealed[1]
    assert asked == [sealed[0]]


def test_who_gives_up_is_told_so(sealed):
    unlocking.ask_with(lambda home: None)
    with pytest.raises(Locked, match="is sealed and was not opened"):
        key_of(sealed[0])


def test_the_keyring_comes_first(sealed, cheap):
    home, _ = sealed
    with keyring_in_use(MemoryKeyring()) as backend:
        lock, key = Lock.fresh()
        write_lock(home, lock.with_keyring(key))
        assert key_of(home) == key
        unlocking.forget_all()
        backend.kept.clear()
        with pytest.raises(Locked, match="keyring that cannot be read here"):
            key_of(home)


def test_a_lock_that_was_replaced_is_opened_anew(sealed, cheap):
    home, key = sealed
    assert unlock(home, PASSPHRASE) == key
    lock, other = Lock.fresh()
    write_lock(home, lock.with_passphrase(other, "another one", cheap))
    with pytest.raises(Locked):
        unlock(home, PASSPHRASE)
    assert unlock(home, "another one") == key_of(home) == other


def test_private_files_are_sealed_where_their_folder_is(sealed, tmp_path):
    home, _ = sealed
    unlock(home, PASSPHRASE)
    (home / "speakers" / "x").mkdir(parents=True)
    one, two = home / "speakers" / "x" / "001.json", home / "speakers" / "x" / "002.json"
    write_private(one, b"this is a marker")
    assert b"marker" not in one.read_bytes()
    assert one.stat().st_mode & 0o777 == 0o600
    assert read_private(one) == b"this is a marker"
    write_private(tmp_path / "plain.json", b"this is a marker")
    assert (tmp_path / "plain.json").read_bytes() == read_private(tmp_path / "plain.json") == b"this is a marker"
    two.write_bytes(one.read_bytes())
    with pytest.raises(NotAuthentic):  # it lies in another's place
        read_private(two)
    move_private(one, two)
    assert not one.exists()
    assert read_private(two) == b"this is a marker"
    one.write_bytes(b"put there by somebody else")
    with pytest.raises(NotAuthentic):
        read_private(one)


@pytest.mark.parametrize(
    ("content", "message"), [(b"", "no passphrase"), (b"\nx", "no passphrase"), (b"short", "8 char")]
)
def test_a_new_passphrase_of_a_file_is_checked(tmp_path, content, message):
    (tmp_path / "p").write_bytes(content)
    with pytest.raises(BadInput, match=message):
        ask_new("of it", tmp_path / "p")


def test_a_passphrase_is_the_first_line_as_it_stands(tmp_path):
    (tmp_path / "p").write_bytes(" zwölf Würste \r\nmore".encode())
    assert read_passphrase(tmp_path / "p") == " zwölf Würste "
    with pytest.raises(BadInput, match="cannot be read"):
        read_passphrase(tmp_path)


def test_at_a_terminal_a_new_one_is_typed_twice(monkeypatch):
    answers = iter(["long enough", "long enough", "long enough", "something else"])
    monkeypatch.setattr("app.sealing.passphrase.at_terminal", lambda: True)
    monkeypatch.setattr("getpass.getpass", lambda question: next(answers))
    assert ask_new("of it", None) == "long enough"
    with pytest.raises(BadInput, match="not the same"):
        ask_new("of it", None)
