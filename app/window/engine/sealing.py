"""Everybody's data encrypted, and plain again, as questions to the engine's thread: ``engine.ask(seal("..."))``.

What can still be undone is over then: it would keep a door open.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

from app.sealing import system_keyring
from app.sealing.unlocking import home_of, is_sealed
from app.voiceprints.conversion import unseal_data
from app.voiceprints.sealing import change_passphrase, seal_by_keyring, seal_by_passphrase
from app.window import strings
from app.window.engine.context import EngineContext
from utils import HeardError

Deed = Callable[[EngineContext], str]
"""Says what was done."""


def sealed(data: Path) -> bool:
    """Whether everybody's data in a folder are encrypted now."""
    return is_sealed(home_of(data))


def sealing_lacks() -> str:
    """The packages that are not installed and without which nothing can be encrypted; "" if all are there."""
    return ", ".join(name for name in ("cryptography", "sqlcipher3") if importlib.util.find_spec(name) is None)


def keyring_there() -> bool:
    """Whether this system has a keyring that can keep the key."""
    return system_keyring.available()


def seal(passphrase: str | None) -> Deed:
    """Encrypt; without a passphrase the system's keyring keeps the key."""

    def deed(context: EngineContext) -> str:
        context.undo.end(None)
        if passphrase is not None:
            seal_by_passphrase(context.data, passphrase)
        elif seal_by_keyring(context.data) is None:
            raise HeardError(strings.NO_KEYRING)
        context.reload_people()
        return strings.SEALED

    return deed


def unseal() -> Deed:
    """Keep everybody's data as plain files again."""

    def deed(context: EngineContext) -> str:
        context.undo.end(None)
        unseal_data(context.data)
        context.reload_people()
        return strings.UNSEALED

    return deed


def another_passphrase(passphrase: str) -> Deed:
    """Let another passphrase open them."""

    def deed(context: EngineContext) -> str:
        change_passphrase(context.data, passphrase)
        return strings.PASSPHRASE_CHANGED

    return deed
