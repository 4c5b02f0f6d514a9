"""Inputs of several channels, through PortAudio and a real sound server."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import numpy as np
import pytest

from app.audio.devices import InputDevice
from app.audio.input_stream import channel_counts, check_inputs
from app.audio.reading.reader import read_audio
from tests.support.virtual_sound import VirtualSound, missing
from utils import ROOT, SAMPLE_RATE, BadInput


@pytest.mark.parametrize(
    ("inputs", "channel", "counts"),
    [
        (1, None, [1]),
        (2, None, [2]),
        (8, None, [8, 2]),
        (128, None, [2, 128]),
        (2, 2, [2]),
        (8, 1, [2, 8]),
        (8, 3, [4, 8]),
        (32, 5, [6, 32]),
        (3, 3, [3]),
    ],
)
def test_as_many_inputs_are_opened_as_are_needed(inputs, channel, counts):
    assert channel_counts(inputs, channel) == counts


def test_an_input_that_is_not_there_is_told_in_a_line():
    device = InputDevice(0, "USB mic", "ALSA", 2, 48_000, is_default=True)
    check_inputs(device, 2)
    with pytest.raises(BadInput, match='microphone "USB mic" has 2 channels: there is no channel 3'):
        check_inputs(device, 3)


sound_card = pytest.mark.skipif(bool(missing()), reason=missing() or "there is a virtual sound card")


def listen(
    sound: VirtualSound, path, frames: np.ndarray, *options: str, device: str = "usb"
) -> tuple[np.ndarray, dict]:
    """What a microphone hears of ``frames`` (n, channels), and its last event."""
    probe = subprocess.Popen(
        [sys.executable, ROOT / "tests" / "support" / "microphone_probe.py", path, "--device", device, *options],
        env=sound.env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    for line in probe.stdout:
        if json.loads(line)["event"] == "block":
            break
    sound.play(frames, into="usb")
    time.sleep(0.3)
    out, _ = probe.communicate("stop\n", timeout=30)
    return np.load(path), json.loads(out.splitlines()[-1])


def loudness(samples: np.ndarray) -> float:
    parts = samples[: len(samples) // 1600 * 1600].reshape(-1, 1600)
    return float(np.sqrt(np.mean(parts**2, axis=1)).max())


@sound_card
def test_the_third_input_of_four_is_heard(tmp_path, demo_dir):
    voice = read_audio(demo_dir / "enrolment" / "Ana" / "01.flac", end_s=3.0)
    frames = np.zeros((len(voice), 4), np.float32)
    frames[:, 2] = voice
    with VirtualSound({"mic": 48_000}) as sound:
        sound.plug("usb", rate=SAMPLE_RATE, channels=4)
        third, _ = listen(sound, tmp_path / "3.npy", frames, "--channel", "3")
        first, _ = listen(sound, tmp_path / "1.npy", frames, "--channel", "4")
        played, _ = listen(sound, tmp_path / "m.npy", frames, "--channel", "3", device="Monitor of usb")
    assert loudness(third) == pytest.approx(loudness(voice), rel=0.1)
    assert loudness(first) < 0.01 * loudness(voice)
    assert loudness(played) == pytest.approx(loudness(voice), rel=0.1)


@sound_card
def test_a_balanced_line_on_a_stereo_input_is_heard_and_told(tmp_path, demo_dir):
    voice = read_audio(demo_dir / "enrolment" / "Ana" / "01.flac", end_s=4.0)
    with VirtualSound({"mic": 48_000}) as sound:
        sound.plug("usb", rate=48_000, channels=2)
        heard, end = listen(sound, tmp_path / "both.npy", np.stack([voice, -voice], axis=1))
    assert loudness(heard) == pytest.approx(loudness(voice), rel=0.1)
    assert "inverted" in end["notice"]
