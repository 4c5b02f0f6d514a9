"""Names for transcripts over the wire: what the command line gives."""

from __future__ import annotations

import pytest

from app.audio.reading.reader import read_audio
from app.client import ServerRefused
from utils import write_wav

SRT = (
    b"\xef\xbb\xbf1\r\n00:00:00,700 --> 00:00:09,900\r\nThe talk begins with me. And somebody else goes on with it.\r\n"
)


@pytest.fixture(scope="module")
def talk(demo_dir, tmp_path_factory):
    path = tmp_path_factory.mktemp("talk") / "talk.wav"
    write_wav(path, read_audio(demo_dir / "conversation.flac", end_s=12.0))
    return path


def test_a_transcript_gets_names_in_its_own_format(reader, talk, tmp_path):
    labelled = reader.label(SRT, talk)
    assert labelled.startswith(b"\xef\xbb\xbf1\r\n00:00:00,700 --> 00:00:04,")
    assert b"\r\nAna: The talk begins with me.\r\n\r\n2\r\n" in labelled
    assert labelled.endswith(b" --> 00:00:09,900\r\nBen: And somebody else goes on with it.\r\n")
    (tmp_path / "talk.srt").write_bytes(SRT)
    assert reader.label(tmp_path / "talk.srt", talk, rename={"Ana": "Zoë K."}) == labelled.replace(
        b"Ana", "Zoë K.".encode()
    )
    answer = reader._upload("/v1/transcripts", {"transcript": labelled}, data={"rename": ["Ana=Eva", "Ben=Bo"]})
    assert answer.headers["content-type"].startswith("application/x-subrip")
    assert answer.content == labelled.replace(b"Ana", b"Eva").replace(b"Ben", b"Bo")
    assert reader.label(labelled, rename={"Ben": "Dee"}) == labelled.replace(b"Ben", b"Dee")


@pytest.mark.parametrize(
    ("transcript", "rename", "said"),
    [
        (b"none", {}, "not a transcript"),
        (SRT.replace(b"00:00:", b"09:00:"), {}, "of this recording"),
        (SRT, {"Nobody": "Eva"}, "nobody in it is called Nobody"),
        (SRT + b"\r\n" * (5 << 20), {}, "at most 8 MB"),
        (SRT, {"": "Eva"}, "write it as"),
    ],
)
def test_what_is_none_is_refused(reader, talk, transcript, rename, said):
    with pytest.raises(ServerRefused) as refused:
        reader.label(transcript, talk, rename=rename)
    assert (refused.value.status, refused.value.code) == (422, "bad_transcript")
    assert said in str(refused.value)


def test_a_recording_or_names_are_needed(reader, tmp_path):
    with pytest.raises(ServerRefused, match="or rename"):
        reader.label(SRT)
    with pytest.raises(ServerRefused) as refused:
        reader.label(SRT, b"no sound")
    assert refused.value.code == "not_audio"
