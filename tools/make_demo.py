"""Make the demo conversation in data/demo/ out of four synthetic voices: enrolment, conversation and its RTTM.

    python -m tools.make_demo [--out DIR]

Needs flite (apt-get install flite) with its voices slt, rms, kal16 and awb. The same versions of flite, NumPy, SciPy,
soxr and libsndfile give the same bytes on the same kind of processor.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import lfilter

from utils import BUNDLED, SAMPLE_RATE, HeardError, atomic_write, resample, run_cli

SPEECH_DB = -23.0
"""RMS level of the speech of an average voice, dB relative to full scale."""
ROOM_DB = -60.0
"""RMS level of the room's noise."""
GAP_S = (0.25, 0.95)
"""Shortest and longest pause between two turns."""
STEPS = 2048
"""Sample values are rounded to 12 bits: the error stays 17 dB under the room's noise, and FLAC becomes half as big."""
SEED = 2


@dataclass(frozen=True)
class Voice:
    """Somebody who never was: a voice of flite, made larger or smaller."""

    flite: str
    size: float = 1.0
    """Below 1: lower and darker, as from a longer vocal tract; above 1: higher and brighter. The tempo stays."""
    level_db: float = 0.0
    """Louder or softer than the average voice."""


VOICES = {
    "Ana": Voice("slt"),
    "Ben": Voice("rms", size=1.08, level_db=1.0),
    "Colin": Voice("kal16", level_db=-1.5),
    "Stranger": Voice("awb", size=0.86, level_db=0.5),
}

ENROLMENT = {
    "Ana": [
        "Every evening the lamps along the harbour come on one after the other, and the gulls go quiet.",
        "My sister keeps nine hens in the orchard, and each of them answers to a name.",
        "There is a narrow path behind the library that hardly anybody uses in winter.",
        "Thank you for the long letter. I read it twice on the train and once more at home.",
        "We painted the kitchen yellow, and now even Mondays look like a holiday.",
    ],
    "Ben": [
        "The first thing I learned in that kitchen was how to sharpen a knife without any hurry.",
        "Our valley has three bridges, two bakeries, and a clock that is always six minutes late.",
        "When the storm was over we found the boat upside down in the neighbour's field.",
        "I would rather fix the old radio than buy a new one, even if it takes all week.",
        "Leave the key under the flower pot, and please remember to feed the fish.",
    ],
    "Colin": [
        "My grandfather measured the rain every morning and wrote the number on the kitchen door.",
        "A good map shows you where the road goes, and a better one shows you where it floods.",
        "They moved the whole museum across the river in a single night, piece by piece.",
        "You can hear the quarry from here when the wind is in the east, but only just.",
        "If the soup needs anything at all, it is probably a little more pepper and a lot more time.",
    ],
}

CONVERSATION = [
    ("Ana", "Good morning, everyone. Shall we go through the plan for the street party?"),
    ("Ben", "Yes, please. I have borrowed twelve tables, and the school is lending us benches."),
    ("Colin", "Then we need somebody with a van on Friday afternoon."),
    ("Ana", "I can ask my cousin. He owes me a favour since the summer."),
    ("Ben", "Perfect. What about the music?"),
    ("Colin", "The brass band said yes, but they want to stop at nine, because half of them are still at school."),
    ("Stranger", "Excuse me, is this where the sewing class meets?"),
    ("Ana", "Oh, hello. The sewing class is upstairs, in the room with the green door."),
    ("Stranger", "Thank you. I have been up and down this corridor for a quarter of an hour."),
    ("Ben", "It happens to all of us. The signs were put up by someone who knew the way."),
    ("Colin", "So, back to Friday. Who brings the extension leads?"),
    ("Ben", "I do, and I will bring the big umbrella as well, in case it rains."),
    ("Ana", "It will not rain. I have decided that."),
    ("Colin", "I will write that down in the minutes, right under the cake list."),
    ("Stranger", "Sorry, it is me again. There are two green doors upstairs."),
    ("Ana", "Take the left one, and come to the party on Friday."),
]


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the demo conversation again.")
    parser.add_argument("--out", type=Path, default=BUNDLED / "demo", help="folder to write to (default: data/demo)")
    out = parser.parse_args().out
    if not shutil.which("flite"):
        raise HeardError("flite is needed to make the demo voices: sudo apt-get install flite")
    rng = np.random.default_rng(SEED)
    for name, sentences in ENROLMENT.items():
        for number, sentence in enumerate(sentences, 1):
            samples, _ = place([(name, sentence)], rng)
            write_flac(out / "enrolment" / name / f"{number:02}.flac", samples)
    samples, turns = place(CONVERSATION, rng)
    write_flac(out / "conversation.flac", samples)
    with atomic_write(out / "conversation.rttm", public=True) as file:
        for name, start_s, duration_s in turns:
            line = f"SPEAKER conversation 1 {start_s:.3f} {duration_s:.3f} <NA> <NA> {name} <NA> <NA>\n"
            file.write(line.encode())
    print(f"{out}: {len(samples) / SAMPLE_RATE:.1f} s of conversation, {len(turns)} turns")


