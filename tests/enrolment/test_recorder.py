"""The recording engine, fed by arrays as if they were a microphone."""

from __future__ import annotations

import numpy as np
import pytest

from app.audio.source import AudioBlock, SourceState, SourceStatus
from app.audio.vad import DetectedSpeech
from app.enrolment.quality import Fault, Limits, SimilarityThresholds, SpeakerMatch, judge, measure
from app.enrolment.recorder import RecorderConfig, SampleRecorder
from tests.support.array_source import ArraySource
from utils import SAMPLE_RATE, HeardError

SHORT = RecorderConfig(speech_s=3.0, pause_s=0.1, longest_s=8.0, give_up_s=8.0)


def started(samples: np.ndarray, config: RecorderConfig = SHORT, check=None) -> SampleRecorder:
    recorder = SampleRecorder(ArraySource(samples, name="test microphone"), config, check)
    recorder.source.start()
    return recorder


def test_a_sample_ends_when_enough_was_said_and_in_a_pause(voice):
    recorder = started(voice("Ana"))
    snapshots = list(recorder.record())
    sample = snapshots[-1].sample
    assert all(snapshot.sample is None for snapshot in snapshots[:-1])
    assert 3.0 <= sample.quality.speech_s <= 5.0
    assert len(sample.sound.samples) / SAMPLE_RATE == pytest.approx(sample.quality.sound_s)
    assert sample.quality.sound_s < SHORT.longest_s
    assert sample.device == "test microphone"
    assert sample.recorded_at.tzinfo is not None
    assert judge(sample.quality, Limits(speech_s=3.0)) == []


def test_snapshots_tell_how_far_it_is(voice):
    *snapshots, _ = started(voice("Ben")).record()
    speech = [snapshot.quality.speech_s for snapshot in snapshots]
    assert speech == sorted(speech)
    assert speech[0] == 0
    assert {snapshot.speaking for snapshot in snapshots} == {True, False}
    assert max(snapshot.level_db for snapshot in snapshots) > -40
    gaps = np.diff([snapshot.quality.sound_s for snapshot in snapshots])
    assert gaps.max() <= SHORT.hop_s + 0.04
    assert all(snapshot.wanted_s == 3.0 for snapshot in snapshots)


def test_consecutive_samples_follow_each_other_without_a_gap(voice):
    sound = voice("Ana")
    recorder = started(sound)
    samples = []
    while not recorder.ended:
        samples.append(list(recorder.record())[-1].sample)
    assert len(samples) >= 5
    joined = np.concatenate([sample.sound.samples for sample in samples])
    assert np.array_equal(joined, sound[: len(joined)])
    assert len(sound) - len(joined) < 512


def test_whatever_is_recorded_is_measured_as_a_whole(voice, probabilities):
    sample = list(started(voice("Colin")).record())[-1].sample
    assert measure(DetectedSpeech(sample.sound.samples, probabilities(sample.sound.samples))) == sample.quality


def test_silence_ends_at_the_cap():
    noise = 1e-3 * np.random.default_rng(0).standard_normal(20 * SAMPLE_RATE).astype(np.float32)
    recorder = started(noise)
    sample = list(recorder.record())[-1].sample
    assert sample.quality.sound_s == pytest.approx(SHORT.give_up_s, abs=0.1)
    assert [problem.fault for problem in judge(sample.quality)] == [Fault.SHORT]
    assert not recorder.ended


def test_exact_zeros_are_a_muted_microphone():
    sample = list(started(np.zeros(10 * SAMPLE_RATE, np.float32)).record())[-1].sample
    assert [problem.fault for problem in judge(sample.quality)] == [Fault.MUTE]


@pytest.mark.parametrize("count", [0, 100, 511])
def test_a_source_without_a_chunk_of_sound(count):
    recorder = started(np.zeros(count, np.float32))
    *_, last = recorder.record()
    assert len(last.sample.sound.samples) == 0
    assert recorder.ended


def test_a_source_that_ends_early_gives_what_there_was(voice):
    recorder = started(voice("Ana")[: 2 * SAMPLE_RATE])
    sample = list(recorder.record())[-1].sample
    assert 1.0 < sample.quality.speech_s < 2.0
    assert recorder.ended


def test_listening_between_samples_throws_sound_away(voice):
    sound = voice("Ana")
    recorder = started(sound)
    assert recorder.monitor().level_db == pytest.approx(-60, abs=3)  # the pause before the first word
    sample = list(recorder.record())[-1].sample
    assert np.array_equal(sample.sound.samples, sound[1600 : 1600 + len(sample.sound.samples)])


def test_the_voice_is_looked_at_meanwhile_and_at_the_end(voice):
    asked = []

    def check(speech, final):
        asked.append((len(speech) / SAMPLE_RATE, final))
        return SpeakerMatch(SimilarityThresholds(0.4, 0.6), same_voice=len(asked) / 10)

    config = RecorderConfig(speech_s=7.0, longest_s=9.0, check_every_s=3.0)
    *snapshots, last = started(voice("Ana"), config, check).record()
    times, finals = zip(*asked, strict=True)
    assert finals == (False, False, True)
    assert times[0] == pytest.approx(3.0, abs=0.15)
    assert times[1] == pytest.approx(6.0, abs=0.25)
    assert snapshots[0].quality.speaker_match is None
    assert snapshots[-1].quality.speaker_match.same_voice == 0.2
    assert last.sample.quality.speaker_match.same_voice == 0.3


class Scripted:
    """A source that gives what it is told to, block by block; None is a read in vain."""

    name = "scripted"

    def __init__(self, blocks, state=SourceState.RUNNING, message=""):
        self.blocks, self.status = list(blocks), SourceStatus(state, message)

    def start(self): ...

    def stop(self): ...

    def read(self, min_s, max_s, timeout_s=0.5):
        if self.blocks:
            return self.blocks.pop(0)
        if self.status.state is SourceState.RUNNING:
            self.status = SourceStatus(SourceState.ENDED)
        return None


@pytest.mark.parametrize("dropped_s", [0.0, 0.99])  # the device was gone, or the reader was
def test_a_gap_in_the_sound_is_survived(voice, dropped_s):
    sound = voice("Ana")
    first, second = sound[:24_100], sound[40_000:80_000]
    source = Scripted([AudioBlock(first, 0.0), None, AudioBlock(second, 2.5, dropped_s)])
    snapshots = list(SampleRecorder(source, SHORT).record())
    sample = snapshots[-1].sample
    assert len(sample.sound.samples) == 24_100 // 512 * 512 + 40_000 // 512 * 512
    assert np.array_equal(sample.sound.samples[24_100 // 512 * 512 :], second[: 40_000 // 512 * 512])


def test_a_microphone_that_stays_away_is_one_line():
    source = Scripted([], SourceState.LOST, "USB headset is gone: plug it in again.")
    recorder = SampleRecorder(source, RecorderConfig(source_timeout_s=0.05))
    assert next(recorder.record()).message == "USB headset is gone: plug it in again."
    with pytest.raises(HeardError, match=r"waited for in vain: USB headset is gone"):
        list(recorder.record())
