"""What is shown of the present turn. The filter's posterior may waver; a label on a screen should not.

A label that is shown stays until another one is clearly more probable, and for a moment of silence.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from app.diarisation.forward_filter import Posterior
from app.diarisation.hypothesis import OnsetHypothesis
from app.diarisation.session_speakers import SessionSpeakers
from app.scoring.certainty import Certainty
from app.scoring.cohort import unit
from app.scoring.identification import is_numbered, plain
from app.scoring.labels import UNKNOWN, Kind, Label


@dataclass(frozen=True)
class HysteresisConfig:
    """How probable a label must be to appear, to replace another, and to stay. All probabilities are 0 to 1."""

    show_probability: float = 0.5
    """Probability that a label needs to appear where none is shown."""
    name_probability: float = 0.4
    """Probability that a name needs to replace "unknown"."""
    switch_probability: float = 0.7
    """Probability that any label needs to replace a name."""
    early_unknown_probability: float = 0.85
    """Probability that "unknown" needs to appear while a turn has less speech than ``early_s``. Before anything is
    known a name that needs clear odds is improbable, and "unknown" seems probable: that is no evidence of a stranger,
    and nothing is shown."""
    early_name_probability: float = 0.4
    """Probability that a name needs to appear while a turn has less speech than ``early_s``, where no other name is
    half as probable, although "unknown" may be more so: it is likely then, never certain."""
    early_s: float = 1.5
    """Speech of a turn from which labels are shown as they are most probable."""
    keep_probability: float = 0.15
    """Probability below which a label disappears, although no other label may replace it."""
    certain_probability: float = 0.7
    """Probability below which a name is not certain, whatever it scores: somebody else may have begun to speak."""
    certain_slack: float = 0.08
    """Score below what is needed that a name may have to stay certain, once it was."""
    unknown_after_s: float = 0.4
    """Speech of a turn before it is called unknown."""
    hold_s: float = 1.0
    """Silence for which the label stays, so that it does not flicker with every breath."""


@dataclass(frozen=True)
class ShownTurn:
    """What is shown of the present turn."""

    label: Label | None = None
    """A name, "unknown", "Unknown 1", or None while nothing is certain."""
    speaker: str | None = None
    """The enrolled person, or None."""
    confidence: float = 0.0
    """0 to 1: how probable the label is."""
    certainty: Certainty | None = None
    """How sure a name is; None without a label."""
    scores: dict[str, float] = field(default_factory=dict)
    """Enrolled name -> score, -1 to 1."""
    threshold: float | None = None
    """The score that a name needs with so much speech, after what was heard before; None when nothing is known."""
    reason: str = ""
    """Why it is unknown, for people; empty when a name is shown."""
    embedding: np.ndarray | None = None
    """(D,) unit length: the turn's voice, or None when nothing is known of it."""
    speech_s: float = 0.0
    """Seconds of speech behind the embedding."""


