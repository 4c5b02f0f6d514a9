"""Consent and offers over the wire: nothing is kept before it is allowed, and what is offered can be answered."""

from __future__ import annotations

import io

import pytest
import soundfile

from app.audio.reading.reader import read_audio
from app.client import ServerRefused
from app.voiceprints.offers import keep_offer
from app.voiceprints.recordings import Note
from app.voiceprints.store import VoiceprintStore
from tests.server.test_live_api import paced, pcm
from utils import SAMPLE_RATE


@pytest.fixture
def offer(client, data, demo_dir) -> int:
    """Something offered to Ana."""
    client.allow_keeping("Ana", may_keep=True)
    sound = read_audio(demo_dir / "conversation.flac", start_s=30.0, end_s=35.0)
    with VoiceprintStore(data) as store:
        note = Note("Ana", "2026-01-31T10:00:00+01:00", device="Headset")
        return keep_offer(store, store.find("Ana").id, sound, note, 4.5)


def test_consent_is_asked_given_and_withdrawn(client, offer, data):
    ana, ben, _ = client.people()
    assert ana.consent["may_keep"] is True
    assert (ana.offers, ben.consent, ben.offers) == (1, None, 0)
    assert [one["device"] for one in ana.known_on] == ["file"]
    withdrawn = client.allow_keeping("Ana", may_keep=False)
    assert (withdrawn.consent["may_keep"], withdrawn.offers) == (False, 0)
    assert not list((data / "speakers").rglob("offer-*"))


def test_an_offer_is_listed_heard_and_accepted(client, offer):
    (one,) = client.offers("Ana")
    assert (one.id, one.day, one.device, one.speech_s) == (offer, "2026-01-31", "Headset", 4.5)
    sound, rate = soundfile.read(io.BytesIO(client.hear_offer("Ana", offer)))
    assert (rate, len(sound)) == (SAMPLE_RATE, 5 * SAMPLE_RATE)
    before = client.people()[0].recordings
    ana = client.accept_offer("Ana", offer)
    assert (ana.recordings, ana.offers) == (before + 1, 0)
    assert {"device": "Headset", "days": ["2026-01-31"]} in ana.known_on
    assert client.offers("Ana") == []


def test_what_is_not_offered_is_404(client, offer):
    client.dismiss_offer("Ana", offer)
    for ask in (client.accept_offer, client.dismiss_offer, client.hear_offer):
        with pytest.raises(ServerRefused) as refused:
            ask("Ana", offer)
        assert (refused.value.status, refused.value.code) == (404, "no_such_offer")
    with pytest.raises(ServerRefused) as refused:
        client.offers("Zoe")
    assert refused.value.code == "no_such_person"


def test_an_offer_is_its_persons_alone(client, offer):
    with pytest.raises(ServerRefused) as refused:
        client.accept_offer("Ben", offer)
    assert refused.value.code == "no_such_offer"


def test_a_live_connection_gathers_of_whom_it_was_allowed_alone(client, data, demo_dir):
    client.allow_keeping("Colin", may_keep=True)
    client.allow_keeping("Ana", may_keep=False)
    sound = pcm(read_audio(demo_dir / "conversation.flac", start_s=13.5, end_s=29.0))
    for _ in client.live(paced(sound, SAMPLE_RATE, speed=2.0)):
        pass
    assert client.offers("Ana") == client.offers("Ben") == []
    assert [one.device for one in client.offers("Colin")] == ["live"]
    assert not list((data / "speakers").glob("ana-*/offer-*"))
