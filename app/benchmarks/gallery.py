"""How fast one voice is identified among many voiceprints on this machine, one thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from app.scoring.cohort import Cohort, unit
from app.scoring.decision import DecisionRule, decide
from app.scoring.gallery import Gallery, best

DIM = 192


@dataclass(frozen=True)
class GallerySpeed:
    """Time from embedding to decision, among so many people."""

    people: int
    normalised: bool
    median_ms: float
    p95_ms: float
    exact: bool
    """Whether every answer was that of a product in float64, to rounding, over all people."""
    faiss_ms: float | None
    """Median of FAISS's exact index (IndexFlatIP, one thread, 10 nearest) in turn with ours; None without FAISS."""

    def __str__(self) -> str:
        faiss = "" if self.faiss_ms is None else f"{self.faiss_ms:10.2f} ms"
        kind, exact = "AS-norm" if self.normalised else "cosine", "exact" if self.exact else "NOT EXACT"
        return f"{self.people:>10,}  {kind:<8}{self.median_ms:9.2f} ms{self.p95_ms:9.2f} ms  {exact:<9}{faiss}"


def compare_galleries(
    sizes: Sequence[int] = (1_000, 10_000, 100_000), rule: DecisionRule | None = None, repeats: int = 50
) -> Iterator[GallerySpeed]:
    """Time galleries of random voiceprints, and probes near one person each, every other one a stranger.

    Vectors that are this easy cost as much as real ones: all scores are always computed.
    """
    rule, rng = rule or DecisionRule(threshold=0.6, margin=0.05), np.random.default_rng(0)
    cohort = Cohort(_random_voiceprints(rng, 500))
    for size in sizes:
        vectors = _random_voiceprints(rng, size)
        names = tuple(f"person {i}" for i in range(size))
        noise = _random_voiceprints(rng, repeats)
        nearness = np.where(np.arange(repeats) % 2 == 0, 0.9, 0.0)[:, None]
        probes = unit(nearness * vectors[rng.integers(size, size=repeats)] + 0.4 * noise).astype(np.float32)
        for given in (None, cohort):
            yield _time_in_turn(
                Gallery(names, vectors, given), probes, rule, _faiss(vectors) if given is None else None
            )


def _time_in_turn(gallery: Gallery, probes: np.ndarray, rule: DecisionRule, faiss: Callable | None) -> GallerySpeed:
    """Every probe once with ours and once with FAISS, after two rounds that are not counted."""
    gallery.owners, gallery.side  # noqa: B018  made once, when a gallery is loaded
    ours, theirs, exact = [], [], True
    for probe in (probes[0], probes[0], *probes):
        began = time.perf_counter()
        scores = best(probe, gallery)
        decide(scores, rule)
        ours.append(1000 * (time.perf_counter() - began))
        exact = exact and _is_exact(gallery, probe, scores)
        if faiss:
            began = time.perf_counter()
            faiss(probe)
            theirs.append(1000 * (time.perf_counter() - began))
    return GallerySpeed(
        people=len(gallery.people),
        normalised=gallery.cohort is not None,
        median_ms=float(np.median(ours[2:])),
        p95_ms=float(np.quantile(ours[2:], 0.95)),
        exact=exact,
        faiss_ms=float(np.median(theirs[2:])) if theirs else None,
    )


def _is_exact(gallery: Gallery, probe: np.ndarray, scores: dict[str, float]) -> bool:
    cosines = gallery.vectors.astype(np.float64) @ probe.astype(np.float64)
    if gallery.cohort is not None:
        cosines = gallery.cohort.scores(gallery.cohort.side(probe[None]), gallery.side)[0]
    highest = np.sort(cosines)[::-1][: len(scores)]
    truth = dict(zip(gallery.names, cosines, strict=True))
    found = np.array(list(scores.values()))
    right_names = np.allclose([truth[name] for name in scores], found, atol=1e-5)
    return bool(right_names and np.allclose(found, highest, atol=1e-5))


def _faiss(vectors: np.ndarray) -> Callable[[np.ndarray], object] | None:
    try:
        import faiss
    except ImportError:
        return None
    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return lambda probe: index.search(probe[None], 10)


def _random_voiceprints(rng: np.random.Generator, count: int) -> np.ndarray:
    return unit(rng.standard_normal((count, DIM), dtype=np.float32))
