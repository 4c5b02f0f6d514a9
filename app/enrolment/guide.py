"""The course of an enrolment: which prompt comes next, and what becomes of a finished sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from app.enrolment.prompts import NEAR, SOFT, Prompt, prompts
from app.enrolment.quality import LIMITS, Fault, Limits, Problem, judge, quality_figures
from app.enrolment.recorder import RecordedSample
from app.enrolment.sentences import ENGLISH
from app.names import new_name
from app.voiceprints.pending import PendingSamples
from app.voiceprints.recordings import Note, read_note, samples_of
from app.voiceprints.store import VoiceprintStore
from utils import stored_name


class Outcome(Enum):
    """What became of a sample."""

    KEPT = "kept"
    AGAIN = "again"
    """Not good enough: the same prompt once more."""
    BEST_KEPT = "best kept"
    """Not good enough, and asked for often enough: the best of the tries is kept."""
    LEFT_OUT = "left out"
    """None of the tries can be used: on to the next prompt."""


@dataclass(frozen=True)
class Verdict:
    """What became of a sample, and why."""

    outcome: Outcome
    problems: list[Problem]
    """What is wrong with this recording. A kept one may have problems, too."""
    kept: RecordedSample | None = None
    """The sample that was kept, this one or an earlier try. None if none was."""
    path: Path | None = None
    """Where the kept sample was saved."""


def recorded_name(data: Path, name: str) -> str:
    """The name under which somebody is recorded. Raises BadInput for one that cannot be, or no more: see ``new_name``.
    Whoever has recordings keeps their name."""
    name = stored_name(name)
    return name if samples_of(data, name) else new_name(name)


SOFTER_DB = 3.0
"""Softly is this much below the level of the near samples, in dB, at least; a microphone may level it out."""


def judge_level(position: str, level_db: float, near_db: Sequence[float]) -> Problem | None:
    """Whether what is to be soft is softer than the near samples of the session, in dB re full scale.

    A hint, and no reason to record again: many microphones make soft and loud speech alike.
    """
    if position != SOFT.name or not near_db or level_db <= min(near_db) - SOFTER_DB:
        return None
    return Problem(Fault.NOT_SOFTER, "a little softer, please: this is as loud as before.", again=False)


class Guide:
    """Leads through a session: record for ``prompt``, hand the sample to ``take``, until ``prompt`` is None."""

    def __init__(
        self,
        data: Path,
        name: str,
        *,
        samples: int = 3,
        tries: int = 3,
        limits: Limits = LIMITS,
        source: str = "",
        language: str = ENGLISH,
    ):
        self.data, self.name, self.tries, self.limits = data, recorded_name(data, name), tries, limits
        self._pending = PendingSamples(data, self.name)
        self.earlier = samples_of(data, self.name)
        """Recordings of the person from before this session, oldest first."""
        self.source = source
        """Name of the file that plays the microphone; nobody read a prompt then. Empty for a microphone."""
        had = [note.position for path in self.earlier if (note := read_note(path))]
        self._plan = samples, len(self.earlier), had
        self.prompts = prompts(*self._plan, language)
        self.kept: list[Path] = []
        """Samples of this session. They wait: ``finish`` makes them the person's."""
        self._step = 0
        self._kept: list[tuple[int, RecordedSample]] = []  # with the step they were recorded for
        self._attempts: list[RecordedSample] = []

    @property
    def prompt(self) -> Prompt | None:
        """What to record now; None when the session is over."""
        return self.prompts[self._step] if self._step < len(self.prompts) else None

    @property
    def number(self) -> int:
        """Number of the present prompt, from 1."""
        return self._step + 1

    def read_in(self, language: str) -> None:
        """Go on with sentences in another language. Raises BadInput if there are none."""
        self.prompts = prompts(*self._plan, language)

    @property
    def speech_s(self) -> float:
        """Seconds of speech kept in this session."""
        return sum(sample.quality.speech_s for _, sample in self._kept)

    @property
    def near_db(self) -> tuple[float, ...]:
        """Levels of the near samples kept in this session, in dB re full scale."""
        near = (sample for step, sample in self._kept if self.prompts[step].position is NEAR)
        return tuple(sample.quality.level_db for sample in near)

    def judge(self, sample: RecordedSample) -> list[Problem]:
        """Say what is wrong with a sample, without taking it."""
        problems = judge(sample.quality, self.limits)
        if self.prompt and not self.source and all(problem.usable for problem in problems):
            level = judge_level(self.prompt.position.name, sample.quality.level_db, self.near_db)
            problems += [level] if level else []
        return problems

    def take(self, sample: RecordedSample) -> Verdict:
        """Keep a sample, or ask for it again. Raises OSError if it cannot be saved: then it may be taken once more."""
        problems = self.judge(sample)
        if not any(problem.again for problem in problems):
            return self._keep(Outcome.KEPT, sample, problems)
        if len(self._attempts) + 1 < self.tries:
            self._attempts.append(sample)
            return Verdict(Outcome.AGAIN, problems)
        best = self._best([*self._attempts, sample])
        if best is not None:
            return self._keep(Outcome.BEST_KEPT, best, problems)
        self._next()
        return Verdict(Outcome.LEFT_OUT, problems)

    def give_up(self) -> Verdict | None:
        """Keep the best of the present prompt's tries, since no more sound will come. None if none can be used."""
        best = self._best(self._attempts)
        return None if best is None else self._keep(Outcome.BEST_KEPT, best, self.judge(best))

    def undo(self) -> None:
        """Take back the sample kept last in this session: its recording is erased, and its prompt comes again."""
        if self.kept:
            self._pending.drop(self.kept.pop())
            self._step, _ = self._kept.pop()
            self._attempts.clear()

    def for_person(self, name: str) -> Guide:
        """The same session for somebody else, such as the one whose voice this was found to be.

        What was kept goes with it. Raises BadInput for a name that cannot be, OSError if it cannot be saved: then this
        guide goes on.
        """
        other = Guide(
            self.data, name, samples=len(self.prompts), tries=self.tries, limits=self.limits, source=self.source
        )
        other._plan, other.prompts = self._plan, self.prompts
        try:
            for step, sample in self._kept:
                other._step = step
                other._keep(Outcome.KEPT, sample, [])
            other._step = self._step
        except OSError:
            other.discard()
            raise
        self.discard()
        return other

    def finish(self, store: VoiceprintStore) -> None:
        """Make what was kept the person's, who may be new. Raises HeardError or OSError if it cannot be written."""
        self.kept = self._pending.commit(store)

    def discard(self) -> None:
        """Forget what was kept and is not the person's yet: as if nothing had been recorded."""
        self._pending.discard()

    def _best(self, attempts: list[RecordedSample]) -> RecordedSample | None:
        usable = [sample for sample in attempts if all(problem.usable for problem in self.judge(sample))]
        return min(usable, key=self._badness, default=None)

    def _badness(self, sample: RecordedSample) -> tuple[int, float]:
        return len(self.judge(sample)), -(sample.quality.snr_db or 0.0)

    def _keep(self, outcome: Outcome, sample: RecordedSample, problems: list[Problem]) -> Verdict:
        note = Note(
            name=self.name,
            recorded_at=sample.recorded_at.isoformat(timespec="seconds"),
            device=sample.device,
            position="" if self.source else self.prompt.position.name,
            sentence="" if self.source else self.prompt.sentence,
            source=self.source,
            quality=quality_figures(sample.quality),
        )
        path = self._pending.add(sample.sound.samples, note)
        self.kept.append(path)
        self._kept.append((self._step, sample))
        self._next()
        return Verdict(outcome, problems, sample, path)

    def _next(self) -> None:
        self._step += 1
        self._attempts.clear()
