"""The course of an enrolment: which prompt comes next, and what becomes of a finished sample."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from app.enrolment.prompts import Prompt, prompts
from app.enrolment.quality import LIMITS, Limits, Problem, judge, quality_figures
from app.enrolment.recorder import RecordedSample
from app.names import new_name
from app.voiceprints.pending import PendingSamples
from app.voiceprints.recordings import Note, samples_of
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


class Guide:
    """Leads through a session: record for ``prompt``, hand the sample to ``take``, until ``prompt`` is None."""

    def __init__(
        self, data: Path, name: str, *, samples: int = 3, tries: int = 3, limits: Limits = LIMITS, source: str = ""
    ):
        self.data, self.name, self.tries, self.limits = data, recorded_name(data, name), tries, limits
        self._pending = PendingSamples(data, self.name)
        self.earlier = samples_of(data, self.name)
        """Recordings of the person from before this session, oldest first."""
        self.source = source
        """Name of the file that plays the microphone; nobody read a prompt then. Empty for a microphone."""
        self.prompts = prompts(samples, len(self.earlier))
        self.kept: list[Path] = []
        """Samples of this session. They wait: ``finish`` makes them the person's."""
        self.speech_s = 0.0
        """Seconds of speech kept in this session."""
        self._step = 0
        self._kept_steps: list[int] = []
        self._kept_s: list[float] = []
        self._attempts: list[RecordedSample] = []

    @property
    def prompt(self) -> Prompt | None:
        """What to record now; None when the session is over."""
        return self.prompts[self._step] if self._step < len(self.prompts) else None

    @property
    def number(self) -> int:
        """Number of the present prompt, from 1."""
        return self._step + 1

    def judge(self, sample: RecordedSample) -> list[Problem]:
        """Say what is wrong with a sample, without taking it."""
        return judge(sample.quality, self.limits)

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
            self.speech_s -= self._kept_s.pop()
            self._step = self._kept_steps.pop()
            self._attempts.clear()

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
        self._kept_steps.append(self._step)
        self._kept_s.append(sample.quality.speech_s)
        self.speech_s += sample.quality.speech_s
        self._next()
        return Verdict(outcome, problems, sample, path)

    def _next(self) -> None:
        self._step += 1
        self._attempts.clear()
