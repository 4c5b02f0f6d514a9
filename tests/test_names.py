"""Names that people can have, and those that pass for the program's own words or for another's name."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.names import PERSON, is_reserved, looks_alike, name_key, new_name, shown_name
from utils import BadInput, clean_name

INVISIBLE = "\u200b\u200c\u200d\u200e\u202e\u2060\ufeff\u00ad\u034f\u3164\u2800\ufe0f\U000e0041"
FULL_WIDTH = {c: chr(ord(c) - 0x21 + 0xFF01) for c in map(chr, range(0x21, 0x7F))}
TURNS = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}
DIGITS = "0123456789\u0660\u0661\u0662\u06f3\u0967\uff11\u00b2\u2460\U0001d7d8"


@pytest.mark.parametrize(
    "name",
    [
        "unknown",
        "Unknown",
        "UNKNOWN",
        "Unknown 1",
        "unknown 12",
        "Unknown \u0661",  # Arabic-Indic
        "\uff35\uff4e\uff4b\uff4e\uff4f\uff57\uff4e \uff11",  # full width
        "Unknown_1",
        "Unknown-1",
        "Unknown1",
        "unknown.",
        '"unknown"',
        "(Unknown 2)",
        "u n k n o w n",
        "\u00fcnkn\u00f6wn",
        "u\u0336n\u0336known",
        "unkn\u043ewn",  # a Cyrillic letter
        "UN\u039aN\u039fWN",  # Greek ones
        "unkn0wn",
        "\U0001d4fe\U0001d4f7\U0001d4f4\U0001d4f7\U0001d4f8\U0001d500\U0001d4f7",  # mathematical
        "\u24ca\u24c3\u24c0\u24c3\u24c4\u24cc\u24c3",  # in circles
        "Unknown voice",
        "Unknown: the closest is Ana",
        "Nobody",
        "Nobody is speaking",
        "Silence",
        "other",
        "Another voice",
        "Unknown 1 (person)",
        "Ana (person)",
    ],
)
def test_the_programs_own_words_are_no_names(name):
    assert is_reserved(name)
    with pytest.raises(BadInput, match="choose another name"):
        new_name(name)
    assert shown_name(name).endswith(PERSON)  # of an old database


@pytest.mark.parametrize(
    "name",
    [
        "Ana",
        "Ana Mar\u00eda",
        "O'Neil",
        "Jean-Luc",
        "Null",
        "None",
        "Na",
        "Noone Smith",
        "Silence Dogood",
        "Unknownsson",
        "7",
        "=SUM(1)",
        "\u738b\u5c0f\u660e",
        "\u0410\u043d\u043d\u0430",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian, with a non-joiner
        "\u0915\u094d\u200d\u0937",  # Devanagari, with a joiner
        "\u0dc1\u0dca\u200d\u0dbb\u0dd3",  # Sinhala, with a joiner
        "\U0001f469\U0001f3fd\u200d\U0001f680",  # an astronaut
        "\u2764\ufe0f\u200d\U0001f525",
        "\u8fbb\U000e0100",  # an ideograph's variant
        "\u1820\u180b",
        "<U+202E>",
    ],
)
def test_names_of_any_script_stay(name):
    assert new_name(f" {name} ") == clean_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "An\u200ba",
        "Ana\u202e",
        "\u2066Ana",
        "A\u200dna",
        "\ufeffAna",
        "An\u00ada",
        "Ana\ufe0f",
        "A\u3164na",
        "Ana\U000e0041",
    ],
)
def test_what_nobody_sees_is_in_no_name(name):
    with pytest.raises(BadInput, match=r"nobody sees \(U\+"):
        new_name(name)
    assert name_key(name) == "ana"
    assert "<U+" in shown_name(name)


@pytest.mark.parametrize("name", ["-", "\u2014", "?", "...", "' '", "\u0301", "\u200d\u200d"])
def test_a_name_has_a_letter(name):
    with pytest.raises(BadInput):
        new_name(name)


def test_names_that_differ_in_case_or_width_alone_have_one_key():
    assert len({name_key(name) for name in ("Ana", "ANA", "\uff21\uff4e\uff41", " ana ", "A\u200bna")}) == 1
    assert name_key("Stra\u00dfe") == name_key("STRASSE")
    assert name_key("\u0130") == name_key("i\u0307")
    assert name_key("Ana Maria") != name_key("AnaMaria")
    assert name_key("Ana") != name_key("An\u00e1")
    assert name_key("\u0645\u06cc\u200c\u062e") == name_key("\u0645\u06cc\u062e")


@settings(deadline=None)
@given(st.text())
def test_a_key_is_its_own_key(name):
    assert name_key(name_key(name)) == name_key(name)


def spelt(data: st.DataObject, word: str) -> str:
    """The word as somebody might type it who wants to pass for the program: any case, width, accents, and digits."""
    out = ""
    for c in word:
        c = data.draw(st.sampled_from([c, c.upper(), FULL_WIDTH.get(c, c), c + "\u0301", c + "\u0336"]))
        out += c
    return out + data.draw(st.sampled_from(["", " ", "_", "-", ".", "\u00a0"])) + data.draw(st.text(DIGITS, max_size=3))


@settings(deadline=None)
@given(st.data(), st.sampled_from(["unknown", "silence", "nobody", "other"]))
def test_however_a_word_of_the_program_is_typed_it_is_none(data, word):
    name = spelt(data, word)
    with pytest.raises(BadInput):
        new_name(name)
    at = data.draw(st.integers(0, len(name)))
    with pytest.raises(BadInput):
        new_name(name[:at] + data.draw(st.sampled_from(INVISIBLE)) + name[at:])


@settings(deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
@example("unknown", "unknown (person)")
@example("a\u202e", "a<U+202E>")
@example("a<U+003C>U+", "a<U+")
def test_different_names_are_shown_differently_and_never_as_the_programs_words(one, other):
    assert (shown_name(one) == shown_name(other)) == (one == other)
    assert shown_name(one) != "unknown"
    shown = shown_name(one)
    assert not (shown.startswith("Unknown ") and shown[8:].isdecimal())


@settings(deadline=None)
@given(st.text(max_size=40))
def test_a_name_that_may_be_is_shown_as_it_is_and_has_nothing_hidden(text):
    try:
        name = new_name(text)
    except BadInput:
        return
    assert shown_name(name) == name or "<U+" in name
    assert not any(
        unicodedata.bidirectional(c) in {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"} for c in name
    )
    assert new_name(name) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ana", "\u0410na"),  # a Cyrillic A
        ("Ana", "\u0410n\u0430"),
        ("ANA", "\u0410na"),  # of another case, too
        ("\u0422\u043e\u043c\u0430", "Toma"),  # all of it
        ("Hannah", "\u041dannah"),  # like a capital H
        ("Nina", "\u039dina"),  # a Greek capital Nu
        ("Ivan", "I\u03bdan"),  # a small one
        ("\u041c\u0430\u0440\u0438\u044f", "\u039c\u0430\u0440\u0438\u044f"),  # Cyrillic and Greek
        ("Jos\u00e9", "J\u043es\u00e9"),
        ("Max Orr", "Ma\u0445 Orr"),
    ],
)
def test_letters_of_another_script_look_like_a_name(one, other):
    assert looks_alike(one, other)
    assert looks_alike(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ana", "Anna"),
        ("Ana", "An\u00e1"),
        ("\u0141ukasz", "Lukasz"),  # of one script: another name
        ("\u0130lke", "Ilke"),
        ("S\u00f8ren", "Soren"),
        ("\u0410\u043d\u043d\u0430", "Anna"),  # Anna in Cyrillic: only in part alike
        ("\u0421\u0430\u0448\u0430", "Sasha"),
        ("\u041d\u0438\u043d\u0430", "\u0418\u043d\u043d\u0430"),  # two Cyrillic names
        ("\u0391\u03b7", "\u0391\u03bd"),  # two Greek ones
        ("Ana 1", "Ana \u0661"),
        ("\u540d\u524d", "\u540d\u5b57"),
    ],
)
def test_other_names_look_different(one, other):
    assert not looks_alike(one, other)
    assert not looks_alike(other, one)
