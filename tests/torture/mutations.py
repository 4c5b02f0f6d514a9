"""Damage: bytes, text and JSON changed at random, the same for the same ``Random``."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from random import Random
from typing import Any

NUMBERS = (0, 1, 2, 3, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 16000, 192000)
"""Lengths, counts and rates at which readers stumble."""
WORDS = (
    *("", " ", "nan", "inf", "-inf", "-1", "0", "1e999", "-0.0", "1_0", "١٢", "0x10", "1e-400", "9" * 400, "true"),
    *("null", "None", "..", "/", "../../etc/passwd", "\\\\server\\x", "a" * 300, "a" * 5000, "=1+1", "@x", "'", '"'),
    *('""', ",", ";", "\t", "\r", "\0", "\x1b[31m", "\ufeff", "\u202e", "\u200b", "\ud800", "é", "e\u0301", "名前"),
    *("👩\u200d🚀", "%s", "{}", "~", "~x", "CON", "-", "--", "<NA>", "unknown", "Unknown 1", "SPEAKER", "|", "cat |"),
    *("http://x/", "file:///"),
)
DEEP = "[" * 100_000


def damaged_bytes(random: Random, data: bytes, *, head: int = 256) -> bytes:
    """``data`` with one to six changes, half of them within the first ``head`` bytes, where formats keep sizes."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        random.choice(_BYTES)(random, changed, head)
    return bytes(changed)


def flipped_bit(random: Random, data: bytes) -> bytes:
    """``data`` with one bit the other way."""
    changed = bytearray(data)
    if changed:
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _at(random: Random, data: bytearray, head: int) -> int:
    return random.randrange(min(len(data), head) if random.random() < 0.5 else len(data)) if data else 0


def _flip(random: Random, data: bytearray, head: int) -> None:
    if data:
        data[_at(random, data, head)] ^= 1 << random.randrange(8)


def _byte(random: Random, data: bytearray, head: int) -> None:
    if data:
        data[_at(random, data, head)] = random.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF, random.randrange(256)))


def _number(random: Random, data: bytearray, head: int) -> None:
    at = _at(random, data, head) & ~random.choice((0, 1, 3))
    size, value = random.choice(("<H", "<I", ">I", ">H", "<Q", ">Q")), random.choice(NUMBERS)
    packed = struct.pack(size, value & ((1 << 8 * struct.calcsize(size)) - 1))
    data[at : at + len(packed)] = packed


def _cut(random: Random, data: bytearray, head: int) -> None:
    del data[_at(random, data, head) :]


def _drop(random: Random, data: bytearray, head: int) -> None:
    at = _at(random, data, head)
    del data[at : at + random.choice((1, 2, 4, 16, 1000))]


def _again(random: Random, data: bytearray, head: int) -> None:
    at = _at(random, data, head)
    data[at:at] = data[at : at + random.choice((1, 4, 64, 4096))]


def _fill(random: Random, data: bytearray, head: int) -> None:
    at, size = _at(random, data, head), random.choice((4, 32, 1024))
    part = len(data[at : at + size])
    data[at : at + size] = random.choice((bytes(part), b"\xff" * part, random.randbytes(part)))


def _more(random: Random, data: bytearray, head: int) -> None:
    data += random.choice((bytes(1), bytes(5000), random.randbytes(300), bytes(data[:2000])))


_BYTES: tuple[Callable[[Random, bytearray, int], None], ...] = (
    _flip, _flip, _flip, _byte, _byte, _number, _number, _number, _cut, _drop, _again, _fill, _more,
)  # fmt: skip


def damaged_text(random: Random, text: str) -> bytes:
    """A list or table with lines and words changed, sometimes in another encoding or with bytes that are no text."""
    for _ in range(random.choice((1, 1, 2, 4))):
        text = random.choice(_TEXT)(random, text)
    encoding = random.choice(("utf-8",) * 8 + ("utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp1251"))
    data = text.encode(encoding, "surrogatepass" if encoding.startswith("utf") else "replace")
    return damaged_bytes(random, data) if random.random() < 0.15 else data


def _word(random: Random, text: str) -> str:
    for mark in random.sample((",", "\t", " ", "\n", ";"), 5):
        parts = text.split(mark)
        if len(parts) > 1:
            parts[random.randrange(len(parts))] = random.choice(WORDS)
            return mark.join(parts)
    return random.choice(WORDS)


def _line(random: Random, text: str) -> str:
    lines = text.split("\n")
    at = random.randrange(len(lines))
    changes = ([], [lines[at]] * 2, [lines[at] * 2], [lines[at][: len(lines[at]) // 2]], [random.choice(WORDS)], [""])
    lines[at : at + 1] = random.choice(changes)
    return "\n".join(lines)


def _insert(random: Random, text: str) -> str:
    at = random.randrange(len(text) + 1)
    return text[:at] + random.choice(WORDS) + text[at:]


def _long(random: Random, text: str) -> str:
    at = random.randrange(len(text) + 1)
    return (
        text[:at]
        + random.choice(("x", ",", '"', "\t", "9", " ")) * random.choice((10_000, 140_000, 3_000_000))
        + text[at:]
    )


def _ends(random: Random, text: str) -> str:
    return text.replace("\n", random.choice(("\r\n", "\r", "\n\n", "\x85", "\u2028", "\0")))


_TEXT: tuple[Callable[[Random, str], str], ...] = (_word, _word, _word, _line, _line, _insert, _insert, _long, _ends)


def damaged_json(random: Random, document: Any) -> bytes:
    """A document with values replaced, left out or added, sometimes damaged as text besides."""
    document = json.loads(json.dumps(document))
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        document = _changed(random, document)
    text = json.dumps(document, ensure_ascii=random.random() < 0.5)
    if random.random() < 0.03:
        text = text.replace(":", ":" + DEEP, 1)
    return damaged_text(random, text) if random.random() < 0.15 else text.encode("utf-8", "surrogatepass")


def odd_value(random: Random) -> Any:
    """Something that is not what a document should hold at some place."""
    plain = (
        None,
        True,
        False,
        0,
        1,
        -1,
        3,
        100_000,
        2**31,
        2**63,
        10**30,
        0.5,
        -0.5,
        1e308,
        1e-320,
        float("nan"),
        float("inf"),
    )
    return random.choice(
        (*plain, random.choice(WORDS), [], {}, [[]], [None], {"": None}, [1] * 50, "x" * 200_000, {"a": {"b": []}})
    )


def _changed(random: Random, document: Any) -> Any:
    if not isinstance(document, dict | list) or not document or random.random() < 0.05:
        return odd_value(random)
    key = random.choice(list(document)) if isinstance(document, dict) else random.randrange(len(document))
    if isinstance(document[key], dict | list) and random.random() < 0.7:
        document[key] = _changed(random, document[key])
    elif random.random() < 0.2:
        del document[key]
    else:
        document[key] = odd_value(random)
    return document
