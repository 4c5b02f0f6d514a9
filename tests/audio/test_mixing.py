"""Channels as one: nothing cancelled, nothing drowned, the same however the stream is cut."""

from __future__ import annotations

import time

import numpy as np
import pytest

from app.audio.mixing import Mixer, mix
from app.audio.reading.reader import read_audio
from app.audio.vad import keep_speech
from tests.support.layouts import babble, db, layouts, level
from utils import SAMPLE_RATE, BadInput

BOUND = 0.9
"""Least cosine of a layout to the voice alone: two recordings of one person of the demo have about as much."""


@pytest.fixture(scope="module")
def people(demo_dir) -> dict[str, list[np.ndarray]]:
    folders = sorted((demo_dir / "enrolment").iterdir())
    return {folder.name: [read_audio(path) for path in sorted(folder.glob("*.flac"))] for folder in folders}


@pytest.fixture(scope="module")
def crowd(people) -> list[np.ndarray]:
    """A dozen voices for ``babble``, without their pauses."""
    return [keep_speech(people[name][n]) for n in range(4) for name in people]


@pytest.fixture(scope="module")
def by_layout(people, crowd) -> dict[str, np.ndarray]:
    voice = people["Ana"][0]
    return layouts(voice, babble(crowd[3:], len(voice)))


def streamed(frames: np.ndarray, rate: int = SAMPLE_RATE, block: int = 320) -> tuple[np.ndarray, Mixer]:
    mixer = Mixer(rate, frames.shape[1])
    return np.concatenate([mixer(frames[at : at + block]) for at in range(0, len(frames), block)]), mixer


LAYOUTS = sorted(layouts(np.ones(100), np.ones(100)))
LATE_LIVE = {"crowd, 10 dB louder": 0.75}
"""Half a second passes until a crowd is known from a voice; a file is studied before."""


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_voice_is_the_same_as_from_one_channel(name, by_layout, people, encoder):
    alone = encoder.embed(keep_speech(people["Ana"][0]))
    live, _ = streamed(by_layout[name])
    assert encoder.embed(keep_speech(live)) @ alone > LATE_LIVE.get(name, BOUND)
    assert encoder.embed(keep_speech(mix(by_layout[name], SAMPLE_RATE))) @ alone > BOUND


@pytest.mark.parametrize("name", LAYOUTS)
def test_what_is_decided_stays_decided(name, by_layout):
    """After the first seconds the weights do not change any more, and nothing jumps."""
    frames = by_layout[name]
    mixer, seen = Mixer(SAMPLE_RATE, frames.shape[1]), []
    for at in range(0, len(frames), 512):
        mixer(frames[at : at + 512])
        seen.append(mixer.weights)
    later_on = seen[3 * SAMPLE_RATE // 512 :]
    assert len(later_on) > 30
    assert max(np.abs(a - later_on[-1]).max() for a in later_on) <= 0.3


@pytest.mark.parametrize("name", ["L = -0.97 R", "20 ms later", "white noise, as loud", "offsets", "one of 8"])
@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
def test_it_does_not_matter_how_a_stream_is_cut(name, rate, by_layout):
    frames = by_layout[name][: 4 * rate]
    whole = Mixer(rate, frames.shape[1])(frames)
    mixer, random, at, parts = Mixer(rate, frames.shape[1]), np.random.default_rng(1), 0, []
    while at < len(frames):
        size = int(random.integers(1, 3000))
        parts.append(mixer(frames[at : at + size]))
        at += size
    assert np.array_equal(np.concatenate(parts), whole)
    assert len(mixer(frames[:0])) == 0


def test_weights_change_without_a_click(people):
    """A tone on both channels, inverted on one after a while: no step is larger than the tone's own."""
    times = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE
    tone = 0.5 * np.sin(2 * np.pi * 300 * times)
    noise = 0.2 * np.random.default_rng(0).standard_normal(len(tone)) * (times > 2)
    out, _ = streamed(np.stack([tone, noise], axis=1).astype(np.float32))
    quiet = out[: 2 * SAMPLE_RATE]
    assert np.abs(np.diff(quiet)).max() < 1.1 * np.abs(np.diff(tone)).max()


@pytest.mark.parametrize("channels", [1, 2])
def test_one_channel_and_equal_ones_are_given_bit_for_bit(channels, people):
    voice = people["Ana"][0]
    out, mixer = streamed(np.repeat(voice[:, None], channels, axis=1))
    assert np.array_equal(out, voice)
    assert mixer.notice == ""


def two(people, *, softer: float = 1.0, noise: float = 0.0, leak: float = 0.0):
    """Ana on the left and Colin on the right, by turns; with their times in samples."""
    left, right, times, at = [], [], [], 0
    for ana, colin in zip(people["Ana"][:2], people["Colin"][:2], strict=True):
        left += [ana, leak * colin]
        right += [leak * ana, colin]
        times += [("Ana", at, at + len(ana)), ("Colin", at + len(ana), at := at + len(ana) + len(colin))]
    random = np.random.default_rng(2)
    left, right = np.concatenate(left), np.concatenate(right) * softer
    left = left + noise * random.standard_normal(len(left)) * level(left)
    return np.stack([left, right], axis=1).astype(np.float32), times


@pytest.mark.parametrize(
    "options", [{}, {"softer": db(-20)}, {"noise": db(-60)}, {"leak": db(-20)}, {"leak": db(-10)}], ids=str
)
def test_two_voices_on_two_channels_are_both_heard(options, people, encoder):
    frames, times = two(people, **options)
    out, _ = streamed(frames)
    for name, begin, end in times:
        alone = keep_speech(frames[begin:end, 0 if name == "Ana" else 1])
        assert encoder.embed(keep_speech(out[begin:end])) @ encoder.embed(alone) > BOUND


def test_a_voice_is_not_drowned_by_the_noise_that_another_brings(people, encoder):
    frames, times = two(people, softer=db(-25), noise=db(-20))
    out, _ = streamed(frames)
    _, begin, end = times[3]
    alone = encoder.embed(keep_speech(people["Colin"][1]))
    assert encoder.embed(keep_speech(out[begin:end])) @ alone > 0.75
    assert encoder.embed(keep_speech(frames[begin:end].mean(axis=1))) @ alone < 0.6


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("L = R", ""),
        ("L = -R", "channel 2 is an inverted copy and is turned"),
        ("white noise, 20 dB louder", "channel 2 is heard; channel 1 holds only noise"),
        ("left dead", "channel 2 is heard; channel 1 is silent"),
        ("1 ms later", "channel 1 is heard; channel 2 is the same at another time"),
        ("one of 8", "channel 6 is heard; channels 1, 2, 3, 4, 5 and 7 hold only noise; channel 8 is silent"),
    ],
)
def test_what_was_chosen_is_said(name, said, by_layout):
    assert streamed(by_layout[name])[1].notice == said


