"""Names in front of what is said: "Ana: Hello", "[SPEAKER_00]: Hello", "- Ana: Hello"."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from app.names import name_key
from app.transcripts.cues import is_generic

LEAD = re.compile(r"\s*(?:[-\u2013\u2014]\s*)?")
"""What stands before a name: the dash with which another one answers."""
PREFIX = re.compile(
    LEAD.pattern
    + r"(?:\[(?P<in>[^\]\[\n]{1,120})\]:?|(?P<plain>[^\s:\n\[<>][^:\n<>]{0,119}):)(?:[ \t\u00a0]+|(?=\n)|$)"
)
MOST_WORDS = 6
"""Of a name that is told by its place alone."""
LEAST_SHARE = 0.8
"""Of the cues of a transcript that begin like a name, from which on that is what it is."""


def find_prefixes(texts: Sequence[str], known: Collection[str] = ()) -> list[re.Match[str] | None]:
    """The names in front of the texts of one transcript: those that programs give voices, those that are ``known``, and
    all others if nearly all cues have one."""
    found = [PREFIX.match(text) for text in texts]
    keys = {name_key(name) for name in known}
    sure = [match is not None and (is_generic(name_in(match)) or name_key(name_in(match)) in keys) for match in found]
    likely = [match is not None and len(name_in(match).split()) <= MOST_WORDS for match in found]
    everywhere = len(texts) > 1 and sum(likely) >= LEAST_SHARE * len(texts)
    return [
        match if is_sure or (everywhere and is_likely) else None
        for match, is_sure, is_likely in zip(found, sure, likely, strict=True)
    ]


def name_in(match: re.Match[str]) -> str:
    """The name of a prefix."""
    return (match["in"] or match["plain"]).strip()


def span_of(match: re.Match[str]) -> tuple[int, int]:
    """Where the name stands."""
    return match.span("in" if match["in"] else "plain")
