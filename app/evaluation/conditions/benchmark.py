"""All conditions of a table or two, row by row as they are measured."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from app.audio.lines.effects import Noise
from app.audio.lines.lines import Line, lines_named
from app.embedding.encoder import Encoder
from app.enrolment.segments import MIN_SPEECH_S
from app.evaluation.conditions.conditions import CLEAN, Chosen, Condition, missing_lines
from app.evaluation.conditions.identification import ENROLLED, enrol_everybody, measure_identification
from app.evaluation.conditions.recordings import Embeddings, Recording, embed_recordings, some_of_each
from app.evaluation.conditions.verification import line_trials, measure_trials, session_trials
from app.scoring.decision import DecisionRule

RECORDINGS_EACH = 5
"""Most recordings of a speaker that go through lines; identification hears all."""
THREADS = min(2, os.cpu_count() or 1)


@dataclass(frozen=True)
class Benchmark:
    """What conditions are measured with."""

    recordings: Sequence[Recording]
    encoder: Encoder
    rule: DecisionRule | None
    noises: tuple[np.ndarray, ...] = ()
    """Recordings of noise, (n,) float32 each, for the conditions with noise; coloured noise is made without any."""
    on_line: Callable[[str], None] = lambda line: None
    """Is told what is being embedded."""

    def run(self, chosen: Chosen) -> Iterator[dict]:
        """A row for each condition, then for each corpus and number of people enrolled.

        A row has "part" ("sessions", "conditions" or "identification"), what it is of ("condition", "enrol" and "test";
        "corpus", "enrolled", "speakers"), and "lengths": what ``measure_trials`` or ``measure_identification`` give.
        Sessions are measured on recordings whose list tells them, lines on the others. Conditions that this machine
        cannot make are left out.
        """
        calls = [recording for recording in self.recordings if recording.clip.session]
        if chosen.sessions and calls:
            yield from self._sessions(calls)
        others = [recording for recording in self.recordings if not recording.clip.session]
        if chosen.conditions and others:
            yield from self._lines(some_of_each(others, RECORDINGS_EACH), chosen.conditions)
        if chosen.identification and self.rule is not None:
            yield from self._identification()

    def _sessions(self, calls: Sequence[Recording]) -> Iterator[dict]:
        self.on_line("sessions")
        halves = [half for call in calls for half in call.halves() if half.speech_s >= MIN_SPEECH_S]
        embeddings = embed_recordings(halves, self.encoder)
        for name, trials in session_trials(halves).items():
            lengths = measure_trials(trials, halves, embeddings, embeddings, self.rule, self.encoder.cohort)
            yield {"part": "sessions", "condition": name, "lengths": lengths}

    def _lines(self, recordings: Sequence[Recording], conditions: Sequence[Condition]) -> Iterator[dict]:
        lacking = missing_lines(conditions)
        conditions = [one for one in conditions if one.enrol not in lacking and one.test not in lacking]
        known: dict[str, Embeddings] = {}
        for number, condition in enumerate(conditions):
            for side in {condition.enrol, condition.test} - known.keys():
                self.on_line(side)
                known[side] = self._embed(recordings, side)
            enrol, test = known[condition.enrol], known[condition.test]
            trials = line_trials(recordings, both_ways=condition.enrol != condition.test)
            lengths = measure_trials(trials, recordings, enrol, test, self.rule, self.encoder.cohort)
            sides = {"enrol": condition.enrol, "test": condition.test}
            yield {"part": "conditions", "condition": str(condition), **sides, "lengths": lengths}
            later = {side for one in conditions[number + 1 :] for side in (one.enrol, one.test)}
            known = {side: embeddings for side, embeddings in known.items() if side in later}

    def _embed(self, recordings: Sequence[Recording], side: str) -> Embeddings:
        if side == CLEAN:
            return embed_recordings(recordings, self.encoder)
        with ThreadPoolExecutor(THREADS) as pool:
            lines = [self._with_noises(line) for line in lines_named(side)]
            return embed_recordings(recordings, self.encoder, lines, side, pool.map)

    def _with_noises(self, line: Line) -> Line:
        return Noise(line.snr_db, self.noises) if isinstance(line, Noise) else line

    def _identification(self) -> Iterator[dict]:
        for corpus in sorted({recording.clip.corpus for recording in self.recordings}):
            self.on_line(f"identification, {corpus}")
            own = [recording for recording in self.recordings if recording.clip.corpus == corpus]
            people = enrol_everybody(own, self.encoder)
            embeddings = embed_recordings(own, self.encoder)
            for enrolled in (count for count in ENROLLED if count < len(people.voiceprints)):
                lengths = measure_identification(people, own, embeddings, enrolled, self.rule, self.encoder.cohort)
                row = {"corpus": corpus, "enrolled": enrolled, "speakers": len(people.voiceprints)}
                yield {"part": "identification", **row, "lengths": lengths}
