"""The CNN-LSTM learns, is exported and measured like any other network."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.fft import dct
from sklearn.metrics import f1_score

from app.cli import train
from app.embedding.load import load_encoder
from app.training.closed_set import macro_f1
from app.training.cnn_lstm import CnnLstm, register
from app.training.config import load_config
from app.training.corpus import load_corpus, set_clips_aside
from app.training.export_onnx import export_onnx
from model import Architecture, SpeakerNetwork, load_checkpoint
from utils import ROOT, BadInput

ARCH = Architecture(network="cnn-lstm", channels=24, embedding_dim=32)


@pytest.fixture(autouse=True)
def known_to_model() -> None:
    register()


def test_its_features_are_mfcc():
    spectrum = torch.randn(2, 80, 30)
    expected = dct(spectrum.numpy(), type=2, norm="ortho", axis=1)[:, :40]
    assert (CnnLstm(ARCH).cosines @ spectrum).numpy() == pytest.approx(expected, abs=1e-4)


def test_sound_of_any_length_becomes_an_embedding():
    network = SpeakerNetwork(ARCH).eval()
    for samples in (1_600, 24_001):
        assert network(torch.randn(2, samples)).shape == (2, 32)


def test_one_command_trains_and_measures_it(tiny_config: Path, capsys: pytest.CaptureFixture):
    text = (
        tiny_config.read_text()
        .replace("[model]", '[model]\nnetwork = "cnn-lstm"')
        .replace("channels = 16", "channels = 32")
    )
    tiny_config.write_text(text.replace("[data]", "[data]\nclips_aside = 0.34"))
    assert train.run([str(tiny_config)]) == 0
    model = load_config(tiny_config).model_file
    card = json.loads(Path(model).with_suffix(".json").read_text())
    assert card["architecture"]["network"] == "cnn-lstm"
    closed = card["closed_set"]
    assert (closed["speakers"], closed["among"], closed["clips"]) == (14, 14, 14)
    assert closed["accuracy"] > 0.3  # chance is 0.07
    assert 0 < closed["f1"] <= 1
    assert f"{closed['accuracy']:.1%}" in capsys.readouterr().out
    encoder = load_encoder(model)
    assert encoder.embed(np.random.default_rng(0).standard_normal(8_000).astype(np.float32)).shape == (32,)
    with pytest.raises(BadInput, match="only an ECAPA-TDNN"):
        export_onnx(model, Path(model).with_suffix(".onnx"), [], int8=True)
    only_live = f"from model import load_checkpoint; load_checkpoint({model!r})"
    done = subprocess.run([sys.executable, "-c", only_live], cwd=ROOT, capture_output=True, text=True)
    assert "HeardError" in done.stderr
    assert "can be trained and evaluated" in done.stderr
    assert load_checkpoint(model)[0].arch.network == "cnn-lstm"


def test_an_unknown_network_is_refused(tiny_config: Path):
    tiny_config.write_text(tiny_config.read_text().replace("[model]", '[model]\nnetwork = "resnet"'))
    with pytest.raises(BadInput, match=r"model\.network: 'resnet' is none of ecapa-tdnn, cnn-lstm"):
        load_config(tiny_config)


def test_clips_set_aside_are_the_last_and_are_not_learned(tiny_config: Path):
    config = load_config(tiny_config)
    corpus = load_corpus(config.data.table, config.data.cache)
    kept, aside = set_clips_aside(corpus, 0.34)
    assert [len(speaker.lengths) for speaker in kept.speakers] == [2] * 18
    for speaker in range(18):
        clips = [*kept.clips(speaker), *aside.clips(speaker)]
        assert all(np.array_equal(a, b) for a, b in zip(clips, corpus.clips(speaker), strict=True))
    alone, none = set_clips_aside(kept, 0.9)  # never all of somebody's clips
    assert [len(speaker.lengths) for speaker in alone.speakers] == [1] * 18
    assert len(set_clips_aside(alone, 0.5)[1].clips(0)) == 0
    assert len(none.clips(0)) == 1
    untouched, nothing = set_clips_aside(corpus, 0.0)
    assert untouched.speakers == corpus.speakers
    assert nothing.seconds == 0


def test_f1_is_that_of_scikit_learn():
    rng = np.random.default_rng(3)
    true = np.concatenate([np.arange(6), rng.integers(6, size=60)])
    predicted = np.where(rng.random(66) < 0.6, true, rng.integers(6, size=66))
    assert macro_f1(predicted, true) == pytest.approx(f1_score(true, predicted, average="macro"))
    assert macro_f1(np.array([9, 9]), np.array([1, 2])) == 0
