"""Pictures of the window in its states, into docs/screenshots/: ``python -m tools.screenshots``.

They are drawn without a screen, from made-up answers of the engine: the window itself is the real one.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.audio.devices import NO_DEVICE
from app.audio.source import SourceState, SourceStatus
from app.recognition.decision import DecisionRule, decide
from app.recognition.identification import UNKNOWN, Identification
from app.session import SessionOptions
from app.window.facts import Facts, Phase
from app.window.levels import Level
from utils import ROOT, run_cli

RULE = DecisionRule(threshold=0.5, margin=0.05, scale=14.0, offset=-5.6)
RUNNING = SourceStatus(SourceState.RUNNING, device="USB headset", rate=48_000)
PEOPLE = ("Ana", "Benedikt", "Chidi", "Σοφία", "Łukasz")


def said(scores: dict[str, float], gender: tuple[str, float]) -> Identification:
    """An answer to these scores, as the decision rule gives it."""
    answer = decide(scores, RULE)
    return Identification(
        time_s=12.0,
        label=answer.speaker or UNKNOWN,
        speaker=answer.speaker,
        confidence=answer.confidence,
        scores=scores,
        threshold=RULE.threshold,
        reason=answer.reason,
        gender=gender[0],
        gender_confidence=gender[1],
        speech_probability=0.99,
    )


LIVE = Facts(
    phase=Phase.LISTENING,
    model="embedded",
    people=PEOPLE,
    rule=RULE,
    source=RUNNING,
    said=said(dict(zip(PEOPLE, (0.68, 0.21, 0.05, 0.31, 0.12), strict=True)), ("female", 0.97)),
)
LONG = (
    "Maximiliane Freifrau von Hohenstein-Wittgenberg und zu Altenburg",
    "Константин Константинович Рождественский",
    "ليلى الهاشمي",
    "Jo",
)


@dataclass(frozen=True)
class Shot:
    name: str
    facts: Facts
    dark: bool = False
    level: Level = Level(-18.0, -12.0)
    size: tuple[int, int] = (1000, 640)


SHOTS = (
    Shot("live", LIVE),
    Shot("live-dark", LIVE, dark=True),
    Shot(
        "unknown",
        replace(LIVE, said=said(dict(zip(PEOPLE, (0.34, 0.12, 0.18, 0.09, -0.02), strict=True)), ("male", 0.94))),
        level=Level(-1.0, -0.5, clipping=True),
    ),
    Shot("nobody-enrolled", replace(LIVE, people=(), said=Identification(1.0, None, None, 0.0)), level=Level(-52, -48)),
    Shot(
        "no-microphone",
        replace(LIVE, phase=Phase.NO_INPUT, source=None, said=None, error=NO_DEVICE),
        dark=True,
        level=Level(),
    ),
    Shot(
        "narrow",
        replace(
            LIVE, people=LONG, stale=LONG[3:], said=said(dict(zip(LONG, (0.64, 0.2, 0.15), strict=False)), (None, 0))
        ),
        level=Level(-48.0, -44.0, too_quiet=True),
        size=(720, 480),
    ),
)


@dataclass
class Still:
    """Stands in for the engine's thread: facts and level that do not move."""

    facts: Facts
    level: Level
    options: SessionOptions = field(default_factory=SessionOptions)

    @property
    def levels(self) -> Still:
        return self

    def read(self, now_s: float) -> Level:
        return self.level

    def close(self) -> None:
        """Nothing runs."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Draw pictures of the window in its states.")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "screenshots", metavar="DIR")
    parser.add_argument("--scale", type=float, default=1.5, help="pixels of the picture for one of the window's")
    parser.add_argument("--only", metavar="NAME", choices=[shot.name for shot in SHOTS])
    arguments = parser.parse_args()
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["QT_SCALE_FACTOR"] = str(arguments.scale)

    from app.window.app import application
    from app.window.main_window import MainWindow
    from app.window.palette import DARK, LIGHT
    from app.window.theme import Theme

    app = application()
    theme = Theme(app)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for shot in SHOTS:
        if arguments.only in (None, shot.name):
            theme.use(DARK if shot.dark else LIGHT)
            window = MainWindow(Still(shot.facts, shot.level), theme, find_microphones=list)
            window.resize(*shot.size)
            window.show()
            for _ in range(12):  # what glides arrives
                window.show_level(shot.level, 1 / 30)
            window.match.settle()
            app.processEvents()
            path = arguments.out / f"{shot.name}.png"
            window.grab().save(str(path))
            window.close()
            print(path)
    return 0


if __name__ == "__main__":
    run_cli(main)
