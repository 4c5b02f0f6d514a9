"""The colours of the window, light and dark, as plain values. Contrast meets WCAG AA; a test holds that."""

from __future__ import annotations

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
    """People's colours, readable as text on a surface and under text of the surface's colour. They differ in lightness
    as well as in hue, so that they are told apart by whoever sees no red, no green or no blue; a test holds that."""


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
        "#1a3bb7",
        "#742b02",
        "#08672b",
        "#9249b1",
        "#9f0e50",
        "#5b670a",
        "#3a326d",
        "#57063f",
        "#033b27",
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
        "#30a3ff",
        "#f38f47",
        "#3ca57f",
        "#c4b2fd",
        "#fdb5b6",
        "#d5d87e",
        "#c4e0fe",
        "#ff8dcc",
        "#a7fcae",
    ),
)

INKS = len(LIGHT.inks)
PATTERNS = 7
"""Ways in which the colours come again from the tenth person on, beside plain."""


def ink_of(number: int) -> int:
    """Which of the inks a person's number (looks/colours.py) has, 0 to INKS - 1."""
    return number % INKS


def pattern_of(number: int) -> int:
    """0 for plain, 1 to PATTERNS for the pattern on it: 72 people look different, and then they come again."""
    return number // INKS % (PATTERNS + 1)
