from __future__ import annotations

import itertools

import numpy as np
import pytest

from app.audio import vad
from app.audio.reading.reader import read_audio, stream_audio
from app.audio.vad import CHUNK, CHUNK_S, SPEECH, SpeechDetector, detect_speech, first_speech, keep_speech
from app.diarisation.rttm import read_rttm
from utils import SAMPLE_RATE


@pytest.fixture(scope="module")
def conversation(demo_dir):
    return read_audio(demo_dir / "conversation.flac")


@pytest.fixture(scope="module")
def detected(conversation):
    return detect_speech(conversation)


def test_turns_hold_speech_and_the_rest_does_not(conversation, detected, demo_dir):
    mask = detected.mask()
    inside = np.zeros(len(mask), bool)
    for turn in read_rttm(demo_dir / "conversation.rttm"):
        inside[round(turn.start_s * SAMPLE_RATE) : round(turn.end_s * SAMPLE_RATE)] = True
    assert mask[inside].mean() > 0.8
    assert mask[~inside].mean() < 0.3
    assert np.array_equal(detected.speech(), conversation[mask])
    assert np.array_equal(keep_speech(conversation), detected.speech())
    assert detected.seconds == pytest.approx(mask.sum() / SAMPLE_RATE)


def test_every_chunk_has_a_probability_the_last_one_too(detected, conversation):
    assert len(detected.probabilities) == -(-len(conversation) // CHUNK)
    whole = len(conversation) // CHUNK
    assert np.array_equal(detected.probabilities[:whole], SpeechDetector().process(conversation))


def test_segments_are_the_mask_in_seconds(detected):
    segments = detected.segments()
    assert sum(end - start for start, end in segments) == pytest.approx(detected.seconds)
    assert all(a[1] < b[0] for a, b in itertools.pairwise(segments))


def test_silence_holds_no_speech():
    silence = detect_speech(np.zeros(40000, np.float32))
    assert not silence.mask().any()
    assert silence.segments() == []
    assert silence.seconds == 0.0
    assert len(silence.from_first_speech(1.0).samples) == SAMPLE_RATE
    assert len(keep_speech(np.zeros(100, np.float32))) == 0
    assert len(detect_speech(np.zeros(0, np.float32)).mask()) == 0


def test_a_stretch_begins_shortly_before_the_first_speech(conversation):
    late = detect_speech(np.concatenate([np.zeros(5 * SAMPLE_RATE, np.float32), conversation[: 20 * SAMPLE_RATE]]))
    stretch = late.from_first_speech(3.0)
    first_s = late.segments()[0][0]
    start = round((first_s - 0.192) * SAMPLE_RATE)
    assert np.array_equal(stretch.samples, late.samples[start : start + 3 * SAMPLE_RATE])
    assert len(stretch.probabilities) == -(-3 * SAMPLE_RATE // CHUNK)
    assert stretch.segments()[0][0] == pytest.approx(0.192)


def test_first_speech_is_all_up_to_so_much_of_it(conversation):
    first = first_speech(conversation, speech_s=5.0, searched_s=600.0)
    assert np.array_equal(first.samples, conversation[: len(first.samples)])
    assert np.count_nonzero(first.probabilities >= SPEECH) * CHUNK_S == pytest.approx(5.0, abs=CHUNK_S)
    assert first.probabilities[-1] >= SPEECH
    assert np.array_equal(first.probabilities, SpeechDetector().process(first.samples))


def test_first_speech_of_a_file_is_that_of_its_samples(conversation, demo_dir):
    path = demo_dir / "conversation.flac"
    for limits in ({"speech_s": 600.0, "searched_s": 600.0}, {"speech_s": 5.0, "searched_s": 60.0, "margin_s": 0.2}):
        of_file, of_samples = first_speech(path, **limits), first_speech(conversation, **limits)
        assert np.array_equal(of_file.samples, of_samples.samples)
        assert np.array_equal(of_file.probabilities, of_samples.probabilities)
    assert len(first_speech(path, speech_s=600.0, searched_s=600.0).samples) == -(-len(conversation) // CHUNK) * CHUNK


def test_a_file_that_is_read_in_part_is_closed(demo_dir, monkeypatch):
    opened = []
    monkeypatch.setattr(vad, "stream_audio", lambda *args, **kw: opened.append(stream_audio(*args, **kw)) or opened[-1])
    first_speech(demo_dir / "conversation.flac", speech_s=1.0, searched_s=600.0)
    (stream,) = opened
    assert list(stream) == []  # there was more


def test_first_speech_with_a_margin_leaves_pauses_out_and_ends_at_one(conversation):
    silence = np.zeros(10 * SAMPLE_RATE, np.float32)
    first = first_speech(np.concatenate([silence, conversation]), speech_s=5.0, searched_s=600.0, margin_s=0.2)
    spoken = first.probabilities >= SPEECH
    assert 5.0 <= np.count_nonzero(spoken) * CHUNK_S <= 6.0 + CHUNK_S
    assert np.flatnonzero(spoken)[0] == 6
    assert not spoken[-6:].any() or np.count_nonzero(spoken) * CHUNK_S >= 6.0


def test_speech_is_looked_for_no_further_than_asked(conversation):
    late = np.concatenate([np.zeros(10 * SAMPLE_RATE, np.float32), conversation])
    assert len(first_speech(late, speech_s=5.0, searched_s=4.0).samples) == 4 * SAMPLE_RATE
    assert len(first_speech(late, speech_s=5.0, searched_s=4.0, margin_s=0.2).samples) == 0


def test_blocks_of_any_size_give_the_same_probabilities(conversation):
    sound = conversation[: 40 * CHUNK]
    whole = SpeechDetector().process(sound)
    detector, pieces = SpeechDetector(), []
    for at in range(0, len(sound), 777):
        pieces.append(detector.process(sound[at : at + 777]))
    assert np.concatenate(pieces) == pytest.approx(whole)
    detector.reset()
    assert detector.process(sound) == pytest.approx(whole)
