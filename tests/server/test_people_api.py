"""People and samples over the wire: what is kept is what record_samples.py keeps, and what is deleted is gone."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soundfile

from app.audio.reading.reader import read_audio
from app.audio.vad import CHUNK
from app.client import Client, ServerRefused
from app.enrolment.sentences import read_language
from app.voiceprints.people import delete_person, rename_person
from app.voiceprints.recordings import read_note, recorded_people, samples_of
from app.voiceprints.store import VoiceprintStore
from tests.support.detection import detected_lengths
from tests.support.old_names import call, spoil


@pytest.fixture
def empty(client, data):
    """A client of a server that knows nobody."""
    for person in client.people():
        client.delete(person.id)
    return client


def clips(demo_dir, name: str) -> list:
    return sorted((demo_dir / "enrolment" / name).glob("*.flac"))


def test_a_person_is_created_enrolled_recognised_renamed_and_deleted(empty, demo_dir, data):
    first, second, third, *_ = clips(demo_dir, "Ana")
    created = empty.create("  Zoë   Ångström ")
    assert (created.name, created.recordings, created.known) == ("Zoë Ångström", 0, False)
    sample = empty.add_sample(created.id, first)
    assert sample.used
    assert sample.quality["speech_s"] > 3
    empty.add_sample("Zoë Ångström", second)
    (person,) = empty.people()
    assert (person.recordings, person.known) == (2, True)
    assert empty.identify(third).label == "Zoë Ångström"

    renamed = empty.rename(person.id, "AC/DC")
    assert renamed.id != person.id
    assert [one.id for one in empty.samples(renamed.id)] == ["001", "002"]  # a path takes no slash
    assert empty.identify(third).label == "AC/DC"

    empty.delete(renamed.id)
    assert empty.people() == []
    assert empty.identify(third).label == "unknown"
    assert recorded_people(data) == {}


def test_a_sample_is_kept_as_the_recorder_keeps_it(empty, demo_dir, data):
    clip = clips(demo_dir, "Ben")[0]
    empty.create("Ben")
    empty.add_sample("Ben", clip)
    (wav,) = samples_of(data, "Ben")
    info = soundfile.info(wav)
    assert (info.samplerate, info.channels, info.subtype) == (16000, 1, "PCM_16")
    assert read_audio(wav) == pytest.approx(read_audio(clip), abs=1e-4)
    note = read_note(wav)
    assert (note.name, note.source) == ("Ben", clip.name)
    assert note.quality["snr_db"] > 10
    assert recorded_people(data) == {"Ben": [wav]}  # build_voiceprint.py finds it
    with VoiceprintStore(data) as store:
        assert [sample.file for sample in store.samples("Ben", empty.model()["sha256"])] == [
            wav.relative_to(data).as_posix()
        ]


def test_bad_samples_are_refused_with_reasons_and_flawed_ones_kept_when_asked(empty, demo_dir, tmp_path):
    sound = read_audio(clips(demo_dir, "Colin")[0])

    def wav(samples):
        path = tmp_path / "sample.wav"
        soundfile.write(path, samples, 16000)
        return path

    empty.create("Colin")
    with pytest.raises(ServerRefused) as refused:
        empty.add_sample("Colin", wav(np.zeros(80000)), accept_flawed=True)
    assert refused.value.code == "poor_sample"
    assert refused.value.details["problems"][0]["fault"] == "mute"
    assert not refused.value.details["usable"]
    clipped = np.clip(sound * 40, -1, 1)
    with pytest.raises(ServerRefused) as refused:
        empty.add_sample("Colin", wav(clipped))
    assert "clipped" in {problem["fault"] for problem in refused.value.details["problems"]}
    assert refused.value.details["usable"]
    assert empty.samples("Colin") == []
    assert empty.add_sample("Colin", wav(clipped), accept_flawed=True).used


def test_another_persons_voice_is_noticed(client, demo_dir):
    with pytest.raises(ServerRefused) as refused:
        client.add_sample("Ben", clips(demo_dir, "Ana")[0], accept_flawed=True)
    faults = {problem["fault"] for problem in refused.value.details["problems"]}
    assert {"other voice", "already enrolled"} <= faults


def test_the_same_recording_is_not_taken_twice(empty, demo_dir):
    clip = clips(demo_dir, "Ana")[0]
    empty.create("Ana")
    empty.add_sample("Ana", clip)
    with pytest.raises(ServerRefused) as refused:
        empty.add_sample("Ana", clip)
    assert (refused.value.status, refused.value.code) == (409, "sample_taken")


def test_figures_that_are_no_numbers_are_left_out(client, data):
    """Of a note that somebody wrote: JSON knows neither NaN nor Infinity, and browsers read none."""
    (first, *_) = samples_of(data, "Ana")
    note = json.loads(first.with_suffix(".json").read_text())
    note["quality"] = {"snr_db": float("nan"), "level_db": float("inf"), "speech_s": 3.5, "text": "x", "list": [1]}
    first.with_suffix(".json").write_text(json.dumps(note))
    sample = client.samples("Ana")[0]
    assert sample.quality == {"speech_s": 3.5}


def test_of_a_long_recording_a_minute_is_kept(empty, demo_dir, tmp_path, data):
    speech = np.concatenate([np.zeros(16000 * 20)] + [read_audio(clip) for clip in clips(demo_dir, "Ana")] * 3)
    soundfile.write(tmp_path / "long.flac", speech, 16000)
    empty.create("Ana")
    sample = empty.add_sample("Ana", tmp_path / "long.flac")
    assert sample.quality["sound_s"] == pytest.approx(60, abs=0.1)
    assert sample.quality["speech_s"] > 35


@pytest.mark.parametrize("times", [1, 3])  # as it is; longer than what is kept
def test_speech_is_looked_for_once_in_an_upload(empty, demo_dir, tmp_path, monkeypatch, times):
    speech = np.concatenate([read_audio(clip) for clip in clips(demo_dir, "Ana")] * times)
    soundfile.write(tmp_path / "upload.flac", speech, 16000)
    empty.create("Ana")
    passes = detected_lengths(monkeypatch)
    empty.add_sample("Ana", tmp_path / "upload.flac")
    assert passes == [pytest.approx(len(speech), abs=CHUNK)]


def test_deleting_a_sample_leaves_nothing_of_it(client, data):
    person = next(one for one in client.people() if one.name == "Ana")
    before = client.samples("Ana")
    client.delete_sample("Ana", before[0].id)
    assert [one.id for one in client.samples("Ana")] == [one.id for one in before[1:]]
    assert next(one for one in client.people() if one.name == "Ana").speech_s < person.speech_s
    for sample in before[1:]:
        client.delete_sample("Ana", sample.id)
    left = next(one for one in client.people() if one.name == "Ana")
    assert (left.recordings, left.known) == (0, False)
    assert not list((data / "speakers").glob("ana*"))
    assert not list((data / "speakers").glob(".deleted*"))
    with pytest.raises(ServerRefused) as refused:
        client.delete_sample("Ana", "001")
    assert refused.value.code == "no_such_sample"


def test_names_in_use_and_names_that_cannot_be_are_refused(client):
    cases = [("Ana", 409), (" Ana ", 409), ("", 422), ("   ", 422), ("a\nb", 422), ("x" * 121, 422), ("\u0000", 422)]
    for name, status in cases:
        with pytest.raises(ServerRefused) as refused:
            client.create(name)
        assert refused.value.status == status, name
        with pytest.raises(ServerRefused) as refused:
            client.rename("Ben", name)
        assert refused.value.status == status, name
    assert client.rename("Ana", "Ana").name == "Ana"


def test_a_name_that_is_another_persons_id_is_refused(client):
    ana = next(one for one in client.people() if one.name == "Ana")
    with pytest.raises(ServerRefused) as refused:
        client.create(ana.id)
    assert refused.value.status == 409


def test_what_other_programs_change_is_seen_at_once(client, data):
    assert "Ben" in [one.name for one in client.people()]
    with VoiceprintStore(data) as store:
        rename_person(store, "Ben", "Benjamin")
        delete_person(store, "Colin")
    names = {one.name: one.known for one in client.people()}
    assert names == {"Ana": True, "Benjamin": True}


def test_people_recorded_but_not_built_are_listed_and_can_be_completed(client, data, demo_dir):
    with contextlib.closing(sqlite3.connect(data / "voiceprints.db")) as database, database:
        database.execute("PRAGMA foreign_keys = ON")
        database.execute("DELETE FROM people WHERE name = 'Ana'")
    ana = next(one for one in client.people() if one.name == "Ana")
    assert (ana.recordings, ana.known) == (5, False)
    client.delete_sample("Ana", "001")
    client.add_sample("Ana", clips(demo_dir, "Ana")[0])
    assert [one.used for one in client.samples("Ana")] == [True] * 5


def test_many_changes_at_once_keep_files_and_database_together(client, data, demo_dir):
    """Threads that add, delete and rename: afterwards each person's samples are those of the database."""

    def story(number: int) -> None:
        name = f"Person {number}"
        client.create(name)
        for clip in clips(demo_dir, ("Ana", "Ben", "Colin")[number % 3])[:2]:
            client.add_sample(name, clip, accept_flawed=True)
        client.rename(name, f"{name} b")
        client.delete_sample(f"{name} b", "001")
        if number % 2:
            client.delete(f"{name} b")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(story, range(6)))
    left = {one.name: one for one in client.people()}
    assert set(left) == {"Ana", "Ben", "Colin", "Person 0 b", "Person 2 b", "Person 4 b"}
    with VoiceprintStore(data) as store:
        for name, wavs in recorded_people(data).items():
            files = {sample.file for sample in store.samples(name, client.model()["sha256"])}
            assert files == {wav.relative_to(data).as_posix() for wav in wavs}
            for wav in wavs:
                assert json.loads(wav.with_suffix(".json").read_text())["name"] == name


