"""From cosines to decisions: a threshold, and the probability that two pieces of speech are one person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from app.scoring.cohort import Cohort, similarities
from app.scoring.metrics import threshold_at


@dataclass(frozen=True)
class Calibration:
    """``scale * score + offset`` is the natural log-likelihood ratio of same speaker against different speakers."""

    scale: float
    offset: float

    def llr(self, score: np.ndarray) -> np.ndarray:
        """Natural log-likelihood ratios of scores of any shape; the probability at even odds is their sigmoid."""
        return self.scale * np.asarray(score) + self.offset


def fit_calibration(targets: np.ndarray, nontargets: np.ndarray) -> Calibration:
    """Logistic regression of same against different on target (m,) and non-target (n,) scores, both kinds weighing
    the same, so that the output is a likelihood ratio and not a posterior of these trials' mixture.

    A little ridge keeps the scale finite when the two kinds do not overlap.
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
class Pieces:
    """Embeddings (n, D) of unit length of pieces of speech, and the index of whose they are (n,)."""

    embeddings: np.ndarray
    speakers: np.ndarray

    def of(self, speaker: int) -> np.ndarray:
        """A speaker's embeddings in order of time."""
        return self.embeddings[self.speakers == speaker]


def voiceprint_trials(
    enrolled: Pieces, tested: Pieces, groups: np.ndarray, cohort: Cohort | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Scores (targets, non-targets) as the program compares: a voiceprint against one piece of speech.

    The first half of a speaker's ``enrolled`` pieces makes the voiceprint; the second half of the ``tested`` ones, of
    another length, and everybody else's of the same group are held against it. ``groups`` (speakers,) are corpora:
    people recorded in different ways are told apart by the recording, which flatters.
    """
    targets, nontargets = [np.empty(0)], [np.empty(0)]
    for speaker in np.unique(enrolled.speakers):
        own, test = enrolled.of(speaker), tested.of(speaker)
        if len(own) < 2 or len(test) < 2:
            continue
        voiceprint = own[: len(own) // 2].sum(axis=0)
        voiceprint /= np.linalg.norm(voiceprint)
        scores = similarities(tested.embeddings, voiceprint[None], cohort)[:, 0]
        # With an odd count the middle piece may reach into the enrolled half.
        targets.append(scores[tested.speakers == speaker][(len(test) + 1) // 2 :])
        nontargets.append(scores[(groups[tested.speakers] == groups[speaker]) & (tested.speakers != speaker)])
    return np.concatenate(targets), np.concatenate(nontargets)


def default_threshold(targets: np.ndarray, nontargets: np.ndarray, false_accepts: float = 0.01) -> float:
    """The score at which this fraction of strangers is let in, kept finite."""
    return min(threshold_at(targets, nontargets, false_accepts), float(np.max(nontargets)) + 1e-3)
