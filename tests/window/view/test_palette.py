"""Colours that can be read, and that stay with their people."""

from __future__ import annotations

import numpy as np
import pytest

from app.window.view.palette import DARK, INKS, LIGHT, PATTERNS, ink_of, pattern_of
from tests.support.contrast import contrast

AA_TEXT, AA_SHAPES = 4.5, 3.0


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)  # the usual example of barely enough
    assert contrast("#123456", "#123456") == 1


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_everything_can_be_read(colours):
    for name in ("text", "muted", "accent", "good", "warning", "error"):
        for ground in ("background", "surface", "raised"):
            assert contrast(getattr(colours, name), getattr(colours, ground)) >= AA_TEXT, (name, ground)
    assert contrast(colours.on_accent, colours.accent) >= AA_TEXT
    for ground in (colours.background, colours.surface, colours.raised):
        assert contrast(colours.edge, ground) >= AA_SHAPES
    assert len(colours.inks) == INKS == len(set(colours.inks))
    for ink in colours.inks:
        assert contrast(ink, colours.surface) >= AA_TEXT  # a name on a card, and letters on a disc
        assert contrast(ink, colours.track) >= AA_SHAPES  # a bar
    assert contrast(colours.text, colours.track) >= AA_SHAPES  # the threshold's mark


def test_seventy_two_people_look_different():
    looks = {(ink_of(number), pattern_of(number)) for number in range(INKS * (PATTERNS + 1))}
    assert len(looks) == 72
    assert [pattern_of(number) for number in (0, 8, 9, 17, 18)] == [0, 0, 1, 1, 2]
    assert ink_of(72) == ink_of(0)


PROTANOPIA = ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998))
DEUTERANOPIA = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))
TRITANOPIA = ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900))
NONE = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
"""What is seen of linear sRGB by whoever lacks a kind of cone (Machado, Oliveira and Fernandes 2009, severity 1)."""
XYZ = np.array(((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505)))
WHITE = np.array((0.9505, 1.0, 1.089))


def lab(colours, seen=NONE) -> np.ndarray:
    """CIE L*a*b* (n, 3) of "#rrggbb" as somebody sees them."""
    values = np.array([[int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)] for colour in colours])
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    x = np.clip(linear @ np.array(seen).T, 0, 1) @ XYZ.T / WHITE
    f = np.where(x > 216 / 24389, np.cbrt(x), (24389 / 27 * x + 16) / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


def closest(values: np.ndarray) -> float:
    """The smallest distance of two of some points (n, d)."""
    apart = np.linalg.norm(values[:, None] - values[None], axis=-1)
    return float(apart[np.triu_indices(len(values), 1)].min())


def test_lab_is_that_of_the_cie():
    assert lab(["#ffffff"])[0] == pytest.approx([100, 0, 0], abs=0.1)
    assert lab(["#ff0000"])[0] == pytest.approx([53.2, 80.1, 67.2], abs=0.2)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("seen", [NONE, PROTANOPIA, DEUTERANOPIA, TRITANOPIA])
def test_colours_are_told_apart_by_everybody(colours, seen):
    assert closest(lab(colours.inks, seen)) >= 10  # 2.3 is just noticeable side by side


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_differ_in_lightness_as_well(colours):
    lightness = np.sort(lab(colours.inks)[:, 0])
    assert np.diff(lightness).min() >= 3
    assert lightness[-1] - lightness[0] >= 25
