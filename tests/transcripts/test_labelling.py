"""What is no transcript, or none of this recording, is refused in one line; damaged ones never end in anything else."""

from __future__ import annotations

import json
import random

import pytest

from app.diarisation.timeline import Turn
from app.transcripts.labelling import label_transcript, parse_rename, rename_speakers
from app.transcripts.reading import read_transcript_file
from tests.transcripts.test_json_segments import WHISPER
from tests.transcripts.test_subtitles import SRT, TEAMS, TURNS, ZOOM
from tests.transcripts.test_tables import CASES
from tests.transcripts.test_ttml import TTML
from utils import BadInput

ALL = {"srt": SRT, "zoom": ZOOM, "teams": TEAMS, "json": json.dumps(WHISPER, indent=1), "ttml": TTML} | {
    name: text for name, (text, _) in CASES.items()
}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"# A heading\n\nSome prose.\n",
        b"\x00\x01\x02",
        b"\xff\xfeh",
        b"WEBVTT\n\nNOTE nothing\n",
        b"{}",
        b"[]",
        b"{",
        b"[1, 2]",
        b'{"segments": [{"start": 0, "end": 1}]}',
        b'{"segments": [{"start": 0, "end": "x", "text": "a"}]}',
        b'{"segments": [{"start": NaN, "end": 1, "text": "a"}]}',
        b"[" * 100_000,
        b"<html><body>a</body></html>",
        b"<tt><body><p begin='1s'>a</p></body></tt>",
        b"<tt><body><p begin='1s' end='2s'>a</body></tt>",
        b"start\tend\ttext\n",
        b"start\tend\ttext\none\ttwo\tthree\n",
        b"1\n00:00:01,000 -> 00:00:02,000\nHi\n",
    ],
)
def test_what_is_none_is_refused_in_one_line(content):
    for attempt in (
        lambda: label_transcript(content, TURNS, "talk.x"),
        lambda: rename_speakers(content, {"a": "b"}, "talk.x"),
    ):
        with pytest.raises(BadInput) as refused:
            attempt()
        assert str(refused.value).startswith("talk.x: ")
        assert "\n" not in str(refused.value)


def test_a_transcript_of_another_recording_is_refused():
    with pytest.raises(BadInput, match="of this recording"):
        label_transcript(SRT.encode(), [Turn(100, 110, "Ana")], "talk.srt")


def test_a_name_that_the_encoding_lacks_is_refused():
    with pytest.raises(BadInput, match="save it as UTF-8"):
        label_transcript(SRT.replace("Hello", "Hé").encode("latin-1"), [Turn(0, 20, "שרה")], "talk.srt")


def test_who_is_not_in_it_cannot_be_renamed():
    with pytest.raises(BadInput, match="no names at all"):
        rename_speakers(SRT.encode(), {"Unknown 1": "Ben"}, "talk.srt")
    with pytest.raises(BadInput, match="called Unknown 9; there is Ana, Ben, Unknown 1"):
        label_transcript(SRT.encode(), TURNS, "talk.srt", {"Unknown 9": "Ben"})
    for text in ("Ben", "=Ben", "Unknown 1=", "Unknown 1=a\nb"):
        with pytest.raises(BadInput):
            parse_rename(text)
    assert parse_rename("Unknown 1 = Ben = Bo") == ("Unknown 1", "Ben = Bo")


def test_files_that_are_none(tmp_path):
    with pytest.raises(BadInput, match="no such transcript"):
        read_transcript_file(tmp_path / "none.srt")
    with pytest.raises(BadInput, match="folder"):
        read_transcript_file(tmp_path)


@pytest.mark.parametrize("name", ALL)
def test_damage_is_read_or_refused(name):
    """Bytes changed, cut out and doubled at random: a transcript comes of it, or one line."""
    content, dice = ALL[name].encode(), random.Random(name)
    refused: list[str] = []
    for _ in range(150):
        damaged = bytearray(content)
        for _ in range(dice.randint(1, 4)):
            at = dice.randrange(len(damaged))
            match dice.randrange(3):
                case 0:
                    damaged[at] = dice.randrange(256)
                case 1:
                    del damaged[at : at + dice.randint(1, 30)]
                case 2:
                    damaged[at:at] = damaged[at : at + dice.randint(1, 30)]
            if not damaged:
                damaged = bytearray(b"x")
        try:
            labelled = label_transcript(bytes(damaged), TURNS, "talk")
            again = label_transcript(labelled.content, [], "talk")
            assert again.content == labelled.content
        except BadInput as error:
            refused.append(str(error))
    assert len(refused) < 150
    assert not any("\n" in line for line in refused)
