"""The grammar of lists: what parts words, what is a heading, what is passed over, and what is refused."""

from __future__ import annotations

import pytest

from app.corpus.manifest import open_manifest
from app.corpus.pairs import open_pairs, open_trials
from utils import BadInput


def trials(path) -> list[tuple]:
    return [(pair.label, pair.enrol, pair.test) for pair in open_trials(path)]


def pairs(path) -> list[tuple]:
    return [(pair.enrol, pair.test) for pair in open_pairs(path)]


def clips(path, **options) -> list[tuple]:
    return [(clip.name, clip.speaker, clip.start_s, clip.end_s, clip.error) for clip in open_manifest(path, **options)]


@pytest.fixture
def write(tmp_path):
    def write(text: str | bytes, name: str = "list.txt"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("a.wav b.wav", ("a.wav", "b.wav")),
        ("1 a.wav  b.wav", ("a.wav", "b.wav")),
        ("1\ta b.wav\tc.wav", ("a b.wav", "c.wav")),
        ("a b.wav, c.wav", ("a b.wav", "c.wav")),
        ("a b.wav; c.wav", ("a b.wav", "c.wav")),
        ("a b.wav | c.wav", ("a b.wav", "c.wav")),
        ('"a, b.wav",c.wav', ("a, b.wav", "c.wav")),
        ('c.wav, "a, ""b"".wav"', ("c.wav", 'a, "b".wav')),
        ('"a b.wav" c.wav', ("a b.wav", "c.wav")),
        ("O'Neill.wav d'Arc.wav", ("O'Neill.wav", "d'Arc.wav")),
        ("1,a b.wav,c.wav", ("a b.wav", "c.wav")),
        ("0 a,1.wav b.wav", ("a,1.wav", "b.wav")),
        ("a,1.wav b.wav nontarget", ("a,1.wav", "b.wav")),
        ("1 a.wav, b.wav", ("1 a.wav", "b.wav")),
        ("0 a.wav\tb.wav", ("a.wav", "b.wav")),
    ],
)
def test_what_parts_the_words_of_a_line(write, line, found):
    assert pairs(write(line)) == [found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1 a.wav b.wav\n", (True, "a.wav", "b.wav")),
        ("a.wav b.wav nontarget\n", (False, "a.wav", "b.wav")),
        ("a.wav b.wav Non-Target", (False, "a.wav", "b.wav")),
        ("a.wav;b.wav;same", (True, "a.wav", "b.wav")),
        ("imp, a.wav, b.wav", (False, "a.wav", "b.wav")),
        ("Test,Same?,File A\nb.wav,yes,a.wav\n".replace("?", ""), (True, "a.wav", "b.wav")),
        ("file_b|x|LABEL|File-A\nb.wav||Different|a.wav\n", (False, "a.wav", "b.wav")),
        ("enrollment test target\na.wav b.wav FALSE\n", (False, "a.wav", "b.wav")),
        ("sep=;\nscore;a;b\n1.0;a.wav;b.wav\n", (True, "a.wav", "b.wav")),
        ('{"Target": true, "enrol": "a.wav", "test": "b.wav"}\n', (True, "a.wav", "b.wav")),
        ('{"label": 0, "audio_filepath_1": "a.wav", "audio_filepath_2": "b.wav"}\n', (False, "a.wav", "b.wav")),
        ("target,enrol,test\n,,\n1,a.wav,b.wav,,\n,,\n", (True, "a.wav", "b.wav")),
    ],
)
def test_trials_in_the_forms_that_people_have(write, text, found):
    assert trials(write(text)) == [found]


@pytest.mark.parametrize(
    ("text", "clip"),
    [
        ("Ana a.wav\n", ("a.wav", "Ana", 0.0, None, "")),
        ("a.wav Ana\n", ("a.wav", "Ana", 0.0, None, "")),
        ("id1 id1/x/a\n", ("id1/x/a", "id1", 0.0, None, "")),
        ("a.wav\n", ("a.wav", "", 0.0, None, "")),
        ("FILE\nmy a.wav\n", ("my a.wav", "", 0.0, None, "")),
        ("my a.wav;Ana Maria\n", ("my a.wav", "Ana Maria", 0.0, None, "")),
        ("Speaker ID;File Name;Start;Duration\nAna;a.wav;0.1;0.2\n", ("a.wav", "Ana", 0.1, 0.3, "")),
        ("file;speaker;Start (s);End [sec]\na.wav;Ana;0,5;2,25\n", ("a.wav", "Ana", 0.5, 2.25, "")),
        ("speaker,file,offset,end\nAna,a.wav,1,2\n", ("a.wav", "Ana", 1.0, 2.0, "")),
        ("speaker,file,duration\nAna,a.wav,2\n", ("a.wav", "Ana", 0.0, None, "")),
        ('{"audio_filepath": "a.wav", "duration": 3, "label": "Ana"}', ("a.wav", "Ana", 0.0, 3.0, "")),
        ('{"audio_filepath": "a.wav", "offset": null, "duration": 3, "speaker": 7}', ("a.wav", "7", 0.0, 3.0, "")),
        ('client_id\tpath\tsentence\nc1\ta.mp3\t"Yes, he said\n', ("a.mp3", "c1", 0.0, None, "")),
    ],
)
def test_clips_in_the_forms_that_people_have(write, text, clip):
    assert clips(write(text)) == [clip]


