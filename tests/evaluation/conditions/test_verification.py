"""Which pairs are compared, and that the decisions are verification's."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from app.corpus.clips import Clip
from app.evaluation.conditions import verification as conditions
from app.evaluation.conditions.recordings import Embeddings, Recording, embed_recordings, read_recordings
from app.verification import SpeakerEmbedding, verify_embeddings
from utils import SAMPLE_RATE


def recording(speaker: str, corpus: str = "x", session: str = "", device: str = "") -> Recording:
    samples = np.zeros(4 * SAMPLE_RATE, np.float32)
    return Recording(Clip("", speaker, corpus, session=session, device=device), samples, samples == 0)


def pairs(trials: conditions.Trials, target: bool) -> set[tuple[int, int]]:
    rows = zip(trials.enrol.tolist(), trials.test.tolist(), trials.target.tolist(), strict=True)
    return {(a, b) for a, b, same in rows if same == target}


def test_pairs_within_a_corpus():
    recordings = [recording("a"), recording("a"), recording("b"), recording("c", corpus="y")]
    once = conditions.line_trials(recordings, both_ways=False)
    assert pairs(once, True) == {(0, 1)}
    assert pairs(once, False) == {(0, 2), (1, 2)}
    twice = conditions.line_trials(recordings, both_ways=True)
    assert pairs(twice, True) == {(0, 1), (1, 0)}
    assert pairs(twice, False) == {(0, 2), (1, 2), (2, 0), (2, 1)}


def test_pairs_of_sessions():
    recordings = [
        recording("a", session="1", device="mobile"),
        recording("a", session="1", device="mobile"),
        recording("a", session="2", device="mobile"),
        recording("a", session="3", device="landline"),
        recording("b", session="1", device="mobile"),
    ]
    by_name = conditions.session_trials(recordings)
    assert pairs(by_name[conditions.SAME_SESSION], True) == {(0, 1)}
    assert pairs(by_name[conditions.SAME_DEVICE], True) == {(0, 2), (1, 2)}
    assert pairs(by_name[conditions.OTHER_DEVICE], True) == {(0, 3), (1, 3), (2, 3)}
    for name in (conditions.SAME_SESSION, conditions.SAME_DEVICE):
        assert pairs(by_name[name], False) == {(0, 4), (1, 4), (2, 4)}
    assert pairs(by_name[conditions.OTHER_DEVICE], False) == {(3, 4)}


def test_each_length_has_the_figures_of_its_own_embeddings(encoder):
    recordings = [recording("a"), recording("a"), recording("b"), recording("b")]
    apart, alike = np.eye(192, dtype=np.float32)[[0, 0, 1, 1]], np.eye(192, dtype=np.float32)[[0, 0, 0, 0]]
    embeddings = Embeddings(apart, alike)
    trials = conditions.line_trials(recordings, both_ways=False)
    figures = conditions.measure_trials(trials, recordings, embeddings, embeddings, encoder.rule(), None)
    assert figures["whole"] == {
        "trials": 6,
        "targets": 2,
        "eer": 0,
        "eer_interval": [0, 0],
        "false_rejects": 0,
        "false_accepts": 0,
    }
    assert figures["3 s"]["eer"] == pytest.approx(0.5)
    assert figures["3 s"]["false_accepts"] == 1
    without = conditions.measure_trials(trials, recordings, embeddings, embeddings, None, None)
    assert (without["whole"]["eer"], without["whole"]["false_accepts"]) == (0, None)


def test_one_kind_of_pairs_has_no_eer(encoder):
    recordings = [recording("a"), recording("a")]
    embeddings = Embeddings(*[np.eye(192, dtype=np.float32)[:2]] * 2)
    trials = conditions.line_trials(recordings, both_ways=False)
    figures = conditions.measure_trials(trials, recordings, embeddings, embeddings, encoder.rule(), None)["whole"]
    assert (figures["eer"], figures["false_rejects"], figures["false_accepts"]) == (None, 1, None)


def test_decisions_are_those_of_verification(speech_dir, encoder):
    folder = speech_dir / "dev" / "librispeech-test-other"
    clips = [Clip(str(folder / who / f"0{n}.flac"), who) for who in ("1688", "1998", "2033") for n in (0, 1, 2)]
    recordings = read_recordings(clips, [])
    embeddings, rule = embed_recordings(recordings, encoder), encoder.rule()
    known = [
        SpeakerEmbedding(vector, recording.speech_s, ())
        for vector, recording in zip(embeddings.whole, recordings, strict=True)
    ]
    wrong = {True: [], False: []}
    for a, b in itertools.combinations(range(len(known)), 2):
        target = clips[a].speaker == clips[b].speaker
        wrong[target].append(verify_embeddings(known[a], known[b], rule, encoder.cohort).same != target)
    trials = conditions.line_trials(recordings, both_ways=False)
    figures = conditions.measure_trials(trials, recordings, embeddings, embeddings, rule, encoder.cohort)["whole"]
    assert figures["false_rejects"] == np.mean(wrong[True])
    assert figures["false_accepts"] == np.mean(wrong[False])
