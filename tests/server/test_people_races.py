"""Two requests, or a request and another program, want different things of one person: one of them happens, whole."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from app.audio.reading.reader import read_audio
from app.audio.vad import detect_speech
from app.client import ServerRefused
from app.enrolment.speaker_check import SpeakerCheck
from app.server import people_service
from app.server.errors import ApiError
from app.server.service import Service
from app.voiceprints.people import delete_person, rename_person
from app.voiceprints.recordings import recorded_people, samples_of
from app.voiceprints.store import VoiceprintStore


def at_once(*asks: Callable[[], object]) -> list[int]:
    """What these requests get that are made at the same moment: 0, or the status of what was refused; sorted."""
    together = threading.Barrier(len(asks))

    def run(ask: Callable[[], object]) -> int:
        together.wait(10)
        try:
            ask()
        except ServerRefused as refused:
            return refused.status
        return 0

    with ThreadPoolExecutor(len(asks)) as pool:
        return sorted(pool.map(run, asks))


def consistent(data, sha256: str) -> dict[str, int]:
    """Name -> samples of everybody, once it is sure that files and database say the same."""
    with VoiceprintStore(data) as store:
        recorded = recorded_people(data)
        for name in store.people():
            files = {sample.file for sample in store.samples(name, sha256)}
            assert files == {wav.relative_to(data).as_posix() for wav in recorded.pop(name, [])}
        assert recorded == {}  # nobody is on disk alone
        return {person.name: person.samples for person in store.overview()}


def test_of_two_who_take_a_name_one_gets_it(client):
    for number in range(5):
        assert at_once(*[lambda n=number: client.create(f"Eva {n}")] * 4) == [0, 409, 409, 409]


def test_of_two_renames_one_happens(client, data):
    sha256 = client.model()["sha256"]
    found = at_once(lambda: client.rename("Ana", "Eva"), lambda: client.rename("Ana", "Anne"))
    assert found == [0, 404]
    assert at_once(lambda: client.rename("Ben", "Otto"), lambda: client.rename("Colin", "Otto")) == [0, 409]
    people = consistent(data, sha256)
    assert len(people) == 3
    assert len({"Eva", "Anne"} & set(people)) == 1
    assert len({"Ben", "Colin"} & set(people)) == 1


def test_a_rename_beside_a_deletion_does_not_bring_anybody_back(client, data):
    found = at_once(lambda: client.rename("Ana", "Eva"), lambda: client.delete("Ana"))
    assert found == [0, 404]
    people = consistent(data, client.model()["sha256"])
    assert "Ana" not in people
    assert ("Eva" in people) == (len(people) == 3)


def test_of_the_same_recording_twice_at_once_one_is_kept(client, data, demo_dir):
    clip = demo_dir / "enrolment" / "Ana" / "01.flac"
    client.create("Eva")
    ask = [lambda: client.add_sample("Eva", clip, accept_flawed=True)] * 3
    assert at_once(*ask) == [0, 409, 409]
    assert consistent(data, client.model()["sha256"])["Eva"] == 1


@pytest.fixture
def service(encoder, data):
    made = Service(encoder, data)
    yield made
    made.close()


@pytest.fixture
def while_it_is_judged(monkeypatch):
    """Have something done between the moment that a sample is looked at and the one that it is kept."""

    def install(act: Callable[[], None]) -> None:
        check = SpeakerCheck.check

        def then(self, speech):
            act()
            return check(self, speech)

        monkeypatch.setattr(SpeakerCheck, "check", then)

    return install


def test_whoever_is_deleted_while_a_sample_is_judged_stays_deleted(service, data, demo_dir, while_it_is_judged):
    """By another program; somebody else may have the name by now, who does not get the recording."""

    def another_program() -> None:
        with VoiceprintStore(data) as store:
            delete_person(store, "Ana")
            store.create("Ana")

    while_it_is_judged(another_program)
    sound = detect_speech(read_audio(demo_dir / "conversation.flac")[: 16000 * 20])
    with pytest.raises(Exception) as refused:  # noqa: PT011  store.Gone, or what became of it
        people_service.add_sound(service, "Ana", sound, "new", accept_flawed=True)
    assert "deleted in the meantime" in str(refused.value)
    assert samples_of(data, "Ana") == []
    assert consistent(data, service.encoder.sha256)["Ana"] == 0


def test_whoever_is_renamed_while_a_sample_is_judged_gets_it(service, data, demo_dir, while_it_is_judged):
    def another_program() -> None:
        with VoiceprintStore(data) as store:
            rename_person(store, "Ana", "Anne")

    while_it_is_judged(another_program)
    sound = detect_speech(read_audio(demo_dir / "enrolment" / "Ana" / "01.flac"))
    added = people_service.add_sound(service, "Ana", sound, "new", accept_flawed=True)
    assert (added.person.name, added.person.recordings) == ("Anne", 6)
    people = consistent(data, service.encoder.sha256)
    assert people["Anne"] == 6
    assert "Ana" not in people


def test_an_unknown_voice_that_cannot_be_enrolled_creates_nobody(service, data):
    before = consistent(data, service.encoder.sha256)
    with pytest.raises(ApiError) as refused:
        people_service.enrol_voice(service, "Eva", np.zeros(16000 * 8, np.float32))
    assert refused.value.code == "poor_sample"
    assert consistent(data, service.encoder.sha256) == before
