"""The large model, made out of random weights in the shape of the public ones, and the embedded network's real ones."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from app.audio.reading.reader import read_audio
from app.embedding import large, model_files
from app.embedding.download import HubFile, cache_dir, cached_path
from app.embedding.large import EMBEDDED_WEIGHTS, HEADS, PUBLIC_CARD
from app.embedding.load import is_onnx, load_encoder
from app.embedding.model_files import HUB, LARGE, SPEECHBRAIN, resolve
from app.embedding.speechbrain_file import read_speechbrain
from model import load_speechbrain
from tests.support.public_weights import save_random
from utils import BUNDLED, BadInput, HeardError, file_sha256, read_card


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder with a file in the place of the public one."""
    cache = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEARD_CACHE", str(cache))
        path = cached_path(HUB[SPEECHBRAIN])
    path.parent.mkdir(parents=True)
    save_random(path)
    return cache


@pytest.fixture(autouse=True)
def cached(public: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache in use; HUB says that its file is the right one, and there is no network."""
    weights = next(public.rglob("embedding_model.ckpt"))
    pinned = HUB[SPEECHBRAIN]
    changed = HubFile(pinned.repo, pinned.revision, pinned.name, weights.stat().st_size, file_sha256(weights))
    monkeypatch.setitem(HUB, SPEECHBRAIN, changed)
    monkeypatch.setenv("HEARD_CACHE", str(public))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return public


@pytest.fixture(scope="module")
def windows() -> list[np.ndarray]:
    demo = read_audio(BUNDLED / "demo" / "conversation.flac")
    return [demo[at : at + 24_000] for at in range(0, 120_000, 24_000)]


@torch.inference_mode()
def test_an_embedding_is_that_of_both_networks(public: Path, windows: list[np.ndarray]):
    both = load_encoder(LARGE)
    made = both.embed_batch(windows)
    assert made.shape == (len(windows), 384)
    own = load_encoder("embedded").embed_batch(windows)
    np.testing.assert_allclose(made[:, :192], own * 0.5**0.5, atol=2e-4)
    network = load_speechbrain(next(public.rglob("embedding_model.ckpt")))
    theirs = torch.nn.functional.normalize(network(torch.from_numpy(np.stack(windows)))).numpy()
    cosines = np.einsum("nd,nd->n", made[:, 192:] * 2**0.5, theirs)
    assert cosines.min() > 0.98  # on 8-bit integers


def test_it_is_made_once_and_then_needs_nothing_else(public: Path, monkeypatch: pytest.MonkeyPatch):
    first = resolve(LARGE)
    made = first.path.stat().st_mtime_ns
    monkeypatch.setattr(large, "fetch", lambda *_: pytest.fail("asked for the public file again"))
    monkeypatch.setattr(large, "read_speechbrain", lambda *_: pytest.fail("made it again"))
    again = resolve(LARGE)
    assert (again, again.path.stat().st_mtime_ns) == (first, made)
    assert (first.kind, first.model_id) == ("onnx", LARGE)
    assert is_onnx(LARGE)


def test_a_stop_while_it_is_made_is_made_good():
    path = resolve(LARGE).path
    whole = path.read_bytes()
    path.write_bytes(b"half")
    assert resolve(LARGE).path.read_bytes() == whole
    path.with_suffix(".json").unlink()  # it is written last
    assert resolve(LARGE).path.read_bytes() == whole
    path.with_suffix(".json").write_text("{")
    assert resolve(LARGE).path.read_bytes() == whole


def test_what_another_version_made_goes(public: Path):
    old = public / "large-0123456789abcdef.onnx"
    resolve(LARGE).path.with_suffix(".json").unlink()
    old.write_bytes(b"of yesterday")
    resolve(LARGE)
    assert not old.exists()
    assert len(list(cache_dir().glob("large-*.onnx"))) == 1


def test_it_decides_by_its_own_card():
    encoder = load_encoder(LARGE)
    card = read_card(HEADS)
    assert encoder.card == {**card, "sha256": file_sha256(resolve(LARGE).path)}
    assert encoder.rule().threshold == card["threshold"]
    assert encoder.cohort.vectors.shape == load_file(HEADS)["cohort"].shape
    assert encoder.knows_gender
    assert (encoder.model_id, encoder.precision) == (LARGE, "int8")


def test_it_hears_two_at_once_as_the_embedded_network_does(windows: list[np.ndarray]):
    _, heard = load_encoder(LARGE).embed_batch_with_overlap([window[:16_000] for window in windows])
    _, expected = load_encoder("embedded").embed_batch_with_overlap([window[:16_000] for window in windows])
    np.testing.assert_allclose(heard, expected, atol=2e-3)


def test_the_heads_belong_to_the_weights_that_ship():
    own, theirs = read_card(HEADS)["made_from"]
    assert own["sha256"] == file_sha256(EMBEDDED_WEIGHTS), (
        "the embedded weights have changed: python -m app train app/training/recipes/embedded.toml --large"
    )
    assert theirs["sha256"] == "0575cb64845e6b9a10db9bcb74d5ac32b326b8dc90352671d345e2ee3d0126a2"
    assert load_file(HEADS)["cohort"].shape[1] == 384


def test_the_public_network_alone_is_calibrated_too(public: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    sha256 = file_sha256(next(public.rglob("embedding_model.ckpt")))
    assert large.public_card(sha256) is None
    assert load_encoder(SPEECHBRAIN).card["threshold"] == 0.25  # these random weights were never measured
    measured = json.loads(PUBLIC_CARD.read_text())
    (tmp_path / "public.json").write_text(json.dumps({**measured, "sha256": sha256}))
    monkeypatch.setattr(large, "PUBLIC_CARD", tmp_path / "public.json")
    encoder = load_encoder(SPEECHBRAIN)
    assert encoder.rule().threshold == measured["threshold"]
    assert encoder.card["sha256"] == sha256
    assert encoder.cohort.vectors.shape == (len(load_file(HEADS)["cohort"]), 192)
    np.testing.assert_allclose(np.linalg.norm(encoder.cohort.vectors, axis=1), 1, atol=1e-4)


def test_what_was_measured_of_the_public_network_is_of_the_file_that_is_fetched():
    sha256 = "0575cb64845e6b9a10db9bcb74d5ac32b326b8dc90352671d345e2ee3d0126a2"
    card = large.public_card(sha256)
    assert [row["speech_s"] for row in card["thresholds"]] == [0.5, 1.0, 1.5, 2.0, 3.0, 5.0]
    assert 0 < card["threshold"] < 1


def test_without_the_public_file_and_a_network_one_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HEARD_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(HeardError, match="is not on this computer"):
        resolve(LARGE)


def test_a_cache_that_cannot_be_written_is_said(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    resolve(LARGE).path.with_suffix(".json").unlink()
    monkeypatch.setattr(large, "_make", refuse)
    with pytest.raises(HeardError, match="set HEARD_CACHE"):
        resolve(LARGE)


def test_a_missing_file_of_the_program_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(large, "HEADS", tmp_path / "large.safetensors")
    with pytest.raises(HeardError, match=r"large\.safetensors: the model that belongs to the program is missing"):
        resolve(LARGE)


def test_it_runs_on_the_processor_alone():
    with pytest.raises(BadInput, match="large runs on the processor alone"):
        load_encoder(LARGE, compute="mps")


def test_the_file_is_the_same_each_time(public: Path):
    tensors, heads = read_speechbrain(next(public.rglob("embedding_model.ckpt"))), load_file(HEADS)
    once, again = (hashlib.sha256(large.side_by_side(tensors, heads)).hexdigest() for _ in range(2))
    assert once == again
    assert json.loads(resolve(LARGE).path.with_suffix(".json").read_text())["sha256"] == once
    assert model_files.NAMES[2] == LARGE
