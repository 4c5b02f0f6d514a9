"""The engine's answer, once every hop: plain values that windows, terminals, files and sockets show."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from app.scoring.certainty import Certainty
from app.scoring.condition import Condition
from app.scoring.labels import UNKNOWN, Kind, Label, read_label


def is_unknown(label: str | None) -> bool:
    """Whether a label stands for an unknown voice: "unknown" or "Unknown 1", "Unknown 2" ..."""
    return label is not None and read_label(label).kind is not Kind.PERSON


def is_numbered(label: str | None) -> bool:
    """Whether a label stands for one unknown voice among others: "Unknown 1", "Unknown 2" ..."""
    return label is not None and read_label(label).kind is Kind.VOICE


def plain(label: str | None) -> Label | None:
    """A label without its number: "unknown" for all unknown voices, a person's as it is, None for None."""
    return None if label is None else UNKNOWN if is_unknown(label) else read_label(label)


@dataclass(frozen=True)
class Identification:
    """Who is speaking at one moment, as the screen shows it then."""

    time_s: float
    """End of the sound this is about, on the source's clock."""
    label: Label | None
    """What is shown, with its kind: a name, "unknown", or None in silence. A text is read as a label."""
    speaker: str | None
    """The enrolled person's name, or None."""
    confidence: float
    """0 to 1: the calibrated probability that ``label`` is right; 0 in silence."""
    scores: dict[str, float] = field(default_factory=dict)
    """Enrolled name -> score of the turn so far, -1 to 1, of the hundred people who score highest; empty in silence."""
    certainty: Certainty | None = None
    """How sure a name is (``app.scoring.certainty``); UNKNOWN for a voice without one, None in silence."""
    threshold: float = 0.0
    """The score that a name needs, with as much speech as was heard."""
    reason: str = ""
    """Why it is unknown, for people: "closest: Ana 0.34, needs 0.45". Empty when a name is shown."""
    gender: str | None = None
    """"female", "male" or None (not offered, or not sure)."""
    gender_confidence: float = 0.0
    """0 to 1: the probability of the likelier gender; 0 where the model offers none."""
    speech_probability: float = 0.0
    """0 to 1: the highest probability of speech within the last hop."""
    level_db: float = -120.0
    """RMS level of the last hop in dB relative to full scale."""
    speech_s: float = 0.0
    """Seconds of speech that the label rests on."""
    dropped_s: float = 0.0
    """Seconds of sound skipped right before this because the machine was too slow."""
    overlap: bool = False
    """Two people speak at once, in the last second of speech: ``label`` is one of them at best. False where the model
    does not tell."""
    condition: Condition | None = None
    """How far the sound of this turn can be trusted; None in silence, and before a second of it was heard."""
    channel: int | None = None
    """Which channel this is about, from 1 on, where several are heard each by itself; None where there is one."""
    side: str | None = None
    """"here" (the microphone) or "remote" (what this computer plays), where both are heard; else None."""

    def __post_init__(self) -> None:
        if self.label is not None:
            object.__setattr__(self, "label", read_label(self.label))
        if self.certainty is None and self.label is not None:  # who gives a name without a word is not sure of it
            named = self.label.kind is Kind.PERSON
            object.__setattr__(self, "certainty", Certainty.LIKELY if named else Certainty.UNKNOWN)

    @property
    def kind(self) -> Kind | None:
        """What ``label`` stands for; None in silence."""
        return None if self.label is None else self.label.kind

    def as_json(self) -> dict[str, Any]:
        """A dictionary of JSON values; times with 3 decimals, scores and probabilities with 4; ``condition`` as
        ``Condition.as_json`` has it. It has ``channel`` and ``side`` only where they say something."""
        out = asdict(self)
        for key in ("channel", "side"):
            if out[key] is None:
                del out[key]
        for key, value in out.items():
            if isinstance(value, float):
                out[key] = round(value, 3 if key.endswith("_s") else 4)
        out["condition"] = None if self.condition is None else self.condition.as_json()
        out["kind"] = None if self.kind is None else self.kind.value
        out["scores"] = {name: round(score, 4) for name, score in self.scores.items()}
        return out
