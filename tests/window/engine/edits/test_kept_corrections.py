"""Corrections of a file are kept by its bytes, for their owner's eyes, and follow the people whom they name."""

from __future__ import annotations

import json

import pytest

from app.diarisation.timeline import Turn
from app.sealing.lock import Lock
from app.sealing.passphrase import Scrypt
from app.voiceprints.conversion import seal_data, unseal_data
from app.window.engine.edits.corrections import MIXED
from app.window.engine.edits.kept_corrections import (
    corrections_path,
    follow_people,
    load_corrections,
    save_corrections,
)
from app.window.engine.name_book import NameBook
from utils import BadInput

GIVEN = (Turn(0.0, 4.0, "Ana"), Turn(5.0, 7.25, "Zoë", 2), Turn(5.0, 7.25, "unknown"), Turn(0.0, 4.0, "Ben", MIXED))


@pytest.fixture
def names() -> NameBook:
    book = NameBook()
    book.update({3: "Ana", 5: "Ben"})
    return book


@pytest.fixture
def path(tmp_path):
    return corrections_path(tmp_path, "ab" * 32)


def test_they_are_found_again_as_they_were(path, names):
    save_corrections(path, GIVEN, names)
    assert load_corrections(path, names) == list(GIVEN)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_those_of_an_older_program_hold_for_the_first_channel_and_for_all_mixed(path, names):
    path.parent.mkdir()
    old = [{"start_s": 0, "end_s": 4, "person": 3}, {"start_s": 5, "end_s": 6, "channel": 2, "name": "Zoë"}]
    path.write_text(json.dumps({"version": 1, "corrections": old}))
    assert set(load_corrections(path, names)) == {Turn(0, 4, "Ana"), Turn(0, 4, "Ana", MIXED), Turn(5, 6, "Zoë", 2)}
    save_corrections(path, [Turn(0, 4, "Ana", MIXED)], names)
    assert load_corrections(path, names) == [Turn(0, 4, "Ana", MIXED)]


def test_in_a_sealed_folder_they_are_sealed(path, names, tmp_path):
    save_corrections(path, GIVEN, names)
    lock, key = Lock.fresh()
    seal_data(tmp_path, lock.with_passphrase(key, "a passphrase", Scrypt(b"0123456789abcdef", log2_n=14)), key)
    assert load_corrections(path, names) == list(GIVEN)
    save_corrections(path, GIVEN[1:], names)
    assert not path.exists()
    (kept,) = (tmp_path / "sealed" / "corrections").iterdir()
    assert "Zoë".encode() not in kept.read_bytes()
    unseal_data(tmp_path)
    assert load_corrections(path, names) == list(GIVEN[1:])
    assert path.exists()


def test_there_are_none_for_a_file_that_was_never_corrected(path, names):
    assert load_corrections(path, names) == []
    assert not path.parent.exists()


def test_none_is_nothing_on_disk(path, names):
    save_corrections(path, GIVEN, names)
    save_corrections(path, (), names)
    assert not path.exists()
    save_corrections(path, (), names)


def test_a_persons_name_is_not_in_the_file(path, names):
    save_corrections(path, GIVEN, names)
    text = path.read_text(encoding="utf-8")
    assert "Ana" not in text
    assert "Zoë" in text  # typed, and nobody's


def test_a_new_name_follows_and_a_deleted_person_is_unknown(path, names):
    save_corrections(path, GIVEN, names)
    names.update({3: "Ana López", 5: "Ben"})
    assert load_corrections(path, names)[0] == Turn(0.0, 4.0, "Ana López")
    fresh = NameBook()  # the next start of the program, after Ana was deleted
    fresh.update({5: "Ben", 9: "Ana"})  # and another Ana enrolled
    assert load_corrections(path, fresh)[0] == Turn(0.0, 4.0, "unknown")


def test_who_was_just_deleted_can_come_back(path, names):
    save_corrections(path, GIVEN, names)
    names.update({5: "Ben"})
    given = load_corrections(path, names)
    assert names.apply(given)[0] == Turn(0.0, 4.0, "unknown")
    save_corrections(path, given, names)  # something else was corrected meanwhile
    names.update({3: "Ana", 5: "Ben"})  # the deletion is undone
    assert names.apply(load_corrections(path, names))[0] == Turn(0.0, 4.0, "Ana")


def test_a_typed_name_that_is_somebodys_by_now_becomes_theirs(tmp_path, path, names):
    save_corrections(path, GIVEN, names)
    names.update({3: "Ana", 5: "Ben", 8: "Zoë"})
    follow_people(tmp_path, names)
    assert "Zoë" not in path.read_text(encoding="utf-8")
    assert load_corrections(path, names) == list(GIVEN)
    before = path.stat().st_mtime_ns
    follow_people(tmp_path, names)
    assert path.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{",
        '{"corrections": 3}',
        '{"corrections": [3]}',
        '{"corrections": [{}]}',
        '{"corrections": [{"start_s": 0, "end_s": NaN, "name": "Ana"}]}',
        '{"corrections": [{"start_s": 2, "end_s": 1, "name": "Ana"}]}',
        '{"corrections": [{"start_s": 0, "end_s": 1, "name": ""}]}',
        '{"corrections": [{"start_s": 0, "end_s": 1, "name": 4}]}',
        '{"corrections": [{"start_s": 0, "end_s": 1, "name": "a\\nb"}]}',
        '{"corrections": [{"start_s": 0, "end_s": 1, "person": "x"}]}',
        '{"corrections": [{"start_s": 0, "end_s": 1, "person": 1e999}]}',
        "[" * 100_000,
    ],
)
def test_a_damaged_file_is_told_in_one_line(text, path, names, tmp_path):
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(BadInput) as told:
        load_corrections(path, names)
    assert path.name in str(told.value)
    assert "\n" not in str(told.value)
    follow_people(tmp_path, names)
    assert path.read_text() == text  # nobody touches it until something is corrected


def test_bytes_that_are_no_text_and_files_that_are_too_large(path, names):
    path.parent.mkdir()
    path.write_bytes(b"\xff\xfe{}")
    with pytest.raises(BadInput):
        load_corrections(path, names)
    path.write_text(json.dumps({"corrections": [], "more": "x" * 6_000_000}))
    with pytest.raises(BadInput):
        load_corrections(path, names)
