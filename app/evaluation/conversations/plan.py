"""What the conversation benchmark is to measure: every conversation, row by row of the table."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from app.audio.lines.lines import LINES, lines_named
from app.corpus.clips import Clip
from app.evaluation.conversations.meetings import meeting_conversations, read_excerpts
from app.evaluation.conversations.simulate import Conversation, ConversationConfig
from utils import BadInput

MEETINGS = "meetings"
"""Name of the corpus of real meetings."""
DAY = "day"
"""Name of the condition in which people are enrolled from one of their sessions and talk in others."""
ALIASES = {"telephone": "telephone-band+mu-law", "far": "room-2"}
"""Names of conditions that stand for lines."""


@dataclass(frozen=True)
class Condition:
    """What lies between the voices and the microphone."""

    name: str
    snr_db: float = math.inf
    """Speech to background noise; infinite for none."""
    rt60_s: tuple[float, float] | None = None
    """Range of the room's reverberation time; None for no room."""
    line: str = ""
    """What every voice comes through, as in ``app.audio.lines``; enrolment does not. Empty for nothing."""
    sessions: bool = False
    """Whether people are enrolled from another session than those they talk in."""


def parse_condition(text: str) -> Condition:
    """The condition named "clean", "20" (noise so many dB below the speech), "room" or "room+20"; "telephone", "far",
    a line such as "gsm" or "room-2+opus-12"; or "day".

    Raises BadInput for anything else, and for a line whose codec this machine lacks.
    """
    if text == DAY:
        return Condition(DAY, sessions=True)
    line = ALIASES.get(text, text)
    if line.split("+")[0].strip() in LINES:
        lines_named(line)
        return Condition(text, line=line)
    room, _, level = text.partition("+") if text.startswith("room") else ("", "", text)
    try:
        if room not in ("", "room") or (room and "+" in text and not level):
            raise ValueError
        snr_db = math.inf if level in ("", "clean") else float(level)
        if not text or math.isnan(snr_db):
            raise ValueError
    except ValueError:
        raise BadInput(
            f"{text!r} is no condition: clean, 20 (dB of noise), room, room+20, telephone, far, day, or a line."
        ) from None
    level = f"{snr_db:g} dB" if np.isfinite(snr_db) else "" if room else "clean"
    return Condition(" ".join(filter(None, (room, level))), snr_db, (0.2, 0.6) if room else None)


@dataclass(frozen=True)
class Task:
    """One conversation with one length of enrolment."""

    corpus: str
    condition: Condition
    config: ConversationConfig
    clips: tuple[Clip, ...]
    enrolment_s: float
    pair: int = 0
    """Which of the pairs of excerpts, in meetings."""

    @property
    def row(self) -> tuple[str, str, int, float]:
        """The key of its row in the table: corpus, condition, people enrolled, seconds of enrolment."""
        return self.corpus, self.condition.name, self.config.enrolled, self.enrolment_s


@dataclass(frozen=True)
class SharedSetup:
    """What all tasks share."""

    model: str = "embedded"
    compute: str = "auto"
    impostors: tuple[Clip, ...] = ()
    noises: tuple[str, ...] = ()
    """Files with noise."""
    meetings: str | None = None
    """Folder of the excerpts."""
    baselines: bool = False
    gate: bool = False
    """Whether each enrolled person's voice is passed on alone, too."""
    keep: str | None = None
    """Folder for sound, references and answers."""


def simulated_tasks(
    corpora: dict[str, tuple[Clip, ...]],
    conditions: Sequence[Condition],
    config: ConversationConfig,
    *,
    enrolled: Sequence[int],
    enrolment_s: Sequence[float],
    seeds: Sequence[int],
) -> list[Task]:
    """Every simulated conversation of the benchmark, row by row; each is the same for all lengths of enrolment."""
    config = dataclasses.replace(config, enrolment_s=max(enrolment_s))
    return [
        Task(
            corpus,
            kind,
            dataclasses.replace(
                config,
                enrolled=people,
                snr_db=kind.snr_db,
                rt60_s=kind.rt60_s,
                line=kind.line,
                sessions=kind.sessions,
                seed=seed,
            ),
            clips,
            seconds,
        )
        for (corpus, clips), kind, people, seconds, seed in itertools.product(
            corpora.items(), conditions, enrolled, enrolment_s, seeds
        )
    ]


def meeting_tasks(folder: str | Path, enrolment_s: Sequence[float]) -> list[Task]:
    """A task for each pair of excerpts that can be used. Raises BadInput if there is none."""
    pairs = meetings_in(str(folder))
    if not pairs:
        raise BadInput(f"{folder}: no two excerpts of one meeting in which the same person speaks.")
    kind, config = Condition("as recorded"), ConversationConfig(enrolled=0)
    return [Task(MEETINGS, kind, config, (), seconds, pair) for seconds in enrolment_s for pair in range(len(pairs))]


@cache
def meetings_in(folder: str) -> list[tuple[str, Conversation]]:
    """(name, conversation) of each pair of excerpts in a folder; read once by each process."""
    return list(meeting_conversations(read_excerpts(folder)))
