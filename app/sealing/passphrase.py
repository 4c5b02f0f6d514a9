"""Passphrases: how one is asked for, and the key that scrypt makes of it (RFC 7914)."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.sealing.sealed_file import KEY_BYTES, missing_package
from utils import BadInput

SHORTEST = 8
LONGEST_BYTES = 4096
ENVIRONMENT = "HEARD_PASSPHRASE"
ENVIRONMENT_FILE = "HEARD_PASSPHRASE_FILE"
LEAST_WORK, MOST_WORK = 14, 18


@dataclass(frozen=True)
class Scrypt:
    """How a passphrase becomes a key. 2**17 * 8 * 128 bytes = 128 MiB and about half a second (OWASP, 2023)."""

    salt: bytes
    log2_n: int = 17
    r: int = 8
    p: int = 1

    @classmethod
    def fresh(cls) -> Scrypt:
        """With a random salt."""
        return cls(os.urandom(16))

    def key(self, passphrase: str) -> bytes:
        """The key (32 bytes). Raises HeardError where the library is missing."""
        try:
            from cryptography.hazmat.primitives.kdf.scrypt import Scrypt as Library
        except ImportError as error:
            raise missing_package(error) from None
        plain = unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogateescape")
        return Library(self.salt, KEY_BYTES, 2**self.log2_n, self.r, self.p).derive(plain)

    def as_json(self) -> dict[str, object]:
        return {"salt": self.salt.hex(), "log2_n": self.log2_n, "r": self.r, "p": self.p}

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> Scrypt:
        """Raises ValueError, KeyError or TypeError for what is damaged, or would take more memory than 256 MiB."""
        salt, log2_n, r, p = bytes.fromhex(values["salt"]), values["log2_n"], values["r"], values["p"]
        if not 16 <= len(salt) <= 64 or any(type(number) is not int for number in (log2_n, r, p)):
            raise ValueError("not the numbers of scrypt")
        if not LEAST_WORK <= log2_n <= MOST_WORK or r != 8 or not 1 <= p <= 4:
            raise ValueError("numbers of scrypt that nobody uses")
        return cls(salt, log2_n, r, p)


def ask(question: str, what: str) -> str:
    """Ask at the terminal, without showing what is typed. Raises BadInput where there is no terminal.

    ``what`` to do without one stands in that message.
    """
    if not at_terminal():
        raise BadInput(what)
    import getpass

    try:
        return getpass.getpass(question)
    except EOFError:
        raise BadInput(what) from None


def at_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin is not None and sys.stdin.isatty()


def ask_new(what_for: str, file: Path | None) -> str:
    """A new passphrase: from ``file``, else asked for twice. Raises BadInput for a short one, or two that differ."""
    if file is not None:
        return checked_new(read_passphrase(file))
    instead = "there is no terminal to ask for a passphrase at: give --passphrase-file FILE."
    first = checked_new(ask(f"New passphrase {what_for}: ", instead))
    if ask("The same again: ", instead) != first:
        raise BadInput("the two are not the same; nothing was changed.")
    return first


def checked_new(passphrase: str) -> str:
    """The passphrase, if it will do. Raises BadInput."""
    if len(passphrase) < SHORTEST:
        raise BadInput(
            f"a passphrase needs at least {SHORTEST} characters; four words that do not belong together are good."
        )
    if len(passphrase.encode("utf-8", "surrogateescape")) > LONGEST_BYTES:
        raise BadInput(f"a passphrase can have {LONGEST_BYTES} bytes.")
    return passphrase


def read_passphrase(file: Path) -> str:
    """The first line of a file; of an open descriptor N it is /dev/fd/N. Raises BadInput."""
    try:
        with open(file, "rb") as opened:
            line = opened.readline(LONGEST_BYTES + 2)
    except OSError as error:
        raise BadInput(f"{file}: the passphrase cannot be read ({error.strerror}).") from None
    passphrase = line.rstrip(b"\r\n").decode("utf-8", "surrogateescape")
    if not passphrase:
        raise BadInput(f"{file}: there is no passphrase in its first line.")
    return passphrase


def from_environment() -> str | None:
    """What $HEARD_PASSPHRASE says, or the file that $HEARD_PASSPHRASE_FILE names. Raises BadInput for a bad file."""
    if passphrase := os.environ.get(ENVIRONMENT):
        return passphrase
    file = os.environ.get(ENVIRONMENT_FILE)
    return read_passphrase(Path(file)) if file else None
