"""What docs/questions.md and docs/neighbours.md tell people to type and open exists; the README leads to both."""

from __future__ import annotations

import re

import numpy as np
import pytest

from app.audio.source import SourceState
from tests.support.documented_commands import assert_links_exist, assert_options_exist
from tools.filming import Tape
from utils import ROOT

PAGES = {name: (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("questions", "neighbours")}
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_links(name):
    assert_links_exist(PAGES[name], ROOT / "docs")
    assert f"(docs/{name}.md)" in README


@pytest.mark.parametrize(
    "command", sorted(set(re.findall(r"`python ((?:-m app \w+|\w+\.py)[^`]*)`", PAGES["questions"])))
)
def test_commands_and_their_options_exist(command):
    assert_options_exist(command)


def test_every_number_of_a_source_is_a_source():
    text, sources = PAGES["neighbours"].split("## Sources")
    numbers = {int(n) for n in re.findall(r"^(\d+)\. ", sources, re.MULTILINE)}
    used = {int(n) for group in re.findall(r"\[(\d+(?:, \d+)*)\](?!\()", text) for n in group.split(", ")}
    assert used == numbers == set(range(1, len(numbers) + 1))


def test_the_readme_stays_short():
    """A first screen, a table of commands, what it is worth: the rest is in docs/."""
    assert len(re.findall(r"\w[^\s|]*", README)) <= 1400


def test_the_film_on_the_first_screen_moves_and_is_light():
    film = (ROOT / "docs" / "pictures" / "first-minute.webp").read_bytes()
    assert "docs/pictures/first-minute.webp" in README
    assert film[:4] + film[8:12] == b"RIFFWEBP"
    assert film.count(b"ANMF") > 50
    assert len(film) < 3_000_000


def test_a_film_s_tape_gives_what_was_let_pass_and_no_more():
    sound = np.arange(16_000, dtype=np.float32) / 16_000
    tape = Tape(sound)
    assert tape.read(0.1, 1.0, timeout_s=0.0) is None
    tape.let(0.5)
    block = tape.read(0.1, 0.3)
    assert np.array_equal(block.samples, sound[:4800])
    tape.let(1.0)
    assert tape.left_s == 0.0
    tape.add(np.ones(160, np.float32))
    rest = tape.read(0.1, 9.0)
    assert (rest.start_s, len(rest.samples)) == (0.3, 24_000 - 4800)
    assert not rest.samples[-8000:].any()
    assert np.array_equal(rest.samples[:11_200], sound[4800:])
    tape.let(0.01)
    assert tape.read(0.01, 1.0).samples.all()
    tape.stop()
    assert tape.status.state is SourceState.ENDED
    assert tape.read(0.1, 1.0) is None
