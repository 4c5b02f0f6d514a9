"""How fast a long file is analysed: window by window as live, and looked into before, in turns on the same sound."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from app.audio.file_source import StreamSource
from app.corpus.clips import Clip
from app.diarisation.recogniser import Recogniser, listen
from app.diarisation.timeline import Turn
from app.embedding.encoder import Encoder
from app.evaluation.conversations.benchmark import enrol
from app.evaluation.conversations.reference import GRID_S
from app.evaluation.conversations.simulate import ConversationConfig, build_conversation
from app.scoring.gallery import Gallery
from utils import SAMPLE_RATE


@dataclass
class FileSpeed:
    """What the analysis of some sound cost."""

    way: str
    sound_s: float = 0.0
    cpu_s: float = 0.0
    wall_s: float = 0.0
    differs_s: float = 0.0
    """Sound whose label is another than live."""
    moved_s: float = 0.0
    """The longest such stretch."""

    def __str__(self) -> str:
        same = f"timeline differs for {self.differs_s:.2f} s, at most {self.moved_s:.2f} s at once"
        speed = f"{self.sound_s / self.cpu_s:6.1f} x real time of one core ({self.cpu_s / self.sound_s:.1%} of it live)"
        text = f"{self.way:<22}{speed}, {self.sound_s / self.wall_s:6.1f} x by the clock"
        return text if self.way == LIVE else f"{text}; {same}"


LIVE, AHEAD = "window by window", "looked into before"


def repeated(sound: np.ndarray, seconds: float) -> np.ndarray:
    """A recording (n,) again and again, each time at another level and with other noise, until it is so long."""
    rng, parts, left = np.random.default_rng(0), [], round(seconds * SAMPLE_RATE)
    while left > 0:
        part = sound[:left] * np.float32(10 ** (rng.uniform(-6, 0) / 20))
        parts.append(part + 0.001 * rng.standard_normal(len(part), dtype=np.float32))
        left -= len(part)
    return np.concatenate(parts)


def conversations(clips: Sequence[Clip], encoder: Encoder, seconds: float) -> Iterator[tuple[np.ndarray, Gallery]]:
    """Simulated conversations of other people each, and who of them is enrolled, until it is so much sound."""
    seed = 0
    while seconds > 0:
        seed += 1
        conversation = build_conversation(clips, ConversationConfig(seed=seed, snr_db=20.0))
        yield conversation.samples, enrol(conversation, encoder)
        seconds -= len(conversation.samples) / SAMPLE_RATE


def time_files(sounds: Iterable[tuple[np.ndarray, Gallery]], encoder: Encoder) -> list[FileSpeed]:
    """Analyse each of the sounds (n,) both ways, one after the other, so that what else the machine does hits both."""
    rows = {way: FileSpeed(way) for way in (LIVE, AHEAD)}
    for sound, gallery in sounds:
        heard = {}
        for way, row in rows.items():
            recogniser = Recogniser(encoder, gallery)
            source = StreamSource(way, iter([sound]), recorded=way == AHEAD)
            wall, cpu = time.perf_counter(), time.process_time()
            for _ in listen(source, recogniser):
                pass
            row.wall_s += time.perf_counter() - wall
            row.cpu_s += time.process_time() - cpu
            row.sound_s += len(sound) / SAMPLE_RATE
            heard[way] = recogniser.timeline.turns()
        differs_s, moved_s = compare_turns(heard[LIVE], heard[AHEAD], len(sound) / SAMPLE_RATE)
        rows[AHEAD].differs_s += differs_s
        rows[AHEAD].moved_s = max(rows[AHEAD].moved_s, moved_s)
    return list(rows.values())


def compare_turns(a: Sequence[Turn], b: Sequence[Turn], length_s: float) -> tuple[float, float]:
    """(seconds whose label differs, the longest stretch of it)."""
    differs = _on_grid(a, length_s) != _on_grid(b, length_s)
    edges = np.flatnonzero(np.diff(differs.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
    return float(differs.sum() * GRID_S), float((edges[:, 1] - edges[:, 0]).max(initial=0) * GRID_S)


def _on_grid(turns: Sequence[Turn], length_s: float) -> np.ndarray:
    labels = np.full(round(length_s / GRID_S) + 1, "", object)
    for turn in turns:
        labels[round(turn.start_s / GRID_S) : round(turn.end_s / GRID_S)] = str(turn.label)
    return labels