def test_a_line_that_is_a_file_is_one_though_it_holds_blanks(write, tmp_path):
    (tmp_path / "my a.wav").write_bytes(b"")
    assert clips(write("my a.wav\nmy b.wav\n")) == [("my a.wav", "", 0.0, None, ""), ("b.wav", "my", 0.0, None, "")]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("1 a.wav b.wav\n\nperhaps a.wav b.wav\n", r"line 3: not a line of a list of trials: \"1 a\.wav b\.wav\" is"),
        ("1 2 target\n", "line 1"),
        ("target,enrol,test\n1,a.wav,b.wav\n1,b,c.wav,d.wav\n", "line 3: 4 cells under a heading of 3.*comma"),
        ("target\tenrol\ttest\n1\ta\tb.wav\tc\n", "line 2: 4 cells under a heading of 3\\.$"),
        ("target,enrol,test\n1,a.wav\n", "line 2: the row has no second file"),
        ("target,enrol,test\nmaybe,a.wav,b.wav\n", "line 2: 'maybe' does not say"),
        ("# of May\ntarget,file,test\n", "line 2.*columns target, enrol and test"),
        ("enrol,test,Test,target\na,b,c,1\n", "line 1: two columns are named 'test'"),
        ('[{"target": 1}]', "line 1: a JSON array"),
        ('{"target": 1, "enrol": "a", "test": "b"}\nx\n', "line 2: not a JSON object"),
        ('target,enrol,test\n1,"a.wav,b.wav\n0,c.wav,d.wav\n0,e.wav,f.wav\n', "line 2: a quotation mark"),
        ('target,enrol,test\n1,"a.wav,b.wav\n' + "0,c.wav,d.wav\n" * 200, "line 2: a quotation mark"),
    ],
)
def test_what_is_no_trial_is_refused_by_its_line(write, text, complaint):
    with pytest.raises(BadInput, match=complaint) as refused:
        trials(write(text))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "text", ["a.wav b.wav\n", "Ana Ben\n", "a.wav,Ana,0,2\n", "file,who\na.wav,Ana\n", "a.wav Ben.wav\n"]
)
def test_clips_that_could_be_read_in_two_ways_are_refused(write, text):
    with pytest.raises(BadInput, match=r"list\.txt"):
        clips(write(text))


def test_comments_and_empty_lines_are_passed_over(write):
    text = '\n# trials of May\ntarget,enrol,test\n \n# 1,x,y\n1,a.wav,b.wav\n"#",c.wav,d.wav\n'
    with pytest.raises(BadInput, match="line 7: '#' does not say"):  # a cell in quotation marks is no comment
        trials(write(text))
    assert trials(write(text.replace('"#"', "0"))) == [(True, "a.wav", "b.wav"), (False, "c.wav", "d.wav")]


def test_a_line_break_in_quotation_marks_is_part_of_a_cell(write):
    assert trials(write('target,enrol,test\n1,"a\n#b.wav",c.wav\n')) == [(True, "a\n#b.wav", "c.wav")]


def test_bytes_that_are_not_utf8_stay(write):
    assert pairs(write(b"\xef\xbb\xbfx y\r\n\n  \ncaf\xe9.wav,d\n")) == [("x", "y"), ("caf\udce9.wav", "d")]


def test_lists_that_were_joined_have_marks_in_between(write):
    assert pairs(write("\ufeffa.wav b.wav\n\ufeffc.wav d.wav\n")) == [("a.wav", "b.wav"), ("c.wav", "d.wav")]


@pytest.mark.parametrize("read", [trials, pairs, clips])
def test_what_is_no_text_is_refused_at_once(tmp_path, write, read):
    for path, complaint in (
        (tmp_path / "none", "no such"),
        (write(b"RIFF\0\0", "sound"), "not a .* \\(text in UTF-8"),
        (write("1 a b".encode("utf-16-le"), "wide"), "not a .* UTF-16 with its mark"),
        (write(b"\xff\xfe\x00RIFF", "torn"), "not a "),
        (
            write("1 a.wav b.wav\n".encode("utf-16") * 2000 + b"\0\xd8", "cut"),
            "line 1: longer than|not in utf-16|not a",
        ),
    ):
        with pytest.raises(BadInput, match=complaint):
            read(path)
