"""Every kind of manifest becomes the same kind of rows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.corpus.manifest import Row, open_manifest
from utils import BadInput


def rows(path: Path, **options) -> list[Row]:
    return list(open_manifest(path, **options))


def write(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_with_columns_of_any_name(tmp_path, delimiter):
    text = "id|clip|who|start_s|end_s\n1|a.wav|Ann|1.5|2\n2|b.wav||| \n".replace("|", delimiter).replace(" ", "")
    table = write(tmp_path / "t.txt", "\ufeff" + text)
    first, second = rows(table, path_column="clip", speaker_column="who")
    assert first == Row("a.wav", "Ann", 1.5, 2.0, str(tmp_path / "a.wav"))
    assert (second.path, second.speaker, second.start_s, second.end_s) == ("b.wav", "", 0.0, None)


def test_common_voice_as_it_is(tmp_path):
    lines = ["client_id\tpath\tsentence_id\tsentence\tup_votes\tage", 'ab12\tx.mp3\t1\t"Yes, he said\t2\ttwenties']
    table = write(tmp_path / "validated.tsv", "\n".join([*lines, 'cd34\ty.mp3\t2\tNo"\t2\t']) + "\n")
    (tmp_path / "clips").mkdir()
    one, two = rows(table)
    assert (one.path, one.speaker, one.file) == ("x.mp3", "ab12", str(tmp_path / "clips" / "x.mp3"))
    assert two.speaker == "cd34"
    assert rows(table, audio_root=tmp_path / "else")[0].file == str(tmp_path / "else" / "x.mp3")


def test_kaldi(tmp_path):
    write(tmp_path / "wav.scp", "u1 a b.wav\nu2 sph2pipe -f wav x.sph |\nu3 /c.wav\n")
    write(tmp_path / "utt2spk", "u1 ann\nu2 bob\nu3 ann\n")
    for path in (tmp_path, tmp_path / "wav.scp"):
        one, two, three = rows(path)
        assert (one.path, one.speaker, one.file, one.error) == ("a b.wav", "ann", str(tmp_path / "a b.wav"), "")
        assert "not run" in two.error
        assert three.file == "/c.wav"


def test_kaldi_segments(tmp_path):
    write(tmp_path / "wav.scp", "r1 a.wav\n")
    write(tmp_path / "segments", "u1 r1 0.5 2.25\nu2 r1 3 -1\nu3 r9 0 1\n")
    write(tmp_path / "utt2spk", "u1 ann\nu2 bob\n")
    one, two, three = rows(tmp_path)
    assert (one.path, one.speaker, one.start_s, one.end_s) == ("a.wav", "ann", 0.5, 2.25)
    assert (two.speaker, two.start_s, two.end_s) == ("bob", 3.0, None)
    assert three.error


def test_kaldi_without_speakers(tmp_path):
    with pytest.raises(BadInput, match="utt2spk: is missing"):
        rows(write(tmp_path / "wav.scp", "u1 a.wav\n"))


def test_a_tree(tmp_path):
    for name in (
        "bob/2.wav",
        "bob/1/3.flac",
        "ann/x.OPUS",
        "alone.mp3",
        "bob/notes.txt",
        ".hidden/1.wav",
        "ann/.y.wav",
    ):
        write(tmp_path / name, "")
    said = [(row.path, row.speaker) for row in rows(tmp_path)]
    assert said == [("alone.mp3", ""), ("ann/x.OPUS", "ann"), ("bob/2.wav", "bob"), ("bob/1/3.flac", "bob")]


def test_a_name_that_is_not_utf8_can_be_opened(tmp_path):
    table = write(tmp_path / "t.csv", b"file,speaker\ncaf\xe9.wav,caf\xe9\n")
    (row,) = rows(table)
    assert os.fsencode(row.file) == os.fsencode(tmp_path) + b"/caf\xe9.wav"


def test_what_is_wrong_with_a_row_is_said_in_the_row(tmp_path):
    text = "file,speaker,start_s,end_s\n,x,,\na,x,2,1\nb,x,soon,\nc,x,nan,\nd,x,-1,\ne,x,,\nf,x,0,inf\n"
    said = rows(write(tmp_path / "t.csv", text))
    assert [bool(row.error) for row in said] == [True, True, True, True, True, False, True]
    assert said[0].path == "(line 2)"


@pytest.mark.parametrize("path", ["../b.wav", "/b.wav", "x/../../b.wav"])
def test_no_path_leads_out_of_the_root_that_was_given(tmp_path, path):
    table = write(tmp_path / "t.csv", f"file,speaker\n{path},x\nx/../a.wav,x\n")
    (tmp_path / "audio").mkdir()
    outside, inside = rows(table, audio_root=tmp_path / "audio")
    assert outside.error == "outside --audio-root"
    assert not inside.error
    assert not rows(table)[0].error


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "needs a column named file"),
        (b"path,who\n", "--speaker-column"),
        (b"RIFF\0\0\0\0WAVE", "not a text table"),
    ],
)
def test_what_is_no_manifest_is_one_clear_line(tmp_path, content, complaint):
    with pytest.raises(BadInput, match=complaint):
        open_manifest(write(tmp_path / "t.csv", content))


def test_a_column_that_is_not_there_and_no_file(tmp_path):
    with pytest.raises(BadInput, match=r"has no column 'x'; it has file, speaker\."):
        open_manifest(write(tmp_path / "t.csv", "file,speaker\n"), path_column="x")
    with pytest.raises(BadInput, match="no such table"):
        open_manifest(tmp_path / "none.csv")
