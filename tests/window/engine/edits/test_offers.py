"""Offers in the window's engine: gathered while it listens, seen, answered, and unlearned with a corrected turn."""

from __future__ import annotations

import pytest

from app.audio.reading.reader import read_audio
from app.diarisation.timeline import Turn
from app.session import SessionOptions
from app.voiceprints.offers import answer_consent, consent_of, offers_of
from app.voiceprints.recordings import samples_of
from app.voiceprints.store import VoiceprintStore
from app.window.engine.edits import offers
from app.window.engine.edits.people import end_undo, undo
from app.window.engine.edits.turns import enrol_from_turn
from app.window.engine.facts import Phase
from tests.support.array_source import ArraySource
from tests.support.demo_data import enrol_demo
from tests.support.window_engine import Seen
from utils import HeardError

LONG = 180


@pytest.fixture
def heard(make_engine, encoder, demo_dir, tmp_path):
    """An engine that has heard Colin on a new microphone, which was allowed."""
    data = enrol_demo(tmp_path, encoder, demo_dir)
    with VoiceprintStore(data) as store:
        answer_consent(store, "Colin", may_keep=True)
    sound = read_audio(demo_dir / "conversation.flac", start_s=13.5, end_s=29.0)
    engine = make_engine(SessionOptions(data=data), open_source=lambda _: ArraySource(sound, name="Desk mic"))
    engine.start()
    Seen(engine).until(lambda facts: facts.phase is Phase.STOPPED and facts.turns, LONG)
    return engine


def do(engine, job) -> None:
    answer = engine.ask(job)
    Seen(engine).until(lambda _: answer.over, LONG)
    if answer.error:
        raise HeardError(answer.error)


def kept(engine) -> list:
    with VoiceprintStore(engine.options.data) as store:
        return offers_of(store)


def colin(engine) -> Turn:
    return next(turn for turn in engine.facts.turns if turn.label.name == "Colin")


def test_an_offer_is_seen_added_and_given_back(heard):
    (offer,) = kept(heard)
    assert offer.condition.device == "Desk mic"
    do(heard, lambda context: context.follow_store())
    assert heard.facts.offered == {"Colin": 1}
    before = len(samples_of(heard.options.data, "Colin"))
    do(heard, offers.accept(offer))
    assert heard.facts.offered == {}
    assert len(samples_of(heard.options.data, "Colin")) == before + 1
    do(heard, undo())
    assert kept(heard) == [offer]
    assert heard.facts.offered == {"Colin": 1}
    do(heard, offers.dismiss(offer))
    assert not kept(heard)
    do(heard, undo())
    assert kept(heard) == [offer]
    do(heard, offers.answer("Colin", may_keep=False))
    assert not kept(heard)
    with VoiceprintStore(heard.options.data) as store:
        assert consent_of(store, "Colin").may_keep is False


@pytest.mark.parametrize("accepted", [False, True])
def test_a_turn_given_to_somebody_else_takes_back_what_was_kept_of_it(heard, accepted):
    (offer,) = kept(heard)
    data = heard.options.data
    before = len(samples_of(data, "Colin"))
    if accepted:
        do(heard, offers.accept(offer))
    do(heard, enrol_from_turn(colin(heard), "Zoe"))
    assert not kept(heard)
    assert len(samples_of(data, "Colin")) == before
    assert heard.facts.deed.erases
    do(heard, undo())
    assert len(samples_of(data, "Colin")) == before + accepted
    assert len(kept(heard)) == (not accepted)
    do(heard, enrol_from_turn(colin(heard), "Zoe"))
    do(heard, end_undo())
    with VoiceprintStore(data) as store:
        assert store.people() == ["Ana", "Ben", "Colin", "Zoe"]
    assert not list((data / "speakers").rglob("offer-*"))
    assert not list((data / "speakers").glob(".deleted-*"))


def test_a_turn_confirmed_leaves_what_was_kept_of_it(heard):
    (offer,) = kept(heard)
    do(heard, enrol_from_turn(colin(heard), "Colin"))
    assert kept(heard) == [offer]
    assert not heard.facts.deed.erases
