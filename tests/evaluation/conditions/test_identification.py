"""Some enrolled, the others strangers: named as the program names them."""

from __future__ import annotations

import numpy as np
import pytest

from app.corpus.clips import Clip
from app.evaluation.conditions.identification import People, enrol_everybody, measure_identification, names
from app.evaluation.conditions.recordings import Embeddings, Recording, read_recordings
from app.scoring.decision import DecisionRule, decide
from utils import SAMPLE_RATE


def recordings(owner: list[int]) -> list[Recording]:
    samples = np.zeros(4 * SAMPLE_RATE, np.float32)
    return [Recording(Clip("", str(who)), samples, samples == 0) for who in owner]


def test_names_are_those_of_decide():
    rng = np.random.default_rng(0)
    for people, margin in ((1, 0.1), (2, 0.0), (5, 0.0), (5, 0.1)):
        scores = rng.uniform(-1, 1, (200, people))
        scores[:5] = -1
        needed = rng.uniform(0, 1, 200)
        needed[:5] = -1
        said = names(scores, needed, margin)
        for row, threshold, place in zip(scores, needed, said, strict=True):
            rule = DecisionRule(threshold=float(threshold), margin=margin)
            decision = decide({str(i): float(score) for i, score in enumerate(row)}, rule)
            assert decision.speaker == (None if place < 0 else str(place))


def test_voices_that_are_told_apart_make_no_errors():
    owner = [0, 0, 1, 1, 2, 2]
    people = People(np.eye(3, dtype=np.float32), np.array(owner), np.array([True, False] * 3))
    embeddings = Embeddings(*[np.eye(3, dtype=np.float32)[owner]] * 2)
    rule = DecisionRule(threshold=0.5)
    figures = measure_identification(people, recordings(owner), embeddings, 2, rule, None)
    perfect = {"strangers_named": 0, "strangers_interval": [0, 0], "owners_unnamed": 0, "owners_misnamed": 0}
    perfect |= {"strangers_certain": 0, "owners_certain": 1, "owners_certainly_misnamed": 0}
    assert figures == {"whole": perfect, "3 s": perfect}


def test_errors_are_counted():
    """The first person sounds like the second, the third like nobody; the recordings of enrolment do not count."""
    owner = [0, 0, 1, 1, 2, 2]
    people = People(np.eye(4, dtype=np.float32)[:3], np.array(owner), np.array([True, False] * 3))
    heard = np.eye(4, dtype=np.float32)[[1, 1, 1, 1, 3, 3]]
    figures = measure_identification(
        people, recordings(owner), Embeddings(heard, heard), 2, DecisionRule(threshold=0.5), None
    )["whole"]
    # Enrolled are 0 and 1, 0 and 2, or 1 and 2. The stranger is named in the last case alone; of the six owners heard,
    # the second is named twice, and the first is taken for the second once.
    assert figures["strangers_named"] == pytest.approx(1 / 3, abs=0.08)
    assert figures["owners_unnamed"] == pytest.approx(3 / 6, abs=0.08)
    assert figures["owners_misnamed"] == pytest.approx(1 / 6, abs=0.08)


def test_nobody_is_heard_who_has_one_recording():
    people = People(np.eye(2, dtype=np.float32), np.array([0, 1]), np.array([True, True]))
    embeddings = Embeddings(*[np.eye(2, dtype=np.float32)] * 2)
    figures = measure_identification(people, recordings([0, 1]), embeddings, 1, DecisionRule(threshold=0.5), None)
    assert figures["whole"]["owners_unnamed"] is None
    assert figures["whole"]["strangers_named"] == 0


def test_a_voiceprint_leaves_something_to_be_heard(speech_dir, encoder):
    folder = speech_dir / "dev" / "librispeech-test-other"
    clips = [Clip(str(folder / who / f"0{n}.flac"), who, name=f"{who} {n}") for who in ("1688", "533") for n in (0, 1)]
    people = enrol_everybody(read_recordings(clips, []), encoder)
    assert np.linalg.norm(people.voiceprints, axis=1) == pytest.approx(1, abs=1e-4)
    assert people.owner.tolist() == [0, 0, 1, 1]
    assert people.behind.reshape(2, 2).sum(axis=1).tolist() == [1, 1]


def test_a_voiceprint_is_of_one_session(speech_dir, encoder):
    folder = speech_dir / "dev" / "librispeech-test-other" / "1688"
    sessions = ["monday", "monday", "friday", "friday"]
    clips = [Clip(str(folder / f"0{n}.flac"), "1688", session=day) for n, day in enumerate(sessions)]
    behind = enrol_everybody(read_recordings(clips, []), encoder).behind.tolist()
    assert behind in ([True, True, False, False], [False, False, True, True])
