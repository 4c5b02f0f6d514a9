"""Pictures of the window in its states, into docs/screenshots/: ``python -m tools.screenshots``.

They are drawn without a screen, from made-up answers of the engine: the window itself is the real one.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from app.audio.devices import BOTH, NO_DEVICE
from app.audio.reading.reader import read_audio
from app.audio.recent import RecentSound
from app.audio.source import SourceState, SourceStatus
from app.demo import DEMO
from app.diarisation.rttm import read_rttm
from app.diarisation.timeline import Turn
from app.enrolment.guide import judge_level
from app.enrolment.prompts import prompts
from app.enrolment.quality import LIMITS, Quality, judge
from app.enrolment.take import Reading
from app.scoring.certainty import Certainty
from app.scoring.condition import Band, Condition
from app.scoring.decision import DecisionRule, decide
from app.scoring.identification import UNKNOWN, Identification
from app.session import SessionOptions
from app.window import strings
from app.window.engine.activity import Answer
from app.window.engine.edits.undo import Deed
from app.window.engine.enrol.facts import EnrolFacts, Step
from app.window.engine.facts import Facts, Phase
from app.window.engine.file_analysis import FileAnalysis, FileFacts, Stage
from app.window.engine.levels import Level
from app.window.engine.name_book import NameBook
from app.window.engine.spectrogram import MelSpectrogram
from app.window.engine.threshold_errors import ErrorScores, Expected, ThresholdCosts
from utils import ROOT, SAMPLE_RATE, run_cli

if TYPE_CHECKING:
    from app.window.dialogs.enrol_dialog import EnrolDialog
    from app.window.dialogs.threshold_dialog import ThresholdDialog
    from app.window.main_window import MainWindow
    from app.window.widgets.theme import Theme

RULE = DecisionRule(threshold=0.5, margin=0.05, scale=14.0, offset=-5.6, certain=0.6)
RUNNING = SourceStatus(SourceState.RUNNING, device="USB headset", rate=48_000)
PEOPLE = ("Ana", "Benedikt", "Chidi", "Σοφία", "Łukasz")


def identified(scores: dict[str, float], gender: tuple[str, float]) -> Identification:
    """An answer to these scores, as the decision rule gives it."""
    answer = decide(scores, RULE)
    return Identification(
        time_s=12.0,
        label=answer.speaker or UNKNOWN,
        speaker=answer.speaker,
        confidence=answer.confidence,
        certainty=answer.certainty,
        scores=scores,
        threshold=RULE.threshold,
        reason=answer.reason,
        gender=gender[0],
        gender_confidence=gender[1],
        speech_probability=0.99,
    )


NAMES = {"Ana": "Ana", "Ben": "Benedikt", "Colin": "Chidi"}
CLOCK_S = 34.0


@cache
def conversation() -> np.ndarray:
    """The first seconds of the demo, (n,) at 16 kHz."""
    return read_audio(DEMO / "conversation.flac", end_s=CLOCK_S)


def spectrogram() -> MelSpectrogram:
    """The spectrogram of the conversation."""
    mel = MelSpectrogram()
    mel.add(conversation(), 0.0)
    return mel


def turns() -> tuple[Turn, ...]:
    """The demo's turns, with the people of the pictures; the stranger is "Unknown 1"."""
    found = [turn for turn in read_rttm(DEMO / "conversation.rttm") if turn.start_s < CLOCK_S]
    return tuple(_heard(turn) for turn in found)


def _heard(turn: Turn) -> Turn:
    """A turn with a person of the pictures, and how sure it is: a short one is only likely."""
    sure = Certainty.UNKNOWN
    if turn.label in NAMES:
        sure = Certainty.LIKELY if turn.duration_s < 2.2 else Certainty.CERTAIN
    label = NAMES.get(turn.label, "Unknown 1")
    return replace(turn, end_s=min(turn.end_s, CLOCK_S), label=label, certainty=sure)


LIVE = Facts(
    phase=Phase.LISTENING,
    model="embedded",
    people=PEOPLE,
    rule=RULE,
    source=RUNNING,
    identification=identified(dict(zip(PEOPLE, (0.68, 0.21, 0.05, 0.31, 0.12), strict=True)), ("female", 0.97)),
    turns=turns(),
    clock_s=CLOCK_S,
    genders={"Ana": "female", "Benedikt": "male"},
)
NOBODY = replace(LIVE, people=(), identification=Identification(1.0, None, None, 0.0), turns=(), clock_s=0.0)
LONG = (
    "Maximiliane Freifrau von Hohenstein-Wittgenberg und zu Altenburg",
    "Константин Константинович Рождественский",
    "ليلى الهاشمي",
    "Jo",
)
LIKELY = replace(
    LIVE,
    identification=identified(dict(zip(PEOPLE, (0.21, 0.55, 0.05, 0.31, 0.12), strict=True)), ("male", 0.91)),
)
STRANGER = replace(
    identified(dict(zip(PEOPLE, (0.34, 0.12, 0.18, 0.09, -0.02), strict=True)), ("male", 0.94)), label="Unknown 1"
)


