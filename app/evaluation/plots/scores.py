"""How scores of same-speaker and different-speaker trials lie, and where a threshold cuts them."""

from __future__ import annotations

import os

import numpy as np

from app.evaluation.plots.style import MARK, NONTARGET, TARGET, new_figure, save
from app.scoring.metrics import equal_error_rate, rejected

BINS = 60
NARROW_SPACE = "\u2009"


def draw_scores(
    targets: np.ndarray, nontargets: np.ndarray, out: str | os.PathLike, threshold: float | None = None
) -> None:
    """Draw histograms of target scores (m,) and non-target scores (n,), each as a share of its own kind.

    ``threshold``: drawn with what it lets in and turns away. Raises BadInput if one kind is missing.
    """
    from matplotlib.colors import to_rgba

    eer, at = equal_error_rate(targets, nontargets)
    figure = new_figure(8, 4.6)
    axes = figure.add_subplot()
    edges = np.linspace(*_range(targets, nontargets, threshold), BINS + 1)
    kinds = (("different speakers", nontargets, NONTARGET, "//"), ("same speaker", targets, TARGET, ""))
    for name, scores, colour, hatch in kinds:
        shares = np.histogram(scores, edges)[0] / len(scores)
        label = f"{name}, {f'{len(scores):,}'.replace(',', NARROW_SPACE)} trials"
        look = {"facecolor": to_rgba(colour, 0.25), "edgecolor": colour, "hatch": hatch}
        axes.stairs(shares, edges, fill=True, lw=1.6, label=label, **look)
    axes.axvline(at, color=MARK, lw=1.2, ls=":", label=f"equal error rate {eer:.2%} at {at:.3f}")
    if threshold is not None:
        accepts, rejects = float(np.mean(nontargets >= threshold)), rejected(targets, threshold)
        said = f"threshold {threshold:.3f}: {accepts:.2%} false accepts, {rejects:.2%} false rejects"
        axes.axvline(threshold, color=MARK, lw=1.8, label=said)
    axes.set(xlim=(edges[0], edges[-1]), ylim=(0, None), xlabel="score", ylabel="share of the trials of a kind")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.grid(axis="x", visible=False)
    # Above the axes: wherever it stood inside, some set of scores would lie behind it.
    figure.legend(loc="outside upper left", ncols=2)
    save(figure, out)


def _range(targets: np.ndarray, nontargets: np.ndarray, threshold: float | None) -> tuple[float, float]:
    all_of_them = np.concatenate([targets, nontargets, [] if threshold is None else [threshold]])
    low, high = float(all_of_them.min()), float(all_of_them.max())
    margin = 0.03 * (high - low) or 0.5
    return low - margin, high + margin
