"""Names in tables of words and segments: a column more, or the one there is."""

from __future__ import annotations

import pytest

from app.diarisation.timeline import Turn
from app.transcripts.labelling import label_transcript, rename_speakers

TURNS = [Turn(0.7, 4.4, "Ana"), Turn(4.9, 9.9, "Ben K."), Turn(10.5, 13.0, "Unknown 1")]
CASES = {
    "whisper": (
        "start\tend\ttext\n700\t9900\tHello my friends. I am here.\n10500\t13000\tyes\n",
        "start\tend\ttext\tspeaker\n700\t4650\tHello my friends.\tAna\n4650\t9900\tI am here.\tBen K.\n"
        "10500\t13000\tyes\tUnknown 1\n",
    ),
    "seconds": (
        "word\tstart_s\tend_s\tscore\r\nhello\t0.70\t1.0\t0.9\r\nyes\t5.0\t5.25\t\r\n",
        "word\tstart_s\tend_s\tscore\tspeaker\r\nhello\t0.70\t1.0\t0.9\tAna\r\nyes\t5.0\t5.25\t\tBen K.\r\n",
    ),
    "named": (
        "start (ms)\tend (ms)\tspeaker\ttext\n700\t1000\tSPEAKER_00\thello\n5000\t5200\t\tyes\n",
        "start (ms)\tend (ms)\tspeaker\ttext\n700\t1000\tAna\thello\n5000\t5200\tBen K.\tyes\n",
    ),
    "clock": (
        "begin\tend\ttext\n00:00:00.70\t00:00:09.90\tHello my friends. I am here.\n",
        "begin\tend\ttext\tspeaker\n00:00:00.70\t00:00:04.65\tHello my friends.\tAna\n"
        "00:00:04.65\t00:00:09.90\tI am here.\tBen K.\n",
    ),
    "audacity": (
        "0.700000\t9.900000\tHello my friends. I am here.",
        "0.700000\t4.650000\tHello my friends.\tAna\n4.650000\t9.900000\tI am here.\tBen K.",
    ),
    "ctm": (
        ";; of a recogniser\ntalk 1 0.70 0.30 hello\ntalk 1 5.1 0.3 yes 0.98\n2830 A 11.0 0.3 no 1 lex SPEAKER_1\n",
        ";; of a recogniser\ntalk 1 0.70 0.30 hello NA lex Ana\ntalk 1 5.1 0.3 yes 0.98 lex Ben_K.\n"
        "2830 A 11.0 0.3 no 1 lex Unknown_1\n",
    ),
    "words": ("0.7 0.9 hello\n5.0 5.2 yes\n", "0.7 0.9 hello Ana\n5.0 5.2 yes Ben_K.\n"),
    "words first": ("hello 0.7 0.9\nyes 5.0 5.2\n", "hello 0.7 0.9 Ana\nyes 5.0 5.2 Ben_K.\n"),
}


@pytest.mark.parametrize("case", CASES)
def test_rows_get_their_speaker(case):
    text, wanted = CASES[case]
    assert label_transcript(text.encode(), TURNS, "talk").content.decode() == wanted


@pytest.mark.parametrize("case", CASES)
def test_names_are_replaced_without_the_sound(case):
    _, text = CASES[case]
    renamed = rename_speakers(text.encode(), {"Ben K.": "Eva"}, "talk").content.decode()
    assert renamed == text.replace("Ben K.", "Eva").replace("Ben_K.", "Eva")


def test_labelled_again_they_have_other_names():
    for text, labelled in CASES.values():
        again = label_transcript(labelled.encode(), [Turn(0, 20, "Zoë")], "talk")
        assert set(again.names) == {"Zoë"}
        assert again.content.decode().count("\n") == labelled.count("\n"), text
