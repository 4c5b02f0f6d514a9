"""Every kind of manifest becomes the same kind of clips."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.corpus.clips import Clip
from app.corpus.manifest import open_manifest, read_clips
from utils import BadInput


def clips(path: Path, **options) -> list[Clip]:
    return list(open_manifest(path, **options))


def write(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_with_columns_of_any_name(tmp_path, delimiter):
    text = "id|clip|who|start_s|end_s\n1|a.wav|Ann|1.5|2\n2|b.wav||| \n".replace("|", delimiter).replace(" ", "")
    table = write(tmp_path / "t.txt", "\ufeff" + text)
    first, second = clips(table, path_column="clip", speaker_column="who")
    assert first == Clip(str(tmp_path / "a.wav"), "Ann", start_s=1.5, end_s=2.0, name="a.wav")
    assert (second.name, second.speaker, second.start_s, second.end_s) == ("b.wav", "", 0.0, None)


def test_common_voice_as_it_is(tmp_path):
    lines = ["client_id\tpath\tsentence_id\tsentence\tup_votes\tage", 'ab12\tx.mp3\t1\t"Yes, he said\t2\ttwenties']
    table = write(tmp_path / "validated.tsv", "\n".join([*lines, 'cd34\ty.mp3\t2\tNo"\t2\t']) + "\n")
    (tmp_path / "clips").mkdir()
    one, two = clips(table)
    assert (one.name, one.speaker, one.path) == ("x.mp3", "ab12", str(tmp_path / "clips" / "x.mp3"))
    assert two.speaker == "cd34"
    assert clips(table, audio_root=tmp_path / "else")[0].path == str(tmp_path / "else" / "x.mp3")


def test_kaldi(tmp_path):
    write(tmp_path / "wav.scp", "u1 a b.wav\nu2 sph2pipe -f wav x.sph |\nu3 /c.wav\n")
    write(tmp_path / "utt2spk", "u1 ann\nu2 bob\nu3 ann\n")
    for path in (tmp_path, tmp_path / "wav.scp"):
        one, two, three = clips(path)
        assert (one.name, one.speaker, one.path, one.error) == ("a b.wav", "ann", str(tmp_path / "a b.wav"), "")
        assert "not run" in two.error
        assert three.path == "/c.wav"


def test_kaldi_segments(tmp_path):
    write(tmp_path / "wav.scp", "r1 a.wav\n")
    write(tmp_path / "segments", "u1 r1 0.5 2.25\nu2 r1 3 -1\nu3 r9 0 1\n")
    write(tmp_path / "utt2spk", "u1 ann\nu2 bob\n")
    one, two, three = clips(tmp_path)
    assert (one.name, one.speaker, one.start_s, one.end_s) == ("a.wav", "ann", 0.5, 2.25)
    assert (two.speaker, two.start_s, two.end_s) == ("bob", 3.0, None)
    assert three.error


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_kaldi_of_another_system_with_a_line_that_names_no_file(tmp_path, end):
    write(tmp_path / "wav.scp", "\ufeff" + end.join(["u1\ta\\b.wav", "u2", "# of May", "u3 c.wav", ""]))
    write(tmp_path / "utt2spk", ("\ufeff" + end.join(["u1 ann", "u2 bob", "u3 Bob B", ""])).encode("utf-16-le"))
    write(tmp_path / "a" / "b.wav", "")
    one, two, three = clips(tmp_path)
    assert (one.path, one.speaker, one.error) == (str(tmp_path / "a/b.wav"), "ann", "")
    assert (two.name, two.speaker, two.error) == ("(u2)", "bob", "the line names no file")
    assert (three.name, three.speaker) == ("c.wav", "Bob B")


def test_kaldi_without_speakers(tmp_path):
    with pytest.raises(BadInput, match="utt2spk: is missing"):
        clips(write(tmp_path / "wav.scp", "u1 a.wav\n"))


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
    said = [(clip.name, clip.speaker) for clip in clips(tmp_path)]
    assert said == [("alone.mp3", ""), ("ann/x.OPUS", "ann"), ("bob/2.wav", "bob"), ("bob/1/3.flac", "bob")]


def test_a_name_that_is_not_utf8_can_be_opened(tmp_path):
    table = write(tmp_path / "t.csv", b"file,speaker\ncaf\xe9.wav,caf\xe9\n")
    (clip,) = clips(table)
    assert os.fsencode(clip.path) == os.fsencode(tmp_path) + b"/caf\xe9.wav"


def test_a_speaker_of_a_list_that_a_spreadsheet_saved_in_windows_letters(tmp_path):
    write(tmp_path / "Zoë.wav", "")
    (one,) = clips(write(tmp_path / "t.csv", "Datei;file;Speaker\r\n1;Zoë.wav;Zoë\r\n".encode("cp1252")))
    assert (one.path, one.speaker) == (str(tmp_path / "Zoë.wav"), "Zoë")


def test_what_is_wrong_with_a_row_is_said_in_the_row(tmp_path):
    text = "file,speaker,start_s,end_s\n,x,,\na,x,2,1\nb,x,soon,\nc,x,nan,\nd,x,-1,\ne,x,,\nf,x,0,inf\n"
    said = clips(write(tmp_path / "t.csv", text))
    assert [bool(clip.error) for clip in said] == [True, True, True, True, True, False, True]
    assert said[0].name == "(line 2)"


@pytest.mark.parametrize("path", ["../b.wav", "/b.wav", "x/../../b.wav"])
def test_no_path_leads_out_of_the_root_that_was_given(tmp_path, path):
    table = write(tmp_path / "t.csv", f"file,speaker\n{path},x\nx/../a.wav,x\n")
    (tmp_path / "audio").mkdir()
    outside, inside = clips(table, audio_root=tmp_path / "audio")
    assert outside.error == "outside --audio-root"
    assert not inside.error
    assert not clips(table)[0].error


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"path,who\n", "--speaker-column"),
        (b"RIFF\0\0\0\0WAVE", "not a table of clips"),
    ],
)
def test_what_is_no_manifest_is_one_clear_line(tmp_path, content, complaint):
    with pytest.raises(BadInput, match=complaint):
        open_manifest(write(tmp_path / "t.csv", content))


def test_of_the_column_that_is_asked_for_nothing_else_takes_the_place(tmp_path):
    """A row without it has no speaker: another key is not who was meant."""
    lines = '{"file": "a.wav", "team": "red", "speaker": "Ann"}\n{"file": "b.wav", "speaker": "Bob"}\n'
    listed = clips(write(tmp_path / "t.jsonl", lines), speaker_column="team")
    assert [clip.speaker for clip in listed] == ["red", ""]


def test_a_column_that_is_not_there_and_no_file(tmp_path):
    with pytest.raises(BadInput, match=r"has no column 'x'; it has file, speaker\."):
        open_manifest(write(tmp_path / "t.csv", "file,speaker\n"), path_column="x")
    with pytest.raises(BadInput, match="two columns are named 'Who'"):
        open_manifest(write(tmp_path / "t.csv", "file,Who,WHO\n"), speaker_column="who")
    assert open_manifest(write(tmp_path / "t.csv", "file,who,WHO\n"), speaker_column="who")
    with pytest.raises(BadInput, match="no such table"):
        open_manifest(tmp_path / "none.csv")


def test_what_a_table_says_of_a_clip(tmp_path: Path):
    table = tmp_path / "t.csv"
    table.write_text(
        "speaker,corpus,gender,age,file,start_s,end_s\nann,c,Female,9,a.wav,1.5,2\nbob,,,twenties,b.wav,,\n"
    )
    ann, bob = read_clips(table)
    assert (ann.speaker, ann.corpus, ann.gender, ann.age, ann.start_s, ann.end_s) == ("ann", "c", "f", 9, 1.5, 2)
    assert ann.path == str(tmp_path / "a.wav")
    assert not ann.adult
    assert (bob.age, bob.adult, bob.end_s, bob.gender) == (None, True, None, "")


def test_common_voice_with_its_files_elsewhere(tmp_path: Path):
    table = tmp_path / "validated.tsv"
    table.write_text("client_id\tpath\tsentence\nabc\tx.mp3\tHello, you\n")
    (clip,) = read_clips(table, tmp_path / "clips")
    assert (clip.speaker, clip.path) == ("abc", str(tmp_path / "clips" / "x.mp3"))


def test_voxceleb_as_it_is(tmp_path: Path):
    for name in ("id1/video/1.wav", "id1/video/2.wav", "id2/video/1.wav"):
        write(tmp_path / name, "")
    assert [clip.speaker for clip in read_clips(tmp_path)] == ["id1", "id1", "id2"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no clips"),
        ("who,label\n", "needs a column named file"),
        ("file,who\na.wav,x\n", "needs a column named speaker"),
        ("file,speaker\n", "no clips"),
        ("file,speaker,start_s,end_s\na.wav,x,0,1\nb.wav,x,2,1\n", "line 3.*end_s must come after"),
        ("file,speaker,start_s\na.wav,x,soon\n", "line 2"),
        ("file,speaker\na.wav,\n", "line 2.*no speaker"),
    ],
)
def test_a_clip_that_cannot_be_used_is_one_clear_line(tmp_path: Path, text: str, complaint: str):
    table = tmp_path / "t.csv"
    table.write_text(text)
    with pytest.raises(BadInput, match=complaint):
        read_clips(table)


def test_clips_of_a_tree_are_in_the_order_of_their_paths_and_have_a_speaker(tmp_path):
    for name in ("bob/2.wav", "bob/1/3.flac", "alone.mp3", "ann/x.wav"):
        write(tmp_path / name, "")
    assert [clip.name for clip in read_clips(tmp_path)] == ["ann/x.wav", "bob/1/3.flac", "bob/2.wav"]
    (tmp_path / "none").mkdir()
    with pytest.raises(BadInput, match="no sub-folders with audio"):
        read_clips(tmp_path / "none")


def test_clips_may_lie_outside_the_audio_root(tmp_path):
    table = write(tmp_path / "t.csv", "file,speaker\n../a.wav,x\n/b.wav,x\n")
    assert [Path(clip.path) for clip in read_clips(table, tmp_path / "in")] == [
        tmp_path / "in/../a.wav",
        Path("/b.wav"),
    ]


def test_clips_of_kaldi_without_a_speaker_are_named_by_their_line(tmp_path):
    write(tmp_path / "wav.scp", "u1 a.wav\n\nu2 b.wav\n")
    write(tmp_path / "utt2spk", "u1 ann\nu2\n")
    with pytest.raises(BadInput, match=r"wav\.scp, line 3: the row names no speaker"):
        read_clips(tmp_path)


def test_a_tree_names_what_only_looks_like_sound_and_goes_on_without_it(tmp_path):
    for name in ("a/1.m4a", "a/2.SPH", "b/3.webm", "b/4.raw", "b/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    clips = {clip.name: clip.error for clip in open_manifest(tmp_path)}
    assert [name for name, error in clips.items() if not error] == ["a/1.m4a", "a/2.SPH", "b/3.webm"]
    assert clips["b/4.raw"] == "looks like sound, but such files are not read: convert it to wav"
    assert [clip.name for clip in read_clips(tmp_path)] == ["a/1.m4a", "a/2.SPH", "b/3.webm"]
