from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from app.audio.lines.lines import through
from app.cli import train
from app.embedding.load import load_encoder
from app.scoring.calibration import LabelledEmbeddings, default_threshold, fit_calibration, voiceprint_trials
from app.scoring.metrics import cllr
from app.training import export
from app.training.corpus import Corpus
from app.training.export import export_model, measure_aside
from app.training.heads.channel import DIRECTIONS, make_channel_of
from app.training.heads.gender_head import abstain_below, usable
from app.training.trainer import embed_pieces
from model import SpeakerNetwork, load_checkpoint
from utils import SAMPLE_RATE, BadInput, read_card


def changed(corpus: Corpus, **changes) -> Corpus:
    """The same voices, with something else said about all of them."""
    return Corpus(corpus.samples, [dataclasses.replace(speaker, **changes) for speaker in corpus.speakers])


def gender_right(network: SpeakerNetwork, corpus: Corpus) -> float:
    """Part of the pieces whose gender the network's head gets right."""
    embeddings, speakers = embed_pieces(network, corpus, 8000, 4)
    logits = network.gender(torch.from_numpy(embeddings)).detach().numpy()
    return float(np.mean((logits > 0) == [corpus.speakers[speaker].gender == "f" for speaker in speakers]))


def test_what_is_exported_is_a_whole_model(trained):
    config, trainer, training, validation = trained
    card = export_model(*trained)
    network, loaded = load_checkpoint(config.model_file)
    assert loaded == json.loads(json.dumps(card))
    assert card["name"] == "tiny"
    assert card["architecture"]["channels"] == 16
    assert -1 < card["threshold"] < 1
    assert card["calibration"]["scale"] > 0
    assert card["held_aside"]["speakers"] == 4
    assert card["held_aside"]["false_accepts"] <= 0.01
    assert card["threshold"] == next(row["threshold"] for row in card["thresholds"] if row["speech_s"] == 3)
    assert [row["threshold"] for row in card["thresholds"]] == sorted(row["threshold"] for row in card["thresholds"])
    assert card["data"] == [{"corpus": "made", "licence": "none needed", "credit": "sums of sines"}]
    assert card["training"]["steps_done"] == 120
    assert str(Path(config.data.table).parent) not in str(card)  # no paths of the machine it was made on
    ours, _ = embed_pieces(trainer.best_network, validation, 8000, 4)
    theirs, _ = embed_pieces(network, validation, 8000, 4)
    assert np.einsum("nd,nd->n", ours, theirs).min() > 0.999  # float16 on disk
    assert gender_right(network, training) > 0.8
    assert gender_right(network, validation) > 0.75  # four people


def test_what_lines_do_is_measured_beside_the_model_and_used(trained, monkeypatch):
    export_model(*trained)
    weights = Path(trained.config.model_file)
    with pytest.raises(BadInput, match="it has no cohort"):
        make_channel_of(weights, trained.training, trained.validation, 1)
    monkeypatch.setattr(export, "SMALLEST_COHORT", 4)
    monkeypatch.setattr(export, "default_threshold", lambda *_: 0.5)  # voices of sines lie beyond the scale
    export_model(*trained)
    before = load_encoder(str(weights))
    assert before.cohort.channel is None
    shares = make_channel_of(weights, trained.training, trained.validation, trained.config.train.seed)
    assert min(shares) > 0.5
    encoder = load_encoder(str(weights))
    assert (encoder.sha256, encoder.rule()) == (before.sha256, before.rule())  # voiceprints stay
    channel = encoder.cohort.channel
    assert len(channel.directions) == DIRECTIONS
    rng, length = np.random.default_rng(0), 3 * SAMPLE_RATE
    wide = [trained.validation.crop(person, length, rng) for person in range(4) for _ in range(4)]
    called = [through(wave, "telephone-band+mu-law", rng) for wave in wide]
    still, moved = encoder.embed_batch(wide), encoder.embed_batch(called)
    assert np.mean(channel.telephone @ (moved - still).T > 0) > 0.8
    shift = (moved - still).mean(axis=0)  # of people it was not measured on
    left = shift - (shift @ channel.directions.T) @ channel.directions
    assert np.linalg.norm(left) < 0.9 * np.linalg.norm(shift)


