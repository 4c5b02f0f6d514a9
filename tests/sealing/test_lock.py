"""The lock of a sealed folder: what opens it, and that damage is said."""

from __future__ import annotations

import json

import pytest
from keyring.backends.fail import Keyring as Nowhere

from app.sealing.lock import Lock, read_lock, write_lock
from app.sealing.passphrase import Scrypt
from tests.support.keyrings import MemoryKeyring, keyring_in_use
from utils import BadInput, HeardError

PASSPHRASE = "correct horse battery"


def test_scrypt_is_the_one_of_the_rfc():
    """RFC 7914, section 12, the third vector, cut to the 32 bytes that are taken."""
    key = Scrypt(b"SodiumChloride", log2_n=14).key("pleaseletmein")
    assert key.hex() == "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"


def test_only_the_passphrase_opens_it(tmp_path, cheap):
    lock, key = Lock.fresh()
    write_lock(tmp_path, lock.with_passphrase(key, PASSPHRASE, cheap))
    assert (tmp_path / "sealed.json").stat().st_mode & 0o777 == 0o600
    back = read_lock(tmp_path)
    assert back.key_by_passphrase(PASSPHRASE) == key
    assert back.key_by_passphrase(PASSPHRASE + " ") is None
    assert key.hex() not in (tmp_path / "sealed.json").read_text()


def test_letters_are_the_same_however_they_are_typed(cheap):
    lock, key = Lock.fresh()
    assert lock.with_passphrase(key, "Zoë in Zürich", cheap).key_by_passphrase("Zoe\u0308 in Zu\u0308rich") == key


def test_another_passphrase_wraps_the_same_key(cheap):
    lock, key = Lock.fresh()
    changed = lock.with_passphrase(key, PASSPHRASE, cheap).with_passphrase(key, "another one", cheap)
    assert changed.key_by_passphrase("another one") == key
    assert changed.key_by_passphrase(PASSPHRASE) is None


def test_the_keyring_opens_it_without_a_word(tmp_path):
    lock, key = Lock.fresh()
    with keyring_in_use(MemoryKeyring()) as backend:
        write_lock(tmp_path, lock.with_keyring(key))
        assert read_lock(tmp_path).key_by_keyring() == key
        assert list(backend.kept) == [("heard", lock.folder_id)]
        assert key.hex() not in str(backend.kept)
        backend.kept.clear()
        assert read_lock(tmp_path).key_by_keyring() is None


def test_without_a_keyring_nothing_is_kept_in_one():
    lock, key = Lock.fresh()
    with keyring_in_use(Nowhere()):
        assert lock.with_keyring(key) is None


def test_a_keyring_that_breaks_is_as_none():
    class Broken(MemoryKeyring):
        def get_password(self, service, username):
            raise RuntimeError("the bus is gone")

    lock, key = Lock.fresh()
    with keyring_in_use(Broken()):
        assert lock.with_keyring(key) is None


def test_a_wrapped_key_is_bound_to_its_folder(cheap):
    lock, key = Lock.fresh()
    locked = lock.with_passphrase(key, PASSPHRASE, cheap)
    other, _ = Lock.fresh()
    assert Lock(other.folder_id, locked.scrypt, locked.by_passphrase).key_by_passphrase(PASSPHRASE) is None


def test_a_lock_that_nothing_opens_is_not_written(tmp_path):
    with pytest.raises(BadInput, match="needs a passphrase"):
        write_lock(tmp_path, Lock.fresh()[0])


def damage(values: dict, how: str) -> object:
    match how:
        case "list":
            return [values]
        case "no passphrase":
            return {**values, "passphrase": {}, "keyring": {"key": 5}}
        case "memory":
            values["passphrase"]["scrypt"]["log2_n"] = 40
        case "r":
            values["passphrase"]["scrypt"]["r"] = 10**9
        case "bool":
            values["passphrase"]["scrypt"]["p"] = True
        case "short":
            values["passphrase"]["key"] = "00"
        case "id":
            values["folder_id"] = "../../etc"
        case "format":
            values["format"] = "another"
    return values


@pytest.mark.parametrize("how", ["list", "no passphrase", "memory", "r", "bool", "short", "id", "format"])
def test_a_damaged_lock_is_one_line(tmp_path, cheap, how):
    lock, key = Lock.fresh()
    write_lock(tmp_path, lock.with_passphrase(key, PASSPHRASE, cheap))
    values = json.loads((tmp_path / "sealed.json").read_text())
    (tmp_path / "sealed.json").write_text(json.dumps(damage(values, how)))
    with pytest.raises(HeardError, match=r"sealed\.json is damaged"):
        read_lock(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"{" * 16000, b"[" * 16000, b"null"])
def test_what_is_no_lock_is_one_line(tmp_path, content):
    (tmp_path / "sealed.json").write_bytes(content)
    with pytest.raises(HeardError, match="is damaged"):
        read_lock(tmp_path)


def test_a_newer_lock_is_left_alone(tmp_path, cheap):
    lock, key = Lock.fresh()
    write_lock(tmp_path, lock.with_passphrase(key, PASSPHRASE, cheap))
    values = json.loads((tmp_path / "sealed.json").read_text())
    (tmp_path / "sealed.json").write_text(json.dumps({**values, "version": 2}))
    with pytest.raises(HeardError, match="newer version"):
        read_lock(tmp_path)
