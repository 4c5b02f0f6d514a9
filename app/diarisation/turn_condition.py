"""In what condition the voice is heard whose label is shown: measured with every hop, and steady over its turn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.audio.condition import ConditionMeter
from app.audio.vad import CHUNK_S
from app.diarisation.hysteresis import ShownTurn
from app.diarisation.speech_gate import Chunk
from app.scoring.cohort import Cohort, by_telephone
from app.scoring.condition import Condition, judge_condition
from app.scoring.labels import Kind, Label

LEAST_S = 1.0
"""Speech of a turn before anything is said of its condition: single sounds have narrow bands of their own."""


class TurnCondition:
    """``take`` the chunks of every hop, then ask for the condition ``of`` what is shown after it."""

    def __init__(self, cohort: Cohort | None, pause_s: float):
        """``cohort``: the model's, which may know telephones. ``pause_s``: the pause after which whoever
        speaks may be somebody else."""
        self._meter = ConditionMeter()
        self._cohort, self._pause_s = cohort, pause_s
        self._silence_s = 0.0
        self._label: Label | None = None  # the person who was shown last
        self._found: Condition | None = None
        self._news = False

    def interrupt(self) -> None:
        """Sound is missing: nothing is known of what comes next."""
        self._forget()

    def take(self, chunks: Sequence[Chunk]) -> None:
        """Take in consecutive chunks."""
        if not chunks:
            return
        if self._silence_s >= self._pause_s and any(chunk.speech for chunk in chunks):
            self._forget()
        for chunk in chunks:
            self._silence_s = 0.0 if chunk.speech else self._silence_s + CHUNK_S
        self._meter.add(np.stack([chunk.samples for chunk in chunks]), [chunk.probability for chunk in chunks])
        self._news |= any(chunk.speech for chunk in chunks)

    def of(self, turn: ShownTurn) -> Condition | None:
        """The condition of the turn that is shown; None where none is, and before a second of it was heard."""
        if turn.label is None:
            return None
        if self._label not in (None, turn.label):
            self._forget()
        self._label = turn.label if turn.label.kind is Kind.PERSON else None
        if self._news and self._meter.speech_chunks * CHUNK_S >= LEAST_S:
            self._news = False
            measured = self._meter.condition()
            self._found = judge_condition(
                measured.bandwidth_hz,
                measured.cut_off,
                measured.snr_db,
                by_telephone=self._by_telephone(turn),
                before=self._found,
            )
        return self._found

    def _by_telephone(self, turn: ShownTurn) -> bool:
        if turn.embedding is None or turn.speech_s < LEAST_S:
            return False
        return bool(by_telephone(turn.embedding[None], self._cohort)[0])

    def _forget(self) -> None:
        self._meter.forget_speech()
        self._found, self._label = None, None
