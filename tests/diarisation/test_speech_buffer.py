"""Speech without its pauses, by chunks: its sound and its times."""

from __future__ import annotations

import numpy as np
import pytest

from app.audio.vad import CHUNK, CHUNK_S
from app.diarisation.speech_buffer import SpeechBuffer, SpeechTimes


def test_the_newest_speech_is_kept_and_counted_from_the_first_chunk_ever():
    buffer = SpeechBuffer(4 * CHUNK_S)
    for number in range(6):
        buffer.append(np.full(CHUNK, number / 10, np.float32))
    assert buffer.newest(2)[::CHUNK].tolist() == pytest.approx([0.4, 0.5])
    assert len(buffer.newest(9)) == 4 * CHUNK
    assert (buffer.between(1, 4)[::CHUNK] / 32767).tolist() == pytest.approx([0.2, 0.3], abs=1e-4)
    assert len(SpeechBuffer(1.0).newest(3)) == 0


def times(*begins: bool) -> SpeechTimes:
    """Chunks of speech, with a pause of half a second before each that begins a run."""
    out, now_s = SpeechTimes(), 0.0
    for before, begin in enumerate(begins):
        now_s += 0.5 if begin else 0.0
        out.add(before, now_s, now_s + CHUNK_S, begins=begin)
        now_s += CHUNK_S
    return out


def test_a_stretch_of_speech_has_the_times_of_its_chunks_and_is_parted_by_long_pauses():
    speech = times(True, False, False, True, False)
    second_s = 0.5 + 3 * CHUNK_S + 0.5
    assert speech.between(1, 4, 5, 0.3) == [
        pytest.approx((0.5 + CHUNK_S, 0.5 + 3 * CHUNK_S)),
        pytest.approx((second_s, second_s + CHUNK_S)),
    ]
    assert speech.between(1, 4, 5, 0.6) == [pytest.approx((0.5 + CHUNK_S, second_s + CHUNK_S))]
    assert speech.between(3, 3, 5, 0.3) == []


def test_times_are_forgotten_from_their_beginning():
    speech = times(True, False, True, True)
    speech.forget(2)
    assert len(speech) == 2
    speech.forget(4)
    assert len(speech) == 1  # the last run may go on
    speech.forget(4, last_too=True)
    assert len(speech) == 0


def test_speech_above_full_scale_is_kept_softer_and_does_not_wrap():
    """As of a float recording with headroom: an unknown voice may be enrolled with it."""
    buffer = SpeechBuffer(1.0)
    loud = np.linspace(-1.5, 1.5, 512, dtype=np.float32)
    buffer.append(loud)
    assert buffer.between(0, 1) / 32767 == pytest.approx(loud / 1.5, abs=1e-4)
