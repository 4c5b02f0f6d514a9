"""The colours of the window, light and dark, as plain values. Contrast meets WCAG AA; a test holds that."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Colours:
    """One scheme, as "#rrggbb"."""

    dark: bool
    background: str
    surface: str
    """Colour of cards and lists, on the background."""
    raised: str
    """Colour of controls and of the row of whoever speaks, on a surface."""
    outline: str
    """Line around cards; decoration, not needed to read anything."""
    edge: str
    """Line around controls and bars: 3:1 on surface and background."""
    track: str
    """The empty part of a bar."""
    text: str
    muted: str
    accent: str
    on_accent: str
    good: str
    warning: str
    error: str
    inks: tuple[str, ...]
    """People's colours, readable as text on a surface and under text of the surface's colour."""


LIGHT = Colours(
    dark=False,
    background="#f3f4f7",
    surface="#ffffff",
    raised="#f0f3fa",
    outline="#e1e4ea",
    edge="#7b8392",
    track="#e4e7ed",
    text="#1a1d24",
    muted="#59616f",
    accent="#2756c5",
    on_accent="#ffffff",
    good="#1a7f3c",
    warning="#9a5b00",
    error="#c22233",
    inks=(
        "#2756c5",
        "#b04a00",
        "#177a45",
        "#8a3ab9",
        "#bd2a1e",
        "#0a7285",
        "#6a6600",
        "#a82391",
        "#80502b",
    ),
)

DARK = Colours(
    dark=True,
    background="#131519",
    surface="#1c1f25",
    raised="#272b34",
    outline="#2d323b",
    edge="#737c8c",
    track="#323843",
    text="#eceef2",
    muted="#a4acb9",
    accent="#86aaff",
    on_accent="#10131a",
    good="#5fcf85",
    warning="#f0b354",
    error="#ff8a8f",
    inks=(
        "#86aaff",
        "#ff9e5e",
        "#5fcf8f",
        "#cf9bff",
        "#ff8f82",
        "#57c7d9",
        "#cfc54a",
        "#f58ae0",
        "#d6a67c",
    ),
)

INKS = len(LIGHT.inks)


def assign_inks(names: Iterable[str]) -> dict[str, int]:
    """A colour, 0 to INKS - 1, for each person: the same every time, and all different for up to INKS people.

    A name asks for the colour of its own hash; who finds it taken gets the next free one.
    """
    inks: dict[str, int] = {}
    taken: set[int] = set()
    for name in sorted(names, key=_hash):
        if len(taken) == INKS:
            taken.clear()
        ink = ink_of(name)
        while ink in taken:
            ink = (ink + 1) % INKS
        taken.add(ink)
        inks[name] = ink
    return inks


def ink_of(name: str) -> int:
    """The colour that a name asks for."""
    return _hash(name) % INKS


def _hash(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
