"""The format of a sealed file: what was written comes back, and anything else is refused."""

from __future__ import annotations

import io
import os

import pytest

from app.sealing.sealed_file import CHUNK_BYTES, NotAuthentic, SealedReader, SealedWriter, derive_key, seal, unseal

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
HEAD = 8 + 32


@pytest.mark.parametrize("size", [0, 1, 100, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_what_was_sealed_comes_back(size):
    data = os.urandom(size)
    sealed = seal(data, KEY, "ana/001.wav")
    chunks = max(1, -(-size // CHUNK_BYTES))
    assert len(sealed) == HEAD + size + 16 * chunks
    assert unseal(sealed, KEY, "ana/001.wav", "f") == data
    assert size < 20 or data[:20] not in sealed


def test_the_same_twice_is_never_the_same():
    assert seal(b"x" * 100, KEY, "a")[HEAD:] != seal(b"x" * 100, KEY, "a")[HEAD:]


def test_it_is_the_published_construction():
    """Opened by hand: HKDF-SHA256 and AES-GCM with the chunk's number and the flag of the last as nonce."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    data = bytes(CHUNK_BYTES) + b"the rest"
    sealed = seal(data, KEY, "ana/001.wav")
    assert sealed[:8] == b"HEARDSF1"
    key = HKDF(SHA256(), 32, sealed[8:40], b"heard 1 file ana/001.wav").derive(KEY)
    middle = 40 + CHUNK_BYTES + 16
    assert AESGCM(key).decrypt(bytes(12), sealed[40:middle], None) == bytes(CHUNK_BYTES)
    assert AESGCM(key).decrypt(bytes(10) + b"\x01\x01", sealed[middle:], None) == b"the rest"


@pytest.mark.parametrize(("key", "context"), [(OTHER, "a"), (KEY, "b"), (KEY, "")])
def test_another_key_or_place_is_refused(key, context):
    with pytest.raises(NotAuthentic, match=r"^where\.wav: cannot be opened"):
        unseal(seal(b"speech", KEY, "a"), key, context, "where.wav")


def test_every_flipped_bit_of_a_byte_is_noticed():
    sealed = seal(b"speech", KEY, "a")
    for at in range(len(sealed)):
        with pytest.raises(NotAuthentic):
            unseal(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], KEY, "a", "f")


def test_chunks_cannot_be_cut_off_moved_or_doubled():
    data = os.urandom(3 * CHUNK_BYTES + 5)
    sealed, step = seal(data, KEY, "a"), CHUNK_BYTES + 16
    head, chunks = sealed[:HEAD], [sealed[at : at + step] for at in range(HEAD, len(sealed), step)]
    for wrong in (
        chunks[:-1],
        chunks[1:],
        [chunks[1], chunks[0], *chunks[2:]],
        [chunks[0], *chunks],
        [*chunks, chunks[-1]],
    ):
        with pytest.raises(NotAuthentic):
            unseal(head + b"".join(wrong), KEY, "a", "f")
    for length in (0, 5, HEAD, HEAD + 3, len(sealed) - 1):
        with pytest.raises(NotAuthentic):
            unseal(sealed[:length], KEY, "a", "f")


def test_streams_are_written_and_read_in_pieces():
    file, data = io.BytesIO(), os.urandom(200_001)
    writer = SealedWriter(file, KEY, "export")
    for at in range(0, len(data), 777):
        writer.write(data[at : at + 777])
    writer.finish()
    file.seek(0)
    reader, back = SealedReader(file, KEY, "export", "f"), []
    while piece := reader.read(1234):
        back.append(piece)
    assert b"".join(back) == data


def test_keys_for_different_purposes_differ():
    assert len({derive_key(KEY, "database"), derive_key(KEY, "file a"), derive_key(OTHER, "database"), KEY}) == 4
