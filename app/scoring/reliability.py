"""Whether the probabilities of a model can be believed."""

from __future__ import annotations

import numpy as np

from app.scoring.metrics import cllr, min_cllr


def measure_reliability(target_llrs: np.ndarray, nontarget_llrs: np.ndarray) -> dict:
    """How good natural log-likelihood ratios of same-speaker (m,) and different-speaker trials (n,) are.

    ``cllr`` and ``min_cllr`` in bits. ``reliability``: for each tenth of the probability that they give at even odds
    what was ``said`` on average, and how often it was one speaker (``same``), both kinds of trial weighing the same in
    all, from so many ``trials``. Tenths with fewer than ten trials say nothing and are left out.
    """
    llrs = np.concatenate((target_llrs, nontarget_llrs)).astype(float)
    target = np.arange(len(llrs)) < len(target_llrs)
    weight = np.where(target, 1 / len(target_llrs), 1 / len(nontarget_llrs))
    said = 1 / (1 + np.exp(-np.clip(llrs, -60, 60)))
    tenth = np.minimum((said * 10).astype(int), 9)
    rows = [
        {
            "said": float(np.average(said[inside], weights=weight[inside])),
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
