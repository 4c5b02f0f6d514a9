"""``label`` and ``cut`` on the demo's conversation, with its people enrolled."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from app.cli.recordings import cut, label
from app.diarisation.rttm import read_rttm
from app.transcripts.labelling import label_transcript
from tests.support.demo_data import enrol_demo
from utils import ROOT, BadInput, slug

PEOPLE = ("Ana", "Ben", "Colin")


@pytest.fixture(scope="module")
def data(encoder, demo_dir, tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    enrol_demo(folder, encoder, demo_dir)
    return folder


@pytest.fixture
def transcript(demo_dir, tmp_path):
    """What a recogniser of words would write of the conversation, whose words are the names of who says them: segments
    that begin within one turn and end within the next."""
    turns = read_rttm(demo_dir / "conversation.rttm")
    words = []
    for turn in turns:
        count = max(2, int(turn.duration_s / 0.5))
        step_s = turn.duration_s / count
        for n in range(count):
            start_s = turn.start_s + n * step_s
            words.append({"word": f" {turn.label}", "start": round(start_s, 2), "end": round(start_s + step_s, 2)})
    segments = [words[n : n + 9] for n in range(0, len(words), 9)]
    document = {
        "segments": [
            {
                "id": n,
                "start": part[0]["start"],
                "end": part[-1]["end"],
                "text": "".join(w["word"] for w in part),
                "words": part,
            }
            for n, part in enumerate(segments)
        ]
    }
    path = tmp_path / "talk.json"
    path.write_text(json.dumps(document, indent=1))
    return path


def test_a_transcript_gets_the_names_of_who_speaks(transcript, data, demo_dir, capsys):
    conversation = demo_dir / "conversation.flac"
    assert label.run([str(conversation), "--transcript", str(transcript), "--data", str(data)]) == 0
    out = transcript.with_name("talk.speakers.json")
    assert str(out) in capsys.readouterr().out
    segments = json.loads(out.read_text())["segments"]
    said = [(word["word"].strip(), word["speaker"]) for one in segments for word in one["words"]]
    right = [who == name or (who == "Stranger" and name.startswith("Unknown ")) for who, name in said]
    assert sum(right) > 0.95 * len(right)
    assert {name for _, name in said} >= set(PEOPLE)
    for one in segments:
        assert len({word["speaker"] for word in one["words"]}) == 1
    assert [one["id"] for one in segments] == list(range(len(segments)))
    with pytest.raises(BadInput, match="is there already"):
        label.run([str(conversation), "--transcript", str(transcript), "--data", str(data)])


def test_unknown_voices_are_named_later_without_the_sound(tmp_path, demo_dir, capsys):
    path = tmp_path / "talk.srt"
    path.write_bytes(b"1\r\n00:00:26,683 --> 00:00:29,500\r\nUnknown 1: I am new.\r\n")
    assert label.run(["--transcript", str(path), "--rename", "Unknown 1=Dee"]) == 0
    assert (tmp_path / "talk.renamed.srt").read_bytes() == path.read_bytes().replace(b"Unknown 1", b"Dee")
    assert label.run(["--transcript", str(path), "--rename", "Unknown 1=Dee", "--out", str(tmp_path / "o")]) == 0
    timeline = demo_dir / "conversation.rttm"
    assert label.run(["--transcript", str(path), "--timeline", str(timeline), "--out", str(tmp_path / "o")]) == 0
    assert b"Stranger: I am new" in (tmp_path / "o").read_bytes()
    assert "Dee; 1 cue." in capsys.readouterr().out


def test_standard_output_is_the_transcript_alone(tmp_path, demo_dir):
    (tmp_path / "talk.srt").write_bytes(b"\xef\xbb\xbf1\r\n00:00:05,000 --> 00:00:09,000\r\nHi\r\n")
    words = ["label", "--transcript", tmp_path / "talk.srt", "--timeline", demo_dir / "conversation.rttm", "--out", "-"]
    done = subprocess.run([sys.executable, "-m", "app", *words], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout == b"\xef\xbb\xbf1\r\n00:00:05,000 --> 00:00:09,000\r\nBen: Hi\r\n"
    assert done.stderr == b"Ben; 1 cue.\n"


@pytest.mark.parametrize("out", ["talk.srt", "link.srt", "talk.flac", "turns.rttm", "folder", "none/talk.srt"])
def test_nothing_that_is_read_is_replaced(out, tmp_path, demo_dir):
    shutil.copy(demo_dir / "conversation.flac", tmp_path / "talk.flac")
    shutil.copy(demo_dir / "conversation.rttm", tmp_path / "turns.rttm")
    (tmp_path / "talk.srt").write_text("1\n00:00:05,000 --> 00:00:09,000\nHi\n")
    (tmp_path / "link.srt").symlink_to("talk.srt")
    (tmp_path / "folder").mkdir()
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    words = [tmp_path / "talk.flac", "--transcript", tmp_path / "talk.srt", "--timeline", tmp_path / "turns.rttm"]
    with pytest.raises(BadInput, match=out.partition("/")[0]):
        label.run([str(word) for word in (*words, "--out", tmp_path / out)])
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_cut_writes_each_voice(tmp_path, data, demo_dir, capsys):
    conversation = str(demo_dir / "conversation.flac")
    assert cut.run([conversation, "--out", str(tmp_path / "v"), "--data", str(data)]) == 0
    assert {slug(name) for name in PEOPLE} <= {path.stem for path in (tmp_path / "v").iterdir()}
    from app.api import Heard

    heard = Heard(data=data)
    for name in PEOPLE:
        assert heard.identify(tmp_path / "v" / f"{slug(name)}.wav").label == name
    assert "Colin" in capsys.readouterr().out


def test_cut_refuses_what_is_no_folder_and_what_the_program_keeps(tmp_path, data, demo_dir):
    (tmp_path / "file").write_text("mine")
    words = [
        str(demo_dir / "conversation.flac"),
        "--timeline",
        str(demo_dir / "conversation.rttm"),
        "--data",
        str(data),
    ]
    for folder in (tmp_path / "file", data / "speakers" / slug("Ana")):
        with pytest.raises(BadInput, match=folder.name):
            cut.run([*words, "--out", str(folder)])


def test_who_made_the_demo_is_found_by_its_reference(transcript, demo_dir):
    turns = read_rttm(demo_dir / "conversation.rttm")
    labelled = label_transcript(transcript.read_bytes(), turns, "talk")
    for one in json.loads(labelled.content)["segments"]:
        assert {word["word"].strip() for word in one["words"]} == {one["speaker"]}
