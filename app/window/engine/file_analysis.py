"""A whole file, analysed: an activity of the engine's thread, and the facts that its page shows."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from app.audio.channels_source import EACH, channels_of_file
from app.audio.file_source import FileSource
from app.audio.mixing import MOST_CHANNELS
from app.audio.reading.reader import read_audio, stream_audio
from app.audio.source import AudioSource
from app.audio.tapped_source import TappedSource
from app.diarisation.timeline import Turn
from app.exports.outputs import ExportOptions
from app.scoring.identification import is_numbered
from app.scoring.labels import Label, person
from app.session import Session
from app.time_left import TimeLeft
from app.voiceprints.looks.colours import colours_for
from app.window import strings
from app.window.engine.context import EngineContext
from app.window.engine.edits.corrections import MIXED, Corrections
from app.window.engine.edits.kept_corrections import corrections_path, load_corrections, save_corrections
from app.window.engine.name_book import NameBook, relabelled
from app.window.engine.overlaps import Overlaps, Span
from app.window.engine.spectrogram import MelConfig, MelSpectrogram
from utils import BadInput, file_sha256

if TYPE_CHECKING:
    import numpy as np

SPECTROGRAM_S = 4 * 3600.0
"""Longest spectrogram of a file; later sound is drawn without one."""
ROOM_S = 30.0
"""Steps in which the timeline of a file grows that does not say how long it is."""
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
    said_s: float | None = None
    """Length that the file claims; None if it does not say. Sound may end before or after."""
    done_s: float = 0.0
    turns: tuple[Turn, ...] = ()
    """With the user's corrections, and the names that people had when they were heard."""
    people: tuple[str, ...] = ()
    colours: Mapping[str, int] = field(default_factory=dict)
    """As ``Facts.colours``."""
    overlaps: tuple[Span, ...] = ()
    """When two people spoke at once, as far as the model knows."""
    fixed_people: bool = False
    """Whether the people are the demo's, who cannot be changed."""
    error: str = ""
    labels: Mapping[Label, Label] = field(default_factory=dict)
    """Labels that are to be shown as something else: of people who were renamed or deleted since."""
    notices: tuple[str, ...] = ()
    """What is odd with the sound, such as an end before its header's."""
    channels: int = 1
    """How many the file has."""
    channel: int | str | None = None
    """The one that is heard, from 1 on; "each" of them by itself; None: all, mixed."""
    corrections: int = 0
    """Pieces that the user gave another name, now or when the file was open before, of what is heard."""
    unkept: bool = False
    """Whether the newest corrections could not be kept."""
    left_s: float | None = None
    """Seconds that the analysis will still take; None while that cannot be told."""

    @property
    def inks(self) -> dict[str, int]:
        """Everybody's colour, as a number."""
        return colours_for(self.people, self.colours)

    @property
    def shown(self) -> tuple[Turn, ...]:
        """The turns as they are to be shown and saved: with everybody's present name."""
        return relabelled(self.turns, self.labels)

    @property
    def share(self) -> float | None:
        """How much of the file is analysed, 0 to 1; None while that cannot be told."""
        if self.stage in (Stage.DONE, Stage.STOPPED):
            return 1.0
        return self.done_s / self.said_s if self.said_s and self.done_s <= self.said_s else None

    @property
    def duration_s(self) -> float:
        """How long the sound is, as far as is known now: what was heard counts, once all was."""
        if self.stage is Stage.DONE or not (self.done_s or self.said_s):
            return self.done_s
        ahead_s = math.ceil(self.done_s / ROOM_S) * ROOM_S if self.share is None else self.done_s
        return max(ahead_s, self.said_s or 0.0)


@dataclass(frozen=True)
class Correction:
    """What one correction changed."""

    now: tuple[Turn, ...]
    """The stretches of time that it was made for, with their new label."""
    given: tuple[Turn, ...]
    """The same as ``Corrections`` has them."""


