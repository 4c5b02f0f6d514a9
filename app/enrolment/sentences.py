"""Sentences to read aloud and questions to talk about, in many languages: the files of ``texts/``, one a language.

A file has the language's own name, whether it is written from right to left, sentences of six to nine seconds each,
simple enough for a child of eight and between them with most sounds of the language, and cards of three questions.
"""

from __future__ import annotations

import json
import locale
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from utils import BadInput

ENGLISH = "en"
TEXTS = Path(__file__).parent / "texts"


@dataclass(frozen=True)
class ReadingLanguage:
    code: str
    """ISO 639-1: "en", "de" ..."""
    name: str
    """What its speakers call it."""
    right_to_left: bool
    sentences: tuple[str, ...]
    cards: tuple[tuple[str, ...], ...]
    """Each with questions that anybody can talk about for a while."""


@cache
def codes() -> tuple[str, ...]:
    """The languages that there are, in the order of their codes."""
    return tuple(sorted(path.stem for path in TEXTS.glob("*.json")))


@cache
def read_language(code: str) -> ReadingLanguage:
    """The texts of a language. Raises BadInput if there are none."""
    if code not in codes():
        raise BadInput(f"no sentences to read in {code!r}: choose one of {', '.join(codes())}.")
    found = json.loads((TEXTS / f"{code}.json").read_text(encoding="utf-8"))
    return ReadingLanguage(
        code,
        found["name"],
        found.get("right_to_left", False),
        tuple(found["sentences"]),
        tuple(map(tuple, found["cards"])),
    )


@cache
def languages() -> tuple[ReadingLanguage, ...]:
    """All of them, by their own names."""
    return tuple(sorted(map(read_language, codes()), key=lambda language: language.name.casefold()))


def matching_language(tags: Iterable[str]) -> str:
    """The language for a reader of these, best first, such as "pt-BR" or "zh_Hans_CN". English if none is known."""
    for tag in tags:
        code = tag.replace("_", "-").split("-")[0].split(".")[0].strip().lower()
        if code in codes():
            return code
    return ENGLISH


def system_language(environ: Mapping[str, str] = os.environ) -> str:
    """The language of this system, as a terminal has it; English if it is none of those that there are."""
    said = [environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    first = next((value for value in said if value), "")
    if not first and os.name == "nt":
        first = locale.getlocale()[0] or ""
    return matching_language([first])
