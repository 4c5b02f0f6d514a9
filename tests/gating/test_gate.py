"""The gate: which sound passes by which turns, when that is decided, and that nothing clicks or is lost."""

from __future__ import annotations

import numpy as np
import pytest

from app.audio.source import AudioBlock
from app.diarisation.timeline import Turn
from app.gating.gate import GateConfig, SpeakerGate
from app.gating.measure import GateErrors, gate_errors
from app.scoring.certainty import Certainty
from app.scoring.identification import Identification
from utils import SAMPLE_RATE

CERTAIN, LIKELY = Certainty.CERTAIN, Certainty.LIKELY
HOP_S = 0.125


def turn(start_s: float, end_s: float, name: str, certainty: Certainty = CERTAIN) -> Turn:
    return Turn(start_s, end_s, name, certainty=certainty)


def run(turns: list[Turn], length_s: float = 12.0, *, known_after_s: float = 0.0, **config: float) -> tuple:
    """(gate, what came out): a tone, and turns of which each is known some time after its beginning."""
    gate, out = SpeakerGate({"Ana"}, GateConfig(**config)), []
    for hop in range(round(length_s / HOP_S)):
        start_s = hop * HOP_S
        times = start_s + np.arange(round(HOP_S * SAMPLE_RATE)) / SAMPLE_RATE
        gate.take(AudioBlock(np.sin(2 * np.pi * 200 * times).astype(np.float32), start_s))
        now_s = start_s + HOP_S
        known = [Turn(t.start_s, min(t.end_s, now_s), t.label, certainty=t.certainty) for t in turns
                 if t.start_s + known_after_s < now_s]  # fmt: skip
        out.append(gate.pop(known, now_s))
    out.append(gate.pop(turns, length_s, last=True))
    return gate, np.concatenate(out)


def test_all_sound_comes_out_later_and_in_time():
    gate, out = run([turn(2, 5, "Ana")], delay_s=1.5)
    assert len(out) == 12 * SAMPLE_RATE
    assert gate.passed == [(pytest.approx(1.85), pytest.approx(5.25))]
    tone = np.sin(2 * np.pi * 200 * np.arange(len(out)) / SAMPLE_RATE)
    inside = slice(round(1.9 * SAMPLE_RATE), round(5.2 * SAMPLE_RATE))
    assert np.allclose(out[inside], tone[inside], atol=1e-4)
    assert not out[: round(1.8 * SAMPLE_RATE)].any()
    assert not out[round(5.3 * SAMPLE_RATE) :].any()
    assert abs(np.diff(out)).max() < 0.1  # nothing clicks


def test_no_beginning_is_cut_that_is_known_within_the_delay():
    assert run([turn(2, 5, "Ana")], known_after_s=1.2, delay_s=1.5)[0].passed[0][0] == pytest.approx(1.85)
    late = run([turn(2, 5, "Ana")], known_after_s=1.2, delay_s=0.5)[0].passed[0][0]
    assert late == pytest.approx(2.7, abs=HOP_S + 0.01)


def test_nothing_of_others_passes():
    turns = [
        turn(1, 4, "Ben"),
        turn(4, 6, "Ana"),
        turn(6, 8, "Unknown 1"),
        turn(8.05, 9, "Ana"),
        turn(9.5, 11, "unknown"),
    ]
    gate, _ = run(turns)
    assert gate.passed == [pytest.approx((4, 6)), pytest.approx((8, 9.25))]


def test_a_short_pause_passes_and_a_long_one_does_not():
    gate, _ = run([turn(1, 2, "Ana"), turn(2.8, 4, "Ana"), turn(6, 7, "Ana")])
    assert gate.passed == [pytest.approx((0.85, 4.25)), pytest.approx((5.85, 7.25))]
    gate, _ = run([turn(1, 2, "Ana"), turn(2.2, 2.6, "Ben"), turn(2.8, 4, "Ana")])
    assert gate.passed == [pytest.approx((0.85, 2.2)), pytest.approx((2.65, 4.25))]


def test_certain_names_open_and_likely_ones_only_if_asked():
    turns = [turn(1, 3, "Ana", LIKELY)]
    assert run(turns)[0].passed == []
    assert run(turns, likely=True)[0].passed
    gate = SpeakerGate({"Ana"})
    for said, certainty in (("Ana", LIKELY), ("Ben", CERTAIN), (None, None), ("Ana", CERTAIN)):
        assert not gate.open_spans(turns, 0, 5)
        gate.hear(Identification(2.0, said, said, 0.9, certainty=certainty))
    assert gate.open_spans(turns, 0, 5)  # it was certain for a moment of the turn


def test_skipped_sound_is_silence_and_time_goes_on():
    gate = SpeakerGate({"Ana"}, GateConfig(delay_s=0.5))
    block = np.full(SAMPLE_RATE, 0.5, np.float32)
    gate.take(AudioBlock(block, 10.0))
    gate.take(AudioBlock(block, 12.0, dropped_s=1.0))
    out = gate.pop([turn(9, 14, "Ana")], 13.0, last=True)
    assert len(out) == 3 * SAMPLE_RATE
    assert not out[SAMPLE_RATE + 10 : 2 * SAMPLE_RATE - 10].any()
    assert out[-100:] == pytest.approx(0.5)
    assert gate.heard_s == pytest.approx(13.0)


def test_nothing_comes_of_nothing():
    gate = SpeakerGate({"Ana"})
    assert len(gate.pop([], 5.0)) == len(gate.pop([], 5.0, last=True)) == 0


def test_what_leaked_and_what_was_cut():
    reference = [Turn(0, 4, "Ana"), Turn(3, 8, "Ben"), Turn(10, 12, "Ana")]
    found = gate_errors([(0.5, 5), (10, 13)], reference, {"Ana"})
    assert found == GateErrors(leaked_s=1.0, others_s=4.0, cut_s=0.5, own_s=6.0)
    assert gate_errors([], reference, {"Ana", "Ben"}) == GateErrors(0, 0, 10, 10)
    assert found + found == GateErrors(2.0, 8.0, 1.0, 12.0)
