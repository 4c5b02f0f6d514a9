"""The window's tests draw without a screen."""

from __future__ import annotations

import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from app.audio.file_source import StreamSource
from app.audio.reading.reader import audio_duration_s, read_audio
from app.demo import DEMO
from app.diarisation.rttm import read_rttm
from app.session import SessionOptions
from app.voiceprints.store import VoiceprintStore
from app.window.engine.engine import Engine
from app.window.engine.enrol.facts import Pace
from app.window.engine.file_analysis import FileAnalysis, Stage
from app.window.engine.name_book import NameBook
from app.window.main_window import MainWindow
from app.window.view.palette import LIGHT
from app.window.widgets.playback import Playback
from app.window.widgets.theme import Theme
from tests.support.file_pages import LONG, NOISE
from utils import SAMPLE_RATE, write_wav


@pytest.fixture
def make_engine() -> Iterator[Callable[..., Engine]]:
    """Makes engines, and sees to it that their threads end."""
    made: list[Engine] = []

    def make(options: SessionOptions, **changes: object) -> Engine:
        made.append(Engine(options, **changes))
        return made[-1]

    yield make
    for one in made:
        one.close()
    for one in made:
        assert one.join(20), "the thread did not end"


@pytest.fixture(autouse=True)
def no_pauses_between_sentences(monkeypatch):
    """Nobody has to step back here: an enrolment goes on at once."""
    monkeypatch.setattr(
        "app.window.engine.enrolling.PACE", Pace(kept_s=0.05, position_s=0.05, again_s=0.05, count_s=0.02)
    )


@pytest.fixture
def theme(qapp):
    theme = Theme(qapp)
    yield theme
    theme.use(LIGHT)


@pytest.fixture
def voice(demo_dir) -> Callable[[str], np.ndarray]:
    """voice(name): what a person of the demo says for enrolment, (n,) at 16 kHz, some 20 s."""

    def speak(name: str) -> np.ndarray:
        pause = np.zeros(4000, np.float32)
        files = sorted((demo_dir / "enrolment" / name).glob("*.flac"))
        return np.concatenate([part for file in files for part in (read_audio(file), pause)])

    return speak


def endless(sound: np.ndarray, *, realtime: bool = False) -> StreamSource:
    """A microphone into which ``sound`` is played over and over."""
    blocks = [sound[at : at + SAMPLE_RATE] for at in range(0, len(sound), SAMPLE_RATE)]
    return StreamSource("tape", itertools.cycle(blocks), realtime=realtime)


def enrol(data: Path, encoder, name: str, sounds: Sequence[np.ndarray]) -> None:
    """Another program enrols somebody, one recording for each sound (n,)."""
    from app.enrolment.build import build_person
    from app.voiceprints.recordings import Note, samples_of
    from tests.support.stand_ins import save_sample

    for number, sound in enumerate(sounds, 1):
        save_sample(data, sound, Note(name, f"2026-01-0{number}T10:00:00+00:00"))
    with VoiceprintStore(data) as store:
        assert build_person(store, encoder, name, samples_of(data, name), on_bad=print)


class Silent:
    """A player that only writes down what it is asked for: this machine may have no loudspeaker."""

    def __init__(self) -> None:
        self.pieces: list[np.ndarray] = []
        self.playing, self.position_s, self.error = False, 0.0, ""

    def play(self, sound) -> None:
        self.pieces.append(sound() if callable(sound) else sound)
        self.playing = True

    def stop(self) -> None:
        self.playing = False


@pytest.fixture
def player() -> Silent:
    return Silent()


@pytest.fixture
def window(qtbot, theme, make_engine, player, tmp_path):
    """window(sound, **options): on a real engine whose microphone hears ``sound``, with a data folder of its own.

    ``open_source`` is another microphone, ``find`` finds microphones for the menu.
    """

    def make(sound: np.ndarray, *, data: Path = tmp_path, open_source=None, find=list, **options: object) -> MainWindow:
        engine = make_engine(
            SessionOptions(data=data, **options), open_source=open_source or (lambda _: endless(sound))
        )
        made = MainWindow(engine, theme, find_microphones=find, playback=Playback(lambda: player))
        qtbot.addWidget(made)
        made.show()
        return made

    return make


@pytest.fixture
def person(qtbot, window, voice, encoder, tmp_path):
    """A window whose data folder has Ana with three recordings, and the dialog about her."""
    sound = voice("Ana")
    enrol(tmp_path, encoder, "Ana", [sound[start * 80_000 : (start + 1) * 80_000] for start in range(3)])
    shown = window(sound)
    shown.engine.context.session.encoder = encoder
    shown.people_controller.open("Ana")
    dialog = shown.people_controller.dialog
    qtbot.waitUntil(lambda: dialog.list.count() == 3, timeout=180_000)
    return shown, dialog


@pytest.fixture
def analysed(window):
    """The demo's conversation as if its analysis were over: the turns are those of the reference."""
    path = DEMO / "conversation.flac"
    shown, analysis = window(NOISE), FileAnalysis(path)
    shown.pages.setCurrentWidget(shown.file)
    shown.file.open(analysis)
    length_s = audio_duration_s(path)
    turns = tuple(read_rttm(DEMO / "conversation.rttm"))
    people = ("Ana", "Ben", "Colin")
    analysis.show(turns, NameBook(), stage=Stage.DONE, said_s=length_s, done_s=length_s, people=people)
    shown.file.draw_frame()
    return shown


@pytest.fixture
def talk(qtbot, tmp_path):
    """talk(window): open a short file in a window, analysed; returns its page. It has pieces of three people."""
    file = tmp_path / "talk.wav"
    write_wav(file, read_audio(DEMO / "conversation.flac", end_s=14.0))

    def open_in(shown):
        shown.file_controller.open(file)
        qtbot.waitUntil(lambda: shown.file.analysis.over, timeout=LONG)
        shown.file.draw_frame()
        return shown.file

    return open_in
