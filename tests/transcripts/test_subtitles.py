"""Names in SubRip and WebVTT: where they stand, where a cue is split, and that all else stays byte for byte. The files
are read back by libraries of others."""

from __future__ import annotations

import io

import pytest
import srt
import webvtt

from app.diarisation.timeline import Turn
from app.transcripts.labelling import label_transcript, rename_speakers

TURNS = [Turn(0.7, 4.4, "Ana"), Turn(4.9, 9.9, "Ben"), Turn(10.5, 13.0, "Unknown 1")]
SRT = """\
1
00:00:00,700 --> 00:00:04,400
Hello everybody.

2
00:00:04,900 --> 00:00:09,900
I am very well, thanks.

3
00:00:10,500 --> 00:00:13,000
So am I.
"""


def label(text: str, turns=TURNS, names=None, encoding: str = "utf-8") -> str:
    content = label_transcript(text.encode(encoding), turns, "talk", names).content
    return content.decode(encoding)


def test_each_cue_says_who_speaks():
    said = list(srt.parse(label(SRT)))
    assert [cue.content for cue in said] == [
        "Ana: Hello everybody.",
        "Ben: I am very well, thanks.",
        "Unknown 1: So am I.",
    ]
    assert label(SRT) == SRT.replace("Hello", "Ana: Hello").replace("I am v", "Ben: I am v").replace(
        "So", "Unknown 1: So"
    )


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("tail", ["", "\n", "\n\n\n"])
def test_marks_line_ends_and_what_is_odd_stay(mark, end, tail):
    text = mark + SRT.rstrip().replace("00:00:04,900 --> 00:00:09,900", "00:00:04.9  -->   00:00:09,900 X1:40").replace(
        "I am", "{\\an8}<i>I</i> am"
    )
    text = (text + tail).replace("\n", end)
    labelled = label(text)
    for name in ("Ana: ", "Ben: ", "Unknown 1: "):
        assert labelled.count(name) == 1
        labelled = labelled.replace(name, "")
    assert labelled == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "latin-1"])
def test_other_encodings_stay(encoding):
    text = ("" if encoding == "latin-1" else "\ufeff") + SRT.replace("Hello", "Hélló")
    assert "Ana: Hélló" in label(text, encoding=encoding)


def test_a_cue_is_split_where_the_speaker_changes():
    text = SRT.replace("00:00:04,400\nHello everybody.", "00:00:13,000\nHello. I am very well, thanks. So am I.")
    text = text[: text.index("\n2\n")] + "\n2\n00:00:20,000 --> 00:00:21,000\nEnd\n"
    first, second, third, last = srt.parse(label(text))
    assert [first.content, second.content, third.content] == [
        "Ana: Hello.",
        "Ben: I am very well, thanks.",
        "Unknown 1: So am I.",
    ]
    assert first.start.total_seconds() == 0.7
    assert first.end == second.start
    assert first.end.total_seconds() == pytest.approx(4.65)
    assert second.end == third.start
    assert third.end.total_seconds() == 13.0
    assert (last.index, last.content) == (4, "End")  # numbers go on; nobody speaks there


def test_tags_stay_in_pairs_where_a_cue_is_split():
    text = "1\n00:00:00,700 --> 00:00:09,900\n{\\an8}<i><b>Hello everybody. I am very well, thank you.</b></i>\n"
    first, second = srt.parse(label(text))
    assert first.content == "{\\an8}<i><b>Ana: Hello everybody.</b></i>"
    assert second.content == "{\\an8}<i><b>Ben: I am very well, thank you.</b></i>"


def test_lines_that_answer_each_other_are_the_border():
    text = "1\n00:00:00,700 --> 00:00:09,900\n- Is it a long way? Very, very long?\n- No. Short.\n"
    first, second = srt.parse(label(text))
    assert first.content == "- Ana: Is it a long way? Very, very long?"
    assert second.content == "- Ben: No. Short."


def test_a_moment_of_somebody_else_splits_nothing():
    turns = [Turn(0, 4.7, "Ana"), Turn(4.7, 5.0, "Ben")]
    assert label("1\n00:00:00,000 --> 00:00:05,000\nAll of it is mine.\n", turns).count("Ana: ") == 1


def test_where_nobody_speaks_a_cue_stays():
    assert label(SRT, [Turn(0.7, 4.4, "Ana")]) == SRT.replace("Hello", "Ana: Hello")
    assert label(SRT, []) == SRT


# ---------------------------------------------------------------------------- names that stand there already


def test_labelled_again_the_names_are_others():
    again = label(label(SRT), [Turn(0.7, 4.4, "Eva"), Turn(4.9, 9.9, "Ana"), Turn(10.5, 13.0, "Unknown 2")])
    assert [cue.content.partition(":")[0] for cue in srt.parse(again)] == ["Eva", "Ana", "Unknown 2"]


