"""A machine ten times too slow for the network: what is on the screen stays about now, and says what it cost."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from app.audio.reading.reader import read_audio
from app.audio.source import AudioBlock, SourceState
from app.diarisation.recogniser import LiveConfig, Recogniser, listen
from app.diarisation.turn_evidence import EvidenceConfig
from app.enrolment.build import gallery_from_folder
from app.scoring.identification import Identification
from app.terminal.view import TerminalView
from tests.support.array_source import ArraySource

SLOW_S = 2.5
"""For one hop of 0.13 s."""


class SlowRecogniser(Recogniser):
    """The same, on a slow machine."""

    def step(self, block: AudioBlock) -> Identification:
        time.sleep(SLOW_S)
        return super().step(block)


def test_the_newest_is_shown_and_what_was_dropped_is_told(encoder, demo_dir, capsys):
    speech = read_audio(demo_dir / "enrolment" / "Ana" / "01.flac")
    sound = np.concatenate([speech] * 8)  # no pause is long enough to catch up in
    source, view = ArraySource(sound, realtime=True), TerminalView()
    config = LiveConfig(evidence=EvidenceConfig(windows_s=(0.5, 1.0)))
    gallery = gallery_from_folder(demo_dir / "enrolment", encoder)
    recogniser = SlowRecogniser(encoder, gallery, config=config)
    began, stop, lags, dropped, heard = time.monotonic(), threading.Event(), [], [], 0.0
    before_s = 0.0
    for said in listen(source, recogniser, stop=stop):
        view.show(said)
        lags.append(time.monotonic() - began - said.time_s)
        dropped.append(said.dropped_s)
        heard += said.time_s - before_s - said.dropped_s
        before_s = said.time_s
        if sum(dropped) > 4:
            stop.set()
    assert sum(dropped) == pytest.approx(source.status.dropped_s)
    assert heard + sum(dropped) == pytest.approx(before_s)  # the clock counts what was dropped, too
    assert max(lags) < 2 * (SLOW_S + config.backlog_s)  # however much was dropped: there is no backlog
    assert source.status.state is SourceState.ENDED
    told = [line for line in capsys.readouterr().out.splitlines() if "too slow" in line]
    assert 1 <= len(told) <= 1 + before_s / 10  # not a line for every hop
    assert told[0].endswith(f"this machine is too slow: {next(s for s in dropped if s):.1f} s skipped")
    assert any(turn.label == "Ana" for turn in recogniser.timeline.turns())


def test_a_terminal_says_every_ten_seconds_what_was_skipped_since(capsys):
    view = TerminalView()
    for step in range(1, 101):
        view.show(Identification(time_s=0.25 * step, label=None, speaker=None, confidence=0.0, dropped_s=0.2))
    told = [line.split("slow: ")[1] for line in capsys.readouterr().out.splitlines()]
    assert told == ["0.2 s skipped", "8.0 s skipped", "8.0 s skipped"]
