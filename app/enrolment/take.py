"""When a sentence that is read aloud is over: speech and silence are counted, the same for every way to record."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Reading(Enum):
    """How the reading of a sentence stands."""

    WAITING = "waiting"
    """Nothing was said yet."""
    READING = "reading"
    UNHEARD = "unheard"
    """Nothing is heard, and has not been for a while: say so."""
    OVER = "over"
    """Enough was said and there is a pause, or it took too long."""


@dataclass(frozen=True)
class TakeRule:
    """When a sentence is over. All in seconds."""

    speech_s: float = 6.0
    """Speech that makes a sample. Pauses are not counted."""
    pause_s: float = 0.7
    """With enough speech, a sample ends in a pause as long as this: never in the middle of a word."""
    longest_s: float = 12.0
    """A sample ends so long after its first speech, whatever was said."""
    unheard_s: float = 3.0
    """After so much silence the person is told that nothing is heard."""
    give_up_s: float = 30.0
    """After so much sound in which nobody speaks a sample ends without any."""


class Take:
    """Counts one reading of a sentence, stretch by stretch."""

    def __init__(self, rule: TakeRule = TakeRule()):
        self.rule = rule
        self.speech_s = 0.0
        self.silence_s = 0.0
        """Silence since the last speech, or since the beginning."""
        self._since_first_s = 0.0
        """Sound since the first speech."""

    def add(self, speaking: bool, seconds: float) -> None:
        """Take in so many seconds of sound in which somebody speaks, or nobody does."""
        if speaking:
            self.speech_s += seconds
            self.silence_s = 0.0
        else:
            self.silence_s += seconds
        if self.speech_s:
            self._since_first_s += seconds

    @property
    def state(self) -> Reading:
        rule = self.rule
        enough = self.speech_s >= rule.speech_s - TINY_S
        if enough and self.silence_s >= rule.pause_s - TINY_S:
            return Reading.OVER
        if self._since_first_s >= rule.longest_s - TINY_S:
            return Reading.OVER
        if not self.speech_s and self.silence_s >= rule.give_up_s - TINY_S:
            return Reading.OVER
        if self.silence_s >= rule.unheard_s - TINY_S:
            return Reading.UNHEARD
        return Reading.READING if self.speech_s else Reading.WAITING


TINY_S = 1e-6
"""Sums of seconds are not exact."""
