"""Scores -> who. The rule that says a name, or refuses to: a pure function over plain values."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from app.names import shown_name
from app.scoring.certainty import LIKELY_PEOPLE, Certainty
from app.scoring.crowd import Crowd, Strangers, crowd_of
from app.scoring.vectors import NotComparable, check_finite

if TYPE_CHECKING:
    from app.scoring.gallery import Gallery


@dataclass(frozen=True)
class DecisionRule:
    """When a score is good enough to put a name on a voice.

    A threshold that goes by the length of speech (``by_speech``) also goes by the people among whom a voice is looked
    for (``among``). One that was chosen by hand is kept as it is.
    """

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
    certain_by_speech: tuple[tuple[float, float], ...] = ()
    """(seconds of speech, threshold) of an answer that is certain, one to one; if empty, ``by_speech``."""
    strangers: Strangers | None = None
    """What voiceprints scored with one another where the thresholds were measured; None if that is not known."""
    crowd: Crowd = Crowd()
    """The people among whom a voice is looked for; see ``among``."""
    certain: float | None = None
    """Score that an answer needs to be certain, for as much speech as ``at`` was asked for; None: the threshold."""

    def __post_init__(self) -> None:
        """Raises NotComparable for a number that is not finite, and for a calibration that falls with the score."""
        check_finite("a threshold", self.threshold, *(value for row in self.by_speech for value in row))
        check_finite("a margin", self.margin)
        check_finite("a calibration", self.scale, self.offset, *(value for row in self.calibrated for value in row))
        if self.scale <= 0 or any(scale <= 0 for _, scale, _ in self.calibrated):
            raise NotComparable("a calibration falls with the score.")

    def at(self, speech_s: float) -> DecisionRule:
        """The rule for so much speech, among the people of ``crowd``: ``by_speech`` and ``calibrated`` interpolated.

        With odds of one to one that a voice is a stranger's, each of n people is as likely as 1/n: a natural
        log-likelihood ratio of log(n) more keeps the share of strangers who get any name what it was.
        """
        threshold, scale, offset = self.threshold, self.scale, self.offset
        if self.by_speech:
            threshold = _interpolated(speech_s, self.by_speech)
            offset += scale * (self.threshold - threshold)
        if self.calibrated:
            seconds, scales, offsets = zip(*self.calibrated, strict=True)
            scale, offset = (float(np.interp(speech_s, seconds, values)) for values in (scales, offsets))
        certain = None
        if self.by_speech:
            people, shift = self.crowd
            certain = _interpolated(speech_s, self.certain_by_speech or self.by_speech) + shift
            certain += math.log(people) / scale
            threshold += shift + math.log(max(1.0, people / LIKELY_PEOPLE)) / scale
            offset -= scale * shift
            certain = max(certain, threshold)
        if (threshold, scale, offset, certain) == (self.threshold, self.scale, self.offset, self.certain):
            return self
        return replace(self, threshold=threshold, scale=scale, offset=offset, certain=certain)

    def among(self, gallery: Gallery, people: int | None = None) -> DecisionRule:
        """The rule for a voice that is looked for among the people of a gallery, or held against so many of them."""
        crowd = crowd_of(len(gallery.people), gallery.strangers, self.strangers)
        return replace(self, crowd=crowd if people is None else crowd._replace(people=people))

    def certainty(self, score: float) -> Certainty:
        """How sure a name with this score is, by the rule for so much speech."""
        if score < self.threshold:
            return Certainty.UNKNOWN
        return Certainty.CERTAIN if self.certain is None or score >= self.certain else Certainty.LIKELY

    def discount(self, speech_s: float) -> float:
        """Factor, 0 to 1, for the log odds of a score with so much speech; 1 where ``calibrated`` says it already."""
        return 1.0 if self.calibrated else min(1.0, speech_s / 3.0) ** 0.6

    def with_llr_threshold(self, llr: float) -> DecisionRule:
        """The rule whose threshold is the score with a natural log-likelihood ratio of ``llr``, at every length of
        speech. A rule without ``calibrated`` is returned as it is."""
        if not self.calibrated:
            return self
        rows = tuple((seconds, (llr - offset) / scale) for seconds, scale, offset in self.calibrated)
        return replace(self, by_speech=rows, certain_by_speech=self.certain_by_speech or self.by_speech)


@dataclass(frozen=True)
class Decision:
    """Whose voice it is, among the people enrolled."""

    speaker: str | None
    """The person, or None for an unknown voice."""
    confidence: float
    """0 to 1: the calibrated probability that this answer is right."""
    reason: str = ""
    """Why it is unknown, for people; empty when it is not."""
    certainty: Certainty = Certainty.UNKNOWN
    """How sure the name is; UNKNOWN without one."""


COUNTED = 20
"""People whose scores count for the probability of an answer, the highest ones: the rest adds nothing to it."""


def _interpolated(speech_s: float, rows: tuple[tuple[float, float], ...]) -> float:
    seconds, values = zip(*rows, strict=True)
    return float(np.interp(speech_s, seconds, values))


def probability(score: float, rule: DecisionRule) -> float:
    """Calibrated probability, 0 to 1, at even odds, that a score comes from one and the same person; 0 for a score that
    is not finite."""
    if not math.isfinite(score):
        return 0.0
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, rule.scale * score + rule.offset))))


def posterior(scores: dict[str, float], rule: DecisionRule) -> dict[str, float]:
    """Name -> probability, 0 to 1, that the voice is this person's, of the finite ones among some ``scores``; the rest
    to 1 is a stranger's, or somebody's who is not among them.

    Before the voice was heard, a stranger was as likely as all people of the rule's crowd together.
    """
    llrs = {name: rule.scale * score + rule.offset for name, score in scores.items() if math.isfinite(score)}
    prior = math.log(rule.crowd.people)
    highest = max((0.0, *(llr - prior for llr in llrs.values())))
    odds = {name: math.exp(max(-700.0, llr - prior - highest)) for name, llr in llrs.items()}
    total = math.exp(-highest) + sum(odds.values())
    return {name: value / total for name, value in odds.items()}


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
    shown_best, probabilities = shown_name(name), posterior(dict(ranked[:COUNTED]), rule)
    if best < rule.threshold or best <= -1:  # what a sound has that cannot be compared
        shown = math.floor(best * 100 + 1e-6) / 100  # rounded down: never "0.50, needs 0.50"
        stranger = max(0.0, 1 - sum(probabilities.values()))
        return Decision(None, stranger, f"closest: {shown_best} {shown:.2f}, needs {rule.threshold:.2f}")
    if len(ranked) > 1:
        runner_up, second = ranked[1]
        if best - second < rule.margin - 1e-9:
            other = shown_name(runner_up)
            return Decision(None, 0.5, f"{shown_best} {best:.2f} or {other} {second:.2f}: too close to call")
    return Decision(name, probabilities[name], certainty=rule.certainty(best))
