"""Damaged files of every kind that the program reads, through the functions that read them: no traceback, nothing that
takes 20 s or 1 GB, and every message names the file."""

from __future__ import annotations

import contextlib
import os
from random import Random

from tests.torture.counts import Counts
from tests.torture.inputs import SUBJECTS
from tests.torture.workers import try_all
from utils import ROOT

COUNT = 10_000
KEPT = ROOT / "runs" / "torture"
"""Where inputs that failed are kept."""


def run(count: int, seed: int) -> Counts:
    """Try ``count`` inputs, of all kinds by their shares; stopped with Ctrl-C it counts what was tried."""
    only = {kind for kind in os.environ.get("TORTURE_KINDS", "").split(",") if kind}
    shares = {subject.kind: share for subject, share in SUBJECTS.items() if not only or subject.kind in only}
    cases = [(kind, n) for kind, share in shares.items() for n in range(-(-count * share // sum(shares.values())))]
    Random(seed).shuffle(cases)  # so that a run that is stopped has tried all kinds
    counts, longest, most = Counts(), {}, {}
    with contextlib.suppress(KeyboardInterrupt):
        for outcome in try_all("tests.torture.inputs", cases, seed, KEPT):
            kind, number = outcome.case
            last = (outcome.problem.strip().splitlines() or [""])[-1]
            counts.add(kind, f"{number}: {last[:300]}" if outcome.problem else "")
            longest[kind] = max(longest.get(kind, 0.0), outcome.seconds)
            most[kind] = max(most.get(kind, 0.0), outcome.peak_mb)
            counts.facts[kind] = f"at most {longest[kind]:.1f} s, {most[kind]:.0f} MB"
    return counts