class Hysteresis:
    """``update`` after each update of the filter; ``turn`` is what is shown while there is speech."""

    def __init__(self, speakers: SessionSpeakers, config: HysteresisConfig = HysteresisConfig()):
        self.config = config
        self.turn = ShownTurn()
        """As of the last update, even if silence has begun; see ``after``."""
        self._speakers = speakers

    def after(self, silence_s: float) -> ShownTurn:
        """What is shown after so much silence: nothing, once the label was held for long enough."""
        return self.turn if silence_s < self.config.hold_s else ShownTurn()

    def interrupt(self, gap_s: float) -> None:
        """Sound is missing for so long. A name that is not held for it is not shown again before somebody is heard: it
        may be anybody who speaks first."""
        if gap_s >= self.config.hold_s:
            self.forget()

    def forget(self) -> None:
        """Nothing is shown until the next update: what was shown is not so."""
        self.turn = ShownTurn()

    def update(self, posterior: Posterior, hypothesis: OnsetHypothesis) -> None:
        """Show what is to be shown from now on. ``hypothesis``: the most likely one about the present turn."""
        speech_s = hypothesis.pooled[-1].total_s if hypothesis.pooled else 0.0
        before, chosen = plain(self.turn.label), self._choose(posterior, speech_s)
        turn = self.turn
        if hypothesis.pooled:
            pooled = hypothesis.pooled[-1]
            turn = ShownTurn(
                scores=hypothesis.scores,
                threshold=self._speakers.threshold(pooled.total_s),
                embedding=unit(pooled.total).astype(np.float32),
                speech_s=pooled.total_s,
            )
        elif chosen is None or chosen != before:
            turn = ShownTurn()
        label = self._numbered(posterior.likeliest, speech_s) if chosen == UNKNOWN else chosen
        named = label is not None and label.kind is Kind.PERSON
        self.turn = ShownTurn(
            label=label,
            speaker=label.name if named else None,
            confidence=posterior.plain[chosen] if label is not None else 0.0,
            certainty=self._certainty(label, posterior, hypothesis, turn),
            scores=turn.scores,
            threshold=_shown_threshold(turn, label),
            reason="" if named else self._speakers.reason(turn.scores, turn.speech_s),
            embedding=turn.embedding,
            speech_s=turn.speech_s,
        )

    def _certainty(
        self, label: Label | None, posterior: Posterior, hypothesis: OnsetHypothesis, turn: ShownTurn
    ) -> Certainty | None:
        """How sure the label is: a name is not certain whose turn may be somebody else's."""
        same = self.turn.certainty is Certainty.CERTAIN and self.turn.label == label
        slack = self.config.certain_slack if same else 0.0
        found = self._speakers.certainty(label, hypothesis.by_voiceprint, turn.speech_s, slack)
        if found is Certainty.CERTAIN and posterior.plain.get(label, 0.0) < self.config.certain_probability:
            return Certainty.LIKELY
        return found

    def _choose(self, posterior: Posterior, speech_s: float) -> Label | None:
        """The label to show after ``speech_s`` of the turn, unknown voices as one another's equals; None if none is
        probable enough."""
        config, shown, best = self.config, plain(self.turn.label), posterior.best
        if shown in (None, best):
            needed = config.show_probability
        else:
            needed = config.name_probability if shown == UNKNOWN else config.switch_probability
        if best == UNKNOWN and shown != UNKNOWN and speech_s < config.early_s:
            needed = max(needed, config.early_unknown_probability)
        if speech_s < config.early_s and shown in (None, UNKNOWN) and (name := self._early_name(posterior)) is not None:
            return name
        if posterior.plain[best] >= needed:
            return best
        return shown if posterior.plain.get(shown, 0.0) >= config.keep_probability else None

    def _early_name(self, posterior: Posterior) -> Label | None:
        """The most probable name, if it is probable enough at the beginning of a turn and no other comes near."""
        names = {label: probability for label, probability in posterior.plain.items() if label != UNKNOWN}
        if not names:
            return None
        first = max(names, key=names.__getitem__)
        second = max((value for label, value in names.items() if label != first), default=0.0)
        return first if names[first] >= max(self.config.early_name_probability, 2 * second) else None

    def _numbered(self, likeliest: Label, speech_s: float) -> Label | None:
        """The label of an unknown voice: with the number it has, or will get, if there is enough speech to tell."""
        if speech_s < self.config.unknown_after_s and plain(self.turn.label) != UNKNOWN:
            return None
        if is_numbered(likeliest):
            return likeliest
        return self._speakers.centroids.next_unknown if speech_s >= self._speakers.config.new_speaker_s else UNKNOWN


def _shown_threshold(turn: ShownTurn, label: Label | None) -> float | None:
    """The threshold that explains the label: who speaks already needs less, and somebody else needs more."""
    if turn.threshold is None or label is None:
        return turn.threshold
    if label.kind is Kind.PERSON:
        return min(turn.threshold, turn.scores.get(label.name, turn.threshold))
    return max(turn.threshold, max(turn.scores.values()) + 0.001) if turn.scores else turn.threshold
