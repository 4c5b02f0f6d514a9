"""ThresholdCosts -> what the threshold's dialog says of a threshold."""

from __future__ import annotations

from app.window import strings
from app.window.engine.threshold_errors import ThresholdCosts

EXPECTED_OF = 1000
"""An expected rate is shown to about one in so many."""


def accepted_text(costs: ThresholdCosts, threshold: float) -> str:
    """The share of a stranger's speech that would get a name."""
    scores = costs.scores
    return _rate(costs.expected.accepted(threshold), scores.accepted(threshold), len(scores.different))


def rejected_text(costs: ThresholdCosts, threshold: float) -> str:
    """The share of a known person's speech that would be unknown."""
    scores = costs.scores
    return _rate(costs.expected.rejected(threshold), scores.rejected(threshold), len(scores.same))


def basis_text(costs: ThresholdCosts) -> str:
    """What the figures rest on."""
    if costs.expected.people:
        return strings.THRESHOLD_EXPECTED.format(recordings=strings.recordings(costs.expected.recordings))
    same, different = len(costs.scores.same), len(costs.scores.different)
    text = strings.THRESHOLD_COUNTED if same and different else strings.THRESHOLD_TOO_FEW
    return text.format(same=same, different=different)


def _rate(expected: float | None, counted: float | None, of: int) -> str:
    if expected is not None:
        return strings.rate(expected, EXPECTED_OF)
    return strings.NOT_KNOWN if counted is None else strings.rate(counted, of)
