"""Small samples of what ``make torture`` does to sound."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.virtual_sound import VirtualSound, missing
from tests.torture import lost_microphone, window_day
from tests.torture.window_day import WindowMoment, problem
from utils import ROOT


@pytest.mark.skipif(bool(missing()), reason=missing() or "there is a virtual sound card")
def test_a_microphone_lost_three_times():
    assert VirtualSound  # this needs a sound card
    counts = lost_microphone.run(3, 4)
    assert counts.failures == []
    assert counts.tried.total() == 3 + 4


def test_a_minute_through_the_window():
    """In a process of its own: memory is what is measured."""
    program = """if True:
        from app.benchmarks.soak import DayConfig
        from tests.torture.window_day import live_through, problem
        moments = list(live_through(DayConfig(hours=0.02, samplings=6, talking=0.3), limit_s=200, talk_s=11))
        assert len(moments) >= 6, moments
        assert moments[-1].turns >= 3, moments
        print(problem(moments) or "flat")
    """
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.stdout == "flat\n", done.stderr


def test_growth_is_seen():
    def moments(*figures: tuple[float, int]) -> list[WindowMoment]:
        return [WindowMoment(hour, mb, files, 0, 20.0) for hour, (mb, files) in enumerate(figures)]

    assert problem(moments((200, 12), (205, 12), (210, 12))) == ""
    assert problem(moments((200, 12), (205, 12), (240, 12))) == "hour 2.00: 180 MB became 220"
    assert problem(moments((200, 12), (205, 13))) == "hour 1.00: 12 open files became 13"
    assert window_day.MOST_GROWTH_MB == 30
