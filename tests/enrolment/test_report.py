"""How good voiceprints are: samples against each other, people against people, and what is worth a warning."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from app.enrolment.quality import SimilarityThresholds
from app.enrolment.report import leave_one_out, report_people, report_warnings
from app.scoring.cohort import unit
from app.voiceprints.store import EmbeddedSample, VoiceprintStore

SHA = "a" * 64
LEVELS = SimilarityThresholds(different=0.4, same=0.6)
MODEL = SimpleNamespace(sha256=SHA, cohort=None)
OTHER = SimpleNamespace(sha256="b" * 64, cohort=None)
X, Y, Z = np.eye(3, 192, dtype=np.float32)


def sample(file: str, *directions: np.ndarray) -> EmbeddedSample:
    return EmbeddedSample(file, unit(np.stack(directions)).astype(np.float32), [3.0] * len(directions))


@pytest.fixture
def reports(tmp_path):
    """reports(people): name -> report on everybody, stored and read back."""

    def make(people: dict[str, list[EmbeddedSample]]):
        with VoiceprintStore(tmp_path) as store:
            for name, samples in people.items():
                store.set_samples(name, "model", SHA, samples)
            return {person.name: person for person in report_people(store, MODEL, people, LEVELS)}

    return make


def test_leave_one_out_compares_each_sample_with_the_others():
    scores = leave_one_out([sample("a", X), sample("b", X), sample("c", Y)])
    assert scores == pytest.approx([np.sqrt(0.5), np.sqrt(0.5), 0.0], abs=1e-6)


def test_a_single_sample_is_compared_piece_by_piece():
    assert leave_one_out([sample("a", X, X + Y)]) == pytest.approx([np.sqrt(0.5)] * 2, abs=1e-6)
    assert leave_one_out([sample("a", X)]) == []
    assert leave_one_out([]) == []


def test_the_rest_is_weighed_by_speech():
    long = EmbeddedSample("b", X[None], [9.0])
    assert leave_one_out([sample("a", X), long, sample("c", Y)])[2] == pytest.approx(0)
    assert leave_one_out([sample("a", X), long, sample("c", Y)])[0] == pytest.approx(9 / np.hypot(9, 3), abs=1e-6)


def test_a_person_in_order(reports):
    people = reports({"Ana": [sample("1", X + 0.1 * Y), sample("2", X)], "Ben": [sample("1", Y), sample("2", Y)]})
    ana = people["Ana"]
    assert (ana.samples, ana.speech_s, ana.nearest) == (2, 6.0, "Ben")
    assert ana.consistency == pytest.approx(1 / np.sqrt(1.01), abs=1e-4)
    assert ana.nearest_score == pytest.approx(0.05, abs=0.01)
    assert ana.outliers == ()
    assert report_warnings(list(people.values()), LEVELS) == []


def test_alone_there_is_no_nearest(reports):
    ana = reports({"Ana": [sample("1", X)]})["Ana"]
    assert (ana.nearest, ana.nearest_score, ana.consistency) == (None, None, None)
    assert ana.warnings(LEVELS) == []


def test_an_outlier_is_named(reports):
    ana = reports({"Ana": [sample("one.wav", X), sample("two.wav", X), sample("odd.wav", Z)]})["Ana"]
    assert ana.outliers == ("odd.wav",)
    (warning,) = ana.warnings(LEVELS)
    assert "odd.wav" in warning


def test_of_two_samples_that_differ_neither_is_blamed(reports):
    ana = reports({"Ana": [sample("1", X), sample("2", Y)]})["Ana"]
    assert ana.outliers == ()
    (warning,) = ana.warnings(LEVELS)
    assert "do not sound like one person (0.00, expected 0.40 or more)" in warning


def test_two_people_alike_are_told_of(reports):
    people = reports({"Ana": [sample("1", X)], "Anna": [sample("1", X + 0.2 * Y)], "Ben": [sample("1", Z)]})
    (warning,) = report_warnings(list(people.values()), LEVELS)  # once, not for each of the two
    assert warning.startswith("Ana and Anna sound alike (0.98)")


def test_people_without_a_voiceprint_of_this_model_are_left_out(reports, tmp_path):
    reports({"Ana": [sample("1", X)]})
    with VoiceprintStore(tmp_path) as store:
        assert report_people(store, OTHER, ["Ana"], LEVELS) == []
