from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.audio.reading.reader import read_audio
from app.diarisation.timeline import Turn
from app.evaluation.conversations.meetings import Excerpt, meeting_conversations, read_excerpts
from utils import SAMPLE_RATE, BadInput, write_wav


@pytest.fixture(scope="module")
def speech(demo_dir: Path) -> np.ndarray:
    """Ten seconds of somebody."""
    voice = np.concatenate([read_audio(path) for path in sorted((demo_dir / "enrolment" / "Ana").glob("*.flac"))])
    return voice[: 10 * SAMPLE_RATE]


def test_only_what_somebody_says_alone_enrols_them(speech):
    excerpt = Excerpt("m0", speech, (Turn(0, 6, "Ana"), Turn(4, 8, "Ben"), Turn(9, 9.5, "Ana")))
    ana = np.concatenate([speech[: 4 * SAMPLE_RATE], speech[9 * SAMPLE_RATE : round(9.5 * SAMPLE_RATE)]])
    assert np.array_equal(excerpt.speech_of("Ana"), ana)
    assert np.array_equal(excerpt.speech_of("Ben"), speech[6 * SAMPLE_RATE : 8 * SAMPLE_RATE])
    assert len(excerpt.speech_of("Carl")) == 0
    assert Excerpt("trn07", speech, ()).meeting == Excerpt("trn12", speech, ()).meeting == "trn"


def test_pairs_of_one_meeting_in_which_somebody_known_speaks(speech):
    first = Excerpt("a0", speech, (Turn(0, 6, "Ana"), Turn(7, 9, "Ben")))
    second = Excerpt("a1", speech, (Turn(0, 2, "Ana"), Turn(3, 9, "Ben")))
    strange = Excerpt("a2", speech, (Turn(0, 9, "Carl"),))
    other = Excerpt("b0", speech, (Turn(0, 9, "Ana"),))
    found = {
        name: list(talk.enrolment)
        for name, talk in meeting_conversations([first, second, strange, other], enrolment_s=2.0)
    }
    assert found == {"a0 to a1": ["Ana"], "a1 to a0": ["Ben"]}
    ((_, talk), _) = meeting_conversations([first, second], enrolment_s=2.0)
    assert len(talk.enrolment["Ana"]) == 2 * SAMPLE_RATE
    assert talk.strangers == {"Ben"}
    assert talk.reference.length_s == pytest.approx(10)


def test_recordings_are_read_with_their_rttm(tmp_path, speech):
    with pytest.raises(BadInput, match="no recordings with an RTTM"):
        read_excerpts(tmp_path)
    write_wav(tmp_path / "m1.wav", speech)
    write_wav(tmp_path / "m2.wav", speech)
    (tmp_path / "m1.rttm").write_text("SPEAKER m1 1 1.5 2.5 <NA> <NA> Ana <NA> <NA>\n")
    (excerpt,) = read_excerpts(tmp_path)
    assert (excerpt.name, excerpt.turns) == ("m1", (Turn(1.5, 4.0, "Ana"),))
    assert len(excerpt.samples) == len(speech)


def test_the_real_excerpts_can_be_used(speech_dir: Path):
    talks = dict(meeting_conversations(read_excerpts(speech_dir / "dev" / "conversations")))
    assert {"dev00 to dev01", "dev01 to dev00", "trn00 to trn03"} <= talks.keys()
    for talk in talks.values():
        assert all(3 <= len(voice) / SAMPLE_RATE <= 20 for voice in talk.enrolment.values())