def test_prompts_go_on_where_the_person_stopped(client: Client):
    first = client.prompts(3)
    assert [one.position for one in first] == ["near", "back", "soft"]
    assert client.prompts(3, 3) != first


@pytest.mark.parametrize(
    ("asked", "code", "right_to_left"),
    [
        ("de-AT,en", "de", False),
        ("ar", "ar", True),
        ("tlh,fr", "fr", False),
        ("../../secret", "en", False),
        ("", "en", False),
    ],
)
def test_prompts_are_in_the_readers_language(client: Client, asked: str, code: str, right_to_left: bool):
    answer = client._ask("GET", "/v1/prompts", params={"language": asked})
    assert (answer["language"], answer["right_to_left"]) == (code, right_to_left)
    assert [prompt["sentence"] for prompt in answer["prompts"]] == list(read_language(code).sentences[:3])
    assert [len(prompt["questions"]) for prompt in answer["prompts"]] == [3, 3, 3]
    assert {"code": "hi", "name": "हिन्दी"} in answer["languages"]


@pytest.mark.parametrize("sample", ["..", ".", "", "../../Ben", "001/..", "%2e%2e"])
def test_a_sample_of_the_clients_leads_to_nothing_but_samples(client: Client, sample):
    before = client.people()
    with pytest.raises(ServerRefused) as refused:
        client.delete_sample("Ana", sample)
    assert refused.value.status in {307, 404, 405}
    assert client.people() == before


