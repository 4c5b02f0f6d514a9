"""The card of a model, checked: every field that something is computed or allocated from is of its kind and in bounds.

A card is a file that anybody may have written. What is measured and told in it (figures, data, training) is for people,
and is not looked at here.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping

from utils import HeardError, read_card

SIZES = {
    "mels": (1, 512),
    "channels": (1, 8192),
    "mfa_channels": (1, 16384),
    "scale": (2, 64),
    "se_channels": (1, 8192),
    "attention_channels": (1, 8192),
    "embedding_dim": (1, 8192),
    "stride": (1, 16),
}
"""Of an architecture: the least and the most that each may be."""
MOST_ROWS = 1000


def read_model_card(path: str | os.PathLike) -> dict:
    """The card of the model file at ``path``, for running the model.

    Raises BadInput without a card, HeardError, naming the card and the field, for one that is damaged.
    """
    card = read_card(path)
    try:
        check_card(card)
    except ValueError as error:
        raise HeardError(f"{os.path.splitext(path)[0]}.json: not a usable model card ({error}).") from None
    return card


def check_card(card: Mapping[str, object]) -> None:
    """Raise ValueError, in a line that names the field, for a card that a model cannot be run with."""
    for name in ("name", "sha256"):
        text = card.get(name)
        if not isinstance(text, str) or not 0 < len(text) <= 200 or not text.isprintable():
            raise ValueError(f"{name} is no line of text")
    for name, least, most in (("threshold", -1, 1), ("margin", 0, 2)):
        if name in card:
            _number(card, name, least, most)
    if "precision" in card and not isinstance(card["precision"], str):
        raise ValueError("precision is no text")
    calibration = _table(card, "calibration")
    if calibration:
        _calibration(calibration, "calibration.")
    if "abstain" in (gender := _table(card, "gender")):
        _number(gender, "abstain", 0, 1, "gender.")
    if set(cohort := _table(card, "cohort")) - {"top"}:
        raise ValueError("cohort has other keys than top")
    if cohort:
        _whole(cohort, "top", 1, 1_000_000, "cohort.")
    _check_thresholds(card.get("thresholds"))
    if (strangers := card.get("strangers")) is not None:
        if not isinstance(strangers, dict) or set(strangers) != {"middle", "deviation"}:
            raise ValueError("strangers needs a middle and a deviation")
        _number(strangers, "middle", -1, 1, "strangers.")
        _number(strangers, "deviation", 1e-4, 2, "strangers.")
    architecture = _table(card, "architecture")
    for name, (least, most) in SIZES.items():
        if name in architecture:
            _whole(architecture, name, least, most, "architecture.")


def _check_thresholds(rows: object) -> None:
    if rows is None:
        return
    if not isinstance(rows, list) or len(rows) > MOST_ROWS or not all(isinstance(row, dict) for row in rows):
        raise ValueError("thresholds is no list of rows")
    before = 0.0
    for number, row in enumerate(rows):
        place = f"thresholds[{number}]."
        _number(row, "speech_s", 0, 1e6, place)
        _number(row, "threshold", -1, 1, place)
        if row["speech_s"] <= before:
            raise ValueError(f"{place}speech_s does not rise")
        before = row["speech_s"]
        if "scale" in row:
            _calibration(row, place)


def _calibration(values: Mapping[str, object], place: str) -> None:
    _number(values, "scale", 1e-3, 1e6, place)
    _number(values, "offset", -1e6, 1e6, place)


def _table(values: Mapping[str, object], name: str) -> Mapping[str, object]:
    """A part of a card that may be missing or null: then it is empty."""
    found = values.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ValueError(f"{name} is no table")
    return found


def _number(values: Mapping[str, object], name: str, least: float, most: float, place: str = "") -> None:
    value = values.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{place}{name} is no number")
    if not least <= value <= most:
        raise ValueError(f"{place}{name} is not between {least:g} and {most:g}")


def _whole(values: Mapping[str, object], name: str, least: int, most: int, place: str) -> None:
    _number(values, name, least, most, place)
    if not isinstance(values[name], int):
        raise ValueError(f"{place}{name} is no whole number")
