"""Made conversations are what they are answers to be."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import numpy as np
import pytest

from app.corpus.clips import Clip
from app.corpus.manifest import read_clips
from app.evaluation.conversations.der import diarisation_errors
from app.evaluation.conversations.live_metrics import count_labels, count_live, live_error_rates
from app.evaluation.conversations.reference import GRID_S, speaker_activity
from app.evaluation.conversations.simulate import ConversationConfig, build_conversation
from app.evaluation.conversations.speakers import choose_speakers, load_speech
from app.scoring.identification import UNKNOWN, Identification
from utils import SAMPLE_RATE, BadInput

CLEAN = ConversationConfig(enrolled=2, strangers=1, length_s=60.0, enrolment_s=10.0, snr_db=np.inf, seed=3)


@pytest.fixture(scope="module")
def clips(speech_dir: Path) -> list[Clip]:
    """Everything of four people."""
    found = [clip for clip in read_clips(speech_dir / "dev.csv") if clip.corpus == "librispeech-test-other"]
    names = sorted({clip.speaker for clip in found})[:4]
    return [clip for clip in found if clip.speaker in names]


@pytest.fixture(scope="module")
def impostors(speech_dir: Path) -> list[Clip]:
    return [Clip(str(path), "") for path in sorted((speech_dir / "dev" / "impostors").glob("*"))[:20]]


def test_the_same_seed_gives_the_same_conversation(clips, impostors):
    one, same = (build_conversation(clips, CLEAN, impostors=impostors) for _ in range(2))
    other = build_conversation(clips, dataclasses.replace(CLEAN, seed=4), impostors=impostors)
    assert np.array_equal(one.samples, same.samples)
    assert one.turns == same.turns
    assert one.turns != other.turns


def test_conditions_change_the_sound_and_nothing_else(clips):
    dry = build_conversation(clips, CLEAN)
    for change in ({"snr_db": 10.0}, {"rt60_s": (0.5, 0.6)}, {"line": "telephone-band+mu-law"}, {"line": "room-2"}):
        other = build_conversation(clips, dataclasses.replace(CLEAN, **change))
        assert other.turns == dry.turns
        assert other.speech == dry.speech
        assert other.samples.shape == dry.samples.shape
        assert not np.allclose(other.samples, dry.samples, atol=0.005)
        assert all(np.array_equal(other.enrolment[name], voice) for name, voice in dry.enrolment.items())


def test_a_telephone_is_heard_in_the_conversation_and_not_in_the_enrolment(clips):
    made = build_conversation(clips, dataclasses.replace(CLEAN, line="telephone-band+mu-law"))

    def above_4khz(samples: np.ndarray) -> float:
        power = np.abs(np.fft.rfft(samples)) ** 2
        return power[len(power) // 2 :].sum() / power.sum()

    assert above_4khz(made.samples) < 1e-4  # the sound card's own noise
    assert all(above_4khz(voice) > 1e-3 for voice in made.enrolment.values())


def test_people_are_enrolled_from_one_session_and_talk_in_others(speech_dir):
    clips = [clip for clip in read_clips(speech_dir / "dev-sessions.csv") if clip.session]
    sessions = {clip.speaker: {c.session for c in clips if c.speaker == clip.speaker} for clip in clips}
    several = [clip for clip in clips if len(sessions[clip.speaker]) > 1]
    few = {clip.speaker for clip in several[:6]}
    chosen = [clip for clip in clips if clip.speaker in few]
    speakers = choose_speakers(chosen, 2, 1, 20.0, np.random.default_rng(0), sessions=True)
    for name, speech in speakers.enrolment.items():
        own = {clip.session: load_speech(clip) for clip in chosen if clip.speaker == name}
        holds = {
            s
            for s, each in own.items()
            if occurs(speech[SAMPLE_RATE : 2 * SAMPLE_RATE], each.samples[each.speech]) > 0.99
        }
        assert len(holds) == 1
        said = speakers.sources[name].take(8.0, 1.0).samples[: SAMPLE_RATE // 2]
        assert all(occurs(said, own[session].samples) < 0.99 for session in holds)
        assert any(occurs(said, own[session].samples) > 0.99 for session in own.keys() - holds)
    alone = [clip for clip in chosen if clip.speaker == chosen[0].speaker]
    with pytest.raises(BadInput, match=r"1 can be enrolled \(6 s of speech in one session, and as much in others\)"):
        choose_speakers(alone, 2, 0, 20.0, np.random.default_rng(0), sessions=True)


@pytest.mark.parametrize("noises", [(), (np.random.default_rng(0).standard_normal(5 * SAMPLE_RATE),)])
@pytest.mark.parametrize("snr_db", [20.0, 5.0])
def test_noise_lies_so_far_below_the_speech(clips, snr_db, noises):
    dry = build_conversation(clips, CLEAN)
    noisy = build_conversation(clips, dataclasses.replace(CLEAN, snr_db=snr_db), noises=noises)
    scale = float(noisy.samples @ dry.samples / (dry.samples @ dry.samples))  # in case it was too loud
    noise = noisy.samples / scale - dry.samples
    spoken = np.repeat(
        speaker_activity(dry.speech, sorted({turn.label for turn in dry.turns}), len(dry.samples) // 160).any(axis=0),
        160,
    )
    ratio = np.mean(dry.samples[: len(spoken)][spoken] ** 2) / np.mean(noise**2)
    assert 10 * np.log10(ratio) == pytest.approx(snr_db, abs=0.5)


def test_shares_lengths_and_gaps(clips, impostors):
    config = dataclasses.replace(CLEAN, length_s=300.0)
    made = build_conversation(clips, config, impostors=impostors)
    so = made.reference
    people = sorted({turn.label for turn in so.turns})
    speakers = speaker_activity(so.speech, people, so.steps)
    speech_s = speakers.any(axis=0).sum() * GRID_S
    strange = [name not in so.enrolled for name in people]
    assert speakers[strange].any(axis=0).sum() * GRID_S / speech_s == pytest.approx(0.25, abs=0.08)
    assert (speakers.sum(axis=0) > 1).sum() * GRID_S / speech_s == pytest.approx(0.05, abs=0.025)
    assert len(so.strangers) > 2  # each clip of nobody's is another
    assert all(turn.duration_s <= 8 for turn in so.turns)
    assert sum(turn.duration_s < 1 for turn in so.turns) <= 1
    for before, after in itertools.pairwise(so.turns):
        assert before.start_s < after.start_s
        assert -1.5 <= after.start_s - before.end_s <= 2.01
    assert so.turns[-1].end_s < so.length_s <= so.turns[-1].end_s + 9


def test_nobody_overlaps_where_nobody_is_to(clips):
    made = build_conversation(clips, dataclasses.replace(CLEAN, overlap_share=0.0))
    assert all(before.end_s <= after.start_s + 0.001 for before, after in itertools.pairwise(made.turns))


def test_speech_is_the_turns_without_pauses(clips):
    made = build_conversation(clips, CLEAN)
    assert len(made.speech) > len(made.turns)
    for turn in made.turns:
        own = [part for part in made.speech if part.label == turn.label and turn.start_s <= part.start_s < turn.end_s]
        assert own[0].start_s == pytest.approx(turn.start_s)
        assert own[-1].end_s == pytest.approx(turn.end_s)
        assert all(after.start_s - before.end_s >= 0.3 - 1e-6 for before, after in itertools.pairwise(own))
    loud = np.concatenate([made.samples[round(s.start_s * 16000) : round(s.end_s * 16000)] for s in made.speech])
    quiet = np.abs(made.samples[: round(made.turns[0].start_s * SAMPLE_RATE)])
    assert np.sqrt(np.mean(loud**2)) == pytest.approx(0.05, rel=0.5)
    assert quiet.max() < 0.001


def occurs(window: np.ndarray, sound: np.ndarray) -> float:
    """The highest correlation, 0 to 1, of a window with any stretch of a sound."""
    size = 1 << (len(sound) + len(window)).bit_length()
    products = np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(window, size)), size)
    total = np.concatenate([[0], np.cumsum(np.square(sound, dtype=float))])
    norms = np.sqrt(np.maximum(total[len(window) :] - total[: -len(window)], 1e-3))
    return float(np.max(np.abs(products[: len(norms)]) / norms) / np.linalg.norm(window))


def test_enrolment_is_of_other_recordings(clips):
    made = build_conversation(clips, CLEAN)
    assert len(made.enrolment) == 2
    for name, voice in made.enrolment.items():
        assert len(voice) == 10 * SAMPLE_RATE
        assert occurs(voice[:SAMPLE_RATE], made.samples) < 0.6
        start = round(next(turn.start_s for turn in made.turns if turn.label == name) * SAMPLE_RATE)
        assert occurs(made.samples[start : start + SAMPLE_RATE], made.samples) > 0.99
    short = made.with_enrolment(5.0)
    assert {len(voice) for voice in short.enrolment.values()} == {5 * SAMPLE_RATE}
    assert short.samples is made.samples


def test_the_reference_itself_is_a_perfect_answer(clips, impostors):
    made = build_conversation(clips, CLEAN, impostors=impostors)
    names = [UNKNOWN if turn.label in made.strangers else turn.label for turn in made.turns]
    answers = [Identification(turn.start_s, name, None, 1.0) for turn, name in zip(made.turns, names, strict=True)]
    rates = live_error_rates(count_live(made.reference, answers))
    assert rates.error == 0
    assert rates.time_to_name_s == (0, 0)
    assert rates.extra_changes_per_min == 0
    final = [dataclasses.replace(t, label=UNKNOWN if t.label in made.strangers else t.label) for t in made.speech]
    assert count_labels(made.reference, final).wrong_s == 0
    assert diarisation_errors(made.reference, made.speech).missed_s == 0


def test_too_few_people_are_an_error(clips):
    with pytest.raises(BadInput, match=r"of 4 people 4 can be enrolled \(10 s .* 0 can be strangers; 6 and 1"):
        build_conversation(clips, dataclasses.replace(CLEAN, enrolled=6))
    with pytest.raises(BadInput, match=r"of 4 people 0 can be enrolled .* 1 can be str"):
        build_conversation(clips, dataclasses.replace(CLEAN, enrolment_s=500.0))
