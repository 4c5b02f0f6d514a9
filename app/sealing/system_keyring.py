"""The system's keyring: Secret Service, macOS' Keychain, Windows' Credential Locker (library keyring)."""

from __future__ import annotations

import base64
import contextlib
import os

from app.sealing.sealed_file import KEY_BYTES

SERVICE = "heard"


def available() -> bool:
    """Whether there is a keyring that keeps what it is given: not on most machines without a screen."""
    try:
        import keyring
        from keyring.backends.fail import Keyring as Nowhere
        from keyring.backends.null import Keyring as Forgetful
    except ImportError:
        return False
    backend = keyring.get_keyring()
    return not isinstance(backend, Nowhere | Forgetful) and backend.priority > 0


def keep_new_secret(folder_id: str) -> bytes | None:
    """Make a secret of 32 bytes for a sealed folder and keep it; None if it cannot be kept and read again."""
    if not available():
        return None
    import keyring

    secret = os.urandom(KEY_BYTES)
    try:
        keyring.set_password(SERVICE, folder_id, base64.b64encode(secret).decode())
    except Exception:  # of whatever library is behind it
        return None
    return secret if find_secret(folder_id) == secret else None


def find_secret(folder_id: str) -> bytes | None:
    """The secret of a sealed folder; None if the keyring has none, or is locked or gone."""
    if not available():
        return None
    import keyring

    try:
        kept = keyring.get_password(SERVICE, folder_id)
        secret = base64.b64decode(kept or "", validate=True)
    except Exception:  # of whatever library is behind it
        return None
    return secret if len(secret) == KEY_BYTES else None


def forget_secret(folder_id: str) -> None:
    """Delete the secret of a sealed folder, if there is one."""
    if available():
        import keyring

        with contextlib.suppress(Exception):
            keyring.delete_password(SERVICE, folder_id)
