"""Not a test: the window's engine listens to the default microphone, and plays what it hears. For a virtual sound card.

usage: own_playback_probe.py DATA. Says "ready" when it listens; when a turn has been heard, plays it again; prints the
turns and pauses as a line of JSON a moment after that, and once more at the end of its input.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from app.session import SessionOptions
from app.window.engine.engine import Engine
from app.window.engine.facts import Phase
from app.window.widgets.playback import Playback
from utils import run_cli


def main() -> int:
    engine, playback = Engine(SessionOptions(data=Path(sys.argv[1]))), Playback()
    engine.start()
    while engine.facts.phase is not Phase.LISTENING or engine.facts.clock_s < 0.5:
        time.sleep(0.05)
    print("ready", flush=True)
    sys.stdin.readline()  # a turn has been played into the microphone
    (turn,) = (turn for turn in engine.facts.turns if turn.duration_s > 2)
    playback.play(engine.sound.recent.between(turn.start_s, turn.end_s), turn.start_s)
    paused = False
    while playback.cursor_s is not None:
        time.sleep(0.05)
        paused = paused or engine.facts.pausing
    assert not playback.take_error()
    time.sleep(1.5)
    tell(engine, paused)
    sys.stdin.readline()  # another turn has been played
    tell(engine, engine.facts.pausing)
    engine.stop()
    engine.close()
    engine.join(5)
    return 0


def tell(engine: Engine, paused: bool) -> None:
    facts = engine.facts
    turns = [(turn.start_s, turn.end_s, turn.label) for turn in facts.turns]
    print(json.dumps({"paused": paused, "turns": turns, "pauses": facts.pauses, "clock_s": facts.clock_s}), flush=True)


if __name__ == "__main__":
    run_cli(main)
