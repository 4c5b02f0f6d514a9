"""How far a measured figure may be off: speakers are drawn again, each with all of their trials.

Trials of one speaker are not independent, so drawing trials would promise too much. A speaker who is drawn twice counts
twice in every trial, and a trial of two speakers as often as both together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from app.scoring.metrics import ErrorRates, SortedTrials, crossing

Interval = tuple[float, float]


def speaker_bootstrap(
    scores: np.ndarray,
    target: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    figures: Sequence[Callable[[ErrorRates], float]],
    *,
    level: float = 0.9,
    rounds: int = 400,
    seed: int = 0,
) -> list[Interval]:
    """For each figure of the operating points, the interval (low, high) where it falls for other speakers of this kind.

    ``scores`` and ``target`` (whether both sides are one speaker), both (n,); ``first`` and ``second`` (n,) say who
    speaks on each trial's two sides. Draws that leave one kind of trial out do not count.
    Raises BadInput if that kind is missing altogether.
    """
    rng, trials = np.random.default_rng(seed), SortedTrials(scores, target)
    trials.rates()  # raises if one kind is missing
    first, second = np.unique(np.stack((first, second)), return_inverse=True)[1].reshape(2, -1)
    speakers, drawn_figures = 1 + max(first.max(), second.max()), []
    for _ in range(rounds):
        drawn = np.bincount(rng.integers(speakers, size=speakers), minlength=speakers)
        weights = np.where(target, drawn[first], drawn[first] * drawn[second])
        if weights[target].any() and weights[~target].any():
            rates = trials.rates(weights)
            drawn_figures.append([figure(rates) for figure in figures])
    low, high = np.quantile(drawn_figures, ((1 - level) / 2, (1 + level) / 2), axis=0)
    return [(float(a), float(b)) for a, b in zip(low, high, strict=True)]


def bootstrap_eer(
    scores: np.ndarray, speakers: np.ndarray, *, level: float = 0.9, rounds: int = 400, seed: int = 0
) -> Interval:
    """``speaker_bootstrap`` of the EER over all pairs of recordings (see ``metrics.all_pairs``).

    ``scores`` (n, n) of all with all, ``speakers`` (n,). A speaker drawn twice is not compared with themselves.
    """
    speakers = np.asarray(speakers)
    first, second = np.triu_indices(len(scores), k=1)
    target = speakers[first] == speakers[second]
    (interval,) = speaker_bootstrap(
        scores[first, second],
        target,
        speakers[first],
        speakers[second],
        [lambda rates: crossing(rates)[0]],
        level=level,
        rounds=rounds,
        seed=seed,
    )
    return interval
