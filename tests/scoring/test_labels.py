"""Labels carry their kind, and a text leads back to the label that it was written for."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.scoring.identification import Identification, is_numbered, is_unknown, plain
from app.scoring.labels import UNKNOWN, Kind, Label, label_of, person, read_label, unknown_voice

OLD_NAMES = [
    "unknown",
    "Unknown 1",
    "Unknown \u0661",
    "\uff35nknown",
    "un\u200bknown",
    "Ana (person)",
    "<U+202E>",
    "Ana",
]


@pytest.mark.parametrize("name", OLD_NAMES)
def test_a_person_is_a_person_whatever_they_are_called(name):
    label = person(name)
    assert (label.kind, label.name, label.number) == (Kind.PERSON, name, 0)
    assert not is_unknown(label)
    assert plain(label) is label
    assert label not in {UNKNOWN, unknown_voice(1)}
    assert label_of(name) == label


def test_unknown_voices_have_numbers():
    voice = unknown_voice(12)
    assert (voice, voice.kind, voice.name, voice.number) == ("Unknown 12", Kind.VOICE, None, 12)
    assert is_numbered(voice)
    assert is_unknown(voice)
    assert plain(voice) is UNKNOWN
    assert (UNKNOWN, UNKNOWN.kind, UNKNOWN.name) == ("unknown", Kind.UNKNOWN, None)
    assert is_unknown(UNKNOWN)
    assert not is_numbered(UNKNOWN)
    assert label_of(None) is UNKNOWN
    assert (is_unknown(None), is_numbered(None), plain(None)) == (False, False, None)
    with pytest.raises(ValueError, match="from 1 on"):
        unknown_voice(0)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("unknown", Kind.UNKNOWN),
        ("Unknown 1", Kind.VOICE),
        ("Unknown 01", Kind.PERSON),
        ("Unknown 0", Kind.PERSON),
        ("Unknown \u0661", Kind.PERSON),
        ("Unknown", Kind.PERSON),
        ("Unknown ", Kind.PERSON),
        ("unknown (person)", Kind.PERSON),
        ("Ana", Kind.PERSON),
    ],
)
def test_only_what_the_program_writes_is_read_as_its_own(text, kind):
    assert read_label(text).kind is kind


@settings(deadline=None)
@given(st.text(max_size=30))
@example("unknown")
@example("Unknown 1")
@example("Unknown 1 (person)")
@example("a\u202e")
@example("<U+003C>U+202E>")
def test_the_text_of_a_person_leads_back_to_the_person(name):
    label = person(name)
    back = read_label(str(label))
    assert (back, back.kind, back.name) == (label, Kind.PERSON, name)
    assert read_label(label) is label


@settings(deadline=None)
@given(st.lists(st.sampled_from(OLD_NAMES) | st.text(max_size=8), unique=True), st.integers(1, 10**12))
def test_different_labels_have_different_texts(names, number):
    labels = [UNKNOWN, unknown_voice(number), *map(person, names)]
    assert len({str(label) for label in labels}) == len(labels)


def test_labels_are_copied_and_written_like_texts():
    label = person("unknown")
    assert copy.deepcopy(label) is label
    assert json.dumps({"label": label}) == '{"label": "unknown (person)"}'
    said = Identification(1.0, label, "unknown", 0.9, {"unknown": 0.8}).as_json()
    assert (said["label"], said["speaker"], said["kind"]) == ("unknown (person)", "unknown", "person")
    assert isinstance(Identification(1.0, "Unknown 2", None, 0.5).label, Label)
    assert Identification(1.0, "Unknown 2", None, 0.5).as_json()["kind"] == "voice"
    assert Identification(1.0, UNKNOWN, None, 0.5).as_json()["kind"] == "unknown"
    assert Identification(1.0, None, None, 0.0).as_json()["kind"] is None
