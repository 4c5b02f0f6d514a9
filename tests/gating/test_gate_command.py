"""``gate`` on the demo's conversation: as a file, and from a microphone into an output of a sound server: a real one,
whose devices are made of nothing."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile

from app.audio.reading.reader import read_audio
from app.cli.recordings import gate
from app.diarisation.rttm import read_rttm
from tests.support import virtual_sound
from tests.support.demo_data import enrol_demo
from utils import ROOT, SAMPLE_RATE, BadInput

LIVE_S = 18.0


@pytest.fixture
def no_signals(monkeypatch):
    """The test's own Ctrl-C stays."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)


def test_a_file_has_one_voice_alone(tmp_path, demo_dir, capsys, no_signals):
    out, reference = tmp_path / "ana.wav", demo_dir / "conversation.rttm"
    assert gate.run(["--demo", "--who", "ana", "--out", str(out), "--reference", str(reference)]) == 0
    said = capsys.readouterr().err
    leaked_s = float(re.search(r"([\d.]+) s leaked", said)[1])
    cut_s = float(re.search(r"([\d.]+) s were cut", said)[1])
    assert leaked_s < 1.0
    assert cut_s < 0.8
    sound, _ = soundfile.read(out, dtype="float32")
    whole = read_audio(demo_dir / "conversation.flac")
    assert len(sound) == pytest.approx(len(whole), abs=SAMPLE_RATE // 8)
    for turn in read_rttm(reference):
        inside = slice(round((turn.start_s + 0.5) * SAMPLE_RATE), round((turn.end_s - 0.5) * SAMPLE_RATE))
        if turn.label == "Ana":
            assert np.allclose(sound[inside], whole[inside], atol=1e-3)
        else:
            assert not sound[inside].any()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--who", "Eva", "--out", "ana.wav"], "nobody is enrolled as that; there is Ana, Ben, Colin"),
        (["--who", "Ana", "--out", "none/ana.wav"], "there is no folder"),
        (["--who", "Ana", "--out", "talk.wav"], "talk.wav"),
        (["--who", "Ana", "--out", "no such output"], 'no output is called "no such output"'),
    ],
)
def test_what_cannot_be_is_said_in_one_line(words, said, tmp_path, monkeypatch, no_signals):
    monkeypatch.chdir(tmp_path)
    soundfile.write("talk.wav", np.zeros(16_000), 16_000)
    with pytest.raises(BadInput, match=re.escape(said)) as refused:
        gate.run(["--demo", *words])
    assert "\n" not in str(refused.value)


def test_the_microphone_into_a_virtual_output(tmp_path, encoder, demo_dir):
    """What others hear is Ana alone, as she was, some time later."""
    if problem := virtual_sound.missing():
        pytest.skip(problem)
    enrol_demo(tmp_path / "data", encoder, demo_dir)
    talk = read_audio(demo_dir / "conversation.flac", end_s=LIVE_S)
    command = [sys.executable, "-m", "app", "gate", "--who", "Ana", "--out", "heard", "--device", "builtin_mic"]
    with virtual_sound.VirtualSound() as sound:
        sound.plug("heard", 48_000)
        record = ["parec", "-d", "heard.monitor", "--rate=16000", "--channels=1", "--format=s16le", "--raw"]
        with open(tmp_path / "out.raw", "wb") as raw:
            recorder = subprocess.Popen(record, env=sound.env, stdout=raw)
            program = subprocess.Popen(
                [*command, "--data", str(tmp_path / "data")], cwd=ROOT, env=sound.env, stderr=subprocess.PIPE, text=True
            )
            try:
                assert "2 s later" in program.stderr.readline()
                time.sleep(2.0)
                sound.play(talk)
                time.sleep(4.0)
                program.send_signal(signal.SIGINT)
                said = program.communicate(timeout=60)[1]
                assert program.returncode == 0, said
            finally:
                for process in (program, recorder):
                    process.kill()
                    process.wait()
    heard = np.frombuffer((tmp_path / "out.raw").read_bytes(), "<i2").astype(np.float32) / 32768
    own, others = [], []
    for turn in read_rttm(demo_dir / "conversation.rttm"):
        if turn.end_s < LIVE_S:
            for start_s in np.arange(turn.start_s + 0.7, turn.end_s - 1.1, 0.4):
                at = round(start_s * SAMPLE_RATE)
                piece = talk[at : at + round(0.4 * SAMPLE_RATE)]
                (own if turn.label == "Ana" else others).append(likeness(heard, piece))
    assert np.median(own) > 0.95, own  # a machine that is too busy may leave holes
    assert max(others) < 0.6, others


def likeness(sound: np.ndarray, piece: np.ndarray) -> float:
    """How like the piece the sound is where it is most like it, -1 to 1."""
    size = 1 << int(np.ceil(np.log2(len(sound) + len(piece))))
    products = np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(piece, size)), size)
    products = products[: len(sound) - len(piece) + 1]
    sums = np.concatenate([[0.0], np.cumsum(sound.astype(float) ** 2)])
    energy = sums[len(piece) :] - sums[: -len(piece)]
    return float((products / np.sqrt((energy + 1e-4) * float(piece @ piece))).max())
