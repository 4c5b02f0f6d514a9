"""The formats of an export, in one table that every door asks: window, page, server, terminal and library."""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from app.diarisation.rttm import rttm
from app.exports.annotation import to_audacity, to_textgrid
from app.exports.document import Document, ticks
from app.exports.json_document import to_json
from app.exports.subtitles import to_srt, to_vtt
from app.exports.table import to_csv
from app.exports.text import to_text
from utils import BadInput, atomic_write


@dataclass(frozen=True)
class Format:
    """One format: how it is called, how its files end, and what makes it."""

    name: str
    suffix: str
    """Of its files, such as ".srt"; "" for one that is not saved to files unless it is asked for by name."""
    media_type: str
    write: Callable[[Document], str]
    for_readers: bool = False
    """Whether people read it as it is: then the pauses of one speaker are left out unless they are asked for."""
    mark: bytes = b""
    """What the file begins with: a mark of byte order, without which spreadsheets take UTF-8 for something else."""

    def encode(self, document: Document, *, merge_gaps: bool | None = None) -> bytes:
        """The bytes of a file, UTF-8. ``merge_gaps``: whether a speaker's turns with less than a second between them
        are one; None is as ``for_readers`` says."""
        merge = self.for_readers if merge_gaps is None else merge_gaps
        return self.mark + self.write(document.tidy(merge_gaps=merge)).encode("utf-8", "replace")


def to_rttm(document: Document) -> str:
    """NIST's format, a SPEAKER line for each turn; see ``rttm.label_token`` for how names are written."""
    spans = [(turn, *ticks(turn)) for turn in document.turns]
    return rttm([replace(turn, start_s=a / 1000, end_s=b / 1000) for turn, a, b in spans], document.file)


FORMATS: dict[str, Format] = {
    one.name: one
    for one in (
        Format("srt", ".srt", "application/x-subrip", to_srt, for_readers=True),
        Format("vtt", ".vtt", "text/vtt", to_vtt, for_readers=True),
        Format("csv", ".csv", "text/csv", to_csv, mark=codecs.BOM_UTF8),
        Format("json", ".json", "application/json", to_json),
        Format("rttm", ".rttm", "text/plain", to_rttm),
        Format("audacity", ".txt", "text/plain", to_audacity),
        Format("textgrid", ".TextGrid", "text/plain", to_textgrid),
        Format("text", "", "text/plain", to_text, for_readers=True),
    )
}
"""Name -> format, in the order in which they are offered."""
SUFFIXES = {one.suffix.lower(): one for one in FORMATS.values() if one.suffix}
"""Ending in small letters -> format."""


def format_of(path: str | os.PathLike) -> Format | None:
    """The format that a path's ending names; None if it names none."""
    return SUFFIXES.get(Path(path).suffix.lower())


def with_suffix(path: Path, wanted: Format) -> Path:
    """The path with the ending of a format: in the place of another format's, and after anything else, for "talk.v2"
    ends in no format, nor does "10.15.30"."""
    named = format_of(path)
    if named is wanted:
        return path
    return path.with_name((path.stem if named else path.name) + wanted.suffix)


def format_named(name: str | None, path: str | os.PathLike | None = None) -> Format:
    """The format of this name or, without one, of the path's ending. Raises BadInput if there is no such format."""
    if name is not None:
        if name.lower() not in FORMATS:
            raise BadInput(f"{name}: there is no such format; use one of {', '.join(FORMATS)}.")
        return FORMATS[name.lower()]
    if path is None or (found := format_of(path)) is None:
        endings = ", ".join(one.suffix for one in FORMATS.values() if one.suffix)
        raise BadInput(f"{path}: the name must end in one of {endings}, or its format be named.")
    return found


def write_export(
    path: str | os.PathLike, document: Document, format: str | None = None, *, merge_gaps: bool | None = None
) -> None:
    """Write a document, whole or not at all. ``format``: a name of ``FORMATS``; None goes by the path's ending.
    Raises BadInput for another ending, and OSError."""
    content = format_named(format, path).encode(document, merge_gaps=merge_gaps)
    with atomic_write(path) as out:
        out.write(content)
