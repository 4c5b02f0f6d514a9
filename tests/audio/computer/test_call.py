"""On a sound card: a call is heard on both sides, an echo once, and this program never itself."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import numpy as np
import pytest

from app.diarisation.rttm import read_rttm
from tests.support.call import demo_call, leaked
from tests.support.demo_data import enrol_demo
from tests.support.virtual_sound import VirtualSound, missing
from utils import ROOT

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "there is a virtual sound card")


@pytest.fixture(scope="module")
def sound():
    with VirtualSound({"mic": 48_000, "speakers": 44_100}) as card:
        card.play_through("speakers")
        yield card


@pytest.fixture(scope="module")
def data(tmp_path_factory, encoder, demo_dir):
    return enrol_demo(tmp_path_factory.mktemp("data"), encoder, demo_dir)


def test_a_call_has_its_people_on_their_sides_and_an_echo_is_heard_once(sound, data, demo_dir, tmp_path):
    """The remote voices are in the microphone, too: 15 dB quieter, 80 ms later."""
    call = demo_call(demo_dir, 20.2)
    lines = tmp_path / "call.jsonl"
    command = ["test.py", "--terminal", "--device", "both", "--data", data, "--rttm", tmp_path / "call.rttm"]
    program = subprocess.Popen(
        [sys.executable, *map(str, command), "--jsonl", str(lines)],
        cwd=ROOT, env=sound.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        while not (lines.exists() and lines.stat().st_size):
            assert program.poll() is None, program.stdout.read()
            time.sleep(0.1)
        with sound.playing(call.remote, "speakers") as remote:
            sound.play(call.here + leaked(call.remote, -15, 0.08), "mic")
            remote.wait()
        time.sleep(1.5)
    finally:
        program.terminate()
        program.wait(30)
    answers = [json.loads(line) for line in lines.read_text().splitlines()]
    assert {(answer["channel"], answer["side"]) for answer in answers} == {(1, "here"), (2, "remote")}
    turns = read_rttm(tmp_path / "call.rttm")
    shift_s = min(turn.start_s for turn in turns) - call.turns[0].start_s
    for turn in call.turns:
        middle_s = (turn.start_s + turn.end_s) / 2 + shift_s
        at = [(one.channel, one.label) for one in turns if one.start_s < middle_s < one.end_s]
        assert at == [(turn.channel, turn.label)], (turn, turns)
    for channel in (1, 2):  # and nobody else spoke there
        said_s = sum(turn.duration_s for turn in turns if turn.channel == channel)
        true_s = sum(turn.duration_s for turn in call.turns if turn.channel == channel)
        assert said_s == pytest.approx(true_s, abs=1.2), turns


def test_what_the_program_plays_itself_is_no_turn_and_the_next_voice_is(sound, data, demo_dir):
    """The loudspeaker is heard by the microphone, without a loss."""
    sound.couple("speakers", "mic")
    program = subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "support" / "own_playback_probe.py"), str(data)],
        cwd=ROOT, env=sound.env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert program.stdout.readline().strip() == "ready", program.stderr.read()
        call = demo_call(demo_dir, 13.2)
        one, other = (turn for turn in call.turns if turn.channel == 2)
        piece = [call.remote[round(t.start_s * 16_000) : round(t.end_s * 16_000)] for t in (one, other)]
        sound.play(np.concatenate([piece[0], np.zeros(24_000)]), "mic")
        played = _next(program)
        assert played["paused"]
        assert [label for _, _, label in played["turns"]] == [str(one.label)]
        ((pause_s, until_s),) = played["pauses"]
        assert until_s - pause_s > one.duration_s
        assert played["turns"][0][1] <= pause_s
        sound.play(np.concatenate([piece[1], np.zeros(24_000)]), "mic")
        after = _next(program)
        assert not after["paused"]
        assert [label for _, _, label in after["turns"]] == [str(one.label), str(other.label)]
        assert after["turns"][1][0] >= until_s
    finally:
        program.kill()
        program.wait()


def test_a_loudspeaker_that_vanishes_and_returns_is_heard_again(sound, tmp_path):
    sound.plug("headset")
    command = ["microphone_probe.py", str(tmp_path / "x.npy"), "--device", "Monitor of head"]
    program = subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "support" / command[0]), *command[1:]],
        env=sound.env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        events = map(json.loads, program.stdout)
        states = (event for event in events if event["event"] == "state")
        assert next(state for state in states if state["state"] == "running")["device"] == "Monitor of headset"
        sound.play(_noise(), "headset")
        sound.unplug("headset")
        gone = next(state for state in states if state["state"] == "lost")
        assert gone["message"] == '"Monitor of headset" is gone; waiting for it to come back.'
        sound.plug("headset")
        assert next(state for state in states if state["state"] == "running")["device"] == "Monitor of headset"
        sound.play(_noise(), "headset")
        time.sleep(0.5)
        program.stdin.close()
        assert any(event["event"] == "end" for event in events)
        assert program.wait(20) == 0
        heard = np.load(tmp_path / "x.npy")
        loud = np.abs(heard).reshape(-1)[: len(heard) // 1600 * 1600].reshape(-1, 1600).max(axis=1) > 0.01
        assert 8 <= loud.sum() <= 24  # twice half a second, and not the silence between
    finally:
        program.kill()
        program.wait()
        sound.unplug("headset")


def test_silence_is_no_fault_of_what_is_played_and_devices_lists_it(sound, tmp_path):
    listed = subprocess.run(
        [sys.executable, "-m", "app", "devices"], env=sound.env, cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    rows = [line for line in listed.stdout.splitlines() if "PulseAudio monitor" in line]
    assert [row.split("PulseAudio")[0].strip() for row in rows] == ["Monitor of speakers", "Monitor of mic"]
    assert rows[0].endswith("computer")
    program = [sys.executable, str(ROOT / "tests" / "support" / "microphone_probe.py"), str(tmp_path / "x.npy")]
    listening = subprocess.Popen(
        [*program, "--device", "computer"], env=sound.env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    time.sleep(3)
    listened, _ = listening.communicate(timeout=30)
    states = [event for event in map(json.loads, listened.splitlines()) if event["event"] == "state"]
    assert {state["state"] for state in states} <= {"waiting", "running", "ended"}
    assert states[-1]["device"] == "Monitor of speakers"


def _noise() -> np.ndarray:
    return np.random.default_rng(1).normal(0, 0.1, 8000).clip(-1, 1)


def _next(program: subprocess.Popen) -> dict:
    program.stdin.write("\n")
    program.stdin.flush()
    line = program.stdout.readline()
    assert line, program.stderr.read()
    return json.loads(line)
