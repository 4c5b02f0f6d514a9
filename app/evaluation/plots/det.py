"""Detection error trade-off: what rejecting fewer owners costs in strangers let in (Martin et al. 1997)."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np
from scipy.special import ndtri

from app.evaluation.plots.style import COLOURS, MARK, new_figure, save
from app.evaluation.trial_scores import P_TARGETS, ScoredTrials
from app.scoring.metrics import crossing, detection_cost, error_rates
from utils import BadInput

TICKS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6)
LINES = ("-", "--", "-.", ":")
MOST_CURVES = 12

Scores = tuple[np.ndarray, np.ndarray]
"""Target scores (m,) and non-target scores (n,)."""


def curves_of(scored: ScoredTrials) -> dict[str, Scores]:
    """The scores of all trials and, if there are conditions, of each that has both kinds of trial."""
    parts = {"all trials": scored}
    for column, value in sorted({pair for trial in scored.trials for pair in trial.conditions}):
        part = scored.where(np.array([(column, value) in trial.conditions for trial in scored.trials]))
        parts[value if column == "condition" else f"{column} {value}"] = part
    split = {name: (part.scores[part.target], part.scores[~part.target]) for name, part in parts.items()}
    return {name: scores for name, scores in split.items() if len(scores[0]) and len(scores[1])}


def draw_det(curves: Mapping[str, Scores], out: str | os.PathLike, threshold: float | None = None) -> None:
    """Draw curves by name into a picture, with the EER and the lowest detection cost on each.

    Axes are warped so that normally distributed scores give a straight line. ``threshold``: marked on each curve.
    Raises BadInput for more curves than can be told apart.
    """
    if len(curves) > MOST_CURVES:
        raise BadInput(f"{len(curves)} curves cannot be told apart in one picture (at most {MOST_CURVES}).")
    figure = new_figure(6.4, 6.4)
    axes = figure.add_subplot()
    lowest = 0.5
    for index, (name, (targets, nontargets)) in enumerate(curves.items()):
        rates = error_rates(targets, nontargets)
        colour, line = COLOURS[index % len(COLOURS)], LINES[index // len(COLOURS) % len(LINES)]
        # Rates of 0 have no place on these axes: they are drawn where half a trial would be.
        x = ndtri(np.clip(rates.false_accepts, 0.5 / len(nontargets), 1 - 0.5 / len(nontargets)))
        y = ndtri(np.clip(rates.false_rejects, 0.5 / len(targets), 1 - 0.5 / len(targets)))
        eer, _ = crossing(rates)
        first = int(np.flatnonzero(rates.false_rejects == 0)[-1])  # beyond these two points only one rate still falls
        last = int(np.argmax(rates.false_accepts == 0)) + 1
        axes.plot(x[first:last], y[first:last], line, color=colour, lw=1.8, drawstyle="steps-post")
        axes.plot([], [], line, color=colour, lw=1.8, label=f"{name}: EER {eer:.2%}")
        axes.plot(ndtri(max(eer, 1e-4)), ndtri(max(eer, 1e-4)), "o", color=colour, ms=6)
        cost = detection_cost(rates.false_rejects, rates.false_accepts, P_TARGETS[0])
        axes.plot(x[cost.argmin()], y[cost.argmin()], "s", color=colour, ms=5.5, mfc="white", mew=1.6)
        if threshold is not None:
            at = int(np.searchsorted(rates.thresholds, threshold))
            axes.plot(x[at], y[at], "D", color=colour, ms=5.5, mec=MARK)
        lowest = min(lowest, 0.5 / len(nontargets), 0.5 / len(targets))
    _axes(axes, max(lowest, 5e-4))
    axes.plot([], [], "o", color=MARK, ms=6, label="equal error rate")
    axes.plot(
        [], [], "s", color=MARK, ms=5.5, mfc="white", mew=1.6, label=f"lowest detection cost at p = {P_TARGETS[0]}"
    )
    if threshold is not None:
        axes.plot([], [], "D", color="white", mec=MARK, ms=5.5, label=f"threshold {threshold:.3f}")
    axes.legend(loc="upper right", frameon=True, framealpha=1, edgecolor="white")
    save(figure, out)


def _axes(axes, lowest: float) -> None:
    ticks = [tick for tick in TICKS if tick >= lowest]
    places, labels = ndtri(ticks), [f"{100 * tick:g}" for tick in ticks]
    limits = (ndtri(lowest), ndtri(0.75))
    axes.plot(limits, limits, color="#bbbbbb", lw=0.8, zorder=0)
    axes.set(xlim=limits, ylim=limits, aspect="equal")
    axes.set_xticks(places, labels)
    axes.set_yticks(places, labels)
    axes.set_xlabel("false accepts: strangers let in, %")
    axes.set_ylabel("false rejects: owners turned away, %")
