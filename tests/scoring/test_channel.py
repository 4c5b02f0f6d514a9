"""What lines do to all voices: made voices, whose every part is known."""

from __future__ import annotations

import numpy as np
import pytest

from app.scoring.channel import TELEPHONE, WIDE, Channel
from app.scoring.channel_file import channel_file, load_channel, save_channel
from app.scoring.cohort import Cohort, similarities
from app.scoring.gallery import Gallery, score
from app.scoring.vectors import NotComparable, unit
from utils import HeardError

DIM = 32
LINE = np.eye(DIM, dtype=np.float32)[0]
"""Where a telephone moves every voice."""


def voices(count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, DIM) of unit length; none has a part along the line."""
    made = rng.standard_normal((count, DIM))
    made[:, 0] = 0.05 * rng.standard_normal(count)
    return unit(made).astype(np.float32)


def called(wide: np.ndarray, rng: np.random.Generator, narrow: float = 0.4) -> np.ndarray:
    """The same voices by telephone: moved along the line, less far apart, and each a little changed."""
    common = np.eye(DIM)[1]
    return unit(wide + 0.9 * LINE + narrow * common + 0.25 * unit(rng.standard_normal(wide.shape))).astype(np.float32)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(4)


@pytest.fixture
def channel(rng: np.random.Generator) -> Channel:
    telephone = LINE.copy()
    return Channel(LINE[None], telephone, -0.3, called(voices(200, rng), rng), np.ones(DIM, np.float32))


def test_how_a_voice_is_heard(channel: Channel, rng: np.random.Generator):
    wide = voices(300, rng)
    assert (channel.heard(wide) == WIDE).all()
    assert np.mean(channel.heard(called(wide, rng)) == TELEPHONE) > 0.95


def test_what_all_voices_share_is_taken_out(channel: Channel, rng: np.random.Generator):
    wide = voices(50, rng)
    moved = unit(wide + 0.9 * LINE).astype(np.float32)
    same = channel.without(moved, channel.heard(moved))
    assert np.einsum("nd,nd->n", same, channel.without(wide, channel.heard(wide))) == pytest.approx(1, abs=0.01)
    assert np.linalg.norm(same, axis=1) == pytest.approx(1, abs=1e-5)
    assert np.abs(same @ LINE).max() < 1e-5


@pytest.mark.parametrize(("one", "other"), [(WIDE, WIDE), (TELEPHONE, TELEPHONE), (WIDE, TELEPHONE)])
def test_one_threshold_lets_in_as_many_strangers_whatever_they_are_heard_through(channel, rng, one, other):
    cohort = Cohort(voices(200, rng), 50, channel)
    aside = voices(300, rng)
    threshold = np.quantile(similarities(aside[:150], aside[150:], cohort), 0.99)
    ways = {WIDE: voices(300, rng), TELEPHONE: called(voices(300, rng), rng)}
    strangers = similarities(ways[one][:150], ways[other][150:], cohort)
    assert np.mean(strangers >= threshold) == pytest.approx(0.01, abs=0.008)


def test_without_a_channel_voices_by_telephone_are_let_in(channel, rng):
    cohort = Cohort(voices(200, rng), 50)
    aside = voices(300, rng)
    threshold = np.quantile(similarities(aside[:150], aside[150:], cohort), 0.99)
    strangers = called(voices(300, rng), rng)
    assert np.mean(similarities(strangers[:150], strangers[150:], cohort) >= threshold) > 0.5


def test_one_by_one_in_pairs_and_in_a_gallery_scores_are_the_same(channel, rng):
    cohort = Cohort(voices(200, rng), 50, channel)
    a, b = (np.concatenate([some[:5], called(some[5:], rng)]) for some in (voices(10, rng), voices(10, rng)))
    table = similarities(a, b, cohort)
    assert cohort.pair_scores(cohort.side(a), cohort.side(b)) == pytest.approx(np.diag(table), abs=1e-5)
    assert pytest.approx(table, abs=1e-5) == similarities(b, a, cohort).T
    gallery = Gallery(tuple("abcdefghij"), b, cohort)
    assert [score(voice, gallery)["c"] for voice in a] == pytest.approx(table[:, 2].tolist(), abs=1e-5)


def test_nothing_is_like_a_sound_of_which_nothing_is_known(channel, rng):
    cohort = Cohort(voices(200, rng), 50, channel)
    nothing = np.stack([np.zeros(DIM), np.full(DIM, np.nan)]).astype(np.float32)
    assert (similarities(nothing, voices(4, rng), cohort) == -1).all()


def test_a_channel_is_kept_beside_its_weights(tmp_path, channel):
    weights = tmp_path / "mine.safetensors"
    assert load_channel(weights, "a" * 64) is None
    save_channel(weights, "a" * 64, channel)
    kept = load_channel(weights, "a" * 64)
    assert kept.offset == pytest.approx(channel.offset)
    assert kept.voices == pytest.approx(channel.voices, abs=1e-3)
    assert load_channel(weights, "b" * 64) is None
    channel_file(weights).write_bytes(channel_file(weights).read_bytes()[:-7])
    with pytest.raises(HeardError, match="damaged"):
        load_channel(weights, "a" * 64)


def test_a_channel_that_cannot_be_is_refused(channel, rng):
    parts = {name: getattr(channel, name) for name in ("directions", "telephone", "offset", "voices", "weight")}
    for name, wrong in (
        ("directions", channel.directions * 2),
        ("telephone", channel.telephone * np.nan),
        ("offset", float("inf")),
        ("voices", channel.voices[:, :-1]),
        ("weight", channel.weight + 1),
    ):
        with pytest.raises(NotComparable):
            Channel(**parts | {name: wrong})
    with pytest.raises(NotComparable):
        Cohort(voices(60, rng)[:, :16], 50, channel)
