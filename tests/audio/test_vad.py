from __future__ import annotations

import itertools

import numpy as np
import pytest

from app.audio.vad import CHUNK, SpeechDetector, keep_speech, speech_mask, speech_segments
from app.diarisation.timeline import read_rttm
from utils import SAMPLE_RATE, read_audio


@pytest.fixture(scope="module")
def conversation(demo_dir):
    return read_audio(demo_dir / "conversation.flac")


def test_turns_hold_speech_and_the_rest_does_not(conversation, demo_dir):
    mask = speech_mask(conversation)
    inside = np.zeros(len(mask), bool)
    for turn in read_rttm(demo_dir / "conversation.rttm"):
        inside[round(turn.start_s * SAMPLE_RATE) : round(turn.end_s * SAMPLE_RATE)] = True
    assert mask[inside].mean() > 0.8
    assert mask[~inside].mean() < 0.3
    assert len(keep_speech(conversation)) == mask.sum()


def test_segments_are_the_mask_in_seconds(conversation):
    segments = speech_segments(conversation)
    assert sum(end - start for start, end in segments) == pytest.approx(speech_mask(conversation).sum() / SAMPLE_RATE)
    assert all(a[1] < b[0] for a, b in itertools.pairwise(segments))


def test_silence_holds_no_speech():
    assert not speech_mask(np.zeros(40000, np.float32)).any()
    assert len(keep_speech(np.zeros(100, np.float32))) == 0
    assert len(speech_mask(np.zeros(0, np.float32))) == 0


def test_blocks_of_any_size_give_the_same_probabilities(conversation):
    sound = conversation[: 40 * CHUNK]
    whole = SpeechDetector().process(sound)
    detector, pieces = SpeechDetector(), []
    for at in range(0, len(sound), 777):
        pieces.append(detector.process(sound[at : at + 777]))
    assert np.concatenate(pieces) == pytest.approx(whole)
    detector.reset()
    assert detector.process(sound) == pytest.approx(whole)
