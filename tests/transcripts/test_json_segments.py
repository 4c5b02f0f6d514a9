"""Names in the JSON of Whisper and its kin: only speakers are added, a segment is split where words change hands."""

from __future__ import annotations

import json

import pytest

from app.diarisation.timeline import Turn
from app.transcripts.labelling import label_transcript, rename_speakers

TURNS = [Turn(0.7, 4.4, "Ana"), Turn(4.9, 9.9, "Ben"), Turn(10.5, 13.0, "Unknown 1")]


def word(text: str, start: float, end: float) -> dict:
    return {"word": text, "start": start, "end": end, "probability": 0.99}


WHISPER = {
    "text": " Hello you. I am é.",
    "segments": [
        {
            "id": 0,
            "seek": 0,
            "start": 0.7,
            "end": 6.0,
            "text": " Hello you. I am é.",
            "tokens": [50364, 2425],
            "temperature": 0.0,
            "avg_logprob": -0.25,
            "words": [word(" Hello", 0.7, 1.0), word(" you.", 1.0, 1.4), word(" I", 4.7, 5.0), word(" am", 5.0, 5.2),
                      word(" é.", 5.2, 5.5)],
        },
        {"id": 1, "seek": 0, "start": 10.6, "end": 12.0, "text": " Yes."},
    ],
    "language": "en",
}  # fmt: skip


def labelled(document: object, turns=TURNS, **how: object) -> dict:
    return json.loads(label_transcript(json.dumps(document, **how).encode(), turns, "talk").content)


def test_whispers_segments_are_split_at_their_words():
    first, second, third = labelled(WHISPER)["segments"]
    assert (first["text"], first["start"], first["end"], first["speaker"]) == (" Hello you.", 0.7, 1.4, "Ana")
    assert (second["text"], second["start"], second["end"], second["speaker"]) == (" I am é.", 4.7, 6.0, "Ben")
    assert [one["word"] for one in second["words"]] == [" I", " am", " é."]
    assert {one["speaker"] for one in second["words"]} == {"Ben"}
    assert (third["id"], third["speaker"]) == (2, "Unknown 1")
    assert (second["avg_logprob"], second["seek"]) == (-0.25, 0)
    assert (first["tokens"], second["tokens"]) == ([50364, 2425], [])  # they cannot be divided


@pytest.mark.parametrize(
    "how",
    [{}, {"indent": 2}, {"indent": "\t"}, {"separators": (",", ":"), "ensure_ascii": False}],
    ids=["line", "indented", "tabs", "dense"],
)
def test_all_else_stays_byte_for_byte(how):
    text = json.dumps(WHISPER, **how).replace("0.99", "9.90e-1").replace("-0.25", "-0.2500")
    whole = label_transcript(text.encode(), [Turn(0, 20, "Ana")], "talk").content.decode()
    assert whole.count('"speaker"') == 7
    last, colon = how.get("separators", (", " if "indent" not in how else ",", ": "))
    for blank in ("", "\n          ", "\n      ", "\n\t\t\t\t\t", "\n\t\t\t"):
        whole = whole.replace(f'{last}{blank}"speaker"{colon}"Ana"', "")
    assert whole == text
    split = label_transcript(text.encode(), TURNS, "talk").content.decode()
    assert split.count("9.90e-1") == 5
    assert json.loads(split)["text"] == WHISPER["text"]


def test_whisperx_words_are_named_in_both_lists():
    words = [{"word": "Hello", "start": 0.8, "end": 1.1, "score": 0.9, "speaker": "SPEAKER_00"}, {"word": "7"},
             {"word": "yes", "start": 5.0, "end": 5.3, "score": 0.8, "speaker": "SPEAKER_00"}]  # fmt: skip
    document = {
        "segments": [{"start": 0.8, "end": 5.3, "text": "Hello 7 yes", "words": words, "speaker": "SPEAKER_00"}],
        "word_segments": words,
    }
    found = labelled(document)
    assert [(one["text"], one["speaker"]) for one in found["segments"]] == [("Hello 7", "Ana"), ("yes", "Ben")]
    assert [one.get("speaker") for one in found["word_segments"]] == ["Ana", None, "Ben"]


def test_faster_whisper_is_a_list_and_words_may_lie_apart():
    rows = [{"start": 0.7, "end": 9.9, "text": "Hello to you all. I am here and that is it."}]
    first, second = labelled(rows)
    assert (first["text"], second["text"]) == ("Hello to you all.", "I am here and that is it.")
    assert first["end"] == second["start"] == 4.65
    api = {
        "segments": rows,
        "words": [word(w, 0.7 + n / 2, 1.0 + n / 2) for n, w in enumerate(rows[0]["text"].split())],
    }
    first, second = labelled(api)["segments"]
    assert (second["text"], second["start"]) == ("that is it.", 4.7)  # by the words' own times


def test_whisper_cpp_has_its_times_twice():
    cue = {"timestamps": {"from": "00:00:00,700", "to": "00:00:09,900"}, "offsets": {"from": 700, "to": 9900}}
    document = {"transcription": [{**cue, "text": " Hello to you all. I am here and that is it."}]}
    first, second = labelled(document, indent=1)["transcription"]
    assert first["timestamps"] == {"from": "00:00:00,700", "to": "00:00:04,650"}
    assert second["offsets"] == {"from": 4650, "to": 9900}
    assert (first["speaker"], second["speaker"]) == ("Ana", "Ben")


def test_a_change_a_word_off_is_where_the_sentence_ends():
    words = [
        word(" Is", 3.5, 3.8),
        word(" it?", 3.8, 4.5),
        word(" Yes.", 4.5, 4.8),
        word(" I", 4.9, 5.2),
        word(" do.", 5.2, 5.5),
    ]
    for border_s in (4.12, 4.4, 4.6):  # within, before and after a word
        document = [{"start": 3.5, "end": 5.5, "text": " Is it? Yes. I do.", "words": words}]
        first, second = labelled(document, [Turn(0, border_s, "Ana"), Turn(border_s, 9, "Ben")])
        assert (first["text"], second["text"]) == (" Is it?", " Yes. I do.")


def test_a_text_that_is_not_its_words_is_named_but_not_split():
    segment = {**WHISPER["segments"][0], "text": " Something else."}
    (one,) = labelled([segment])
    assert one["text"] == " Something else."
    assert one["speaker"] in ("Ana", "Ben")
    assert [w["speaker"] for w in one["words"]] == ["Ana", "Ana", "Ben", "Ben", "Ben"]


def test_names_are_replaced_without_the_sound():
    before = label_transcript(json.dumps(WHISPER).encode(), TURNS, "talk").content
    after = rename_speakers(before, {"Unknown 1": 'Zoë "K"', "Ana": "Unknown 1"}, "talk")
    assert set(after.names) == {"Unknown 1", "Ben", 'Zoë "K"'}
    assert json.loads(after.content)["segments"][2]["speaker"] == 'Zoë "K"'