@pytest.mark.parametrize("name", ["unknown", "UNKNOWN 1", "Unknown \u0661", "un\u200bknown", "A\u202ena", "?"])
def test_a_name_that_passes_for_the_programs_word_is_refused(client, name):
    for ask in (lambda: client.create(name), lambda: client.rename("Ana", name)):
        with pytest.raises(ServerRefused) as refused:
            ask()
        assert (refused.value.status, refused.value.code) == (422, "bad_input")
    assert [person.name for person in client.people()] == ["Ana", "Ben", "Colin"]


def test_somebody_of_an_old_database_is_known_as_a_person_renamed_and_deleted(data, client, demo_dir):
    call(data, Ana="unknown", Ben="Unknown 1")
    said = client.identify(demo_dir / "enrolment" / "Ana" / "02.flac")
    assert (said.label, said.kind, said.speaker) == ("unknown (person)", "person", "unknown")
    turns = client.timeline(demo_dir / "conversation.flac")
    people = {turn.speaker for turn in turns if turn.kind == "person"}
    assert people == {"unknown (person)", "Unknown 1 (person)", "Colin"}
    assert {turn.speaker for turn in turns if turn.kind == "voice"} >= {"Unknown 1"}
    assert client.rename("unknown", "Anna").name == "Anna"
    client.delete("Unknown 1")
    assert "Unknown 1" not in {person.name for person in client.people()}


def test_a_damaged_voiceprint_is_nobodys_and_the_others_work(data, client, demo_dir):
    spoil(data, "Ana", np.full(192, np.nan, "<f4").tobytes())
    assert client.identify(demo_dir / "enrolment" / "Ana" / "02.flac").label == "unknown"
    assert client.identify(demo_dir / "enrolment" / "Ben" / "02.flac").label == "Ben"
    assert {person.name: person.known for person in client.people()} == {"Ana": False, "Ben": True, "Colin": True}