@dataclass(frozen=True)
class Shot:
    """A state of the window; with ``enrolling``, ``threshold`` or ``file`` a dialog or another page is shown."""

    name: str
    facts: Facts = LIVE
    dark: bool = False
    level: Level = Level(-18.0, -12.0)
    size: tuple[int, int] = (1080, 720)
    enrolling: EnrolFacts | None = None
    file: FileFacts | None = None
    learning: str = ""
    """On a file's page: the turn that was clicked has just been corrected to this name."""
    threshold: bool = False
    asks_who: bool = False
    picked: int | None = None
    """Number of the turn that was clicked; None if none was."""
    language: str = "en"
    """Of the sentence that is read at an enrolment."""
    just_talk: bool = False
    type_size: float = 1.0
    """Size of the letters, in times the usual."""


CROWD = tuple(
    f"{first} {last}" for first in ("Ana", "Ben", "Chidi", "Dora") for last in ("Berg", "Costa", "Diaz", "Evans")
)
MANY = replace(
    LIVE,
    people=CROWD,
    colours={name: number for number, name in enumerate(CROWD)},
    identification=identified(
        dict(zip(CROWD, (0.1, 0.2, 0.05, 0.31, 0.12, 0.1, 0.1, 0.2, 0.1, 0.68), strict=False)), ("female", 0.99)
    ),
    turns=tuple(replace(turn, label=CROWD[(7 + 5 * number) % 16]) for number, turn in enumerate(turns())),
)
READY = EnrolFacts("Ana", Step.READY, prompts(3)[0], level_db=-41.0)
STEP_BACK = replace(READY, step=Step.POSITION, prompt=prompts(3)[1], number=2, kept=1, speech_s=6.4)
COUNTING = replace(STEP_BACK, step=Step.COUNTDOWN, prompt=prompts(3)[2], number=3, kept=2, count=2)
READING = replace(
    STEP_BACK,
    step=Step.RECORDING,
    reading=Reading.READING,
    quality=Quality(sound_s=6.0, speech_s=4.1, level_db=-24.0, noise_db=-58.0, snr_db=34.0),
    level_db=-20.0,
)
SOFTER = replace(READING, prompt=prompts(3)[2], number=3, kept=2, problems=(judge_level("soft", -24.0, [-24.0]),))
UNHEARD = replace(READING, quality=Quality(sound_s=3.2), reading=Reading.UNHEARD, level_db=-70.0)
AGAIN = replace(
    STEP_BACK,
    again=True,
    level_db=-4.0,
    problems=tuple(judge(Quality(sound_s=8, speech_s=6.0, level_db=-6.0, clipped=0.032), LIMITS)),
)
KEPT_ONE = replace(STEP_BACK, step=Step.KEPT)
TWICE = replace(READY, step=Step.TWICE, twice="Zoe")
ENROLLED = replace(READING, step=Step.DONE, kept=3, speech_s=19.2)
LIT = replace(ENROLLED, heard="Ana")
FEW = replace(ENROLLED, kept=2, speech_s=12.9)
CALL = replace(
    LIVE,
    source=replace(RUNNING, device="Built-in microphone + Monitor of Headset"),
    identification=replace(
        LIVE.identification, channel=2, side="remote", condition=Condition(Band.TELEPHONE, 3625.0, 31.0)
    ),
    sides=tuple(strings.SIDES.values()),
    turns=tuple(replace(turn, channel=1 if turn.label == "Benedikt" else 2) for turn in turns()),
    overlaps=((9.2, 10.1),),
    pauses=((27.5, 30.0),),
)
SHOTS = (
    Shot("call", CALL),
    Shot("call-dark", CALL, dark=True),
    Shot("live"),
    Shot("live-dark", dark=True),
    Shot("likely", LIKELY),
    Shot("likely-dark", LIKELY, dark=True, size=(720, 480)),
    Shot(
        "unknown",
        replace(
            LIVE,
            identification=replace(STRANGER, overlap=True),
            overlaps=((31.5, 33.25),),
            turns=(*turns()[:-1], replace(turns()[-1], label="Unknown 1")),
        ),
        level=Level(-1.0, -0.5, clipping=True),
        picked=-1,
        asks_who=True,
    ),
    Shot(
        "undo",
        replace(
            LIVE,
            people=(*PEOPLE[:1], *PEOPLE[2:]),
            unbuilt=PEOPLE[2:3],
            turns=tuple(replace(turn, label=UNKNOWN) if turn.label == PEOPLE[1] else turn for turn in turns()),
            deed=Deed(1, strings.DELETED.format(name=PEOPLE[1], recordings=strings.recordings(3)), erases=True),
        ),
    ),
    Shot("many", MANY),
    Shot("many-dark", MANY, dark=True),
    Shot("nobody-enrolled", NOBODY, level=Level(-52, -48)),
    Shot(
        "no-microphone",
        replace(NOBODY, people=PEOPLE, phase=Phase.NO_INPUT, source=None, identification=None, error=NO_DEVICE),
        dark=True,
        level=Level(),
    ),
    Shot(
        "narrow",
        replace(
            LIVE,
            people=LONG,
            stale=LONG[3:],
            identification=identified(dict(zip(LONG, (0.57, 0.2, 0.15), strict=False)), (None, 0)),
            turns=tuple(
                replace(turn, label=dict(zip(NAMES.values(), LONG, strict=False)).get(turn.label, turn.label))
                for turn in turns()
            ),
        ),
        level=Level(-48.0, -44.0, too_quiet=True),
        size=(720, 480),
    ),
    Shot("enrolling", NOBODY, enrolling=READING),
    Shot("enrolling-ready", NOBODY, enrolling=READY),
    Shot("enrolling-back", NOBODY, enrolling=STEP_BACK),
    Shot("enrolling-count", NOBODY, dark=True, enrolling=COUNTING),
    Shot("enrolling-softer", NOBODY, enrolling=SOFTER),
    Shot("enrolling-unheard", NOBODY, dark=True, enrolling=UNHEARD),
    Shot("enrolling-again", NOBODY, dark=True, enrolling=AGAIN),
    Shot("enrolling-kept", NOBODY, enrolling=KEPT_ONE),
    Shot("enrolling-talk", NOBODY, enrolling=READING, just_talk=True),
    Shot("enrolling-arabic", NOBODY, enrolling=READING, language="ar"),
    Shot("enrolling-chinese", NOBODY, enrolling=READING, language="zh"),
    Shot("enrolling-twice", NOBODY, enrolling=TWICE),
    Shot("enrolling-done", NOBODY, enrolling=ENROLLED),
    Shot("enrolling-lit", NOBODY, enrolling=LIT),
    Shot("enrolling-few", NOBODY, dark=True, enrolling=FEW),
    Shot("enrolling-large-type", NOBODY, enrolling=READING, type_size=2.0),
    Shot(
        "file",
        replace(LIVE, phase=Phase.STOPPED, identification=None),
        file=FileFacts(
            DEMO / "conversation.flac", Stage.DONE, said_s=CLOCK_S, done_s=CLOCK_S, turns=turns(), people=PEOPLE
        ),
        picked=3,
        learning="Dora",
    ),
    Shot(
        "file-dark",
        replace(LIVE, phase=Phase.STOPPED, identification=None),
        dark=True,
        file=FileFacts(
            DEMO / "conversation.flac",
            Stage.ANALYSING,
            said_s=CLOCK_S,
            done_s=24.0,
            turns=tuple(turn for turn in turns() if turn.end_s < 24.0),
            people=PEOPLE,
        ),
    ),
    Shot("threshold", threshold=True),
    Shot(
        "downloading",
        Facts(phase=Phase.LOADING, people=PEOPLE, download=(31_000_000, 83_316_686)),
        level=Level(),
    ),
    Shot("large-type", type_size=2.0, size=(1280, 800)),
)


