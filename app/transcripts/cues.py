"""What every transcript is to the rest of the program: cues with words in them, whatever the format, and who says which
words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.scoring.labels import Kind, Label


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a cue, or what stands for one where words are written without blanks between them."""

    first: int
    """Where it begins in the cue's text."""
    last: int
    """Where it ends there."""
    start_s: float | None = None
    """When it is said; None if the transcript does not say."""
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class Cue:
    """A stretch of time and what is said in it: a subtitle, a segment, a row of a table."""

    start_s: float
    end_s: float
    text: str
    """Without markup and without the speaker's name."""
    words: tuple[Word, ...]
    name: str | None = None
    """Who speaks by what the transcript says already; None if it does not say."""
    whole: bool = False
    """Whether it must not be split."""

    @property
    def timed(self) -> bool:
        """Whether some word says when it is said."""
        return any(word.start_s is not None for word in self.words)


@dataclass(frozen=True, slots=True)
class Piece:
    """The words ``first`` to ``last`` (exclusive) of a cue, of one speaker."""

    first: int
    last: int
    start_s: float
    end_s: float
    label: Label | None
    """None if nobody is known to speak then: the transcript keeps what it says."""
    labels: tuple[Label | None, ...] = ()
    """Of each word: the same, but in a cue that must not be split."""


Said = Sequence[Piece]
"""A cue's pieces, in order of time; not empty."""


class Transcript(Protocol):
    """One transcript that was read. Positions in it are kept, so that what does not change stays byte for byte."""

    kind: str
    """ "srt", "vtt", "json", "ttml", "tsv" or "ctm"."""
    suffix: str
    media_type: str
    cues: Sequence[Cue]

    @property
    def names(self) -> list[str]:
        """The names that stand in it, each once, in order."""

    def label(self, said: Sequence[Said]) -> str:
        """Its text with the speakers of each cue; ``said``: of each of ``cues``."""

    def rename(self, names: Mapping[str, str]) -> str:
        """Its text with other names: one that stands in it -> the new one."""


WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\s\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
"""A word between blanks; of Chinese and Japanese, which have none, a character."""
GENERIC = re.compile(r"(unknown|speaker|spk|person|voice|sprecher|locuteur|hablante)?[ _-]*([0-9]{1,4}|[A-Z])?", re.I)
"""What programs call a voice that they cannot name: "SPEAKER_00", "Speaker 1", "Unknown 2", "A"."""


def words_of(text: str) -> tuple[Word, ...]:
    """The words of a text, without times."""
    return tuple(Word(*match.span()) for match in WORD.finditer(text))


def new_name(cue: Cue, label: Label | None) -> str | None:
    """What is written as the speaker of a cue, or of a piece of it; None leaves what there is.

    A name of whoever made the transcript, such as an account's, gives way to the name of somebody enrolled, but not to
    "Unknown 1"; what stands for no name always gives way.
    """
    if label is None:
        return None
    if cue.name is not None and label.kind is not Kind.PERSON and not is_generic(cue.name):
        return None
    return " ".join(label.split()) or "_"


def is_generic(name: str) -> bool:
    """Whether it is what programs call a voice without a name."""
    return GENERIC.fullmatch(name.strip()) is not None
