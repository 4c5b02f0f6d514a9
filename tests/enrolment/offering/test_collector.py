"""What is gathered while one listens: of whom it was allowed, on a new day or device, surely theirs, and good."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.audio.reading.reader import read_audio
from app.diarisation.timeline import Turn
from app.enrolment.build import Builder
from app.enrolment.offering.answers import accept
from app.scoring.labels import person
from app.session import Session, SessionOptions
from app.voiceprints.offers import Offer, answer_consent, offers_of
from app.voiceprints.recordings import read_note, read_recording
from app.voiceprints.store import VoiceprintStore
from tests.support.array_source import ArraySource
from utils import SAMPLE_RATE

BEGIN_S, END_S = 13.5, 29.0
COLIN_SPEAKS = (20.311 - BEGIN_S, 25.741 - BEGIN_S)
"""After Ana and Ben, and before a stranger."""


@pytest.fixture(scope="module")
def begin(demo_dir) -> np.ndarray:
    """A part of the bundled conversation."""
    return read_audio(demo_dir / "conversation.flac", start_s=BEGIN_S, end_s=END_S)


@pytest.fixture(scope="module")
def enrolled(tmp_path_factory, demo_dir) -> Path:
    data = tmp_path_factory.mktemp("enrolled")
    with VoiceprintStore(data) as store:
        Builder(store).run(tree=demo_dir / "enrolment")
    return data


@pytest.fixture
def data(enrolled, tmp_path) -> Path:
    shutil.copytree(enrolled, tmp_path / "data")
    return tmp_path / "data"


def allow(data: Path, *names: str) -> None:
    with VoiceprintStore(data) as store:
        for name in names:
            answer_consent(store, name, may_keep=True)


def listen(
    data: Path, encoder, samples: np.ndarray, corrected: Callable[[Sequence[Turn]], Sequence[Turn]] | None = None
) -> Session:
    session = Session(SessionOptions(data=data), encoder)
    session.corrected = corrected or session.corrected
    for _ in session.run(source=ArraySource(samples, name="Desk mic")):
        pass
    return session


def offers(data: Path) -> list[Offer]:
    with VoiceprintStore(data) as store:
        return offers_of(store)


def test_only_what_was_allowed_is_offered_with_its_sound(data, encoder, begin):
    allow(data, "Ben", "Colin")
    session = listen(data, encoder, begin)
    (offer,) = offers(data)  # Ben says too little, Ana was not asked
    assert (offer.name, offer.condition.device) == ("Colin", "Desk mic")
    assert 4.0 <= offer.speech_s <= 5.6
    assert len(read_recording(offer.path)) / SAMPLE_RATE == pytest.approx(6.0, abs=0.3)
    note = read_note(offer.path)
    assert note.device == "Desk mic"
    assert note.quality["speech_s"] == pytest.approx(offer.speech_s, abs=0.001)
    (kept,) = session.kept
    assert (kept.start_s, kept.end_s) == pytest.approx(COLIN_SPEAKS, abs=0.3)
    assert kept.offer == offer.id

    with VoiceprintStore(data) as store:
        before = store.gallery(encoder.sha256)
        sample = accept(store, encoder, offer.id)
        after = store.gallery(encoder.sha256)
        assert sample.speech_s == pytest.approx(offer.speech_s, abs=0.5)
        changed = [name for name, a, b in zip(before.names, before.vectors, after.vectors, strict=True) if any(a != b)]
        assert changed == ["Colin"]
        colin = next(one for one in store.overview() if one.name == "Colin")
        assert {one.device for one in colin.conditions} == {"file", "Desk mic"}
    listen(data, encoder, begin)
    assert not offers(data)  # known on this device today


def test_nothing_is_kept_in_memory_or_on_disk_without_consent(data, encoder, begin, monkeypatch):
    monkeypatch.setattr("app.enrolment.offering.collector.RecentSound", None)  # would fail if it were made
    session = listen(data, encoder, begin[: 4 * SAMPLE_RATE])
    assert not session.kept
    assert not list((data / "speakers").rglob("offer-*"))


def test_turns_that_the_user_gave_to_somebody_else_are_never_offered(data, encoder, begin):
    def not_colin(turns: Sequence[Turn]) -> list[Turn]:
        return [
            replace(turn, label=person("Ana"), corrected=True, confidence=None, certainty=None)
            if turn.label.name == "Colin"
            else turn
            for turn in turns
        ]

    allow(data, "Ana", "Colin")
    assert not listen(data, encoder, begin, not_colin).kept
    assert not offers(data)


def test_noise_over_speech_is_not_offered(data, encoder, begin):
    allow(data, "Colin")
    noise = np.random.default_rng(1).standard_normal(len(begin)).astype(np.float32)
    level = 10 ** (-5 / 20) * float(np.sqrt(np.mean(begin**2)))
    listen(data, encoder, begin + level * noise)
    assert not offers(data)


def test_a_file_is_never_gathered_from(data, encoder, demo_dir):
    allow(data, "Ana", "Ben", "Colin")
    session = Session(SessionOptions(data=data, file=demo_dir / "conversation.flac"), encoder)
    for said in session.run():
        if said.time_s > 20:
            break
    assert not offers(data)


def test_a_store_that_is_written_to_for_long_does_not_hold_up_listening(data, encoder, begin):
    allow(data, "Colin")
    with VoiceprintStore(data) as store, store.transaction():
        started = time.monotonic()
        session = listen(data, encoder, begin[round(5.5 * SAMPLE_RATE) :])
        assert "Colin" in {turn.label for turn in session.turns()}
        assert time.monotonic() - started < 60
    assert not session.kept
    assert not offers(data)
    assert not list((data / "speakers").rglob("offer-*"))
