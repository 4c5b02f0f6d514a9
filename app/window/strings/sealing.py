"""Texts about encrypted data."""

from __future__ import annotations

from app.window.strings.common import ELLIPSIS

SEALING_ACTION = f"&Encrypt data{ELLIPSIS}"
SEALING_TITLE = "Encryption"
SEALING_LACKS = "Encrypting recordings and voiceprints needs {packages}, which are not installed yet."
SEALING_LACKS_DETAIL = "This command brings them; start Heard again afterwards:\n\n{command}"
PLAIN_HEADING = "Encrypt recordings and voiceprints?"
SEALED_HEADING = "Recordings and voiceprints are encrypted"
KEY_IN_KEYRING = "Keep the key in this system's keyring"
NEW_PASSPHRASE, PASSPHRASE_AGAIN = "New passphrase", "The same again"
LOST_WITH_PASSPHRASE = (
    "A forgotten passphrase cannot be found out by anybody: recordings and voiceprints are lost with it."
)
LOST_WITH_KEYRING = (
    "This program opens them without asking. If the keyring is lost, so are recordings and voiceprints:"
    " a passphrase, which you can add afterwards, opens them, too."
)
PASSPHRASE_SHORT = "A passphrase needs at least {least} characters."
PASSPHRASE_DIFFERS = "The two are not the same."
SEAL, UNSEAL, CHANGE_PASSPHRASE = "Encrypt", "Stop encrypting", "Set passphrase"
UNSEAL_QUESTION = "Stop encrypting?"
UNSEAL_DETAIL = "Whoever can read your files can read recordings, voiceprints and names then."
SEALING_BUSY = f"One moment{ELLIPSIS}"
SEALED = "Recordings and voiceprints are encrypted now."
UNSEALED = "Recordings and voiceprints are plain files again."
PASSPHRASE_CHANGED = "The new passphrase opens them from now on."
NO_KEYRING = "the system's keyring kept nothing: choose a passphrase."
UNLOCK_TITLE, UNLOCK = "Heard is locked", "Open"
UNLOCK_LABEL = "Passphrase of {data}:"
WRONG_PASSPHRASE = "This is not the passphrase."
OFFER_SEALING = "Recordings can be encrypted on the disk: People, Encrypt data."
