"""Which format a transcript is in, told by what is in it, and reading it."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from app.transcripts.cues import Transcript
from app.transcripts.encoding import LARGEST_BYTES, Encoded, decode
from app.transcripts.json_segments import JsonSegments
from app.transcripts.subtitles import TIMES, Subtitles
from app.transcripts.table import Table
from app.transcripts.ttml import Ttml
from utils import BadInput

KINDS = (
    "SubRip (.srt), WebVTT (.vtt), JSON of Whisper, whisperX or faster-whisper, TTML, and tables of words or segments"
    " with times (.tsv, .ctm)"
)
SUFFIXES = (".srt", ".vtt", ".json", ".ttml", ".dfxp", ".xml", ".tsv", ".ctm", ".txt")
"""How the files end; what is in them decides."""


def read_transcript_file(path: str | os.PathLike) -> bytes:
    """The bytes of a transcript. Raises BadInput for a file that is missing or too large, and OSError."""
    path = Path(path)
    if path.is_dir():
        raise BadInput(f"{path}: this is a folder; name a transcript.")
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise BadInput(f"{path}: no such transcript.") from None


def read_transcript(
    content: bytes, what: str, known: Collection[str] = (), *, most: int = LARGEST_BYTES
) -> tuple[Transcript, Encoded]:
    """A transcript, and how its text was encoded. ``what`` it is, for the BadInput, in one line, that is raised for
    what is none. ``known``: names that may stand in front of what is said. ``most``: bytes that it may have."""
    encoded = decode(content, what, most)
    text = encoded.text
    head = text.lstrip()[:1]
    try:
        if text.startswith("WEBVTT"):
            found: Transcript = Subtitles(text, vtt=True, known=known)
        elif head == "<":
            found = Ttml(text)
        elif head in ("{", "[") and not TIMES.search(text):
            found = JsonSegments(text)
        elif TIMES.search(text):
            found = Subtitles(text, vtt=False, known=known)
        else:
            found = Table(text)
    except KeyError:
        raise BadInput(f"{what}: JSON without segments that have times and text, as Whisper writes them.") from None
    except (ValueError, StopIteration, RecursionError) as error:
        where = f" ({error})" if isinstance(error, ValueError) and str(error).startswith("line ") else ""
        raise BadInput(f"{what}: not a transcript that can be read{where}: {KINDS}.") from None
    if not found.cues:
        raise BadInput(f"{what}: nothing is said in it that has a time.")
    return found, encoded
