"""The README's animated picture: ``python -m tools.first_minute`` writes docs/pictures/first-minute.webp.

The real window, without a screen: somebody is added, three people talk, the one whom nobody knows gets a name, and who
spoke when is saved. The speech is the demo's. Enrolling is shown faster than it is.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from contextlib import chdir
from pathlib import Path

import numpy as np

from app.audio.reading.reader import read_audio
from app.demo import DEMO
from app.enrolment.build import Builder
from app.scoring.identification import is_numbered
from app.session import SessionOptions
from app.voiceprints.store import VoiceprintStore
from tools.filming import Film, Tape, write_film
from utils import ROOT, SAMPLE_RATE, run_cli

TARGET = ROOT / "docs" / "pictures" / "first-minute.webp"
SIZE = (920, 620)
PER_SECOND, SHOWN_PER_SECOND = 8, 9.5
"""Frames: as it is filmed, and as it is shown, a little faster."""
QUALITY = 60
MOST_BYTES = 3_000_000
KNOWN = "Ben"
"""Who is enrolled already."""
ADDED, NAMED = "Ana", "Daniel"
TALK = ((30.05, 33.6), (48.65, 52.1), (35.25, 39.6))
"""What is said: seconds of the demo's conversation, of Ana, Ben and the stranger."""
AGAIN = (59.8, 62.6)
"""The stranger once more, with a name by then."""
READING_PACE = 12.0
TALKING_PACE = 1.7


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.first_minute", description=__doc__)
    parser.add_argument("--out", type=Path, default=TARGET, metavar="F", help=f"default: {TARGET.relative_to(ROOT)}")
    parser.add_argument("--frames", type=Path, metavar="DIR", help="write each second's first frame there, too (PNG)")
    options = parser.parse_args()
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    out = options.out.absolute()
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        frames = shoot(Path(folder))
    for number, frame in enumerate(frames[::PER_SECOND] if options.frames else ()):
        options.frames.mkdir(parents=True, exist_ok=True)
        frame.save(options.frames / f"{number:02d}.png")
    out.parent.mkdir(parents=True, exist_ok=True)
    write_film(out, frames, SHOWN_PER_SECOND, QUALITY)
    print(f"{out}: {len(frames) / SHOWN_PER_SECOND:.1f} s, {out.stat().st_size / 1e6:.2f} MB")
    return 0 if out.stat().st_size < MOST_BYTES else 1


def sentence(number: int) -> np.ndarray:
    """What is read for a prompt, from 1, and a pause: (n,) at 16 kHz, near, from a step back, and softly."""
    files = sorted((DEMO / "enrolment" / ADDED).iterdir())
    read = [read_audio(files[(2 * number + n) % len(files)]) for n in range(2)]
    gain = (1.0, 0.45, 0.3)[(number - 1) % 3]
    return np.concatenate([gain * read[0], gain * read[1], np.zeros(30 * SAMPLE_RATE, np.float32)])


def talk(*pieces: tuple[float, float]) -> np.ndarray:
    """Pieces of the demo's conversation one after the other."""
    return np.concatenate([read_audio(DEMO / "conversation.flac", start_s=a, end_s=b) for a, b in pieces])


class Deck:
    """Gives the engine a new tape each time that it opens its microphone: ``sound`` is what is on it."""

    def __init__(self) -> None:
        self.sound = np.zeros(0, np.float32)
        self.tape: Tape | None = None

    def open(self, _: SessionOptions) -> Tape:
        self.tape = Tape(self.sound)
        return self.tape


def shoot(folder: Path) -> list:
    """The film's frames."""
    from app.window.engine.engine import Engine
    from app.window.engine.facts import Phase
    from app.window.launch import application
    from app.window.main_window import MainWindow
    from app.window.widgets.theme import Theme

    data = folder / "data"
    with VoiceprintStore(data) as store:
        Builder(store).run((KNOWN,), DEMO / "enrolment")
    app, deck = application(), Deck()
    engine = Engine(SessionOptions(data=data), open_source=deck.open)
    window = MainWindow(engine, Theme(app), find_microphones=list)
    window.resize(*SIZE)
    window.show()
    film = Film(app, window, lambda: deck.tape, PER_SECOND)
    window.start()
    film.until(lambda: engine.facts.phase is Phase.LISTENING and deck.tape.hungry)
    deck.tape.let(1.0)
    film.until(lambda: engine.facts.identification is not None)
    film.settle(0.5)
    try:
        add(film, window, deck)
        listen(film, engine, deck)
        name(film, window, engine, deck)
        save(film, window, engine)
    finally:
        window.closing.close_unasked()
        film.until(lambda: not window.isVisible())
        engine.close()
        engine.join(20)
    return film.frames


