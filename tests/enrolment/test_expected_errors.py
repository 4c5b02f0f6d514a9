"""What is expected of voiceprints: the formula, and real people against it."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from app.audio.reading.reader import read_audio
from app.audio.vad import keep_speech
from app.corpus.manifest import read_clips
from app.enrolment.build import embed_sample
from app.enrolment.expected_errors import (
    BETWEEN_SPEAKER_SHARE,
    ExpectedErrors,
    expected_errors,
    expected_errors_of_enrolled,
    predicted_scores,
    score_distributions,
    target_scores,
)
from app.enrolment.segments import pool_embeddings
from app.scoring.cohort import similarities
from app.scoring.gallery import Gallery
from app.terminal.expectation import expectation_lines
from app.voiceprints.store import EmbeddedSample, VoiceprintStore


def test_the_card_gives_two_normal_distributions_with_its_rates(encoder):
    for row in encoder.card["thresholds"]:
        target, other = score_distributions(row)
        assert target.cdf(row["threshold"]) == pytest.approx(row["false_rejects"], abs=1e-6)
        assert 1 - other.cdf(row["threshold"]) == pytest.approx(row["false_accepts"], abs=1e-6)
        even = -row["offset"] / row["scale"]
        assert target.cdf(even) == pytest.approx(row["eer"], abs=1e-6)
        assert 1 - other.cdf(even) == pytest.approx(row["eer"], abs=1e-6)


@pytest.mark.parametrize("row", [{}, {"threshold": 0.5}, {"threshold": 0.5, "scale": 20, "offset": -10, "eer": 0.1}])
def test_a_card_that_says_too_little_gives_nothing(row):
    assert score_distributions(row) is None


def test_few_recordings_are_believed_a_little_and_many_nearly_all():
    prior = NormalDist(0.7, 0.12)
    assert predicted_scores(prior, np.zeros(0)).mean == 0.7
    one, three, many = (predicted_scores(prior, np.full(n, -0.1)) for n in (1, 3, 1000))
    assert one.mean == pytest.approx(0.7 - 0.1 / (1 + (1 - BETWEEN_SPEAKER_SHARE) / BETWEEN_SPEAKER_SHARE))
    assert 0.6 < three.mean < one.mean
    assert many.mean == pytest.approx(0.6, abs=1e-3)
    assert one.stdev > three.stdev > many.stdev
    assert many.variance == pytest.approx((1 - BETWEEN_SPEAKER_SHARE) * prior.variance, rel=1e-2)
    assert predicted_scores(prior, np.zeros(0)).variance == pytest.approx(
        prior.variance
    )  # nothing is known: all people's


def test_recordings_are_held_against_the_others_and_halves_of_a_single_one():
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((6, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    gallery = Gallery(("A",), pool_embeddings(vectors, [3.0] * 6)[None])
    apart = [EmbeddedSample(str(i), vectors[2 * i : 2 * i + 2], [3.0, 3.0]) for i in range(3)]
    scores = target_scores(apart, gallery)
    assert len(scores) == 3
    assert scores[0] == pytest.approx(
        similarities(vectors[:2], pool_embeddings(vectors[2:], [3.0] * 4)[None]).mean(), abs=1e-6
    )
    assert len(target_scores([EmbeddedSample("0", vectors, [3.0] * 6)], gallery)) == 1
    assert len(target_scores([EmbeddedSample("0", vectors[:1], [3.0])], gallery)) == 0


@pytest.fixture(scope="module")
def people(encoder, speech_dir):
    """Three samples each of real people, and what else they say, in pieces of 2 s."""
    found = {}
    for clip in read_clips(speech_dir / "dev.csv"):
        if clip.corpus == "librispeech-test-other":
            found.setdefault(clip.speaker.rpartition("-")[2], []).append(clip.path)
    samples, said = {}, {}
    for name, paths in list(found.items())[:6]:
        voices = [keep_speech(read_audio(path)) for path in paths[:8]]
        samples[name] = [embed_sample(encoder, voice, str(i)) for i, voice in enumerate(voices[:3])]
        rest = np.concatenate(voices[3:])
        said[name] = encoder.embed_batch([rest[at : at + 32000] for at in range(0, len(rest) - 32000, 32000)])
    vectors = [
        pool_embeddings(np.concatenate([s.vectors for s in of]), [p for s in of for p in s.segment_s])
        for of in samples.values()
    ]
    return Gallery(tuple(samples), np.stack(vectors), encoder.cohort), samples, said


def test_real_people_keep_to_what_is_expected(people, encoder):
    gallery, samples, said = people
    rule = encoder.rule()
    told = expected_errors(gallery, samples, encoder.card, rule)
    assert [person.name for person in told.people] == list(samples)
    threshold, rejected, accepted = rule.at(2.0).threshold, [], []
    for row, name in enumerate(gallery.names):
        rejected.append(np.mean(gallery.row_scores(said[name])[:, row] < threshold))
        others = np.concatenate([vectors for other, vectors in said.items() if other != name])
        accepted.append(np.mean(gallery.row_scores(others)[:, row] >= threshold))
    at_2_s = [person.errors[1] for person in told.people]
    assert [errors.speech_s for errors in at_2_s] == [2.0] * len(samples)
    # Clean speech: the card's half in noise makes the expectation the worse one, but not by an order of magnitude.
    expected = np.mean([errors.false_rejects for errors in at_2_s])
    assert np.mean(rejected) <= expected + 0.02
    assert expected < 0.4
    assert np.mean(accepted) == pytest.approx(np.mean([errors.false_accepts for errors in at_2_s]), abs=0.03)
    for person in told.people:
        rates = [errors.false_rejects for errors in person.errors]
        assert rates == sorted(rates, reverse=True)  # more speech, fewer errors


def test_a_lower_threshold_turns_fewer_away_and_lets_more_in(people, encoder):
    gallery, samples, _ = people
    strict, lax = (expected_errors(gallery, samples, encoder.card, encoder.rule(t)) for t in (0.65, 0.45))
    for one, other in zip(strict.people, lax.people, strict=True):
        assert all(a.false_rejects > b.false_rejects for a, b in zip(one.errors, other.errors, strict=True))
        assert all(a.false_accepts < b.false_accepts for a, b in zip(one.errors, other.errors, strict=True))
    assert len(lax.alike) >= len(strict.alike)


def test_one_person_under_two_names_is_told_of_first(people, encoder):
    gallery, samples, _ = people
    name = gallery.names[0]
    both = Gallery((*gallery.names, "Twin"), np.concatenate([gallery.vectors, gallery.vectors[:1]]), gallery.cohort)
    told = expected_errors(both, {**samples, "Twin": samples[name]}, encoder.card, encoder.rule())
    assert {told.alike[0].one, told.alike[0].other} == {name, "Twin"}
    assert told.alike[0].confused > 0.5
    lines = expectation_lines(told, ["Twin"])
    assert lines[-1].startswith(f"{name} and Twin sound alike") or any(f"{name} and Twin" in line for line in lines)
    warned = expectation_lines(told, ["Twin"], [f"{name} and Twin sound alike (1.00): ..."])
    assert not any(line.startswith(f"{name} and Twin") for line in warned)


def test_of_nobody_and_of_a_bare_card_nothing_is_told(people, encoder, tmp_path):
    gallery, samples, _ = people
    assert expected_errors(gallery, samples, {}, encoder.rule()) == ExpectedErrors()
    assert expected_errors(Gallery(), {}, encoder.card, encoder.rule()) == ExpectedErrors()
    with VoiceprintStore(tmp_path) as store:
        assert expected_errors_of_enrolled(store, encoder) == ExpectedErrors()
    assert expectation_lines(ExpectedErrors(), ["Ana"]) == []
