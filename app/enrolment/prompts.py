"""What to say and where to stand: prompts for enrolment.

A voiceprint made of one kind of speech misses the others: a person who enrolled only close to the microphone is lost
when stepping back or speaking softly. So the samples of one session are shared out among three positions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from app.enrolment.sentences import ENGLISH, read_language


@dataclass(frozen=True)
class Position:
    name: str
    """One word for lists and files: "near", "back", "soft"."""
    instruction: str
    """What to do, for the person."""


NEAR = Position("near", "Near: sit as you usually do, and speak as you usually do.")
BACK = Position("back", "A step back: move about a metre further away, and speak as before.")
SOFT = Position("soft", "Softly: come back, and speak as if somebody were asleep next door (do not whisper).")
POSITIONS = (NEAR, BACK, SOFT)


@dataclass(frozen=True)
class Prompt:
    position: Position
    sentence: str
    """Something to read; any other words in any language do as well."""
    questions: tuple[str, ...] = ()
    """Something to talk about in place of reading."""


def prompts(samples: int, recorded_before: int = 0, had: Iterable[str] = (), language: str = ENGLISH) -> list[Prompt]:
    """The prompts of a session of ``samples`` recordings: position by position, so that nobody walks to and fro.

    A person with ``recorded_before`` samples goes on with other sentences. ``had``: the positions of those samples,
    each as ``Position.name``; whichever has fewest comes first. ``language``: see ``sentences``. Raises ValueError for
    fewer than one sample, BadInput for a language that there is none of.
    """
    if samples < 1:
        raise ValueError(f"{samples} samples")
    counts, planned = Counter(had), []
    for _ in range(samples):
        position = min(POSITIONS, key=lambda position: counts[position.name])
        counts[position.name] += 1
        planned.append(position)
    planned.sort(key=POSITIONS.index)
    texts = read_language(language)
    return [
        Prompt(
            position,
            texts.sentences[number % len(texts.sentences)],
            texts.cards[number % len(texts.cards)],
        )
        for number, position in enumerate(planned, recorded_before)
    ]