def add(film: Film, window, deck: Deck) -> None:
    """Somebody new: a name, a few sentences, and a try."""
    from app.window.engine.enrol.facts import Step

    film.line = "Add a person: a name, and half a minute of reading"
    film.roll(0.5)
    deck.sound = np.zeros(0, np.float32)
    film.press(window.live.people.add_button, window.people_controller.add)
    dialog = window.people_controller.dialog
    film.type(dialog.names.edit.setText, ADDED)
    film.press(dialog.names.next_button, dialog.names.go_on)
    film.until(lambda: dialog.view and dialog.view.can_begin)
    film.press(dialog.record.go_button, dialog.go_on)
    while dialog.enrolment.facts.step is not Step.DONE:
        film.pace, facts = 0.0, dialog.enrolment.facts
        film.shoot()
        if facts.step in (Step.POSITION, Step.COUNTDOWN):
            film.roll(0.25)
            dialog.enrolment.begin()  # nobody has to walk back a step here
        elif facts.step is Step.RECORDING:
            deck.tape.add(sentence(facts.number))
            film.pace = READING_PACE
            film.roll_until(lambda: dialog.enrolment.facts.step is not Step.RECORDING)
        film.until(lambda now=facts.step: dialog.enrolment.facts.step is not now)
    film.until(lambda: dialog.enrolled)
    film.pace = TALKING_PACE
    deck.tape.add(talk(TALK[0]))
    film.roll_until(lambda: dialog.enrolment.facts.heard == ADDED)
    film.roll(0.5)
    deck.sound, reading = talk(*TALK), deck.tape
    film.press(dialog.record.go_button, dialog.go_on)
    film.until(lambda: deck.tape is not reading and deck.tape.hungry)


def listen(film: Film, engine, deck: Deck) -> None:
    """Three people talk, of whom two are known."""
    film.line = "Speak: Heard says who it is, or that it does not know"
    film.pace = TALKING_PACE
    film.roll_until(lambda: deck.tape.left_s == 0 and _strangers(engine))


def name(film: Film, window, engine, deck: Deck) -> None:
    """The stranger gets a name, and is known from then on."""
    from PySide6.QtWidgets import QInputDialog

    film.line = "Name a stranger: Heard knows the voice from then on"
    film.pace, history = 0.0, window.live.history
    turn = max(_strangers(engine), key=lambda turn: turn.duration_s)
    film.press(history.timeline, lambda: history.timeline.select(turn), at=_place(history.timeline, turn))
    film.press(history.name_button, lambda: _popup(history))
    film.roll(0.4)
    history.name_menu.hide()
    window.people_controller.name_turn(history.timeline.selected, None)
    film.settle(0.2)
    (question,) = [w for w in window.findChildren(QInputDialog) if w.isVisible()]
    film.type(question.setTextValue, NAMED)
    film.roll(0.3)
    question.accept()
    film.until(lambda: NAMED in (engine.facts.people or ()))
    film.roll(0.6)
    deck.tape.add(np.zeros(SAMPLE_RATE // 2, np.float32), talk(AGAIN))
    history.timeline.follow()
    film.pace = TALKING_PACE
    film.roll_until(lambda: deck.tape.left_s == 0)
    film.pace = 0.0


def save(film: Film, window, engine) -> None:
    """Who spoke when, as subtitles."""
    from app.window.engine.edits.turns import export

    film.line = "Save who spoke when: subtitles, a table, JSON, RTTM"
    file = Path("talk.srt")
    film.press(
        window.live.history.export_button,
        lambda: engine.submit(export(file, engine.facts.turns, "talk", duration_s=engine.facts.clock_s)),
        at=(0.3, 0.5),
    )
    film.until(file.exists)
    film.settle(0.3)
    film.roll(0.5)
    film.note = (file.name, file.read_text(encoding="utf-8").strip())
    film.roll(2.2)


def _strangers(engine) -> list:
    """The turns of voices that have a number and no name."""
    return [turn for turn in engine.facts.turns if is_numbered(turn.label)]


def _place(timeline, turn) -> tuple[float, float]:
    """Where a turn is drawn on the timeline, in parts of its size."""
    from PySide6.QtCore import QPointF

    for y in range(2, timeline.height(), 3):
        for x in range(2, timeline.width(), 4):
            if timeline.turn_at(QPointF(x, y)) == turn:
                return (x + 12) / timeline.width(), y / timeline.height()
    return 0.5, 0.5


def _popup(history) -> None:
    from PySide6.QtCore import QPoint

    history.name_menu.popup(history.name_button.mapToGlobal(QPoint(0, history.name_button.height())))


if __name__ == "__main__":
    run_cli(main)
