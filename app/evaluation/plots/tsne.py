"""Embeddings in two dimensions by t-SNE (van der Maaten and Hinton 2008): a picture, and a page to look around in."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.evaluation.plots.style import COLOURS, MARK, new_figure, save
from utils import atomic_write

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKERS = "os^Dv*PX"
LONGEST_NAME = 16
PAGE = Path(__file__).with_name("tsne.html")


def project(vectors: np.ndarray, seed: int = 0) -> np.ndarray:
    """Embeddings (n, D) of unit length as points (n, 2), neighbours by their cosine staying neighbours.

    Starts from the two principal components, so that the same embeddings always give the same points.
    """
    from sklearn.manifold import TSNE

    if len(vectors) < 4:  # nothing to arrange
        return np.stack([np.arange(len(vectors)), np.zeros(len(vectors))], axis=1)
    left, values, _ = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)
    start = left[:, :2] * values[:2]
    # With some noise: embeddings that are all the same have no components, and end scikit-learn's process.
    start = start / max(float(start.std()), 1e-6) + 0.01 * np.random.default_rng(seed).standard_normal(start.shape)
    # Between unit vectors the Euclidean distance, which is fast, ranks as the cosine does.
    perplexity = min(30.0, (len(vectors) - 1) / 3)
    return TSNE(perplexity=perplexity, init=1e-4 * start.astype(np.float32), random_state=seed).fit_transform(vectors)


def looks(speakers: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Speaker -> (colour, marker), in alphabetical order: as many pairs as there are, then over again."""
    names = sorted(set(speakers))
    return {
        name: (COLOURS[i % len(COLOURS)], MARKERS[(i // len(COLOURS)) % len(MARKERS)]) for i, name in enumerate(names)
    }


def draw_tsne(points: np.ndarray, speakers: Sequence[str], out: str | os.PathLike, title: str = "") -> None:
    """Draw points (n, 2) by speaker, each in a colour and a form, with as many names as there is room for."""
    figure = new_figure(9, 8)
    axes = figure.add_subplot()
    owners = np.array(speakers)
    size = float(np.clip(9000 / len(points), 6, 45))
    for name, (colour, marker) in looks(speakers).items():
        own = points[owners == name]
        axes.scatter(*own.T, s=size, c=colour, marker=marker, lw=0.3, edgecolors="white", alpha=0.85)
    axes.set(title=title, xticks=[], yticks=[], xlabel="only nearness means something: axes and sizes do not")
    axes.margins(0.06)
    axes.spines[["left", "bottom"]].set_visible(False)
    figure.draw_without_rendering()  # names need their places on the page
    _name(axes, points, owners)
    save(figure, out)


def _name(axes: Axes, points: np.ndarray, owners: np.ndarray) -> None:
    """Put names above their points, those with the most points first; one that would cover another is left out."""
    names, counts = np.unique(owners, return_counts=True)
    taken = []
    for name in names[np.argsort(-counts, kind="stable")]:
        own = points[owners == name]
        place = (np.median(own[:, 0]), own[:, 1].max())
        short = name if len(name) <= LONGEST_NAME else f"\u2026{name[1 - LONGEST_NAME :]}"
        text = axes.annotate(short, place, (0, 4), textcoords="offset points", size=7.5, ha="center", va="bottom")
        text.set(color=MARK, bbox={"facecolor": "white", "alpha": 0.7, "lw": 0, "pad": 0.5})
        box = text.get_window_extent()
        if any(box.overlaps(other) for other in taken):
            text.remove()
        else:
            taken.append(box)


def write_page(
    points: np.ndarray, speakers: Sequence[str], files: Sequence[str], out: str | os.PathLike, title: str
) -> None:
    """Write one HTML file, which asks for nothing from outside: zoom, move, search, and see whose each point is."""
    names = sorted(set(speakers))
    number = {name: i for i, name in enumerate(names)}
    centred = points - (points.min(axis=0) + points.max(axis=0)) / 2
    data = {
        "speakers": names,
        "looks": list(looks(speakers).values()),
        "points": [
            [round(float(x), 3), round(float(y), 3), number[speaker], file]
            for (x, y), speaker, file in zip(centred, speakers, files, strict=True)
        ],
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    page = PAGE.read_text(encoding="utf-8").replace("{{title}}", html.escape(title)).replace("{{data}}", text)
    with atomic_write(out) as file:
        file.write(page.encode())
