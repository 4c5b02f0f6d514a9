"""A recording that is looked into before it is heard: the same answers as live, for fewer runs of the network."""

from __future__ import annotations

import numpy as np
import pytest

from app.audio.file_source import FileSource, StreamSource
from app.audio.reading.reader import read_audio
from app.audio.source import AudioBlock
from app.audio.vad import CHUNK
from app.diarisation.look_ahead import LookAheadConfig
from app.diarisation.recogniser import LiveConfig, Recogniser, listen
from app.diarisation.speech_gate import SpeechGate
from app.enrolment.build import gallery_from_folder
from utils import SAMPLE_RATE


class Counting:
    """An encoder that counts how often it is asked, and for how much."""

    def __init__(self, encoder):
        self._encoder = encoder
        self.runs = self.signals = 0

    def __getattr__(self, name):
        return getattr(self._encoder, name)

    def embed_batch(self, signals):
        self._count([len(signal) for signal in signals])
        return self._encoder.embed_batch(signals)

    def windows(self):
        windows = self._encoder.windows()
        embed = windows.embed
        windows.embed = lambda spans: self._count([end - start for start, end in spans]) or embed(spans)
        return windows

    def _count(self, lengths):
        self.runs += len(set(lengths))
        self.signals += len(lengths)


@pytest.fixture(scope="module")
def gallery(encoder, demo_dir):
    return gallery_from_folder(demo_dir / "enrolment", encoder)


@pytest.fixture(scope="module")
def sound(demo_dir):
    return read_audio(demo_dir / "conversation.flac", end_s=24.0)


def hear(encoder, gallery, sound, *, recorded, **ahead):
    counting = Counting(encoder)
    recogniser = Recogniser(counting, gallery, config=LiveConfig(ahead=LookAheadConfig(**ahead)))
    source = StreamSource("talk", iter([sound]), recorded=recorded)
    return list(listen(source, recogniser)), recogniser.timeline.turns(), counting


def assert_same(one, other):
    (said, turns, _), (said_too, turns_too, _) = one, other
    assert [(a.time_s, a.label, a.overlap, a.reason) for a in said] == [
        (a.time_s, a.label, a.overlap, a.reason) for a in said_too
    ]
    assert [a.confidence for a in said] == pytest.approx([a.confidence for a in said_too], abs=0.01)
    assert [(turn.start_s, turn.end_s, turn.label) for turn in turns] == [
        (turn.start_s, turn.end_s, turn.label) for turn in turns_too
    ]


def test_the_answers_are_those_of_live(encoder, gallery, sound):
    live = hear(encoder, gallery, sound, recorded=False)
    assert len({turn.label for turn in live[1]}) >= 3  # else this compares nothing
    assert_same(live, hear(encoder, gallery, sound, recorded=True, read_s=7.0))


def test_the_network_is_run_for_several_windows_at_a_time(encoder, gallery, sound):
    *_, live = hear(encoder, gallery, sound, recorded=False)
    *_, ahead = hear(encoder, gallery, sound, recorded=True)
    assert ahead.runs < live.runs / 3
    assert ahead.signals < live.signals * 1.25  # windows that nobody asked for


def blocks_with_a_gap(sound):
    hop = 2048
    starts = [at for at in range(0, len(sound) - hop, hop) if not 90_000 < at < 140_000]
    return [AudioBlock(sound[at : at + hop], at / SAMPLE_RATE) for at in starts]


def test_missing_sound_is_the_same_too(encoder, gallery, sound):
    blocks = blocks_with_a_gap(sound[: 14 * SAMPLE_RATE])
    live, ahead = Recogniser(encoder, gallery), Recogniser(encoder, gallery)
    said = [live.step(block) for block in blocks]
    said_too = []
    for at in range(0, len(blocks), 30):
        ahead.prepare(blocks[at : at + 30])
        said_too += [ahead.step(block) for block in blocks[at : at + 30]]
    assert_same((said, live.timeline.turns(), None), (said_too, ahead.timeline.turns(), None))


def test_only_the_newest_sound_is_kept(encoder, gallery, sound):
    recogniser = Recogniser(encoder, gallery)
    source = StreamSource("talk", iter([np.tile(sound[: 8 * SAMPLE_RATE], 4)]), recorded=True)
    kept = []
    for _ in listen(source, recogniser):
        ahead = recogniser._ahead
        kept.append((len(ahead._speech) / CHUNK, len(ahead._moments), sum(map(len, ahead._vectors.values()))))
    chunks, moments, vectors = map(max, zip(*kept, strict=True))
    assert chunks <= (recogniser.config.ahead.read_s + 4) / 0.032
    assert moments <= 2 * recogniser.config.ahead.read_s / 0.128
    assert vectors <= 5 * moments


def test_files_are_looked_into_and_what_is_played_is_not(demo_dir):
    path = demo_dir / "conversation.flac"
    assert FileSource(path).recorded
    assert not FileSource(path, realtime=True).recorded
    assert not StreamSource("live blocks", iter([])).recorded


def test_the_gate_cuts_blocks_of_any_length_alike(sound):
    def chunks(length):
        gate = SpeechGate()
        blocks = [AudioBlock(sound[at : at + length], at / SAMPLE_RATE) for at in range(0, len(sound), length)]
        return [chunk for block in blocks for chunk in gate.take(block).chunks]

    one, other = chunks(2048), chunks(1777)
    assert [chunk.speech for chunk in one] == [chunk.speech for chunk in other]
    assert any(chunk.speech for chunk in one)
    assert not all(chunk.speech for chunk in one)
    assert [chunk.end_s for chunk in one] == pytest.approx([chunk.end_s for chunk in other])
    assert np.array_equal(np.concatenate([c.samples for c in one]), np.concatenate([c.samples for c in other]))
