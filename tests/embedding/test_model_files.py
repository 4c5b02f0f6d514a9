"""Which weights ``--model`` means."""

from __future__ import annotations

import re

import pytest

from app.embedding import model_files
from app.embedding.load import load_encoder, needs_torch
from app.embedding.model_files import EMBEDDED, EMBEDDED_INT8, HUB, LARGE, SPEECHBRAIN, load_network, resolve
from app.embedding.onnx_encoder import OnnxEncoder
from utils import BUNDLED, BadInput, HeardError


def test_the_embedded_model_is_bundled():
    if not (BUNDLED / "models" / "embedded.safetensors").is_file():
        pytest.skip("no embedded model yet")
    file = resolve(EMBEDDED)
    assert (file.model_id, file.kind) == ("embedded", "heard")
    assert file.path.is_file()


def test_a_program_without_its_model_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(model_files, "BUNDLED", tmp_path)
    with pytest.raises(HeardError, match="is missing"):
        resolve(EMBEDDED)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.safetensors", "heard"), ("a.onnx", "onnx"), ("b.ckpt", "speechbrain"), ("C.CKPT", "speechbrain")],
)
def test_paths(tmp_path, name, kind):
    path = tmp_path / name
    with pytest.raises(BadInput, match="no such model file"):
        resolve(str(path))
    path.touch()
    file = resolve(str(path))
    assert (file.path, file.model_id, file.kind) == (path, name, kind)


def test_loads_a_file_of_the_users_own(tmp_path):
    from model import Architecture, SpeakerNetwork, save_checkpoint

    arch = Architecture(channels=32, mfa_channels=48, embedding_dim=24)
    card = save_checkpoint(tmp_path / "mine.safetensors", SpeakerNetwork(arch), {"name": "mine"})
    network, loaded = load_network(str(tmp_path / "mine.safetensors"))
    assert loaded == card
    assert network.arch == arch
    assert not network.training


@pytest.mark.parametrize("unknown", ["", "embeded", "speechbrain/other", "model.pt", ".", "~", "~nobody-of-that-name"])
def test_an_unknown_name_lists_what_there_is(unknown):
    with pytest.raises(BadInput, match=rf"embedded, embedded-int8, large, {SPEECHBRAIN}, or the path"):
        resolve(unknown)


def test_torch_is_needed_for_a_gpu_alone(monkeypatch):
    for installed in (False, True):
        monkeypatch.setattr("app.embedding.load.torch_installed", lambda installed=installed: installed)
        for cuda in (False, True):
            monkeypatch.setattr("app.embedding.load.cuda_present", lambda cuda=cuda: cuda)
            for model in (EMBEDDED, "my.safetensors", SPEECHBRAIN, "my.ckpt"):
                needed = [needs_torch(model, compute) for compute in ("auto", "cpu", "cuda", "mps")]
                assert needed == [cuda and installed, False, True, True]
            assert [needs_torch(model) for model in (EMBEDDED_INT8, "my.ONNX", LARGE)] == [False] * 3


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"compute": "cuda"}, "--compute cuda"),
        ({"compute": "mps"}, "--compute mps"),
        ({"precision": "bfloat16"}, "--precision bfloat16"),
    ],
)
def test_what_torch_alone_can_do_says_how_to_get_it(asked, what, monkeypatch):
    monkeypatch.setattr("app.embedding.load.torch_installed", lambda: False)
    with pytest.raises(HeardError, match=rf"^{what} needs PyTorch: .*pip install .*torch"):
        load_encoder(EMBEDDED, **asked)


def test_without_torch_many_signals_at_once_take_onnx_runtime(monkeypatch):
    monkeypatch.setattr("app.embedding.load.torch_installed", lambda: False)
    assert isinstance(load_encoder(EMBEDDED, large_batches=True, precision="auto"), OnnxEncoder)


def test_an_onnx_file_has_no_network_to_open(tmp_path):
    (tmp_path / "a.onnx").touch()
    with pytest.raises(BadInput, match="made to be run"):
        load_network(str(tmp_path / "a.onnx"))


def test_pins_are_full_hashes():
    for file in HUB.values():
        assert re.fullmatch("[0-9a-f]{40}", file.revision)
        assert re.fullmatch("[0-9a-f]{64}", file.sha256)