def test_two_voices_need_no_words(people):
    assert streamed(two(people)[0])[1].notice == ""


def test_an_offset_is_taken_off_and_sound_without_one_left_alone(people):
    voice = people["Ana"][0]
    pause = np.zeros(SAMPLE_RATE // 2, np.float32)
    for offset in (0.02, -0.3):
        out, _ = streamed((np.concatenate([pause, voice]) + np.float32(offset))[:, None])
        assert out[len(pause) :] == pytest.approx(voice, abs=2e-3 * abs(offset) + 1e-3)
    lopsided = people["Ben"][0]  # its waves are: its mean is 0.004, and not zero only while he speaks
    assert abs(lopsided.mean()) > 0.003
    assert np.array_equal(streamed(lopsided[:, None])[0], lopsided)


def test_a_channel_can_be_chosen(by_layout):
    frames = by_layout["one of 8"]
    for channel in (1, 6, 8):
        out = Mixer(SAMPLE_RATE, 8, channel)(frames)
        assert np.array_equal(out, frames[:, channel - 1])
        assert np.array_equal(mix(frames, SAMPLE_RATE, channel), out)


@pytest.mark.parametrize(
    ("channels", "channel", "said"),
    [
        (1, 2, "there is no channel 2: it has 1 channel"),
        (2, 3, "there is no channel 3: it has 2 channels"),
        (2, 0, "there is no channel 0"),
        (40, None, "40 channels are too many to be mixed"),
    ],
)
def test_a_channel_that_is_not_there_is_refused_in_words(channels, channel, said):
    with pytest.raises(BadInput, match=said):
        Mixer(SAMPLE_RATE, channels, channel)


def test_forty_channels_can_be_heard_one_at_a_time():
    frames = np.random.default_rng(0).normal(0, 0.1, (4000, 40)).astype(np.float32)
    assert np.array_equal(Mixer(SAMPLE_RATE, 40, 40)(frames), frames[:, 39])


def test_it_costs_little(by_layout):
    """Less than a tenth of real time even where other programs run; docs/channels.md has the figures."""
    frames = np.repeat(by_layout["white noise, as loud"], 3, axis=0)
    began = time.thread_time()
    streamed(frames, rate=48_000, block=960)
    assert time.thread_time() - began < 0.1 * len(frames) / 48_000
