"""What is counted in a conversation, and the rows of the table that counts add up to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from app.diarisation.timeline import Turn
from app.evaluation.conversations.der import DiarisationCounts, UnknownCounts, count_diarisation, count_unknown
from app.evaluation.conversations.live_metrics import (
    Reference,
    ScreenCounts,
    count_screen,
    count_shown,
    count_turns,
    late_screen,
    screen_score,
)
from app.scoring.identification import Identification

ENGINE = "heard"
"""The program's own engine among the systems of a row."""


@dataclass(frozen=True)
class Counts:
    """All that is counted of one system; adds up over conversations."""

    screen: ScreenCounts = ScreenCounts()
    final: ScreenCounts = ScreenCounts()
    diarisation: DiarisationCounts = DiarisationCounts()
    unknown: UnknownCounts = UnknownCounts()
    busy_s: float = 0.0
    """Processor time."""

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


@dataclass
class Row:
    """Counts of conversations of one kind, by system: (name, threshold, whether the best in hindsight is sought)."""

    corpus: str
    condition: str
    enrolled: int
    enrolment_s: float
    systems: dict[tuple[str, float | None, bool], list[Counts]] = field(default_factory=dict)
    """One of each conversation."""

    def lines(self) -> Iterator[dict]:
        """One dictionary of JSON values for each system; rates are fractions, None where there is no such figure."""
        sweeps: dict[str, list[tuple[float, list[Counts]]]] = {}
        for (name, threshold, hindsight), parts in self.systems.items():
            if hindsight:
                sweeps.setdefault(name, []).append((threshold, parts))
            else:
                yield self._line(name, threshold, parts)
        for name, sweep in sweeps.items():
            threshold, parts = min(sweep, key=lambda item: screen_score(sum(item[1], Counts()).screen).error)
            yield {**self._line(name, threshold, parts), "best_in_hindsight": True}

    def _line(self, name: str, threshold: float | None, parts: list[Counts]) -> dict:
        counts = sum(parts, Counts())
        score = screen_score(counts.screen)
        after = [value if np.isfinite(value) else None for value in score.time_to_name_s]
        unknown, n = counts.unknown, max(1, counts.unknown.conversations)
        return {
            "corpus": self.corpus,
            "condition": self.condition,
            "enrolled": self.enrolled or None,
            "enrolment_s": self.enrolment_s,
            "system": name,
            "threshold": threshold,
            "best_in_hindsight": False,
            "error": score.error,
            "error_interval": list(interval([part.screen for part in parts])),
            "final_error": screen_score(counts.final).error,
            "der": counts.diarisation.rate,
            "der_parts": counts.diarisation.parts,
            "strangers_named": score.strangers_named,
            "enrolled_unknown": score.enrolled_unknown,
            "enrolled_confused": score.enrolled_confused,
            "time_to_name_s": {"median": after[0], "p95": after[1]},
            "never_named": score.never_named,
            "extra_changes_per_min": score.extra_changes_per_min,
            "unknown": {
                "purity": unknown.purity,
                "coverage": unknown.coverage,
                "found": unknown.found / n,
                "strangers": unknown.strangers / n,
            },
            "core": counts.busy_s / max(counts.screen.heard_s, 1e-9),
            "speech_s": counts.screen.speech_s,
            "conversations": len(parts),
        }


def interval(parts: Sequence[ScreenCounts], draws: int = 2000) -> tuple[float, float]:
    """The 90 % interval of the live error over conversations (percentile bootstrap)."""
    wrong, speech = (np.array([getattr(part, name) for part in parts]) for name in ("wrong_s", "speech_s"))
    drawn = np.random.default_rng(0).integers(len(parts), size=(draws, len(parts)))
    errors = wrong[drawn].sum(axis=1) / np.maximum(speech[drawn].sum(axis=1), 1e-9)
    low, high = np.quantile(errors, (0.05, 0.95))
    return float(low), float(high)


def count_late(reference: Reference, late_s: float) -> Counts:
    """A screen that is right so long after the start of every turn, and stays as it is."""
    shown = late_screen(reference, late_s)
    screen = count_shown(reference, shown)
    return Counts(screen, screen, count_diarisation(reference, shown), count_unknown(reference, shown))


def count(reference: Reference, said: Sequence[Identification], final: Sequence[Turn], busy_s: float = 0.0) -> Counts:
    """Live answers and the final turns against what was so."""
    return Counts(
        count_screen(reference, said),
        count_turns(reference, final),
        count_diarisation(reference, final),
        count_unknown(reference, final),
        busy_s,
    )
