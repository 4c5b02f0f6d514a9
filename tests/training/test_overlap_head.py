"""The overlap head on made voices: windows of every kind, and a head for a finished model file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.embedding.model_files import open_network, resolve
from app.embedding.overlap_head import head_file, load_head
from app.embedding.torch_cpu import FastNetwork
from app.training.export import export_model
from app.training.heads.overlap_head import WINDOW_KINDS, examples, fit, make_overlap_head


@pytest.fixture(scope="module")
def weights(trained) -> Path:
    export_model(*trained)
    return Path(trained.config.model_file)


def test_windows_are_of_every_kind_and_the_same_for_the_same_seed(weights, trained):
    network, _ = open_network(resolve(str(weights)))
    hear = FastNetwork(network).pooled
    pooled, both = examples(hear, trained.training, None, 300, 1)
    assert pooled.shape == (300, 2 * network.arch.mfa_channels)
    share = WINDOW_KINDS["both"] + WINDOW_KINDS["both for a part"]
    assert np.mean(both) == pytest.approx(share, abs=0.1)
    again, _ = examples(hear, trained.training, None, 300, 1)
    assert np.array_equal(pooled, again)


def test_a_head_is_written_for_these_weights(weights, trained):
    sha256 = open_network(resolve(str(weights)))[1]["sha256"]
    head = make_overlap_head(weights, trained.training, trained.validation, None)
    assert load_head(weights, sha256).measured == head.measured
    assert head.measured["windows"] == 480
    assert head.measured["false_alarms"] < 0.03
    assert 0 < head.threshold < 1
    head_file(weights).unlink()


def test_one_person_cannot_be_mixed(weights, trained):
    head_file(weights).unlink(missing_ok=True)  # of another test, which made one for the same weights
    assert make_overlap_head(weights, trained.training, trained.validation.subset([0]), None) is None
    assert not head_file(weights).exists()


def test_what_can_be_told_is_told():
    rng = np.random.default_rng(0)
    both = rng.random(2000) < 0.3
    pooled = rng.standard_normal((2000, 6)).astype(np.float32) * 5 + 100
    pooled[:, 2] += 20 * both
    weight, bias = fit(pooled, both)
    said = pooled @ weight + bias > 0
    assert np.mean(said == both) > 0.95
    assert abs(weight[2]) > 5 * np.abs(np.delete(weight, 2)).max()
