"""Lists in text: which words a line has, and what is no list."""

from __future__ import annotations

import pytest

from app.corpus.lists import read_keyed, read_words, words
from app.corpus.tables import open_table
from utils import BadInput


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("a.wav b.wav", ["a.wav", "b.wav"]),
        ("1 a.wav  b.wav", ["1", "a.wav", "b.wav"]),
        ("1\ta b.wav\tc.wav", ["1", "a b.wav", "c.wav"]),
        ("a b.wav, c.wav", ["a b.wav", "c.wav"]),
        ('"a, b.wav",c.wav', ["a, b.wav", "c.wav"]),
        ("1,a b.wav,c.wav", ["1", "a b.wav", "c.wav"]),
        ("0 a,1.wav b.wav", ["0", "a,1.wav", "b.wav"]),
        ("1 a.wav, b.wav", ["1 a.wav", "b.wav"]),
        ("", []),
    ],
)
def test_words(line, found):
    assert words(line) == found


def test_lines_have_numbers_and_empty_ones_are_left_out(tmp_path):
    path = tmp_path / "list.txt"
    path.write_bytes(b"\xef\xbb\xbfa b\r\n\n  \ncaf\xe9.wav,d\n")
    assert list(read_words(path, "list")) == [(1, ["a", "b"]), (4, ["caf\udce9.wav", "d"])]


def test_the_first_word_and_the_rest(tmp_path):
    path = tmp_path / "utt2spk"
    path.write_text("u1 ann\nalone\n\nu 2\tb c\n")
    assert list(read_keyed(path, "list")) == [(1, "u1", "ann"), (4, "u 2", "b c")]


@pytest.mark.parametrize("read", [open_table, read_words, read_keyed])
def test_what_is_no_text_is_refused_at_once(tmp_path, read):
    (tmp_path / "sound").write_bytes(b"RIFF\0\0")
    for path, complaint in (
        (tmp_path / "none", "no such list of x"),
        (tmp_path, "no such"),
        (tmp_path / "sound", "not a list of x"),
    ):
        with pytest.raises(BadInput, match=complaint):
            read(path, "list of x")


@pytest.mark.parametrize(("tabs_quoted", "cell"), [(True, "a b"), (False, '"a b"')])
def test_quotation_marks_between_tabs(tmp_path, tabs_quoted, cell):
    path = tmp_path / "t.tsv"
    path.write_text('x\ty\n"a b"\tc\n')
    assert [row for _, row in open_table(path, "table", tabs_quoted=tabs_quoted).rows()] == [{"x": cell, "y": "c"}]
