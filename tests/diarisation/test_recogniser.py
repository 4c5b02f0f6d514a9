"""The engine on the bundled conversation, through the same loop that the microphone uses."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from app.audio.file_source import FileSource
from app.audio.reading.reader import read_audio
from app.audio.source import AudioBlock, SourceState, SourceStatus
from app.demo import agreement
from app.diarisation.recogniser import Recogniser, listen
from app.diarisation.rttm import read_rttm
from app.enrolment.build import gallery_from_folder
from app.scoring.gallery import Gallery
from app.scoring.identification import is_unknown
from tests.support.array_source import ArraySource
from utils import BadInput


@pytest.fixture(scope="module")
def gallery(encoder, demo_dir):
    return gallery_from_folder(demo_dir / "enrolment", encoder)


@pytest.fixture(scope="module")
def heard(encoder, gallery, demo_dir):
    recogniser = Recogniser(encoder, gallery)
    return recogniser, list(listen(FileSource(demo_dir / "conversation.flac"), recogniser))


def test_the_timeline_is_right_for_most_of_the_conversation(heard, gallery, demo_dir):
    recogniser, _ = heard
    reference = read_rttm(demo_dir / "conversation.rttm")
    strangers = {turn.label for turn in reference} - set(gallery.people)
    assert agreement(reference, recogniser.timeline.turns(), unknown=strangers)["right"] >= 0.9


def test_there_is_an_answer_every_hop_with_sane_values(heard, gallery):
    recogniser, said = heard
    times = np.array([one.time_s for one in said])
    assert np.diff(times)[:-1] == pytest.approx(recogniser.config.hop_s, abs=1e-6)
    for one in said:
        assert 0 <= one.confidence <= 1
        assert -120 <= one.level_db <= 0
        assert 0 <= one.speech_probability <= 1
        assert one.speaker is None or one.speaker in gallery.people
        assert (one.label is None) <= (one.confidence == 0)
        if one.label == "unknown":
            assert one.reason


def test_silence_and_noise_have_no_label(encoder, gallery):
    rng = np.random.default_rng(1)
    sound = np.concatenate([np.zeros(32000), 0.01 * rng.standard_normal(48000)]).astype(np.float32)
    recogniser = Recogniser(encoder, gallery)
    assert {one.label for one in listen(ArraySource(sound), recogniser)} == {None}
    assert recogniser.timeline.turns() == []


def test_nobody_enrolled_makes_every_voice_unknown(encoder, demo_dir):
    sound = read_audio(demo_dir / "conversation.flac", end_s=12)
    recogniser = Recogniser(encoder, Gallery())
    labels = {one.label for one in listen(ArraySource(sound), recogniser)}
    assert all(label is None or is_unknown(label) for label in labels)
    assert "Unknown 1" in labels
    voice = recogniser.unknowns()[0]
    assert voice.label == "Unknown 1"
    assert len(recogniser.unknown_speech("Unknown 1")) / 16000 == pytest.approx(voice.kept_s, abs=0.01)


def test_a_voice_whose_name_is_taken_back_has_its_number_again(encoder, demo_dir):
    """As the window undoes naming: the person goes, then the voice has its number."""
    sound = read_audio(demo_dir / "conversation.flac", end_s=16.0)

    def labels_after(*at_10_s: str) -> list[str]:
        recogniser, waiting = Recogniser(encoder, Gallery()), list(at_10_s)
        for one in listen(ArraySource(sound), recogniser):
            if one.time_s > 10 and waiting:
                speech = recogniser.unknown_speech("Unknown 1")
                recogniser.relabel("Unknown 1", "Ana")
                recogniser.gallery = Gallery(("Ana",), encoder.embed(speech)[None], encoder.cohort)
                assert "Ana" in {turn.label for turn in recogniser.timeline.turns()}
                recogniser.gallery = Gallery()
                recogniser.unname(waiting.pop())
        return [turn.label for turn in recogniser.timeline.turns()]

    never = labels_after()
    assert "Unknown 1" in never
    assert labels_after("Unknown 1") == never


def test_people_enrolled_meanwhile_are_known_from_then_on(encoder, gallery, demo_dir):
    recogniser = Recogniser(encoder, Gallery())
    labels = []
    for one in listen(ArraySource(read_audio(demo_dir / "conversation.flac", end_s=35.0)), recogniser):
        labels.append(one.speaker)
        if one.time_s > 20 and recogniser.gallery is not gallery:
            recogniser.gallery = gallery
    assert set(labels[:80]) == {None}
    assert set(labels[80:]) > {None}


def test_speech_after_dropped_sound_is_another_turn(encoder, gallery, demo_dir):
    sound = read_audio(demo_dir / "conversation.flac", end_s=6)
    recogniser = Recogniser(encoder, gallery)
    recogniser.step(AudioBlock(sound[16000:32000], start_s=1.0))
    recogniser.step(AudioBlock(sound[32000:48000], start_s=2.0))
    before = recogniser.timeline.turns()[-1]
    after = recogniser.step(AudioBlock(sound[32000:48000], start_s=33.0, dropped_s=30.0))
    assert after.dropped_s == 30.0
    newest = recogniser.timeline.turns()[-1]
    assert newest.start_s >= 33.0
    assert before.end_s <= 3.0


def test_speech_after_the_microphone_was_gone_is_another_turn(encoder, gallery, demo_dir):
    """Nothing was dropped for slowness then: the clock alone tells."""
    sound = read_audio(demo_dir / "conversation.flac", end_s=6)
    recogniser = Recogniser(encoder, gallery)
    recogniser.step(AudioBlock(sound[16000:48000], start_s=0.0))
    recogniser.step(AudioBlock(sound[32000:48000], start_s=20.0))
    first, second = recogniser.timeline.turns()
    assert first.end_s <= 2.0
    assert second.start_s >= 20.0


class _Blocks:
    """A source of these blocks, one for each read; None is a read that gave nothing."""

    name = "blocks"

    def __init__(self, blocks: list[AudioBlock | None]):
        self._blocks, self.status = blocks, SourceStatus(SourceState.RUNNING)

    def start(self) -> None:
        self.timeouts_s: list[float] = []

    def stop(self) -> None:
        self.status = SourceStatus(SourceState.ENDED)

    def read(self, min_s: float, max_s: float, timeout_s: float = 0.5) -> AudioBlock | None:
        self.timeouts_s.append(timeout_s)
        if not self._blocks:
            self.stop()
            return None
        return self._blocks.pop(0)


def test_orders_are_obeyed_between_two_blocks(encoder, gallery):
    """After each read: those that came before its sound, in time for it; and the last ones, though no sound follows."""
    hop = np.zeros(2048, np.float32)
    source = _Blocks([AudioBlock(hop, start_s=0.0), None, AudioBlock(hop, start_s=0.128)])
    recogniser, happened = Recogniser(encoder, gallery), []
    answers = listen(source, recogniser, between_blocks=lambda: happened.append("order"), timeout_s=0.1)
    for said in answers:
        happened.append(round(said.time_s, 3))
    assert happened == ["order", 0.128, "order", "order", 0.256, "order"]
    assert source.timeouts_s == [0.1] * 4


def test_an_order_that_fails_ends_listening_and_stops_the_source(encoder, gallery):
    source = _Blocks([AudioBlock(np.zeros(2048, np.float32), start_s=0.0)])

    def fail() -> None:
        raise BadInput("no")

    with pytest.raises(BadInput):
        list(listen(source, Recogniser(encoder, gallery), between_blocks=fail))
    assert source.status.state is SourceState.ENDED


def test_stop_ends_listening(encoder, gallery):
    stop = threading.Event()
    source = ArraySource(np.zeros(16000 * 3600, np.float32), realtime=True)
    answers = listen(source, Recogniser(encoder, gallery), stop=stop)
    next(answers)
    stop.set()
    assert list(answers) == []
    assert source.status.state is SourceState.ENDED


def test_sound_of_which_the_model_makes_no_numbers_is_nobodys(encoder, gallery, demo_dir):
    class Broken:
        """The model, but for what it makes of the sound after 2 s."""

        heard_s = 0.0

        def __getattr__(self, name):
            return getattr(encoder, name)

        def embed_batch(self, signals):
            vectors = encoder.embed_batch(signals)
            return vectors if self.heard_s < 2 else np.full_like(vectors, np.nan)

        def embed_with_overlap(self, samples):
            return encoder.embed_with_overlap(samples)

    model = Broken()
    recogniser = Recogniser(model, gallery)
    sound = read_audio(demo_dir / "enrolment" / "Ana" / "02.flac", end_s=6.0)
    late = []
    for said in listen(ArraySource(sound), recogniser):
        if model.heard_s > 3:
            late.append(said.speaker)
        model.heard_s = said.time_s
        assert all(np.isfinite(score) for score in said.scores.values())
    assert late
    assert set(late[-10:]) == {None}
    assert recogniser.unknowns() == []


@pytest.mark.parametrize(("first", "then"), [("Ana", "Ben"), ("Ben", "Colin"), ("Colin", "Ana")])
def test_after_a_lost_microphone_nobody_is_named_before_somebody_is_heard(encoder, gallery, demo_dir, first, then):
    recogniser, at_s, said = Recogniser(encoder, gallery), 0.0, []
    for speaker in (first, then):
        sound = read_audio(sorted((demo_dir / "enrolment" / speaker).iterdir())[0])[: 2 * 16000]
        for begin in range(0, len(sound), 2000):
            answer = recogniser.step(AudioBlock(sound[begin : begin + 2000], at_s))
            said.append((speaker, answer.speaker))
            at_s += 0.125
        at_s += 2.0
    assert {(first, first), (then, then)} <= set(said)
    assert (then, first) not in said


def test_who_is_denied_is_another_voice_and_stays_one(encoder, gallery, demo_dir):
    """Ben's speech is taken for Ana's, as of a stranger who sounds like her; the user says that it was not her."""
    ana, ben = (read_audio(demo_dir / "enrolment" / name / "01.flac") for name in ("Ana", "Ben"))
    rows = gallery.vectors[[gallery.names.index(name) for name in ("Ana", "Ben")]]
    alike = Gallery(("Ana", "Zoe"), np.stack([rows[1], rows[0]]), gallery.cohort)  # named the wrong way round
    recogniser, pause = Recogniser(encoder, alike), np.zeros(24000, np.float32)
    denied = False
    labels = []
    for block in blocks(np.concatenate([ana, pause, ben, pause, ben])):
        labels.append(recogniser.step(block).label)
        if not denied and block.end_s > (len(ana) + len(pause) + len(ben)) / 16000:
            recogniser.deny("Ana")
            denied = True
    turns = recogniser.timeline.turns()
    assert {str(turn.label) for turn in turns if turn.start_s < len(ana) / 16000 - 0.5} == {"Zoe"}
    later = {turn.label for turn in turns if turn.start_s > len(ana) / 16000 + 1 and turn.duration_s > 1}
    assert len(later) == 1
    assert is_unknown(*later)
    assert labels[-1] != "Ana"
    with pytest.raises(KeyError):
        recogniser.deny("Ana")


def blocks(samples: np.ndarray):
    for at in range(0, len(samples), 2048):
        yield AudioBlock(samples[at : at + 2048], at / 16000)
