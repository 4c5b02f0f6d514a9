"""An echo is taken out, the voice that speaks at the same time stays."""

from __future__ import annotations

import numpy as np
import pytest

from app.audio.computer.echo import BLOCK, EchoConfig, EchoFilter
from app.audio.vad import SPEECH, SpeechDetector
from app.diarisation.conference import recorded_channels
from tests.support.call import Call, demo_call, leaked

LOUDSPEAKER = EchoConfig()
CROSSTALK = recorded_channels(2).echo


@pytest.fixture(scope="module")
def call(demo_dir) -> Call:
    return demo_call(demo_dir, 35.0)


def filtered(channel: np.ndarray, reference: np.ndarray, config: EchoConfig = LOUDSPEAKER) -> np.ndarray:
    echo = EchoFilter(config)
    blocks = range(0, len(channel) - BLOCK + 1, BLOCK)
    return np.concatenate([echo(channel[at : at + BLOCK], reference[at : at + BLOCK]) for at in blocks])


def speech(sound: np.ndarray) -> np.ndarray:
    """Whether each block is speech."""
    return SpeechDetector().process(sound[: len(sound) // BLOCK * BLOCK].astype(np.float32)) >= SPEECH


def wrong_s(found: np.ndarray, voice: np.ndarray) -> float:
    """Seconds of speech found further than 0.1 s from a voice."""
    return float((found & (np.convolve(voice, np.ones(7), "same") == 0)).sum() * 0.032)


def room(seed: int = 1, seconds: float = 0.3) -> np.ndarray:
    """A path with a direct sound and an echo that fades by 60 dB in 0.35 s."""
    count = round(seconds * 16_000)
    path = np.random.default_rng(seed).normal(0, 1, count) * np.exp(-np.arange(count) / 800)
    path[0] = 3
    return path / np.linalg.norm(path)


@pytest.mark.parametrize("db", [-25, -15, -5])
def test_an_echo_from_a_loudspeaker_is_no_speech_and_the_voice_here_is(call, db):
    before = call.here + leaked(call.remote, db, 0.08)
    after = speech(filtered(before, call.remote))
    here, remote = speech(call.here), speech(call.remote)
    assert speech(before)[remote].mean() > 0.5  # it was heard
    assert wrong_s(after, here) < 0.1
    assert after[here].mean() > 0.95


@pytest.mark.parametrize("db", [-10, 3])
def test_a_room_and_a_loud_loudspeaker_are_learned_within_a_word(call, db):
    echo = np.convolve(leaked(call.remote, db, 0.08), room())[: len(call.remote)].astype(np.float32)
    after, here = speech(filtered(call.here + echo, call.remote)), speech(call.here)
    assert wrong_s(after, here) < 0.4
    assert after[here].mean() > 0.93


def test_in_double_talk_the_voice_here_stays(call):
    here = np.roll(call.here, round(3.5 * 16_000))  # Ana speaks while Ben does
    after, before = speech(filtered(here + leaked(call.remote, -15, 0.08), call.remote)), speech(here)
    both = before & speech(call.remote)
    assert both.sum() * 0.032 > 2
    assert after[both].mean() > 0.85


def test_crosstalk_is_heard_in_one_channel_and_never_takes_the_voice_itself(call):
    """Each channel is the other's reference: the louder one is the origin."""
    one, other = call.here + leaked(call.remote, -20), call.remote + leaked(call.here, -20)
    for channel, reference, voice in ((one, other, call.here), (other, one, call.remote)):
        after, own = speech(filtered(channel, reference, CROSSTALK)), speech(voice)
        assert speech(channel)[~own].sum() * 0.032 > 2
        assert wrong_s(after, own) < 0.1
        assert after[own].mean() > 0.95


def test_without_an_origin_nothing_changes(call):
    silence = np.zeros_like(call.here)
    assert np.array_equal(filtered(call.here, silence), call.here[: len(call.here) // BLOCK * BLOCK])
