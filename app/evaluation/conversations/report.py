"""What is counted of a system in a conversation, and the rows of the table that counts add up to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from app.diarisation.timeline import Turn
from app.evaluation.conversations import gates
from app.evaluation.conversations.by_onset import SHAPE, as_rows
from app.evaluation.conversations.der import (
    DiarisationErrors,
    UnknownVoiceCounts,
    count_unknown_voices,
    diarisation_errors,
)
from app.evaluation.conversations.live_metrics import (
    LiveCounts,
    count_labels,
    count_live,
    count_shown,
    delayed_oracle,
    live_error_rates,
)
from app.evaluation.conversations.reference import Reference
from app.scoring.identification import Identification

ENGINE = "heard"
"""Name of the program's own engine among the systems of a row."""


@dataclass(frozen=True)
class SystemCounts:
    """All that is counted of one system. Counts add up over conversations."""

    live: LiveCounts = LiveCounts()
    """What the screen showed."""
    final: LiveCounts = LiveCounts()
    """The final timeline, counted like a screen."""
    diarisation: DiarisationErrors = DiarisationErrors()
    unknown: UnknownVoiceCounts = UnknownVoiceCounts()
    busy_s: float = 0.0
    """Processor time of the system."""
    by_onset: np.ndarray = field(default_factory=lambda: np.zeros(SHAPE), compare=False)
    """See ``count_by_onset``; zeros for systems of which it is not counted."""
    gate: np.ndarray = field(default_factory=lambda: np.zeros(gates.SHAPE), compare=False)
    """See ``Gates.counts``; zeros where it was not asked for."""

    def __add__(self, other: SystemCounts) -> SystemCounts:
        return SystemCounts(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


SystemKey = tuple[str, float | None, bool]
"""A system: its name, its threshold, and whether that is one of many of which the best in hindsight is shown."""


@dataclass
class ReportRow:
    """Counts of conversations of one kind, which make one line for each system."""

    corpus: str
    condition: str
    enrolled: int
    enrolment_s: float
    systems: dict[SystemKey, list[SystemCounts]] = field(default_factory=dict)
    """Counts by system, one of each conversation."""

    def lines(self) -> Iterator[dict]:
        """One dictionary of JSON values for each system; rates are fractions, None where there is no such figure."""
        sweeps: dict[str, list[tuple[float, list[SystemCounts]]]] = {}
        for (name, threshold, hindsight), parts in self.systems.items():
            if hindsight:
                sweeps.setdefault(name, []).append((threshold, parts))
            else:
                yield self._line(name, threshold, parts)
        for name, sweep in sweeps.items():
            threshold, parts = min(sweep, key=lambda item: live_error_rates(sum(item[1], SystemCounts()).live).error)
            yield {**self._line(name, threshold, parts), "best_in_hindsight": True}

    def _line(self, name: str, threshold: float | None, parts: list[SystemCounts]) -> dict:
        counts = sum(parts, SystemCounts())
        live = live_error_rates(counts.live)
        to_name = [value if np.isfinite(value) else None for value in live.time_to_name_s]
        unknown, n = counts.unknown, max(1, counts.unknown.conversations)
        return {
            "corpus": self.corpus,
            "condition": self.condition,
            "enrolled": self.enrolled or None,
            "enrolment_s": self.enrolment_s,
            "system": name,
            "threshold": threshold,
            "best_in_hindsight": False,
            "error": live.error,
            "error_interval": list(live_error_interval([part.live for part in parts])),
            "final_error": live_error_rates(counts.final).error,
            "der": counts.diarisation.rate,
            "der_parts": counts.diarisation.components,
            "strangers_named": live.strangers_named,
            "enrolled_unknown": live.enrolled_unknown,
            "enrolled_confused": live.enrolled_confused,
            "time_to_name_s": {"median": to_name[0], "p95": to_name[1]},
            "never_named": live.never_named,
            "extra_changes_per_min": live.extra_changes_per_min,
            "unknown": {
                "purity": unknown.purity,
                "coverage": unknown.coverage,
                "found": unknown.found / n,
                "strangers": unknown.strangers / n,
            },
            "core": counts.busy_s / max(counts.live.length_s, 1e-9),
            "speech_s": counts.live.speech_s,
            "conversations": len(parts),
            "by_onset": as_rows(counts.by_onset),
            "gate": gates.as_rows(counts.gate),
        }


def live_error_interval(parts: Sequence[LiveCounts], draws: int = 2000) -> tuple[float, float]:
    """The 90 % interval of the live error over conversations (percentile bootstrap)."""
    wrong, speech = (np.array([getattr(part, name) for part in parts]) for name in ("wrong_s", "speech_s"))
    drawn = np.random.default_rng(0).integers(len(parts), size=(draws, len(parts)))
    errors = wrong[drawn].sum(axis=1) / np.maximum(speech[drawn].sum(axis=1), 1e-9)
    low, high = np.quantile(errors, (0.05, 0.95))
    return float(low), float(high)


def count_delayed_oracle(reference: Reference, delay_s: float) -> SystemCounts:
    """Counts of a screen that is right so long after the start of every turn, and of the same as a final timeline."""
    shown = delayed_oracle(reference, delay_s)
    live = count_shown(reference, shown)
    return SystemCounts(live, live, diarisation_errors(reference, shown), count_unknown_voices(reference, shown))


def count_system(
    reference: Reference, answers: Sequence[Identification], final: Sequence[Turn], busy_s: float = 0.0
) -> SystemCounts:
    """Live answers and the final turns against what was so."""
    return SystemCounts(
        count_live(reference, answers),
        count_labels(reference, final),
        diarisation_errors(reference, final),
        count_unknown_voices(reference, final),
        busy_s,
    )
