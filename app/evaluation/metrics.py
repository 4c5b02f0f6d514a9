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
    """(k,) ascending, the last one infinite."""
    false_accepts: np.ndarray
    """(k,) of the non-target trials, falling."""
    false_rejects: np.ndarray
    """(k,) of the target trials, rising."""


def error_rates(
    targets: np.ndarray,
    nontargets: np.ndarray,
    target_weights: np.ndarray | None = None,
    nontarget_weights: np.ndarray | None = None,
) -> ErrorRates:
    """The operating points of target scores (m,) and non-target scores (n,); equal scores are accepted together.

    Weights, of the same shapes, count a trial more or less often. Raises BadInput if one kind of trial is missing or
    a score is not a number.
    """
    if not len(targets) or not len(nontargets):
        raise BadInput("both same-speaker and different-speaker trials are needed to measure errors.")
    scores = np.concatenate((targets, nontargets)).astype(float)
    if np.isnan(scores).any():
        raise BadInput("some scores are not numbers.")
    weights = np.zeros((2, len(scores)))
    weights[0, : len(targets)] = 1 if target_weights is None else target_weights
    weights[1, len(targets) :] = 1 if nontarget_weights is None else nontarget_weights
    order = np.argsort(scores, kind="stable")
    below = np.concatenate((np.zeros((2, 1)), np.cumsum(weights[:, order], axis=1)), axis=1)
    thresholds, first = np.unique(scores[order], return_index=True)
    rejected, all_of_them = below[:, np.append(first, len(scores))], below[:, -1]
    return ErrorRates(
        np.append(thresholds, np.inf),
        false_accepts=(all_of_them[1] - rejected[1]) / all_of_them[1],
        false_rejects=rejected[0] / all_of_them[0],
    )


def equal_error_rate(targets: np.ndarray, nontargets: np.ndarray) -> tuple[float, float]:
    """(EER, the threshold where it is).

    The operating points are joined by straight lines, as on a ROC curve, and the EER is where that line has as many
    false accepts as false rejects; the threshold is the distinct score nearest to it.
    """
    return _crossing(error_rates(targets, nontargets))


def _crossing(rates: ErrorRates) -> tuple[float, float]:
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
    """The normalised detection cost at its best threshold (NIST SRE): 1 is what a system that knows nothing gets."""
    rates = error_rates(targets, nontargets)
    cost = c_miss * p_target * rates.false_rejects + c_fa * (1 - p_target) * rates.false_accepts
    return float(cost.min() / min(c_miss * p_target, c_fa * (1 - p_target)))


def actual_dcf(
    target_llrs: np.ndarray, nontarget_llrs: np.ndarray, p_target: float, c_miss: float = 1.0, c_fa: float = 1.0
) -> float:
    """The normalised detection cost of scores taken at their word: natural log-likelihood ratios, Bayes' threshold."""
    threshold = np.log(c_fa * (1 - p_target)) - np.log(c_miss * p_target)
    misses = np.mean(np.asarray(target_llrs) < threshold)
    accepts = np.mean(np.asarray(nontarget_llrs) >= threshold)
    cost = c_miss * p_target * misses + c_fa * (1 - p_target) * accepts
    return float(cost / min(c_miss * p_target, c_fa * (1 - p_target)))


def cllr(target_llrs: np.ndarray, nontarget_llrs: np.ndarray) -> float:
    """Cost of the log-likelihood ratio in bits (Brummer and du Preez 2006): 0 is perfect, 1 says nothing."""
    misses = np.logaddexp(0, -np.asarray(target_llrs, float)).mean()
    accepts = np.logaddexp(0, np.asarray(nontarget_llrs, float)).mean()
    return float((misses + accepts) / 2 / np.log(2))


def accuracy_and_f1(targets: np.ndarray, nontargets: np.ndarray, threshold: float) -> tuple[float, float]:
    """(fraction of the trials decided rightly, F1 of "same speaker") at a threshold."""
    hits, accepts = int(np.sum(targets >= threshold)), int(np.sum(nontargets >= threshold))
    misses = len(targets) - hits
    accuracy = (hits + len(nontargets) - accepts) / (len(targets) + len(nontargets))
    return accuracy, 2 * hits / (2 * hits + misses + accepts) if hits else 0.0


def all_pairs(scores: np.ndarray, speakers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The scores (targets, non-targets) of every pair, from those of all with all (n, n), of these speakers (n,)."""
    first, second = np.triu_indices(len(scores), k=1)
    scores = scores[first, second]
    same = np.asarray(speakers)[first] == np.asarray(speakers)[second]
    return scores[same], scores[~same]


def bootstrap_eer(
    scores: np.ndarray, speakers: np.ndarray, *, level: float = 0.9, rounds: int = 400, seed: int = 0
) -> tuple[float, float]:
    """The interval (low, high) in which the EER over ``all_pairs`` falls when other speakers of this kind are drawn.

    Speakers are drawn with replacement, each with all of its trials (a speaker drawn twice is not compared with
    itself); trials of one speaker are not independent, so drawing trials would promise too much.
    """
    rng, speakers = np.random.default_rng(seed), np.unique(speakers, return_inverse=True)[1]
    first, second = np.triu_indices(len(scores), k=1)
    scores = scores[first, second]
    first, second = speakers[first], speakers[second]
    same, count, eers = first == second, speakers.max() + 1, []
    for _ in range(rounds):
        drawn = np.bincount(rng.integers(count, size=count), minlength=count)
        own, others = drawn[first[same]], drawn[first[~same]] * drawn[second[~same]]
        if own.any() and others.any():
            eers.append(_crossing(error_rates(scores[same], scores[~same], own, others))[0])
    low, high = np.quantile(eers, ((1 - level) / 2, (1 + level) / 2))
    return float(low), float(high)