def test_the_speakers_set_aside_are_measured_again_alike(trained):
    export_model(*trained)
    card, figures = measure_aside(Path(trained.config.model_file), trained.validation, trained.config.train.seed)
    assert card["name"] == "tiny"
    for now, said in zip(figures["thresholds"], card["thresholds"], strict=True):
        assert now == pytest.approx(said, rel=0.02, abs=5e-3)  # weights are kept in float16
    assert figures["gender"]["held_aside"] == pytest.approx(card["gender"]["held_aside"], abs=0.05)


def test_without_genders_there_is_no_gender_head(trained):
    config, trainer, training, validation = trained
    nobody = changed(training, gender="")
    assert usable(nobody) == []
    assert export_model(config, trainer, nobody, changed(validation, gender=""))["gender"] is None
    assert load_checkpoint(config.model_file)[0].gender is None


def test_children_are_left_out_of_the_gender_head(trained):
    assert len(usable(trained.training)) == 14
    assert usable(changed(trained.training, adult=False)) == []


def test_a_threshold_needs_people_set_aside(trained):
    config, trainer, training, validation = trained
    with pytest.raises(BadInput, match="at least two speakers"):
        export_model(config, trainer, training, validation.subset([0]))
    strangers = Corpus(validation.samples, [dataclasses.replace(s, corpus=s.name) for s in validation.speakers])
    with pytest.raises(BadInput, match="at least two of one corpus"):
        export_model(config, trainer, training, strangers)


def test_calibration_finds_the_likelihood_ratio():
    """Equal normal distributions at +-m with deviation s have the ratio 2 m x / s^2: that is what must come out."""
    rng = np.random.default_rng(0)
    targets, nontargets = rng.normal(0.5, 0.2, 4000), rng.normal(0.1, 0.2, 40000)
    found = fit_calibration(targets, nontargets)
    assert found.scale == pytest.approx(0.4 / 0.04, rel=0.06)
    assert found.offset == pytest.approx(-0.3 * found.scale, abs=0.15)
    raw = cllr(10 * targets, 10 * nontargets)
    assert cllr(found.llr(targets), found.llr(nontargets)) < raw


def test_calibration_of_scores_that_do_not_overlap_stays_finite():
    found = fit_calibration(np.array([0.8, 0.9]), np.array([0.0, 0.1]))
    assert 1 < found.scale < 1000
    assert found.llr(0.85) > 0 > found.llr(0.05)


def test_threshold_lets_one_percent_in():
    nontargets = np.arange(1000) / 1024
    threshold = default_threshold(np.array([2.0]), nontargets)
    assert np.sum(nontargets >= threshold) == 10
    assert np.isfinite(default_threshold(np.array([0.5]), np.array([0.6, 0.7])))


def test_voiceprints_are_made_of_the_first_half_and_meet_their_own_corpus():
    a, b, c = np.eye(3)
    enrolled = LabelledEmbeddings(
        np.stack([a, b, c, c, c]), np.array([0, 0, 0, 1, 2])
    )  # 1 and 2 have too little to enrol
    tested = LabelledEmbeddings(np.stack([b, b, a, (a + b) / 2**0.5, c, c]), np.array([0, 0, 0, 0, 1, 2]))
    targets, nontargets = voiceprint_trials(enrolled, tested, groups=np.array(["x", "x", "y"]))
    assert targets == pytest.approx([1, 2**-0.5])  # the voiceprint is a alone
    assert nontargets == pytest.approx([0])  # speaker 1; speaker 2 is of another corpus


def test_abstaining():
    sure = np.linspace(0.5, 1, 1001)
    right = sure > 0.6
    certainty = abstain_below(sure, right, accuracy=1.0, answered=0.5)
    assert 0.6 <= certainty <= 0.62
    assert abstain_below(sure, right, accuracy=1.0, answered=0.95) < 0.55  # answers matter more
    assert abstain_below(sure, np.ones(1001, bool)) == 0.5


def test_a_finished_model_is_made_and_measured_again_by_flags(trained, capsys: pytest.CaptureFixture):
    config = str(Path(trained.config.model_file).with_suffix(".toml"))
    assert train.run([config, "--export-only"]) == 0
    card = read_card(trained.config.model_file)
    said = capsys.readouterr().out
    assert f"threshold {card['threshold']} (1 % false accepts" in said
    assert "\nTwo at once: " in said
    assert train.run([config, "--aside"]) == 0
    row = card["thresholds"][0]
    said = capsys.readouterr().out
    assert said.startswith("4 speakers set aside")
    assert f"{row['speech_s']:3g} s: threshold " in said
    assert f"({row['threshold']:.3f})" in said
