"""The format of a sealed file: AES-256-GCM in chunks, each file under a key of its own.

    b"HEARDSF1"   magic and version
    32 bytes      salt
    chunks        65,536 bytes each, the last one shorter or as long, every one followed by its tag of 16 bytes

The file's key is HKDF-SHA256 of the data key, with the salt and the file's *context*: a word for what the file is, such
as "ana/003.wav". A file in another's place has another key and is refused. The nonce is the chunk's number and whether
it is the last, so that chunks cannot be left out, moved or cut off: STREAM of Hoang, Reyhanitabar, Rogaway and Vizár,
"Online authenticated-encryption and its nonce-reuse misuse-resistance" (2015), as the program age uses it.
"""

from __future__ import annotations

import hmac
import io
import os
from typing import BinaryIO

from utils import BadInput, HeardError, missing_extra

MAGIC = b"HEARDSF1"
SALT_BYTES = 32
KEY_BYTES = 32
CHUNK_BYTES = 65_536
TAG_BYTES = 16


class NotAuthentic(BadInput):
    """Not this key, not this context, or changed since it was written."""


def derive_key(key: bytes, purpose: str, salt: bytes = b"") -> bytes:
    """A key of 32 bytes for one purpose, from a random one: HKDF-SHA256 (RFC 5869)."""
    try:
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF
    except ImportError as error:
        raise missing_package(error) from None
    return HKDF(SHA256(), KEY_BYTES, salt, f"heard 1 {purpose}".encode()).derive(key)


def opaque_name(key: bytes, name: str) -> str:
    """A file name that stands for ``name`` and tells it to nobody without the key: HMAC-SHA256, 128 bits in hex."""
    return hmac.new(derive_key(key, "names"), name.encode(), "sha256").hexdigest()[:32]


def cipher_of(key: bytes):
    """AES-256-GCM under a key of 32 bytes. Raises HeardError where the library is missing."""
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError as error:
        raise missing_package(error) from None
    return AESGCM(key)


def missing_package(error: ImportError) -> HeardError:
    """What to say where a library that sealing needs is not installed."""
    return missing_extra("sealing data", str(error.name).partition(".")[0], "sealed")


class SealedWriter:
    """Writes one sealed file from beginning to end. Without ``finish`` what was written cannot be read."""

    def __init__(self, file: BinaryIO, key: bytes, context: str):
        salt = os.urandom(SALT_BYTES)
        self._file, self._cipher = file, cipher_of(derive_key(key, f"file {context}", salt))
        self._waiting, self._number = bytearray(), 0
        file.write(MAGIC + salt)

    def write(self, data: bytes) -> None:
        """Seal some bytes more."""
        self._waiting += data
        while len(self._waiting) > CHUNK_BYTES:  # more than one: the last chunk is for ``finish``
            self._chunk(bytes(self._waiting[:CHUNK_BYTES]), last=False)
            del self._waiting[:CHUNK_BYTES]

    def finish(self) -> None:
        """Seal the last chunk."""
        self._chunk(bytes(self._waiting), last=True)

    def _chunk(self, data: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last), data, None))
        self._number += 1


class SealedReader:
    """Reads one sealed file from beginning to end; memory stays flat.

    ``name`` stands in messages. Raises NotAuthentic, at once or at a later read.
    """

    def __init__(self, file: BinaryIO, key: bytes, context: str, name: str | os.PathLike):
        self._file, self._name = file, name
        head = file.read(len(MAGIC) + SALT_BYTES)
        if len(head) < len(MAGIC) + SALT_BYTES or not head.startswith(MAGIC):
            raise NotAuthentic(f"{name}: not a sealed file of this program, or of a newer one.")
        self._cipher = cipher_of(derive_key(key, f"file {context}", head[len(MAGIC) :]))
        self._opened, self._number = bytearray(), 0
        self._next: bytes | None = file.read(CHUNK_BYTES + TAG_BYTES)

    def read(self, count: int) -> bytes:
        """The next ``count`` bytes; fewer only at the end of the file."""
        while len(self._opened) < count and self._next is not None:
            self._chunk()
        data = bytes(self._opened[:count])
        del self._opened[:count]
        return data

    def _chunk(self) -> None:
        from cryptography.exceptions import InvalidTag

        sealed, self._next = self._next, None
        if len(sealed) == CHUNK_BYTES + TAG_BYTES:
            self._next = self._file.read(CHUNK_BYTES + TAG_BYTES) or None
        try:
            self._opened += self._cipher.decrypt(_nonce(self._number, self._next is None), sealed, None)
        except (InvalidTag, ValueError):  # ValueError: shorter than a tag
            self._next = None
            raise NotAuthentic(f"{self._name}: cannot be opened: another key, or damaged or changed.") from None
        self._number += 1


def seal(data: bytes, key: bytes, context: str) -> bytes:
    """A sealed file's bytes."""
    file = io.BytesIO()
    writer = SealedWriter(file, key, context)
    writer.write(data)
    writer.finish()
    return file.getvalue()


def unseal(sealed: bytes, key: bytes, context: str, name: str | os.PathLike) -> bytes:
    """What is in a sealed file. Raises NotAuthentic; ``name`` stands in its message."""
    return SealedReader(io.BytesIO(sealed), key, context, name).read(len(sealed))


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