@dataclass
class Still:
    """Stands in for the engine: facts and sound that do not move, and orders that nobody follows."""

    facts: Facts
    level: Level
    options: SessionOptions = field(default_factory=SessionOptions)
    recent: RecentSound = field(default_factory=RecentSound)
    mel: MelSpectrogram = field(default_factory=MelSpectrogram)
    asked: list[object] = field(default_factory=list)

    @property
    def sound(self) -> Still:
        return self

    @property
    def levels(self) -> Still:
        return self

    def read(self, now_s: float) -> Level:
        return self.level

    def start(self, device: str | None = None, channel: int | None = None, *, or_default: bool = False) -> None:
        self.asked.append(("start", device))

    def stop(self) -> None:
        self.asked.append("stop")

    def begin(self, activity: object) -> None:
        self.asked.append(activity)

    def submit(self, job: object) -> None:
        self.asked.append(job)

    def ask(self, question: object) -> Answer:
        self.asked.append(question)
        return Answer()

    def close(self) -> None:
        """Nothing runs."""


def stage(shot: Shot, theme: Theme) -> tuple[MainWindow, MainWindow | EnrolDialog | ThresholdDialog]:
    """A window in the state of a shot, and what is to be seen of it: the window or its dialog."""
    from app.window.dialogs.enrol_dialog import EnrolDialog
    from app.window.main_window import MainWindow
    from app.window.view.enrol_view import enrol_view
    from app.window.view.palette import DARK, LIGHT

    theme.use(DARK if shot.dark else LIGHT)
    mel = spectrogram() if shot.facts.turns else MelSpectrogram()
    recent = RecentSound()
    recent.add(conversation() if shot.facts.turns else conversation()[:0], 0.0)
    still = Still(shot.facts, shot.level, recent=recent, mel=mel)
    window = MainWindow(still, theme, find_microphones=list)
    window.resize(*shot.size)
    window.show()
    if strings.SIDES["remote"] in shot.facts.sides:
        menu = window.live.device_menu
        menu.setCurrentIndex(menu.findData(BOTH))
    if shot.file:
        analysis = FileAnalysis(shot.file.path)
        analysis.mel.add(conversation()[: round(shot.file.done_s * SAMPLE_RATE)], 0.0)
        window.pages.setCurrentWidget(window.file)
        window.file.open(analysis)
        analysis.facts = shot.file
        analysis.show(shot.file.turns, NameBook())
        window.file.draw_frame()
    timeline = window.file.panel.timeline if shot.file else window.live.history.timeline
    if shot.picked is not None:
        timeline.select(timeline.scene.turns[shot.picked][1])
    if shot.learning:
        window.file.relabel(timeline.selected, shot.learning)
        window.file.draw_frame()
    if shot.asks_who:
        window.live.ask_who(next(turn for turn in shot.facts.turns if str(turn.label) == "Unknown 1"))
    for _ in range(12):  # what glides arrives
        window.show_level(shot.level, 1 / 30)
    window.live.match.settle()
    shown = window
    if shot.enrolling:
        facts, number = shot.enrolling, shot.enrolling.number - 1
        facts = replace(facts, prompt=facts.prompt and prompts(3, language=shot.language)[number])
        shown = EnrolDialog(still, theme, language=shot.language, just_talk=shot.just_talk)
        shown.show_recording()
        shown.show_view(enrol_view(facts))
        shown.show()
        for _ in range(12):
            shown.show_level(facts.level_db)
        shown.record.scenes.ring.settle()
    if shot.threshold:
        window.listening.open_threshold()
        shown = window.listening.threshold_dialog
        rng = np.random.default_rng(3)
        scores = ErrorScores(same=rng.normal(0.72, 0.11, 60), different=rng.normal(0.16, 0.13, 240))
        shown.costs.value = ThresholdCosts(scores, Expected((NormalDist(0.7, 0.11),) * 5, NormalDist(0.15, 0.13), 15))
        shown.look()
    return window, shown


def main() -> int:
    parser = argparse.ArgumentParser(description="Draw pictures of the window in its states.")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "screenshots", metavar="DIR")
    parser.add_argument("--scale", type=float, default=1.5, help="pixels of the picture for one of the window's")
    parser.add_argument("--only", metavar="NAME", nargs="+", choices=[shot.name for shot in SHOTS])
    arguments = parser.parse_args()
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["QT_SCALE_FACTOR"] = str(arguments.scale)

    from app.window.launch import application
    from app.window.widgets.theme import Theme, scaled

    app = application()
    theme = Theme(app)
    arguments.out.mkdir(parents=True, exist_ok=True)
    usual = app.font()
    for shot in SHOTS:
        if not arguments.only or shot.name in arguments.only:
            app.setFont(scaled(usual, shot.type_size))
            path = arguments.out / f"{shot.name}.png"
            window, shown = stage(shot, theme)
            app.processEvents()
            shown.grab().save(str(path))
            for widget in {shown, window}:
                widget.close()
            print(path)
    return 0


if __name__ == "__main__":
    run_cli(main)
