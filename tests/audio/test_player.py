"""Playing, through a real sound card made of nothing: what is played is what its monitor hears."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import virtual_sound
from utils import ROOT

PLAY = """
import json, time
import numpy as np
from app.audio.microphone import Microphone
from app.audio.player import Player
tone = (0.5 * np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000)).astype(np.float32)
microphone, player, heard = Microphone(), Player(), []
microphone.start()
player.play(tone)
while player.playing:
    block = microphone.read(0.1, 5.0)
    heard.append(block.samples if block else tone[:0])
sound = np.concatenate(heard)
spectrum = np.abs(np.fft.rfft(sound[-8000:] if len(sound) > 8000 else sound))
player.play(np.zeros(16_000 * 60, np.int16))
time.sleep(0.3)
player.stop()
stopped = not player.playing
microphone.stop()
print(json.dumps({
    "peak_hz": float(np.fft.rfftfreq(min(8000, len(sound)), 1 / 16_000)[spectrum.argmax()]),
    "loud_s": float(np.sum(np.abs(sound) > 0.1) / np.mean(np.abs(tone) > 0.1) / 16_000),
    "error": player.error, "stopped": stopped, "before_end_s": player.position_s,
}))
"""
NOTHING_THERE = """
import time
import numpy as np
from app.audio.player import Player
player = Player()
player.play(np.zeros(1600, np.int16))
while player.playing:
    time.sleep(0.01)
print(player.error)
"""


def run(program: str, env: dict[str, str]) -> str:
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_is_played_is_heard():
    if problem := virtual_sound.missing():
        pytest.skip(problem)
    with virtual_sound.VirtualSound() as sound:
        result = json.loads(run(PLAY, sound.env))
    assert result["error"] == ""
    assert result["peak_hz"] == pytest.approx(1000, abs=4)
    assert 0.5 < result["loud_s"] < 1.1
    assert result["stopped"]
    assert result["before_end_s"] < 59


def test_without_a_loudspeaker_it_says_so():
    if problem := virtual_sound.missing():
        pytest.skip(problem)
    with virtual_sound.VirtualSound() as sound:
        Path(sound.env["HOME"], ".asoundrc").write_text("")
        sound.kill()
        assert "loudspeaker" in run(NOTHING_THERE, sound.env)
