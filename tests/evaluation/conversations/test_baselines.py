"""Each baseline decides when it says it does, on the bundled voices and the real network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.audio.reading.reader import read_audio
from app.audio.source import AudioBlock
from app.audio.vad import keep_speech
from app.diarisation.timeline import Turn
from app.enrolment.segments import embed_segments, pool_embeddings
from app.evaluation.conversations.baselines import (
    Baseline,
    RecordThenDecide,
    ScoredStretch,
    SegmentThenDecide,
    SlidingWindow,
    best_match,
    final_turns,
    with_threshold,
)
from app.scoring.identification import Identification
from utils import SAMPLE_RATE

HOP = SAMPLE_RATE // 4


@pytest.fixture(scope="module")
def voices(demo_dir: Path) -> dict[str, np.ndarray]:
    """Ten seconds of speech of each."""
    return {
        name: np.concatenate(
            [keep_speech(read_audio(path)) for path in sorted((demo_dir / "enrolment" / name).glob("*.flac"))]
        )[: 10 * SAMPLE_RATE]
        for name in ("Ana", "Ben")
    }


@pytest.fixture(scope="module")
def voiceprints(encoder, voices) -> dict[str, np.ndarray]:
    return {name: pool_embeddings(*embed_segments(encoder, voice))[None] for name, voice in voices.items()}


def play(baseline: Baseline, samples: np.ndarray) -> list[Identification]:
    return [baseline.step(AudioBlock(samples[at : at + HOP], at / SAMPLE_RATE)) for at in range(0, len(samples), HOP)]


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


def test_record_then_decide_answers_every_seven_seconds(encoder, voices, voiceprints):
    baseline = RecordThenDecide(encoder, voiceprints)
    answers = play(baseline, np.concatenate([voices["Ana"][: 7 * SAMPLE_RATE], voices["Ben"][: 7 * SAMPLE_RATE]]))
    assert baseline.threshold == 0.52
    assert [answer.label for answer in answers] == [None] * 27 + ["Ana"] * 28 + ["Ben"]
    assert [part.end_s for part in baseline.scored] == pytest.approx([7, 14])
    assert final_turns(baseline.scored, 0.52) == [Turn(0, 7, "Ana"), Turn(7, 14, "Ben")]


def test_scores_are_the_mean_over_a_persons_samples(encoder, voices):
    several = {"Ana": embed_segments(encoder, voices["Ana"])[0]}
    baseline = RecordThenDecide(encoder, several)
    sound = voices["Ana"][: 3 * SAMPLE_RATE]
    expected = np.mean([vector @ encoder.embed(sound) for vector in several["Ana"]])
    assert baseline.scores(sound)["Ana"] == pytest.approx(expected, abs=1e-6)


def test_segment_then_decide_waits_for_the_end(encoder, voices, voiceprints):
    baseline = SegmentThenDecide(encoder, voiceprints, 0.4)
    ana, ben = voices["Ana"][: 3 * SAMPLE_RATE], voices["Ben"][: 3 * SAMPLE_RATE]
    answers = play(baseline, np.concatenate([silence(1), ana, silence(1), ben, silence(1)]))
    labels = {answer.time_s: answer.label for answer in answers}
    assert all(labels[time_s] is None for time_s in (1.0, 2.0, 2.5))
    assert labels[5.0] == labels[6.0] == "Ana"  # also while Ben begins
    assert labels[9.0] == "Ben"
    final = final_turns(baseline.scored, 0.4)
    assert final[0].start_s == pytest.approx(1.0, abs=0.25)
    assert final[-1].end_s == pytest.approx(8.0, abs=0.25)
    assert {turn.label for turn in final} == {"Ana", "Ben"}


def test_a_long_segment_is_cut(encoder, voices, voiceprints):
    baseline = SegmentThenDecide(encoder, voiceprints, 0.4)
    baseline.longest_s = 2.0
    play(baseline, voices["Ana"][: 5 * SAMPLE_RATE])
    assert len(baseline.scored) >= 2
    assert max(part.end_s - part.start_s for part in baseline.scored) <= 2.0 + 0.032


def test_sliding_window_answers_at_once_and_is_empty_in_silence(encoder, voices, voiceprints):
    baseline = SlidingWindow(encoder, voiceprints, 0.3)
    answers = play(baseline, np.concatenate([silence(1), voices["Ana"][: 4 * SAMPLE_RATE], silence(2)]))
    labels = {answer.time_s: answer.label for answer in answers}
    assert labels[0.5] is labels[1.0] is None
    assert labels[1.5] is not None
    assert labels[4.0] == labels[5.0] == "Ana"
    assert labels[6.0] is labels[7.0] is None
    assert all(1.0 <= part.start_s <= part.end_s <= 5.26 for part in baseline.scored)


def test_silence_has_no_name(encoder, voiceprints):
    for kind in (SegmentThenDecide, SlidingWindow):
        baseline = kind(encoder, voiceprints, 0.3)
        assert {answer.label for answer in play(baseline, silence(3))} == {None}
        assert baseline.scored == []


def test_the_threshold_by_itself():
    scores = {"Ana": 0.5, "Ben": 0.4}
    assert (best_match(scores, 0.5), best_match(scores, 0.51), best_match({}, 0.0)) == ("Ana", None, None)
    answer = Identification(1.0, "unknown", None, 0.0, scores)
    assert [with_threshold(answer, t).label for t in (0.3, 0.6)] == ["Ana", "unknown"]
    assert with_threshold(Identification(1.0, None, None, 0.0), 0.0).label is None


def test_turns_are_joined_unless_there_is_a_pause():
    scored = [
        ScoredStretch(0, 1, {"Ana": 0.9}),
        ScoredStretch(1, 2, {"Ana": 0.8}),
        ScoredStretch(3, 4, {"Ana": 0.9}),
        ScoredStretch(4, 5, {}),
    ]
    assert final_turns(scored, 0.5) == [Turn(0, 2, "Ana"), Turn(3, 4, "Ana"), Turn(4, 5, "unknown")]
    assert final_turns(scored[:2], 0.85) == [Turn(0, 1, "Ana"), Turn(1, 2, "unknown")]
