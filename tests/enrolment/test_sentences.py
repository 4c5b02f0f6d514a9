"""Texts to read: as long as they should be, varied, and found for the language that somebody has."""

from __future__ import annotations

import unicodedata

import pytest

from app.enrolment.sentences import codes, languages, matching_language, read_language, system_language
from utils import BadInput

ASKED = ("ar", "bn", "de", "en", "es", "fa", "fr", "hi", "id", "it")
ASKED += ("ja", "ko", "nl", "pl", "pt", "ru", "tr", "uk", "vi", "zh")
PER_SECOND = {"LATIN": 16.0, "CYRILLIC": 15.5, "ARABIC": 10.4, "CJK": 4.2, "HIRAGANA": 6.0}
"""Characters that an adult reads aloud in a second, by script, of texts of the kind of IReST (Trauzettel-Klosinski and
Dietz 2012)."""
LETTERS_PER_SECOND = {"DEVANAGARI": 6.7, "BENGALI": 6.7, "HANGUL": 5.6}
"""Likewise where a syllable has one letter, and marks that are not counted."""


def script_of(text: str) -> str:
    names = [unicodedata.name(c).split()[0] for c in text if unicodedata.category(c)[0] == "L"]
    return "HIRAGANA" if "HIRAGANA" in names else max(set(names), key=names.count)


def seconds(text: str) -> float:
    """How long a sentence takes to be read."""
    script = script_of(text)
    if script in LETTERS_PER_SECOND:
        return sum(unicodedata.category(c)[0] == "L" for c in text) / LETTERS_PER_SECOND[script]
    return len(text) / PER_SECOND[script]


def test_there_are_the_languages_that_were_asked_for():
    assert list(codes()) == sorted(ASKED)
    assert [language.code for language in languages() if language.right_to_left] == ["ar", "fa"]
    assert len({language.name for language in languages()}) == len(ASKED)


@pytest.mark.parametrize("code", ASKED)
def test_every_sentence_takes_six_to_nine_seconds(code):
    for sentence in read_language(code).sentences:
        assert 6.0 <= seconds(sentence) <= 9.0, f"{seconds(sentence):.1f} s: {sentence}"


@pytest.mark.parametrize("code", ASKED)
def test_there_is_enough_to_read_and_to_talk_about(code):
    language = read_language(code)
    assert len(set(language.sentences)) == len(language.sentences) >= 6
    assert len(language.cards) == 3
    questions = [question for card in language.cards for question in card]
    assert len(set(questions)) == 9
    for text in (*language.sentences, *questions):
        assert text == unicodedata.normalize("NFC", text).strip()
        assert "  " not in text
        assert all(c.isprintable() or c == "\u200c" for c in text)  # Persian joins no letters there


@pytest.mark.parametrize(
    ("code", "letters"),
    [
        ("ar", "ابتثجحخدرزسشصطعغفقكلمنهوي"),
        ("de", "abcdefghijklmnoprstuvwzäü"),
        ("en", "abcdefghijklmnoprstuvwy"),
        ("es", "abcdefghijlmnopqrstuvyzñ"),
        ("fa", "ابتجچخدرزسشغفقکگلمنهپوی"),
        ("fr", "abcdefghijlmnopqrstuvàéèê"),
        ("id", "abcdeghijklmnoprstuwy"),
        ("it", "abcdefghilmnopqrstuvz"),
        ("nl", "abcdefghijklmnoprstuvwz"),
        ("pl", "abcdefghijklmnoprstuwyzóąćęłńśźż"),
        ("pt", "abcdefghijlmnopqrstuvxzãáâçéíóõú"),
        ("ru", "абвгдежзийклмнопрстухцчшыьюяё"),
        ("tr", "abcdefghiklmnoprstuvyzçöüğış"),
        ("uk", "абвгдежзийклмнопрстухцчшщьюяєії"),
        ("vi", "abcdeghiklmnopqrstuvxyăâđêôơư"),
        ("hi", "कखगचछजझटठडढतथदधनपफबभमयरलवशसह"),
        ("bn", "কখগচছজঝটঠডঢতথদধনপফবভমরলশসহ"),
    ],
)
def test_the_sentences_have_the_sounds_of_the_language_between_them(code, letters):
    read = unicodedata.normalize("NFC", "".join(read_language(code).sentences).casefold())
    plain = {c for mark in read for c in (mark, unicodedata.normalize("NFD", mark)[0])}
    missing = [letter for letter in letters if letter not in plain]
    assert len(missing) <= 0.06 * len(letters), missing


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ([], "en"),
        (["de_DE.UTF-8"], "de"),
        (["pt-BR"], "pt"),
        (["zh_Hans_CN"], "zh"),
        (["C.UTF-8"], "en"),
        (["nb_NO", "fr_FR"], "fr"),
        (["../../secret"], "en"),
        (["DE"], "de"),
    ],
)
def test_the_language_of_a_reader(tags, code):
    assert matching_language(tags) == code


@pytest.mark.parametrize(
    ("environ", "code"),
    [
        ({}, "en"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "ru_RU"}, "ru"),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, "en"),
    ],
)
def test_the_language_of_the_system(environ, code):
    assert system_language(environ) == code


@pytest.mark.parametrize("code", ["", "xx", "../en", "EN"])
def test_a_language_that_there_is_none_of_is_one_line(code):
    with pytest.raises(BadInput, match=r"no sentences to read in .*: choose one of ar, bn, "):
        read_language(code)
