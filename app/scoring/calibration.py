"""From scores to decisions: a threshold, the log-likelihood ratio of a score, and whether it can be believed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from app.scoring.cohort import Cohort, similarities
from app.scoring.metrics import cllr, min_cllr, threshold_at
from app.scoring.vectors import check_finite


@dataclass(frozen=True)
class Calibration:
    """``scale * score + offset`` is the natural log-likelihood ratio of same speaker against different speakers."""

    scale: float
    offset: float

    def __post_init__(self) -> None:
        """Raises NotComparable for numbers that are not finite."""
        check_finite("a calibration", self.scale, self.offset)

    def llr(self, score: np.ndarray) -> np.ndarray:
        """Natural log-likelihood ratios of scores of any shape; the probability at even odds is their sigmoid."""
        return self.scale * np.asarray(score) + self.offset


def fit_calibration(targets: np.ndarray, nontargets: np.ndarray) -> Calibration:
    """Fit a calibration to target scores (m,) and non-target scores (n,) by logistic regression.

    Both kinds of trial weigh the same, so the result is a likelihood ratio and not the posterior of these trials'
    mixture (Brummer and du Preez 2006). A small ridge keeps the scale finite when the two kinds do not overlap.
    """
    centre = (np.mean(targets) + np.mean(nontargets)) / 2

    def cost(parameters: np.ndarray) -> float:
        scale, offset = parameters
        misses = np.logaddexp(0, -(scale * (targets - centre) + offset)).mean()
        accepts = np.logaddexp(0, scale * (nontargets - centre) + offset).mean()
        return misses + accepts + 1e-5 * scale**2

    scale, offset = minimize(cost, x0=np.array([10.0, 0.0]), method="BFGS").x
    return Calibration(scale=float(scale), offset=float(offset - scale * centre))


@dataclass(frozen=True)
class LabelledEmbeddings:
    """Embeddings of segments of speech, and whose they are."""

    embeddings: np.ndarray
    """(n, D) of unit length, each speaker's in order of time."""
    speakers: np.ndarray
    """(n,) index of each segment's speaker."""

    def of(self, speaker: int) -> np.ndarray:
        """(k, D) a speaker's embeddings in order of time."""
        return self.embeddings[self.speakers == speaker]


def voiceprint_trials(
    enrolled: LabelledEmbeddings, tested: LabelledEmbeddings, groups: np.ndarray, cohort: Cohort | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Scores (targets (m,), non-targets (n,)) of trials as the program compares: a voiceprint against one segment.

    The first half of a speaker's ``enrolled`` segments makes the voiceprint. Target trials are the second half of the
    speaker's ``tested`` segments, which may be of another length; non-target trials are everybody else's tested
    segments of the same group. ``groups`` (speakers,) are corpora: people recorded in different ways differ by the
    recording alone, and such trials are too easy. Speakers with fewer than two segments are left out.
    """
    targets, nontargets = [np.empty(0)], [np.empty(0)]
    for speaker in np.unique(enrolled.speakers):
        own, test = enrolled.of(speaker), tested.of(speaker)
        if len(own) < 2 or len(test) < 2:
            continue
        voiceprint = own[: len(own) // 2].sum(axis=0)
        voiceprint /= np.linalg.norm(voiceprint)
        scores = similarities(tested.embeddings, voiceprint[None], cohort)[:, 0]
        # With an odd count the middle segment may reach into the enrolled half.
        targets.append(scores[tested.speakers == speaker][(len(test) + 1) // 2 :])
        nontargets.append(scores[(groups[tested.speakers] == groups[speaker]) & (tested.speakers != speaker)])
    return np.concatenate(targets), np.concatenate(nontargets)


def default_threshold(targets: np.ndarray, nontargets: np.ndarray, false_accepts: float = 0.01) -> float:
    """The lowest threshold that accepts at most this fraction (0 to 1) of non-target trials; finite even where the
    highest non-target score is too many."""
    return min(threshold_at(targets, nontargets, false_accepts), float(np.max(nontargets)) + 1e-3)


def measure_reliability(target_llrs: np.ndarray, nontarget_llrs: np.ndarray) -> dict:
    """How far the natural log-likelihood ratios of target (m,) and non-target trials (n,) can be believed.

    Returns ``cllr`` and ``min_cllr`` in bits, and ``reliability``, a row for each tenth of the probability of one
    speaker at even odds: its mean (``said``), the share of target trials (``same``), and the number of ``trials``. Both
    kinds of trial weigh the same in all. A tenth with fewer than ten trials has no row.
    """
    llrs = np.concatenate((target_llrs, nontarget_llrs)).astype(float)
    target = np.arange(len(llrs)) < len(target_llrs)
    weight = np.where(target, 1 / len(target_llrs), 1 / len(nontarget_llrs))
    probability = 1 / (1 + np.exp(-np.clip(llrs, -60, 60)))
    tenth = np.minimum((probability * 10).astype(int), 9)
    rows = [
        {
            "said": float(np.average(probability[inside], weights=weight[inside])),
            "same": float(weight[inside & target].sum() / weight[inside].sum()),
            "trials": int(inside.sum()),
        }
        for inside in (tenth == i for i in range(10))
        if inside.sum() >= 10
    ]
    return {
        "cllr": cllr(target_llrs, nontarget_llrs),
        "min_cllr": min_cllr(target_llrs, nontarget_llrs),
        "reliability": rows,
    }
