"""A whole file, analysed: an activity of the engine's thread, and the facts that its page shows."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from app.audio.tapped_source import TappedSource
from app.diarisation.timeline import Turn
from app.scoring.identification import is_numbered
from app.scoring.labels import Label
from app.session import Session
from app.window.engine.context import EngineContext
from app.window.engine.overlaps import Overlaps, Span
from app.window.engine.spectrogram import MelConfig, MelSpectrogram
from utils import audio_duration_s, read_audio

if TYPE_CHECKING:
    import numpy as np

SPECTROGRAM_S = 4 * 3600.0
"""Longest spectrogram of a file; later sound is drawn without one."""
PLAYED_AT_ONCE_S = 600.0
"""Longest piece that is read into memory to be played."""


class Stage(Enum):
    WAITING = "waiting"
    ANALYSING = "analysing"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True)
class FileFacts:
    """How the analysis stands; replaced whole."""

    path: Path
    stage: Stage = Stage.WAITING
    duration_s: float = 0.0
    done_s: float = 0.0
    turns: tuple[Turn, ...] = ()
    people: tuple[str, ...] = ()
    overlaps: tuple[Span, ...] = ()
    """When two people spoke at once, as far as the model knows."""
    fixed_people: bool = False
    """Whether the people are the demo's, who cannot be changed."""
    error: str = ""

    @property
    def share(self) -> float:
        """How much of the file is analysed, 0 to 1."""
        return min(1.0, self.done_s / self.duration_s) if self.duration_s else 0.0


class FileAnalysis:
    """``facts`` and ``mel`` may be read from any thread; ``relabel`` belongs to the window's."""

    def __init__(self, path: Path):
        self.facts = FileFacts(path)
        self.mel = MelSpectrogram(MelConfig(hop_s=0.04, capacity_s=SPECTROGRAM_S))

    def run(self, context: EngineContext, stop: threading.Event) -> None:
        """Go through the file as fast as the machine can."""
        from app.audio.file_source import FileSource

        path = self.facts.path
        source = FileSource(path)
        self._update(stage=Stage.ANALYSING, duration_s=audio_duration_s(path))
        options = replace(context.options, file=path, demo=context.options.demo, realtime=False, rttm=None, jsonl=None)
        session = Session(options, context.encoder())
        people = tuple(session.open().gallery.people)
        self._update(people=people, fixed_people=options.demo)
        updated_s, overlaps = 0.0, Overlaps()
        tapped = TappedSource(source)
        for identification in session.run(stop=stop, source=tapped, between_blocks=context.obey_orders):
            for block in tapped.taken():
                self.mel.add(block.samples, block.start_s)
            self._update(done_s=identification.time_s)
            overlaps.add(identification)
            if time.monotonic() - updated_s > 0.5:
                updated_s = time.monotonic()
                self._update(turns=tuple(session.turns()), overlaps=overlaps.spans)
        done_s = self.facts.done_s if stop.is_set() else self.facts.duration_s
        stage = Stage.STOPPED if stop.is_set() else Stage.DONE
        self._update(stage=stage, turns=tuple(session.turns()), overlaps=overlaps.spans, done_s=done_s)

    def fail(self, error: str) -> None:
        self._update(stage=Stage.FAILED, error=error)

    @property
    def over(self) -> bool:
        return self.facts.stage in (Stage.DONE, Stage.STOPPED, Stage.FAILED)

    def relabel(self, turn: Turn, label: Label) -> tuple[Turn, ...]:
        """Correct a label: of one turn, or of all turns of a numbered unknown voice. Only when the analysis is over.

        Returns the turns that were meant, as they are now.
        """
        everywhere = is_numbered(turn.label)
        meant = [t for t in self.facts.turns if t == turn or (everywhere and t.label == turn.label)]
        corrected = {t: replace(t, label=label) for t in meant}
        self._update(turns=tuple(corrected.get(t, t) for t in self.facts.turns))
        return tuple(corrected.values())

    def add_person(self, name: str) -> None:
        """Somebody was enrolled from this file."""
        self._update(people=tuple(sorted({*self.facts.people, name})))

    def sound(self, start_s: float, end_s: float) -> np.ndarray:
        """A piece of the file, (n,) float32 at 16 kHz, at most ten minutes."""
        return read_audio(self.facts.path, start_s=start_s, end_s=min(end_s, start_s + PLAYED_AT_ONCE_S))

    def _update(self, **changes: object) -> None:
        self.facts = replace(self.facts, **changes)
