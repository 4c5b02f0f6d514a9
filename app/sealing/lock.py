"""``sealed.json``: the one random key of a sealed folder, wrapped by a passphrase, by the system's keyring, or by both.

A new passphrase wraps the same key again: nothing else is written anew. Without passphrase and keyring the key, and all
that it seals, is lost. A wrapped key is AES-256-GCM of the 32 bytes, bound to the folder's number and to what wraps it.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

from app.sealing import system_keyring
from app.sealing.passphrase import Scrypt
from app.sealing.sealed_file import KEY_BYTES, cipher_of
from utils import BadInput, HeardError, atomic_write, read_json

LOCK_FILE = "sealed.json"
FORMAT, VERSION = "heard sealed folder", 1
NONCE_BYTES = 12
LARGEST_BYTES = 16_384


@dataclass(frozen=True)
class Lock:
    """What ``sealed.json`` says. At least one of the wrapped keys is there."""

    folder_id: str
    """32 hex digits, of the folder for as long as it is sealed."""
    scrypt: Scrypt | None = None
    by_passphrase: bytes = b""
    """The data key, wrapped by the key that ``scrypt`` makes of the passphrase; empty without one."""
    by_keyring: bytes = b""
    """The data key, wrapped by the secret in the system's keyring; empty without one."""

    @classmethod
    def fresh(cls) -> tuple[Lock, bytes]:
        """A lock that nothing opens yet, and its new data key (32 bytes)."""
        return cls(os.urandom(16).hex()), os.urandom(KEY_BYTES)

    def with_passphrase(self, key: bytes, passphrase: str, scrypt: Scrypt | None = None) -> Lock:
        """This lock, opened by ``passphrase`` in place of any earlier one."""
        scrypt = scrypt or Scrypt.fresh()
        return replace(self, scrypt=scrypt, by_passphrase=self._wrap(key, scrypt.key(passphrase), "passphrase"))

    def with_keyring(self, key: bytes) -> Lock | None:
        """This lock, opened by the system's keyring, too; None where that keeps nothing."""
        secret = system_keyring.keep_new_secret(self.folder_id)
        return secret and replace(self, by_keyring=self._wrap(key, secret, "keyring"))

    def key_by_passphrase(self, passphrase: str) -> bytes | None:
        """The data key; None if this is not the passphrase, or there is none."""
        return self._unwrap(self.by_passphrase, self.scrypt.key(passphrase), "passphrase") if self.scrypt else None

    def key_by_keyring(self) -> bytes | None:
        """The data key; None if the system's keyring does not have its secret, or cannot be read."""
        secret = system_keyring.find_secret(self.folder_id) if self.by_keyring else None
        return self._unwrap(self.by_keyring, secret, "keyring") if secret else None

    def _wrap(self, key: bytes, by: bytes, how: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + cipher_of(by).encrypt(nonce, key, self._bound_to(how))

    def _unwrap(self, wrapped: bytes, by: bytes, how: str) -> bytes | None:
        cipher = cipher_of(by)
        from cryptography.exceptions import InvalidTag

        try:
            return cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], self._bound_to(how))
        except InvalidTag:
            return None

    def _bound_to(self, how: str) -> bytes:
        return f"heard 1 key {self.folder_id} {how}".encode()


def read_lock(home: Path) -> Lock:
    """The lock of a sealed folder. Raises HeardError if it cannot be read or is damaged."""
    path = home / LOCK_FILE
    try:
        values = read_json(path, LARGEST_BYTES)
        if values["format"] != FORMAT:
            raise ValueError("another format")
        if values["version"] != VERSION:
            raise HeardError(f"{path} was written by a newer version of this program; update it to read the folder.")
        passphrase, keyring = values.get("passphrase"), values.get("keyring")
        return Lock(
            _hex(values["folder_id"], 16).hex(),
            Scrypt.from_json(passphrase["scrypt"]) if passphrase else None,
            _hex(passphrase["key"], NONCE_BYTES + KEY_BYTES + 16) if passphrase else b"",
            _hex(keyring["key"], NONCE_BYTES + KEY_BYTES + 16) if keyring else b"",
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        text = "is damaged: without it nothing that is sealed can be opened; bring it back from a backup."
        raise HeardError(f"{path} {text}") from None


def write_lock(home: Path, lock: Lock, name: str = LOCK_FILE) -> None:
    """Write a lock, atomically, for its owner's eyes. Raises BadInput for one that nothing would open.

    ``name``: of the file, while the folder is not sealed yet.
    """
    if not (lock.by_passphrase or lock.by_keyring):
        raise BadInput("sealing needs a passphrase or the system's keyring.")
    values: dict[str, object] = {"format": FORMAT, "version": VERSION, "folder_id": lock.folder_id}
    if lock.scrypt:
        values["passphrase"] = {"scrypt": lock.scrypt.as_json(), "key": lock.by_passphrase.hex()}
    if lock.by_keyring:
        values["keyring"] = {"key": lock.by_keyring.hex()}
    with atomic_write(home / name) as file:
        file.write((json.dumps(values, indent=2) + "\n").encode())


def _hex(text: str, length: int) -> bytes:
    found = bytes.fromhex(text)
    if len(found) != length:
        raise ValueError("cut short")
    return found
