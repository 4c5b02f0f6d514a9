"""What strangers score with one another, of people set aside."""

from __future__ import annotations

import numpy as np
import pytest

from app.scoring.calibration import LabelledEmbeddings
from app.scoring.cohort import unit
from app.training.heads.strangers import strangers_aside
from utils import BadInput


def test_people_of_one_corpus_are_compared_by_their_means_and_the_closest_pair_is_left_out():
    people = np.eye(4, dtype=np.float32)
    people = unit(np.stack([people[0], people[0] + people[1], people[0] + people[2], people[0] + 2 * people[3]]))
    pieces = np.repeat(people, 3, axis=0)
    enrolled = LabelledEmbeddings(pieces, np.repeat(np.arange(4), 3))
    found = strangers_aside(enrolled, np.array(["a"] * 4), None)
    cosines = np.sort((people @ people.T)[np.triu_indices(4, 1)])[:-1]
    middle = np.median(cosines)
    assert found["middle"] == pytest.approx(middle, abs=1e-4)
    assert found["deviation"] == pytest.approx(np.sqrt(np.mean((cosines - middle) ** 2)), abs=1e-4)


def test_people_of_two_corpora_are_no_pair():
    vectors = unit(np.random.default_rng(0).standard_normal((6, 16))).astype(np.float32)
    vectors[3:] = vectors[:3]  # the same voices again: a cosine of 1, were they compared
    enrolled = LabelledEmbeddings(vectors, np.arange(6))
    both = strangers_aside(enrolled, np.array(["a"] * 3 + ["b"] * 3), None)
    assert both == strangers_aside(LabelledEmbeddings(vectors[:3], np.arange(3)), np.array(["a"] * 3), None)


def test_two_people_are_too_few():
    vectors = np.eye(4, dtype=np.float32)
    with pytest.raises(BadInput, match="three people of one corpus"):
        strangers_aside(LabelledEmbeddings(vectors, np.arange(4)), np.array(["a", "a", "b", "b"]), None)
