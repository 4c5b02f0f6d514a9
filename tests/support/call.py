"""A call made of the demo's conversation: Ana and the stranger on one side, Ben and Colin on the other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.audio.reading.reader import read_audio
from app.diarisation.rttm import read_rttm
from app.diarisation.timeline import Turn
from utils import SAMPLE_RATE

HERE = ("Ana", "Stranger")


@dataclass(frozen=True)
class Call:
    """Each side alone, (n,) float32 at 16 kHz, with a little noise, and the turns: channel 1 is ``here``."""

    here: np.ndarray
    remote: np.ndarray
    turns: tuple[Turn, ...]


def demo_call(demo: Path, end_s: float | None = None) -> Call:
    """The demo's conversation up to ``end_s`` with its people apart."""
    sound = read_audio(demo / "conversation.flac", end_s=end_s)
    rng = np.random.default_rng(5)
    sides = rng.normal(0, 10 ** (-62 / 20), (2, len(sound)))
    turns = []
    for turn in read_rttm(demo / "conversation.rttm"):
        if turn.end_s * SAMPLE_RATE <= len(sound):
            part = slice(round(turn.start_s * SAMPLE_RATE), round(turn.end_s * SAMPLE_RATE))
            side = 0 if turn.label in HERE else 1
            sides[side, part] += sound[part]
            turns.append(Turn(turn.start_s, turn.end_s, turn.label, side + 1))
    return Call(*sides.astype(np.float32), tuple(turns))


def leaked(sound: np.ndarray, db: float, delay_s: float = 0.0) -> np.ndarray:
    """Sound (n,) as it is heard elsewhere: quieter and later."""
    late = np.concatenate([np.zeros(round(delay_s * SAMPLE_RATE), np.float32), sound])[: len(sound)]
    return (late * 10 ** (db / 20)).astype(np.float32)
