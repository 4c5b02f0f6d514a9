"""What all pictures share: the optional packages, sizes, colours that colour-blind people tell apart, files."""

from __future__ import annotations

import importlib.util
import io
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from utils import BadInput, atomic_write, missing_extra

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".pdf")
# Okabe and Ito 2008, without yellow, which is hard to see on white; in this order neighbours differ in lightness too.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
TARGET, NONTARGET, MARK = COLOURS[0], COLOURS[1], "#333333"
HEAT = "cividis"
"""A colour map that reads the same with any colour vision, and in grey."""
STYLE = {
    "figure.dpi": 100,
    "savefig.dpi": 160,
    "font.family": ["DejaVu Sans", "Noto Sans CJK SC", "Noto Sans CJK JP"],
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "heard",
}


def require_plotting(out: str | os.PathLike, formats: tuple[str, ...] = FORMATS) -> None:
    """Raise, in one line, BadInput if ``out`` is no picture that can be written, HeardError without matplotlib."""
    out = Path(out)
    if out.suffix.lower() not in formats:
        raise BadInput(f"{out}: a picture is one of {', '.join(formats)}.")
    if out.is_dir() or not out.absolute().parent.is_dir():
        raise BadInput(f"{out}: this is a folder, or there is no folder to write it into.")
    if importlib.util.find_spec("matplotlib") is None or importlib.util.find_spec("sklearn") is None:
        raise missing_extra("a picture", "matplotlib and scikit-learn", "plot")


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of so many inches, in this style, that no window will show."""
    import logging

    import matplotlib
    from matplotlib.figure import Figure

    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # a font that is not installed is no news
    matplotlib.rcParams.update(STYLE)
    return Figure(figsize=(width, height), layout="constrained")


def save(figure: Figure, out: str | os.PathLike) -> None:
    """Write a figure whole or not at all, in the format of the file's name."""
    kind, picture = Path(out).suffix.lower()[1:], io.BytesIO()
    # No date inside: the same figures give the same file.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # a letter that no installed font has is drawn as a box
        figure.savefig(picture, format=kind, metadata={"Date": None} if kind == "svg" else None)
    with atomic_write(out) as file:
        file.write(picture.getbuffer())
