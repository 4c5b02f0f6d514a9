"""A transcript's bytes as text, and back: to the byte, mark of byte order and line ends included."""

from __future__ import annotations

from dataclasses import dataclass

from app.corpus.text import MARKS
from utils import BadInput

LARGEST_BYTES = 64 << 20
"""Of a transcript: a day of speech with the times of all words has a tenth of it."""
ENDIAN = {
    b"\xff\xfe\0\0": "utf-32-le",
    b"\0\0\xfe\xff": "utf-32-be",
    b"\xff\xfe": "utf-16-le",
    b"\xfe\xff": "utf-16-be",
}


@dataclass(frozen=True)
class Encoded:
    """A text and how it was encoded."""

    text: str
    """Without its mark."""
    mark: bytes
    encoding: str

    def encode(self, text: str, what: str) -> bytes:
        """Another text in the same way. Raises BadInput for a name that has no place in it."""
        try:
            return self.mark + text.encode(self.encoding)
        except UnicodeEncodeError as error:
            letters = error.object[error.start : error.end]
            raise BadInput(f"{what}: not in UTF-8, so it has no {letters!r}; save it as UTF-8 first.") from None


def decode(content: bytes, what: str, most: int = LARGEST_BYTES) -> Encoded:
    """The text of a transcript: UTF-8, UTF-16 or UTF-32 with its mark, or a code page of one byte a letter, whichever
    that is. ``what`` it is, for the BadInput that is raised if it is no text."""
    if len(content) > most:
        raise BadInput(f"{what}: too large to be a transcript (at most {most >> 20} MB).")
    mark = next((mark for mark in MARKS if content.startswith(mark)), b"")
    encoding = ENDIAN.get(mark, "utf-8")
    try:
        text = content[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        if mark:
            raise BadInput(f"{what}: not in {encoding} as its first bytes say.") from None
        encoding = "latin-1"  # any byte is a letter of it, and comes back as it was
        text = content.decode(encoding)
    if "\0" in text:
        raise BadInput(f"{what}: not a transcript: it is not text.")
    return Encoded(text, mark, encoding)


Edit = tuple[int, int, str]
"""From, to, and what is put there."""


def edited(text: str, edits: list[Edit]) -> str:
    """A text with other text in the place of some stretches, which do not overlap."""
    out, at = [], 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        out += (text[at:start], new)
        at = end
    return "".join([*out, text[at:]])
