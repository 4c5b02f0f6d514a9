"""The bundled demo: a made conversation, the people it knows, and how much of it was named right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.diarisation.rttm import read_rttm
from app.diarisation.timeline import Turn
from app.scoring.identification import is_unknown
from app.scoring.labels import UNKNOWN
from utils import BUNDLED

DEMO = BUNDLED / "demo"


def demo_people() -> list[str]:
    """The names that the demo knows, in alphabetical order."""
    return sorted(folder.name for folder in (DEMO / "enrolment").iterdir() if folder.is_dir())


def agreement(
    reference: Iterable[Turn], hypothesis: Iterable[Turn], *, unknown: Iterable[str] = ()
) -> dict[str, float]:
    """How much of the reference's speech got the right label.

    ``unknown``: reference names that nobody enrolled; right for them is any unknown label. Overlapped speech counts
    as right if the label is one of its speakers'. Returns ``speech_s``, ``right_s``, ``wrong_s`` (another label),
    ``missed_s`` (no label) and ``right`` (the share right, 0 to 1), on a grid of 10 ms.
    """
    strangers = set(unknown) | {UNKNOWN}
    reference, hypothesis = list(reference), list(hypothesis)
    steps = round(100 * max((turn.end_s for turn in [*reference, *hypothesis]), default=0)) + 1
    wanted: list[set[str]] = [set() for _ in range(steps)]
    given: list[str | None] = [None] * steps
    for turn in reference:
        name = UNKNOWN if turn.label in strangers else turn.label
        for step in range(round(turn.start_s * 100), min(steps, round(turn.end_s * 100))):
            wanted[step].add(name)
    for turn in hypothesis:
        span = range(round(turn.start_s * 100), min(steps, round(turn.end_s * 100)))
        for step in span:
            given[step] = UNKNOWN if is_unknown(turn.label) else turn.label
    speech = [(want, got) for want, got in zip(wanted, given, strict=True) if want]
    right = sum(got in want for want, got in speech)
    missed = sum(got is None for _, got in speech)
    return {
        "speech_s": len(speech) / 100,
        "right_s": right / 100,
        "wrong_s": (len(speech) - right - missed) / 100,
        "missed_s": missed / 100,
        "right": right / len(speech) if speech else 0.0,
    }


def demo_agreement(turns: Sequence[Turn]) -> dict[str, float]:
    """How much of the demo's speech got the right label in ``turns``; see ``agreement``."""
    reference = read_rttm(DEMO / "conversation.rttm")
    strangers = {turn.label for turn in reference} - set(demo_people())
    return agreement(reference, turns, unknown=strangers)