@pytest.mark.parametrize("form", ["SPEAKER_00: ", "[SPEAKER_00]: ", "[SPEAKER_00] ", "Speaker 1: ", "- Speaker A: "])
def test_what_stands_for_no_name_gives_way(form):
    said = next(srt.parse(label(SRT.replace("Hello", f"{form}Hello")))).content
    assert "Speaker" not in said.title()
    assert "Ana" in said
    assert said.endswith("Hello everybody.")


def test_a_colon_in_what_is_said_is_no_name():
    text = SRT.replace("Hello", "Note: at 10:30 hello")
    assert next(srt.parse(label(text))).content == "Ana: Note: at 10:30 hello everybody."


ZOOM = """\
WEBVTT

1
00:00:00.700 --> 00:00:04.400
Ana López: Hello everybody.

2
00:00:04.900 --> 00:00:13.000
Room 3: I am very well, thanks. So am I, I am well.

"""


def read_vtt(text: str) -> list[webvtt.Caption]:
    return list(webvtt.from_buffer(io.StringIO(text)))


def test_zoom_names_give_way_to_people_but_not_to_strangers():
    first, second, third = read_vtt(label(ZOOM))
    assert first.text == "Ana: Hello everybody."
    assert second.text == "Ben: I am very well, thanks."
    assert third.text == "Room 3: So am I, I am well."
    assert third.identifier == "3"


TEAMS = """\
WEBVTT

8af0/12-0
00:00:00.700 --> 00:00:04.400
<v Ana L&amp;pez>Hello everybody.</v>

8af0/13-0
00:00:04.900 --> 00:00:13.000 align:start position:0%
<v Room 3>I am very well, thanks. So am I, I am well.</v>
"""


def test_teams_voices_are_renamed_in_their_tags():
    first, second, third = read_vtt(label(TEAMS, [*TURNS[:2], Turn(10.5, 13.0, "Dr. A & <B>")]))
    assert (first.voice, first.text) == ("Ana", "Hello everybody.")
    assert (second.voice, second.identifier) == ("Ben", "8af0/13-0")
    assert "<v Dr. A &amp; &lt;B&gt;>So am I" in third.raw_text
    assert third.identifier is None  # two cues cannot have one
    labelled = label(TEAMS)
    assert labelled.count("align:start position:0%") == 2
    assert labelled.startswith("WEBVTT\n\n8af0/12-0\n00:00:00.700 --> 00:00:04.400\n<v Ana>Hello")


def test_vtt_without_names_gets_voices_and_keeps_notes_and_styles():
    text = (
        "WEBVTT - a talk\n\nSTYLE\n::cue { color: red }\n\nNOTE\nnot said\n\n00:00.700 --> 00:04.400 line:0\nHello\n\n"
        "NOTE more\n\nlast\n00:04.900 --> 00:09.900\n<c.loud>Yes</c>\n"
    )
    labelled = label(text)
    assert labelled == text.replace("Hello", "<v Ana>Hello").replace("<c.loud>", "<v Ben><c.loud>")
    assert [caption.voice for caption in read_vtt(labelled)] == ["Ana", "Ben"]


def test_times_of_words_in_vtt_say_where():
    text = (
        "WEBVTT\n\n00:00:00.700 --> 00:00:06.400\n"
        "one<00:00:02.000><c> two</c><00:00:03.000><c> three</c><00:00:05.200><c> four</c>\n"
    )
    first, second = read_vtt(label(text))
    assert (first.voice, first.text) == ("Ana", "one two three")
    assert (second.voice, second.text, second.start) == ("Ben", "four", "00:00:05.200")


def test_a_cue_with_several_voices_stays_as_it_is():
    text = "WEBVTT\n\n00:00.700 --> 00:04.400\n<v A1>Hello</v> <v B1>You</v>\n\n00:05.000 --> 00:09.000\nYes\n"
    assert label(text) == text.replace("Yes", "<v Ben>Yes")


# ---------------------------------------------------------------------------- other names


@pytest.mark.parametrize("text", [SRT, ZOOM, TEAMS], ids=["srt", "zoom", "teams"])
def test_names_are_replaced_without_the_sound(text):
    labelled = label(text, [*TURNS[:2], Turn(10.5, 13.0, "Cora")])
    renamed = rename_speakers(labelled.encode(), {"Ana": "Ben", "Ben": "Zoë: K."}, "talk").content.decode()
    assert renamed.replace("Zoë: K.", "\0").replace("Ben", "Ana").replace("\0", "Ben") == labelled


def test_names_are_replaced_with_the_sound():
    assert "Ben K.: So am I." in label(SRT, names={"Unknown 1": "Ben K."})
    assert "Studio: I am" in label(ZOOM, [Turn(4.9, 13.0, "Unknown 1")], names={"Room 3": "Studio"})
