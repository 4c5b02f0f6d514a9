"""A colour for life: through other names, the going of others, an older database, and another machine."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest

from app.voiceprints import people
from app.voiceprints.ledger import forget_sweeps
from app.voiceprints.looks.appearance import appearance_of, say_gender
from app.voiceprints.looks.colours import Appearance, colours_for
from app.voiceprints.store import EmbeddedSample, VoiceprintStore
from app.voiceprints.transfer import Model, export_people, import_people
from utils import BadInput

PASSPHRASE = "correct horse battery"
SHA = "a" * 64


@pytest.fixture
def store(tmp_path):
    with VoiceprintStore(tmp_path / "data") as store:
        yield store


def add(store: VoiceprintStore, *names: str) -> None:
    for name in names:
        vector = np.zeros((1, 192), np.float32)
        vector[0, 0] = 1
        store.add_sample(name, "model", SHA, EmbeddedSample(f"{name}/001", vector, [3.0]))


def colours(store: VoiceprintStore) -> dict[str, int | None]:
    return {person.name: person.colour for person in store.overview()}


def test_everybody_has_a_number_of_their_own(store):
    add(store, "Zoe", "Ana", "Ben")
    assert colours(store) == {"Zoe": 0, "Ana": 1, "Ben": 2}
    store.create("Dora")
    assert colours(store)["Dora"] == 3


def test_it_stays_through_a_rename_and_when_others_go(store):
    add(store, "Ana", "Ben", "Colin")
    people.delete_person(store, "Ben")
    people.rename_person(store, "Colin", "Zoe")
    assert colours(store) == {"Ana": 0, "Zoe": 2}
    add(store, "Dora")
    assert colours(store)["Dora"] == 1  # which is free again


def test_whoever_may_come_back_keeps_it(store):
    add(store, "Ana", "Ben")
    removal = people.remove_person(store, "Ana")
    add(store, "Dora")
    assert colours(store) == {"Ben": 1, "Dora": 2}
    removal.restore(store)
    assert colours(store)["Ana"] == 0


def test_a_database_of_the_version_before_gets_colours(store, tmp_path):
    add(store, "Zoe", "Ana")
    store.close()
    with sqlite3.connect(tmp_path / "data" / "voiceprints.db") as db:  # as version 3 had it
        for column in ("colour", "gender"):
            db.execute(f"ALTER TABLE people DROP COLUMN {column}")
        db.execute("PRAGMA user_version = 3")
    forget_sweeps()
    with VoiceprintStore(tmp_path / "data") as again:
        assert colours(again) == {"Zoe": 0, "Ana": 1}
        add(again, "Ben")
        assert colours(again)["Ben"] == 2


@pytest.mark.parametrize(("there", "expected"), [([], 2), (["Dora"], 2), (["Dora", "Emil", "Flora"], 3)])
def test_it_comes_along_to_another_machine_if_it_is_free_there(there, expected, store, tmp_path):
    add(store, "Ana", "Ben", "Colin")
    say_gender(store, "Colin", "hidden")
    export_people(store, ["Colin"], tmp_path / "colin.heard", PASSPHRASE)
    with VoiceprintStore(tmp_path / "other") as other:
        add(other, *there)
        import_people(other, tmp_path / "colin.heard", PASSPHRASE, Model("model", SHA, lambda *_: pytest.fail("made")))
        assert appearance_of(other, "Colin") == Appearance(expected, "hidden")
        assert len(set(colours(other).values())) == len(there) + 1


def test_what_is_said_by_hand_is_one_of_three_or_nothing(store):
    add(store, "Ana")
    assert appearance_of(store, "Ana").gender is None
    say_gender(store, "Ana", "female")
    assert appearance_of(store, "Ana").gender == "female"
    say_gender(store, "Ana", None)
    assert appearance_of(store, "Ana").gender is None
    with pytest.raises(BadInput, match="one of female, male, hidden"):
        say_gender(store, "Ana", "other")
    with pytest.raises(BadInput, match="nobody is called Zoe"):
        say_gender(store, "Zoe", "male")


@pytest.mark.parametrize(
    ("names", "known", "expected"),
    [
        (["Ana", "Ben"], {}, {"Ana": 0, "Ben": 1}),
        (["Ben", "Ana"], {"Ben": 0}, {"Ana": 1, "Ben": 0}),
        (["Ana", "Ben", "Zoe"], {"Ana": 1, "Colin": 0}, {"Ana": 1, "Ben": 0, "Zoe": 2}),
        ([], {"Ana": 3}, {}),
    ],
)
def test_whoever_is_not_in_the_database_has_one_that_nobody_shown_has(names, known, expected):
    assert colours_for(names, known) == expected