def place(lines: list[tuple[str, str]], rng: np.random.Generator) -> tuple[np.ndarray, list[tuple[str, float, float]]]:
    """Who says what, spoken one after the other in a quiet room.

    Returns the samples (n,) at 16 kHz and the turns (name, start_s, duration_s), which fall on whole milliseconds.
    """
    millisecond = SAMPLE_RATE // 1000
    parts, turns, position = [], [], 0
    for name, text in lines:
        gap = np.zeros(int(rng.uniform(*GAP_S) * 1000) * millisecond, np.float32)
        speech = speak(VOICES[name], text)
        speech = np.pad(speech, (0, -len(speech) % millisecond))
        turns.append((name, (position + len(gap)) / SAMPLE_RATE, len(speech) / SAMPLE_RATE))
        parts += [gap, speech]
        position += len(gap) + len(speech)
    speech = np.concatenate([*parts, np.zeros(SAMPLE_RATE // 2, np.float32)])
    return speech + room_noise(len(speech), rng), turns


def speak(voice: Voice, text: str) -> np.ndarray:
    """The text in this voice, (n,) float32 at 16 kHz, from the first sound to the last, at the voice's level."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        stretch = f"duration_stretch={voice.size}"
        subprocess.run(["flite", "-voice", voice.flite, "--setf", stretch, "-t", text, "-o", str(path)], check=True)
        samples, rate = soundfile.read(path, dtype="float32")
    samples = resample(samples, round(rate * voice.size), SAMPLE_RATE)
    frame = SAMPLE_RATE // 100
    power = np.mean(samples[: len(samples) // frame * frame].reshape(-1, frame) ** 2, axis=1)
    sounding = np.flatnonzero(power > 1e-4 * power.max())  # 40 dB under the loudest 10 ms
    samples = samples[sounding[0] * frame : (sounding[-1] + 1) * frame]
    speech_rms = np.sqrt(power[power > 1e-3 * power.max()].mean())  # pauses do not count
    samples = samples * 10 ** ((SPEECH_DB + voice.level_db) / 20) / speech_rms
    return np.clip(samples, -0.99, 0.99).astype(np.float32)


def room_noise(length: int, rng: np.random.Generator) -> np.ndarray:
    """Steady noise that falls off towards high frequencies, as of a room with a fan somewhere: (length,) float32."""
    noise = lfilter([1.0], [1.0, -0.9], rng.standard_normal(length))
    return (noise * 10 ** (ROOM_DB / 20) / noise.std()).astype(np.float32)


def write_flac(path: Path, samples: np.ndarray) -> None:
    with atomic_write(path, public=True) as file:
        rounded = np.round(samples * STEPS) / STEPS
        soundfile.write(file, rounded, SAMPLE_RATE, format="FLAC", subtype="PCM_16")


if __name__ == "__main__":
    run_cli(main)
