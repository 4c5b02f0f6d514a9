"""How well scores tell same-speaker (target) trials from different-speaker (non-target) ones.

A trial is accepted if its score is at or above the threshold. All rates are fractions, 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from utils import BadInput


@dataclass(frozen=True)
class ErrorRates:
    """Every operating point of a set of scores: one per distinct score, and one beyond the highest."""

    thresholds: np.ndarray
    """(k,) score thresholds, ascending, the last one infinite."""
    false_accepts: np.ndarray
    """(k,) share of the non-target trials that each threshold accepts, falling."""
    false_rejects: np.ndarray
    """(k,) share of the target trials that each threshold rejects, rising."""


class SortedTrials:
    """Scores in order, so that the errors under many weightings cost one sort."""

    def __init__(self, scores: np.ndarray, target: np.ndarray):
        """Scores (n,) and whether each trial is a target trial (n,). Raises BadInput if a score is not a number."""
        scores = np.asarray(scores, float)
        if np.isnan(scores).any():
            raise BadInput("some scores are not numbers.")
        self.order = np.argsort(scores, kind="stable")
        self.target = np.asarray(target, bool)[self.order]
        self.thresholds, first = np.unique(scores[self.order], return_index=True)
        self._first = np.append(first, len(scores))

    def rates(self, weights: np.ndarray | None = None) -> ErrorRates:
        """The operating points; equal scores are accepted together.

        ``weights`` (n,), in the order of the scores given, count a trial more or less often. Raises BadInput if one
        kind of trial is missing.
        """
        weights = np.ones(len(self.order)) if weights is None else np.asarray(weights, float)[self.order]
        below = np.zeros((2, len(weights) + 1))
        np.cumsum(np.where(self.target, weights, 0.0), out=below[0, 1:])
        np.cumsum(np.where(self.target, 0.0, weights), out=below[1, 1:])
        rejected, (targets, nontargets) = below[:, self._first], below[:, -1]
        if not targets or not nontargets:
            raise BadInput("both same-speaker and different-speaker trials are needed to measure errors.")
        return ErrorRates(
            np.append(self.thresholds, np.inf),
            false_accepts=(nontargets - rejected[1]) / nontargets,
            false_rejects=rejected[0] / targets,
        )


def error_rates(
    targets: np.ndarray,
    nontargets: np.ndarray,
    target_weights: np.ndarray | None = None,
    nontarget_weights: np.ndarray | None = None,
) -> ErrorRates:
    """The operating points of target scores (m,) and non-target scores (n,); see ``SortedTrials``."""
    weights = (
        np.ones(len(targets)) if target_weights is None else target_weights,
        np.ones(len(nontargets)) if nontarget_weights is None else nontarget_weights,
    )
    is_target = np.arange(len(targets) + len(nontargets)) < len(targets)
    return SortedTrials(np.concatenate((targets, nontargets)), is_target).rates(np.concatenate(weights))


def equal_error_rate(targets: np.ndarray, nontargets: np.ndarray) -> tuple[float, float]:
    """(EER, the threshold where it is).

    The operating points are joined by straight lines, as on a ROC curve, and the EER is where that line has as many
    false accepts as false rejects; the threshold is the distinct score nearest to it.
    """
    return crossing(error_rates(targets, nontargets))


def crossing(rates: ErrorRates) -> tuple[float, float]:
    """(EER, the threshold where it is) of operating points; see ``equal_error_rate``."""
    gap = rates.false_accepts - rates.false_rejects  # falls from 1 to -1
    after = int(np.argmax(gap <= 0))
    before = after - 1  # gap starts at 1: there always is one before
    part = gap[before] / (gap[before] - gap[after])
    eer = rates.false_accepts[before] + part * (rates.false_accepts[after] - rates.false_accepts[before])
    nearest = before if part < 0.5 or not np.isfinite(rates.thresholds[after]) else after
    return float(eer), float(rates.thresholds[nearest])


def threshold_at(targets: np.ndarray, nontargets: np.ndarray, false_accepts: float) -> float:
    """The lowest score threshold that accepts at most this fraction of the non-target trials.

    Infinite if even the highest score lets more of them in.
    """
    rates = error_rates(targets, nontargets)
    return float(rates.thresholds[int(np.argmax(rates.false_accepts <= false_accepts))])


def rejected(targets: np.ndarray, threshold: float) -> float:
    """Fraction of the target scores (m,) below the threshold: the false rejects."""
    return float(np.mean(np.asarray(targets) < threshold))


def min_dcf(
    targets: np.ndarray, nontargets: np.ndarray, p_target: float, c_miss: float = 1.0, c_fa: float = 1.0
) -> float:
    """minDCF: the normalised detection cost (NIST SRE) at the best threshold for these very trials. A system that knows
    nothing gets 1."""
    return lowest_cost(error_rates(targets, nontargets), p_target, c_miss, c_fa)


def lowest_cost(rates: ErrorRates, p_target: float, c_miss: float = 1.0, c_fa: float = 1.0) -> float:
    """The normalised detection cost of operating points at the best of them; see ``min_dcf``."""
    return float(detection_cost(rates.false_rejects, rates.false_accepts, p_target, c_miss, c_fa).min())


def detection_cost(
    false_rejects: np.ndarray | float,
    false_accepts: np.ndarray | float,
    p_target: float,
    c_miss: float = 1.0,
    c_fa: float = 1.0,
) -> np.ndarray:
    """The normalised detection cost (NIST SRE) of error rates of any shape. The better of "accept all" and "reject all"
    costs 1."""
    miss, accept = c_miss * p_target, c_fa * (1 - p_target)
    return (miss * np.asarray(false_rejects) + accept * np.asarray(false_accepts)) / min(miss, accept)


def dcf_at(
    targets: np.ndarray,
    nontargets: np.ndarray,
    threshold: float,
    p_target: float,
    c_miss: float = 1.0,
    c_fa: float = 1.0,
) -> float:
    """actDCF: the normalised detection cost of deciding at this threshold, as the system is used."""
    accepts = float(np.mean(np.asarray(nontargets) >= threshold))
    return float(detection_cost(rejected(targets, threshold), accepts, p_target, c_miss, c_fa))


def cllr(target_llrs: np.ndarray, nontarget_llrs: np.ndarray) -> float:
    """Cllr: the cost of natural log-likelihood ratios in bits (Brummer and du Preez 2006). Perfect ones cost 0, ones
    that say nothing cost 1."""
    misses = np.logaddexp(0, -np.asarray(target_llrs, float)).mean()
    accepts = np.logaddexp(0, np.asarray(nontarget_llrs, float)).mean()
    return float((misses + accepts) / 2 / np.log(2))


def min_cllr(targets: np.ndarray, nontargets: np.ndarray) -> float:
    """minCllr: the Cllr in bits after the best calibration that keeps the order of the scores.

    It is the cost of discrimination; what Cllr has above it is the cost of calibration. The best calibration is
    isotonic regression (pool adjacent violators; Brummer and du Preez 2006) of target against non-target trials, both
    kinds weighing the same.
    """
    from scipy.optimize import isotonic_regression

    if not len(targets) or not len(nontargets):
        raise BadInput("both same-speaker and different-speaker trials are needed to measure errors.")
    _, place = np.unique(np.concatenate((targets, nontargets)), return_inverse=True)  # equal scores stay equal
    own = np.bincount(place[: len(targets)], minlength=place.max() + 1) / len(targets)
    others = np.bincount(place[len(targets) :], minlength=place.max() + 1) / len(nontargets)
    p = isotonic_regression(own / (own + others), weights=own + others).x
    with np.errstate(divide="ignore"):
        llrs = np.log(p) - np.log1p(-p)
    return cllr(llrs[place[: len(targets)]], llrs[place[len(targets) :]])


def accuracy_and_f1(targets: np.ndarray, nontargets: np.ndarray, threshold: float) -> tuple[float, float]:
    """(share of the trials decided rightly, F1 of "same speaker") at a threshold."""
    hits, accepts = int(np.sum(targets >= threshold)), int(np.sum(nontargets >= threshold))
    misses = len(targets) - hits
    accuracy = (hits + len(nontargets) - accepts) / (len(targets) + len(nontargets))
    return accuracy, 2 * hits / (2 * hits + misses + accepts) if hits else 0.0


def all_pairs(scores: np.ndarray, speakers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(target scores, non-target scores) of every pair, given the scores (n, n) of all with all and the speakers
    (n,)."""
    first, second = np.triu_indices(len(scores), k=1)
    scores = scores[first, second]
    same = np.asarray(speakers)[first] == np.asarray(speakers)[second]
    return scores[same], scores[~same]


def measure(targets: np.ndarray, nontargets: np.ndarray) -> dict:
    """EER, minDCF, accuracy and F1 of target (m,) and non-target (n,) scores, as JSON values; rates are fractions.

    ``threshold`` is the one at the equal error rate; accuracy and F1 (of "same speaker") are taken there.
    """
    eer, threshold = equal_error_rate(targets, nontargets)
    accuracy, f1 = accuracy_and_f1(targets, nontargets, threshold)
    return {
        "eer": eer,
        "min_dcf": {str(p): min_dcf(targets, nontargets, p) for p in (0.01, 0.05)},
        "threshold": threshold,
        "trials": len(targets) + len(nontargets),
        "accuracy": accuracy,
        "f1": f1,
    }
