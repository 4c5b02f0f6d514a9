"""Keyrings of our own, put in the system's place by the library's own means."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import keyring
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError


class MemoryKeyring(KeyringBackend):
    priority = 1

    def __init__(self):
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service, username):
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self.kept[service, username] = password

    def delete_password(self, service, username):
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("there is none")


@contextlib.contextmanager
def keyring_in_use(backend: KeyringBackend) -> Iterator[KeyringBackend]:
    before = keyring.get_keyring()
    keyring.set_keyring(backend)
    try:
        yield backend
    finally:
        keyring.set_keyring(before)


class FileKeyring(MemoryKeyring):
    """One that other processes find again: ``PYTHON_KEYRING_BACKEND=tests.support.keyrings.FileKeyring``."""

    path = Path(os.environ.get("TEST_KEYRING", os.devnull))

    def get_password(self, service, username):
        return self._read().get(f"{service} {username}")

    def set_password(self, service, username, password):
        self.path.write_text(json.dumps({**self._read(), f"{service} {username}": password}))

    def delete_password(self, service, username):
        left = self._read()
        del left[f"{service} {username}"]
        self.path.write_text(json.dumps(left))

    def _read(self) -> dict[str, str]:
        return json.loads(self.path.read_text()) if self.path.is_file() else {}
