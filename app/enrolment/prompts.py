"""What to say and where to stand: prompts for enrolment.

A voiceprint made of one kind of speech misses the others: a person who enrolled only close to the microphone is lost
when stepping back or speaking softly. So the samples of one session are shared out among three positions.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Position:
    name: str
    """One word for lists and files: "near", "back", "soft"."""
    instruction: str
    """What to do, for the person."""
    sentences: tuple[str, ...]
    """Something to read, about eight seconds each; any other words in any language do as well."""


NEAR = Position(
    "near",
    "Near: sit as you usually do, and speak as you usually do.",
    (
        "The old ferry leaves the harbour just after six, and my cousin usually brings warm bread, cheese and a flask"
        " of very strong coffee.",
        "Yesterday I fixed the blue bicycle in the yard, changed both tyres, and then rode quickly up the hill to watch"
        " the sun go down.",
        "Could you give me the third book from the left shelf? I think it has a chapter about whales, ships and frozen"
        " northern seas.",
        "We chose a quiet table near the window, ordered soup and fish, and talked about music, judges, noisy"
        " neighbours and the price of oil.",
    ),
)
BACK = Position(
    "back",
    "A step back: move about a metre further away, and speak as before.",
    (
        "Nobody knew why the church bell rang five times that morning, but every child on our street ran outside to"
        " look at the sky.",
        "My father grows onions, beans and sweet yellow plums; he waters them each evening and gives half of everything"
        " away to his neighbours.",
        "If the weather is fine on Thursday we shall walk along the river, join the others at the bridge and have a"
        " picnic over there.",
        "The engineer measured the tower twice, wrote the figures in a small green notebook, and asked a colleague to"
        " check every one of them.",
    ),
)
SOFT = Position(
    "soft",
    "Softly: come back, and speak as if somebody were asleep next door (do not whisper).",
    (
        "It was late, so I closed the door without a sound, put my shoes beside the stairs and thought about the long"
        " journey home.",
        "Please leave the light on in the hall; the baby has only just gone to sleep, and the youngest of the boys is"
        " dreaming already.",
        "She sat by the fire with a cup of ginger tea, humming a tune that she had first heard as a girl in the"
        " mountains.",
        "There is some pleasure in doing nothing at all: just listening to rain on the roof, and to the clock in the"
        " kitchen.",
    ),
)
POSITIONS = (NEAR, BACK, SOFT)


@dataclass(frozen=True)
class Prompt:
    position: Position
    sentence: str


def prompts(samples: int, recorded_before: int = 0) -> list[Prompt]:
    """The prompts of a session of ``samples`` recordings: position by position, so that nobody walks to and fro.

    A person with ``recorded_before`` samples goes on with other sentences. Raises ValueError for fewer than one.
    """
    if samples < 1:
        raise ValueError(f"{samples} samples")
    said = recorded_before // len(POSITIONS)
    out = []
    for index, position in enumerate(POSITIONS):
        for turn in range(len(range(index, samples, len(POSITIONS)))):
            out.append(Prompt(position, position.sentences[(said + turn) % len(position.sentences)]))
    return out
