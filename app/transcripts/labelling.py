"""A transcript and who spoke when -> the transcript with names; and other names for one that has some."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from app.diarisation.timeline import Turn
from app.scoring.labels import read_label
from app.transcripts.cues import new_name
from app.transcripts.encoding import LARGEST_BYTES
from app.transcripts.reading import read_transcript
from app.transcripts.speakers import speakers
from utils import BadInput, clean_name

NAMED = 8
"""How many names a message has."""


@dataclass(frozen=True)
class Labelled:
    """A transcript with names."""

    content: bytes
    kind: str
    media_type: str
    names: tuple[str, ...]
    """Those that stand in it now, in order."""
    cues: int = 0
    """How many there were."""
    split: int = 0
    """How many of them became several."""
    without: int = 0
    """How many have no name."""


def label_transcript(
    content: bytes,
    turns: Sequence[Turn],
    what: str,
    names: Mapping[str, str] | None = None,
    *,
    people: Collection[str] = (),
    most: int = LARGEST_BYTES,
) -> Labelled:
    """Put who spoke when into a transcript (its bytes); everything else stays as it is, byte for byte.

    ``what`` it is called in errors. ``names``: a label -> the name that is written in its place, such as "Unknown 1" ->
    "Ben". ``people``: other names that may stand in it already. Raises BadInput for what is no transcript, and if
    nobody speaks at any of its times: it is of another recording.
    """
    names = dict(names or {})
    known = {*people, *(str(turn.label) for turn in turns), *names, *names.values()}
    transcript, encoded = read_transcript(content, what, known, most=most)
    _check_names(names, [str(turn.label) for turn in turns] + transcript.names, what)
    if not names.keys().isdisjoint(transcript.names):
        content = encoded.encode(transcript.rename(names), what)
        transcript, encoded = read_transcript(content, what, known, most=_longer(most))
    renamed = [replace(turn, label=read_label(names.get(turn.label, turn.label))) for turn in turns]
    said = speakers(transcript.cues, renamed)
    if turns and not any(piece.label for pieces in said for piece in pieces):
        raise BadInput(f"{what}: nobody speaks at its times; is it of this recording?")
    text = transcript.label(said)
    without = sum(
        any(new_name(cue, piece.label) is None and cue.name is None for piece in pieces)
        for cue, pieces in zip(transcript.cues, said, strict=True)
    )
    content = encoded.encode(text, what)
    now = read_transcript(content, what, known, most=_longer(most))[0].names
    counts = len(transcript.cues), sum(len(pieces) > 1 for pieces in said), without
    return Labelled(content, transcript.kind, transcript.media_type, tuple(now), *counts)


def rename_speakers(content: bytes, names: Mapping[str, str], what: str, *, most: int = LARGEST_BYTES) -> Labelled:
    """Put other names into a transcript that has some. Raises BadInput for what is no transcript, and for a name that
    does not stand in it."""
    transcript, encoded = read_transcript(content, what, [*names, *names.values()], most=most)
    _check_names(names, transcript.names, what)
    now = tuple(dict.fromkeys(names.get(name, name) for name in transcript.names))
    return Labelled(
        encoded.encode(transcript.rename(names), what),
        transcript.kind,
        transcript.media_type,
        now,
        len(transcript.cues),
    )


def parse_rename(text: str) -> tuple[str, str]:
    """ "Unknown 1=Ben" as old and new name. Raises BadInput for what is none."""
    old, mark, new = text.partition("=")
    if not (mark and old.strip() and new.strip()):
        raise BadInput(f'rename "{text}": write it as "Unknown 1=Ben".')
    return " ".join(old.split()), clean_name(new)


def _check_names(names: Mapping[str, str], there: Sequence[str], what: str) -> None:
    missing = next((name for name in names if name not in there), None)
    if missing is None:
        return
    found = list(dict.fromkeys(there))
    listed = ", ".join(found[:NAMED]) + ", ..." * (len(found) > NAMED) if found else "no names at all"
    raise BadInput(f"{what}: nobody in it is called {missing}; there is {listed}.")


def _longer(most: int) -> int:
    """Bytes that a transcript of at most ``most`` may have when it has names."""
    return 8 * most
