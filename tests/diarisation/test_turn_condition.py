"""The condition of an answer, live: there for calls and noise, not for good sound, and steady."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from app.audio.lines.effects import Noise
from app.audio.lines.lines import through
from app.audio.reading.reader import read_audio
from app.audio.source import AudioBlock
from app.diarisation.recogniser import Recogniser
from app.enrolment.build import gallery_from_folder
from app.scoring.condition import Band
from app.scoring.identification import Identification
from utils import SAMPLE_RATE

PAUSE = np.zeros(round(1.6 * SAMPLE_RATE), np.float32)


@pytest.fixture(scope="module")
def gallery(demo_dir: Path, encoder):
    return gallery_from_folder(demo_dir / "enrolment", encoder)


def answers(encoder, gallery, samples: np.ndarray) -> list[Identification]:
    recogniser = Recogniser(encoder, gallery)
    hop = round(recogniser.config.hop_s * SAMPLE_RATE)
    return [recogniser.step(AudioBlock(samples[at : at + hop], at / SAMPLE_RATE)) for at in range(0, len(samples), hop)]


def turns(said: list[Identification]) -> list[list[Identification]]:
    """The answers with a label, parted by those without."""
    return [list(group) for shown, group in itertools.groupby(said, lambda a: a.label is not None) if shown]


@pytest.mark.parametrize(
    ("line", "band"), [("telephone-band+gsm", Band.TELEPHONE), ("mp3-24", Band.NARROW), ("", Band.WIDE)]
)
def test_a_turn_has_one_condition(line, band, encoder, gallery, demo_dir):
    voices = [read_audio(demo_dir / "enrolment" / name / "02.flac") for name in ("Ana", "Ben")]
    sound = np.concatenate([part for voice in voices for part in (voice, PAUSE)])
    found = turns(answers(encoder, gallery, through(sound, line, np.random.default_rng(0)) if line else sound))
    assert len(found) >= 2
    for turn in found:
        seen = [answer.condition.band for answer in turn if answer.condition]
        changes = sum(a is not b for a, b in itertools.pairwise(seen))
        if sum(answer.speech_s > 0 for answer in turn) * 0.128 > 3:
            assert seen[-1] is band
            assert seen.index(band) * 0.128 < 2
        assert changes <= 1  # it may be found in the course of the turn, and then stays


def test_noise_is_said(encoder, gallery, demo_dir):
    voice = np.concatenate([PAUSE, read_audio(demo_dir / "enrolment" / "Ana" / "01.flac"), PAUSE])
    white = np.random.default_rng(1).standard_normal(20 * SAMPLE_RATE).astype(np.float32)
    for snr_db, noisy in ((3, True), (20, False)):
        heard = answers(encoder, gallery, through(voice, [Noise(snr_db, (white,))], np.random.default_rng(1)))
        said = [answer.condition.noisy for answer in heard if answer.condition]
        assert np.mean(said) == noisy


def test_who_speaks_after_a_call_is_not_called_one(encoder, gallery, demo_dir):
    called = through(
        read_audio(demo_dir / "enrolment" / "Ana" / "01.flac"), "telephone-band+gsm", np.random.default_rng(0)
    )
    near = read_audio(demo_dir / "enrolment" / "Ben" / "01.flac")
    said = answers(encoder, gallery, np.concatenate([called, PAUSE, near]))
    later = [a for a in said if a.label is not None and a.time_s > (len(called) + len(PAUSE)) / SAMPLE_RATE + 0.2]
    assert later
    assert not any(a.condition and a.condition.hint for a in later)


def test_nothing_is_said_in_silence_and_at_first(encoder, gallery, demo_dir):
    said = answers(encoder, gallery, np.concatenate([read_audio(demo_dir / "enrolment" / "Ana" / "01.flac"), PAUSE]))
    assert all(answer.condition is None for answer in said if answer.label is None)
    assert next(answer for answer in said if answer.label is not None).condition is None
    assert said[-1].as_json()["condition"] is None
    assert next(answer for answer in said if answer.condition).as_json()["condition"]["band"] == "wide"
