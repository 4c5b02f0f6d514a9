"""Scores -> who. The rule that says a name, or refuses to: a pure function over plain values."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from app.names import shown_name
from app.scoring.vectors import NotComparable, check_finite


@dataclass(frozen=True)
class DecisionRule:
    """When a score is good enough to put a name on a voice."""

    threshold: float
    """Score that the best person needs, on the scale of a cosine."""
    margin: float = 0.0
    """Score by which the best person must be ahead of the next: two people alike are a reason to name neither."""
    scale: float = 20.0
    """Slope of the calibration: ``scale * score + offset`` is the natural log-likelihood ratio of one speaker."""
    offset: float = -8.0
    """Intercept of the calibration: ``scale * score + offset`` is the natural log-likelihood ratio of one speaker."""
    by_speech: tuple[tuple[float, float], ...] = ()
    """(seconds of speech, threshold), in order of the seconds: little speech scores lower, and needs less."""
    calibrated: tuple[tuple[float, float, float], ...] = ()
    """(seconds of speech, scale, offset), in order of the seconds. If empty, one calibration serves all lengths and
    moves with the threshold."""

    def __post_init__(self) -> None:
        """Raises NotComparable for a number that is not finite, and for a calibration that falls with the score."""
        check_finite("a threshold", self.threshold, *(value for row in self.by_speech for value in row))
        check_finite("a margin", self.margin)
        check_finite("a calibration", self.scale, self.offset, *(value for row in self.calibrated for value in row))
        if self.scale <= 0 or any(scale <= 0 for _, scale, _ in self.calibrated):
            raise NotComparable("a calibration falls with the score.")

    def at(self, speech_s: float) -> DecisionRule:
        """The rule for so much speech: ``by_speech`` and ``calibrated`` interpolated."""
        threshold, scale, offset = self.threshold, self.scale, self.offset
        if self.by_speech:
            seconds, thresholds = zip(*self.by_speech, strict=True)
            threshold = float(np.interp(speech_s, seconds, thresholds))
            offset += scale * (self.threshold - threshold)
        if self.calibrated:
            seconds, scales, offsets = zip(*self.calibrated, strict=True)
            scale, offset = (float(np.interp(speech_s, seconds, values)) for values in (scales, offsets))
        if (threshold, scale, offset) == (self.threshold, self.scale, self.offset):
            return self
        return replace(self, threshold=threshold, scale=scale, offset=offset)

    def discount(self, speech_s: float) -> float:
        """Factor, 0 to 1, for the log odds of a score with so much speech; 1 where ``calibrated`` says it already."""
        return 1.0 if self.calibrated else min(1.0, speech_s / 3.0) ** 0.6

    def with_llr_threshold(self, llr: float) -> DecisionRule:
        """The rule whose threshold is the score with a natural log-likelihood ratio of ``llr``, at every length of
        speech. A rule without ``calibrated`` is returned as it is."""
        if not self.calibrated:
            return self
        rows = tuple((seconds, (llr - offset) / scale) for seconds, scale, offset in self.calibrated)
        return replace(self, by_speech=rows)


@dataclass(frozen=True)
class Decision:
    """Whose voice it is, among the people enrolled."""

    speaker: str | None
    """The person, or None for an unknown voice."""
    confidence: float
    """0 to 1: the calibrated probability that this answer is right."""
    reason: str = ""
    """Why it is unknown, for people; empty when it is not."""


def probability(score: float, rule: DecisionRule) -> float:
    """Calibrated probability, 0 to 1, at even odds, that a score comes from one and the same person; 0 for a score that
    is not finite."""
    if not math.isfinite(score):
        return 0.0
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, rule.scale * score + rule.offset))))


def decide(scores: dict[str, float], rule: DecisionRule) -> Decision:
    """Name the best person if the score is at the threshold or above, and ahead of the runner-up by the margin; else
    nobody. ``scores``: name -> score; one that is not finite is nobody's."""
    if not scores:
        return Decision(None, 1.0, "nobody is enrolled yet")
    scores = {name: score for name, score in scores.items() if math.isfinite(score)}
    if not scores:
        return Decision(None, 0.0, "this sound cannot be compared")
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    name, best = ranked[0]
    shown_best = shown_name(name)
    p_best = probability(best, rule)
    if best < rule.threshold or best <= -1:  # what a sound has that cannot be compared
        shown = math.floor(best * 100 + 1e-6) / 100  # rounded down: never "0.50, needs 0.50"
        return Decision(None, 1 - p_best, f"closest: {shown_best} {shown:.2f}, needs {rule.threshold:.2f}")
    if len(ranked) > 1:
        runner_up, second = ranked[1]
        if best - second < rule.margin - 1e-9:
            other = shown_name(runner_up)
            return Decision(None, 0.5, f"{shown_best} {best:.2f} or {other} {second:.2f}: too close to call")
        # Given that it is one of the two, the odds between them count as well as the odds against a stranger.
        p_best *= 1 / (1 + math.exp(-min(60.0, rule.scale * (best - second))))
    return Decision(name, p_best)