class FileAnalysis:
    """``facts`` and ``mel`` may be read from any thread. ``run`` and what keeps corrections belong to the engine's."""

    def __init__(self, path: Path, channel: int | str | None = None, *, channels: int = 1):
        """``channel``: what is heard, see ``FileFacts``. ``channels``: how many there are, if that is known."""
        self.facts = FileFacts(path, channel=channel, channels=channels)
        self.mel = MelSpectrogram(MelConfig(hop_s=0.04, capacity_s=SPECTROGRAM_S))
        self._corrections = Corrections()
        self._heard: tuple[Turn, ...] = ()  # the turns without corrections
        self.kept: Path | None = None
        """Where the corrections are kept, once that is known."""
        self._lock = threading.RLock()

    def run(self, context: EngineContext, stop: threading.Event) -> None:
        """Go through the file as fast as the machine can."""
        path = self.facts.path
        source = self._open()
        self._update(stage=Stage.ANALYSING)
        options = replace(context.options, file=path, channel=self.facts.channel, realtime=False, rttm=None, jsonl=None)
        options = replace(options, exports=ExportOptions(), events=None)
        session = Session(options, context.encoder())
        context.enrolled_people()
        people = tuple(session.open(file=path).gallery.people)
        self._update(people=people, colours=context.facts.colours, fixed_people=options.demo)
        context.open_file = self
        self._find_corrections(context)
        updated_s, overlaps, left = 0.0, Overlaps(), TimeLeft()
        tapped = TappedSource(source)
        for identification in session.run(stop=stop, source=tapped, between_blocks=context.obey_orders):
            for block in tapped.taken():
                self.mel.add(block.samples, block.start_s)
            self._update(done_s=identification.time_s)
            overlaps.add(identification)
            if time.monotonic() - updated_s > 0.5:
                updated_s = time.monotonic()
                left_s = left.at(self.facts.share)
                self.show(session.turns(), context.names, overlaps=overlaps.spans, left_s=left_s)
        stage = Stage.STOPPED if stop.is_set() else Stage.DONE
        notices = tuple(notice.removeprefix(f"{path}: ") for notice in session.sound_notices)
        self.show(session.turns(), context.names, stage=stage, overlaps=overlaps.spans, notices=notices)

    def _open(self) -> AudioSource:
        """The file, as its channels are to be heard. Raises BadInput."""
        path, channel = self.facts.path, self.facts.channel
        with contextlib.closing(stream_audio(path, channel=1)) as opened:  # one channel: there may be too many to mix
            channels, said_s = opened.channels, opened.length.seconds
        if channels == 1 and channel in (1, EACH):
            channel = None
        self._update(said_s=said_s, channels=channels, channel=channel)
        if channel is None and channels > MOST_CHANNELS:
            raise BadInput(strings.TOO_MANY_TO_MIX.format(channels=channels, most=MOST_CHANNELS))
        return channels_of_file(path) if channel == EACH else FileSource(path, channel=channel)

    def fail(self, error: str) -> None:
        self._update(stage=Stage.FAILED, error=error)

    @property
    def over(self) -> bool:
        return self.facts.stage in (Stage.DONE, Stage.STOPPED, Stage.FAILED)

    # ------------------------------------------------------------ corrections

    def relabel(self, turn: Turn, label: Label) -> Correction:
        """Correct a label: of one turn, or of all turns of a numbered unknown voice. Only when the analysis is over."""
        with self._lock:
            everywhere = is_numbered(turn.label)
            meant = tuple(
                t
                for t in self.facts.turns
                if (t.start_s, t.end_s, t.channel) == (turn.start_s, turn.end_s, turn.channel)
                or (everywhere and t.label == turn.label)
            )
            given = self._corrections.add(self._places(meant), label)
            self._show_corrected()
        now = tuple(replace(new, channel=old.channel) for old, new in zip(meant, given, strict=True))
        return Correction(now, given)

    def take_back(self, correction: Correction) -> None:
        """As if this correction had not been made."""
        with self._lock:
            self._corrections.take_back(correction.given)
            self._show_corrected()

    def keep(self, context: EngineContext) -> None:
        """Keep all corrections in the data folder, to be found when the file is opened again. Raises OSError."""
        self._update(unkept=True)
        if self.kept is None:
            self.kept = corrections_path(context.data, file_sha256(self.facts.path))
        save_corrections(self.kept, self._corrections.given, context.names)
        self._update(unkept=False)

    def replace_corrections(self, given: Sequence[Turn]) -> tuple[Turn, ...]:
        """Take all corrections back and make these, oldest first. Returns those that there were."""
        with self._lock:
            before, self._corrections = self._corrections.given, Corrections(given)
            self._show_corrected()
        return before

    def follow(self, names: NameBook, colours: Mapping[str, int]) -> None:
        """People were enrolled, renamed or deleted: show that, in their ``colours``."""
        with self._lock:
            labels = self._renamed(names)
            present = {name for one in self.facts.people if (name := names.now(person(one)).name) is not None}
            people = tuple(sorted({*present, *names.names}, key=str.casefold))
            self._update(labels=labels, people=people, colours=colours)

    def _find_corrections(self, context: EngineContext) -> None:
        self.kept = corrections_path(context.data, file_sha256(self.facts.path))
        try:
            self._corrections = Corrections(load_corrections(self.kept, context.names))
        except BadInput as error:
            context.notify(str(error), good=False)

    def show(self, heard: Sequence[Turn], names: NameBook, **changes: object) -> None:
        """These turns were heard; with what was corrected they become ``facts.turns``. Other facts: ``changes``."""
        with self._lock:
            self._heard = tuple(heard)
            self._show_corrected(labels=self._renamed(names), **changes)

    def _show_corrected(self, **changes: object) -> None:
        corrected = self._corrections.apply(self._places(self._heard))
        turns = tuple(replace(new, channel=old.channel) for old, new in zip(self._heard, corrected, strict=True))
        shown = sum(self._shows(turn.channel) for turn in self._corrections.given)
        self._update(turns=turns, corrections=shown, **changes)

    def _places(self, turns: Sequence[Turn]) -> Sequence[Turn]:
        """Turns as corrections are made for them: of their channel, or of all channels mixed."""
        return [replace(turn, channel=MIXED) for turn in turns] if self.facts.channel is None else turns

    def _shows(self, place: int) -> bool:
        """Whether what is heard has corrections of this channel."""
        channel = MIXED if self.facts.channel is None else self.facts.channel
        return place == channel or (channel == EACH and place != MIXED)

    def _renamed(self, names: NameBook) -> dict[Label, Label]:
        return names.changed({turn.label for turn in (*self._heard, *self._corrections.given)})

    # ------------------------------------------------------------ sound

    def sound(self, start_s: float, end_s: float, turn: Turn | None = None) -> np.ndarray:
        """A piece of the file, (n,) float32 at 16 kHz, at most ten minutes: as it is heard; of ``turn`` its own
        channel, where each is heard by itself."""
        end_s = min(end_s, start_s + PLAYED_AT_ONCE_S)
        return read_audio(self.facts.path, start_s=start_s, end_s=end_s, channel=self._channel_of(turn))

    def voice(self, turn: Turn, most_s: float) -> np.ndarray:
        """The first ``most_s`` seconds of a turn at most; see ``sound``."""
        return self.sound(turn.start_s, min(turn.end_s, turn.start_s + most_s), turn)

    def _channel_of(self, turn: Turn | None) -> int | None:
        if self.facts.channel == EACH:
            return None if turn is None else turn.channel
        return self.facts.channel

    def _update(self, **changes: object) -> None:
        with self._lock:
            self.facts = replace(self.facts, **changes)
