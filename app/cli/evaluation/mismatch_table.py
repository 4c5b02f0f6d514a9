"""The tables of ``evaluate --mismatch``, as text and in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from app.evaluation.markdown import markdown_header, markdown_row

_COMPARED = ("EER", "90 % interval", "missed", "accepted")
_NAMED = ("strangers named", "90 % interval", "owners unnamed", "misnamed", "strangers certain", "owners certain")
_PAIRS = "pairs: own + others'"


def _headings(first: tuple[str, ...], figures: tuple[str, ...]) -> tuple[str, ...]:
    return (*first, *figures, f"3 s: {figures[0]}", *figures[1:])


HEADINGS = {
    "sessions": _headings(("sessions", _PAIRS), _COMPARED),
    "conditions": _headings(("enrolled / compared", _PAIRS), _COMPARED),
    "identification": _headings(("corpus", "enrolled"), _NAMED),
}
"""Part -> the names of its columns. "missed" and "accepted" are what verification's rule does; "3 s" is of the middle 3
s of speech."""
_FIRST_WIDTH, _SECOND_WIDTH = 37, 21


def table_header(part: str, markdown: bool | None) -> str:
    """The names of a part's columns, above its rows."""
    return markdown_header(HEADINGS[part]) if markdown else _aligned(HEADINGS[part], part)


def table_row(row: dict, markdown: bool | None) -> str:
    """A row of ``Benchmark.run`` as a line of its part's table."""
    texts = _cells(row)
    return markdown_row(texts) if markdown else _aligned(texts, row["part"])


def _cells(row: dict) -> list[str]:
    if row["part"] == "identification":
        first = [row["corpus"] or "-", f"{row['enrolled']} of {row['speakers']}"]
        figures = [_named(figures) for figures in row["lengths"].values()]
    else:
        whole = row["lengths"]["whole"]
        first = [row["condition"], f"{whole['targets']} + {whole['trials'] - whole['targets']}"]
        figures = [_compared(figures) for figures in row["lengths"].values()]
    return [*first, *(cell for some in figures for cell in some)]


def _aligned(texts: Sequence[str], part: str) -> str:
    first = texts[0].ljust(_FIRST_WIDTH) + texts[1].rjust(_SECOND_WIDTH)
    widths = [max(9, len(heading) + 2) for heading in HEADINGS[part][2:]]
    return first + "".join(text.rjust(width) for text, width in zip(texts[2:], widths, strict=True))


def _compared(figures: dict) -> list[str]:
    errors = [_percent(figures[name]) for name in ("false_rejects", "false_accepts")]
    return [_percent(figures["eer"]), _range(figures["eer_interval"]), *errors]


def _named(figures: dict) -> list[str]:
    owners = [_percent(figures[name]) for name in ("owners_unnamed", "owners_misnamed")]
    certain = [_percent(figures[name]) for name in ("strangers_certain", "owners_certain")]
    return [_percent(figures["strangers_named"]), _range(figures["strangers_interval"]), *owners, *certain]


def _percent(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:.1%}"


def _range(interval: Sequence[float] | None) -> str:
    return "-" if interval is None else " - ".join(f"{end:.1%}" for end in interval)
