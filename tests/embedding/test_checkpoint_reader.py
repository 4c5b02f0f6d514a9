"""Files of ``torch.save``, read without it: bit for bit what it reads itself, and nothing in them is ever run."""

from __future__ import annotations

import io
import os
import pickle
import random
import zipfile
from collections import OrderedDict
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch

from app.embedding import checkpoint_reader
from app.embedding.checkpoint_reader import read_checkpoint
from app.embedding.load import load_encoder
from app.embedding.onnx_encoder import OnnxEncoder
from app.embedding.speechbrain_file import ARCHITECTURE, read_speechbrain, tensor_shapes
from app.embedding.torch_encoder import TorchEncoder
from model import Architecture, SpeakerNetwork
from tests.support.public_weights import save_random
from utils import HeardError


def odd_tensors() -> dict[str, torch.Tensor]:
    """Every kind of numbers, and every way for a tensor to lie in its storage."""
    base = torch.arange(60, dtype=torch.float32).reshape(3, 4, 5)
    return {
        "float": torch.randn(7, 3),
        "double": torch.randn(2, dtype=torch.float64),
        "half": torch.randn(5).half(),
        "long": torch.tensor([1, -(2**62)]),
        "int": torch.tensor([3], dtype=torch.int32),
        "short": torch.tensor([-3], dtype=torch.int16),
        "char": torch.tensor([-3], dtype=torch.int8),
        "byte": torch.tensor([250], dtype=torch.uint8),
        "bool": torch.tensor([True, False, True]),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 4),
        "whole": base,
        "part of it": base[1:, 2],
        "transposed": base.permute(2, 0, 1),
        "every second": base[..., ::2],
        "not a number": torch.tensor([float("nan"), float("inf"), -0.0]),
        "parameter": torch.nn.Parameter(torch.randn(3)),
        "unicode é 名": torch.ones(1),
    }


@pytest.mark.parametrize("protocol", [2, 4, 5])
@pytest.mark.parametrize("table", [dict, OrderedDict])
def test_tensors_are_what_torch_reads(tmp_path: Path, protocol: int, table: type):
    torch.save(table(odd_tensors()), tmp_path / "odd.ckpt", pickle_protocol=protocol)
    ours = read_checkpoint(tmp_path / "odd.ckpt")
    theirs = torch.load(tmp_path / "odd.ckpt", weights_only=protocol == 2)  # which it knows no later one for
    assert list(ours) == list(theirs)
    for name, tensor in theirs.items():
        expected = tensor.detach().numpy()
        assert (ours[name].dtype, ours[name].shape) == (expected.dtype, expected.shape)
        assert ours[name].tobytes() == expected.tobytes(), name


def test_a_network_with_its_versions_is_read(tmp_path: Path):
    """``state_dict`` hangs attributes on its table."""
    network = torch.nn.Sequential(torch.nn.Conv1d(2, 3, 1), torch.nn.BatchNorm1d(3))
    torch.save(network.state_dict(), tmp_path / "net.ckpt")
    ours = read_checkpoint(tmp_path / "net.ckpt")
    assert ours.keys() == network.state_dict().keys()


# ---------------------------------------------------------------------------- what is not tensors alone


class Calls:
    """Pickled as a call: what ``__reduce__`` says happens when it is read carelessly."""

    def __init__(self, *how: object):
        self.how = how

    def __reduce__(self):
        return self.how


TRAPS = {
    "a function of the system": lambda folder: {"a": Calls(os.mkdir, (folder,))},
    "evaluated text": lambda folder: {"a": Calls(eval, (f"__import__('os').mkdir({folder!r})",))},
    "as a key": lambda folder: {Calls(os.mkdir, (folder,)): torch.ones(1)},
    "as all of it": lambda folder: Calls(os.mkdir, (folder,)),
    "beside tensors": lambda folder: {"a": torch.ones(1), "b": [Calls(os.makedirs, (folder,))]},
    "in an object's state": lambda folder: {"a": Calls(OrderedDict, (), {"x": Calls(os.mkdir, (folder,))})},
    "as items": lambda folder: Calls(OrderedDict, (), None, None, iter([("a", Calls(os.mkdir, (folder,)))])),
}


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("trap", TRAPS)
def test_nothing_in_a_file_is_run(tmp_path: Path, trap: str, protocol: int):
    folder, path = tmp_path / "made by the file", tmp_path / "trap.ckpt"
    torch.save(TRAPS[trap](str(folder)), path, pickle_protocol=protocol)
    with pytest.raises(HeardError, match=r"trap\.ckpt: not a checkpoint that holds weights") as caught:
        read_checkpoint(path)
    assert not folder.exists()
    assert "\n" not in str(caught.value)
    torch.load(path, weights_only=False)
    assert folder.exists()  # the trap does work


@pytest.mark.parametrize(
    "program",
    [
        b"cos\nsystem\n(S'true'\ntR.",
        b"(S'true'\nios\nsystem\n.",
        b"(cos\nsystem\nS'true'\no.",
        b"\x80\x02cbuiltins\neval\n\x8c\x011\x85R.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.",
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(tR.",
        b"\x80\x02ccollections\nOrderedDict\n]\x85R.",
        b"\x80\x02ccollections\nOrderedDict\n)\x81.",
        b"\x80\x02ctorch\nFloatStorage\n)R.",
        b"\x80\x02ctorch.serialization\nload\n\x8c\x01x\x85R.",
        b"\x80\x02\x82\x01.",
        b"\x80\x02}\x94h\x00h\x00s.",
        b"\x80\x02}.",
        b"\x80\x02N.",
        b"\x80\x02",
        b".",
        b"}(((((u.",
        b"",
    ],
)
def test_programs_of_other_instructions_are_refused(tmp_path: Path, program: bytes):
    path = tmp_path / "made.ckpt"
    write_archive(path, program)
    with pytest.raises(HeardError, match="not a checkpoint"):
        read_checkpoint(path)


def write_archive(path: Path, program: bytes, numbers: bytes = b"", **options: object) -> None:
    with zipfile.ZipFile(path, "w", **options) as archive:
        archive.writestr("archive/data.pkl", program)
        archive.writestr("archive/data/0", numbers)


def tensor_program(count: int, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> bytes:
    """{"a": a tensor in storage 0}, with sizes that may be lies."""

    class Storage:
        pass

    class Writer(pickle._Pickler):  # the one in Python, whose tables can be added to
        def persistent_id(self, thing: object) -> object:
            return ("storage", torch.FloatStorage, "0", "cpu", count) if isinstance(thing, Storage) else None

    out = io.BytesIO()
    tensor = Calls(torch._utils._rebuild_tensor_v2, (Storage(), offset, shape, strides, False, OrderedDict()))
    Writer(out, 2).dump({"a": tensor})
    return out.getvalue()


def test_an_honest_tensor_made_by_hand_is_read(tmp_path: Path):
    numbers = np.arange(6, dtype="<f4")
    write_archive(tmp_path / "a.ckpt", tensor_program(6, 1, (2, 2), (2, 1)), numbers.tobytes())
    assert read_checkpoint(tmp_path / "a.ckpt")["a"].tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("count", "offset", "shape", "strides"),
    [
        (6, 0, (7,), (1,)),  # longer than its numbers
        (6, 3, (2, 2), (2, 1)),  # beyond their end
        (6, -1, (2,), (1,)),  # before their beginning
        (6, 0, (2,), (-1,)),
        (6, 0, (-2,), (1,)),
        (6, 0, (1 << 40,), (0,)),  # repeated until the memory is full
        (6, 0, (1 << 70, 0), (1, 1)),  # no numbers, in a shape that no array has
        (6, 0, (2, 2), (1,)),
        (5, 0, (2,), (1,)),  # fewer numbers than there are
        (1 << 40, 0, (2,), (1,)),  # more than there are
    ],
)
def test_sizes_that_are_lies_are_refused(tmp_path: Path, count: int, offset: int, shape: tuple, strides: tuple):
    path = tmp_path / "lies.ckpt"
    write_archive(path, tensor_program(count, offset, shape, strides), bytes(24))
    with pytest.raises(HeardError, match="not a checkpoint"):
        read_checkpoint(path)


def test_a_file_that_grows_when_it_is_opened_is_refused(tmp_path: Path):
    path = tmp_path / "bomb.ckpt"
    write_archive(path, tensor_program(1 << 22, 0, (2,), (1,)), bytes(1 << 24), compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 100_000
    with pytest.raises(HeardError, match="compressed"):
        read_checkpoint(path)


def test_many_tensors_of_one_storage_cannot_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    base = torch.zeros(1000)
    torch.save({str(number): base[number:] for number in range(50)}, tmp_path / "many.ckpt")
    assert len(read_checkpoint(tmp_path / "many.ckpt")) == 50
    monkeypatch.setattr(checkpoint_reader, "MOST_BYTES", 40_000)
    with pytest.raises(HeardError, match="too large"):
        read_checkpoint(tmp_path / "many.ckpt")


def test_damaged_files_end_in_one_line(tmp_path: Path):
    """A few hundred files with bytes changed, left out or doubled: tensors or one line, whatever is in them."""
    torch.save({"a": torch.randn(4, 3), "b": torch.arange(9)}, tmp_path / "whole.ckpt")
    whole, path = (tmp_path / "whole.ckpt").read_bytes(), tmp_path / "damaged.ckpt"
    rng, refused, read = random.Random(7), 0, 0
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(data))
            match rng.randrange(3):
                case 0:
                    data[at] ^= 1 << rng.randrange(8)
                case 1:
                    del data[at : at + rng.randint(1, 40)]
                case 2:
                    data[at:at] = data[at : at + rng.randint(1, 40)]
        path.write_bytes(data)
        try:
            assert all(isinstance(value, np.ndarray) for value in read_checkpoint(path).values())
        except HeardError as error:
            refused += "\n" not in str(error)
        else:
            read += 1
    assert refused > 100
    assert refused + read == 400


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04" + bytes(50)])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes):
    (tmp_path / "other.ckpt").write_bytes(content)
    with pytest.raises(HeardError, match="not a checkpoint"):
        read_checkpoint(tmp_path / "other.ckpt")


def test_an_archive_of_something_else_is_refused(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "other.ckpt", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(HeardError, match=r"no data\.pkl"):
        read_checkpoint(tmp_path / "other.ckpt")


# ---------------------------------------------------------------------------- SpeechBrain's


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("public") / "embedding_model.ckpt"
    save_random(path)
    return path


def test_the_architecture_is_the_networks_own():
    assert asdict(Architecture()) == ARCHITECTURE
    state = SpeakerNetwork().backbone.state_dict()
    kept = {f"backbone.{k}": tuple(v.shape) for k, v in state.items() if not k.endswith("num_batches_tracked")}
    assert tensor_shapes() == kept


def test_a_public_file_gives_the_same_tensors_and_embeddings_as_torch(public: Path):
    from model import load_speechbrain

    ours, network = read_speechbrain(public), load_speechbrain(public)
    for name, value in network.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            assert ours[name].tobytes() == value.numpy().tobytes(), name
    encoder, in_torch = load_encoder(str(public)), load_encoder(str(public), large_batches=True)
    assert (type(encoder), type(in_torch)) == (OnnxEncoder, TorchEncoder)
    assert encoder.card == in_torch.card
    waves = [0.1 * np.random.default_rng(3).standard_normal(length).astype(np.float32) for length in (8_000, 40_000)]
    waves.append(waves[0][::-1].copy())
    np.testing.assert_allclose(encoder.embed_batch(waves), in_torch.embed_batch(waves), atol=2e-5)


@pytest.mark.parametrize("change", ["missing", "left over", "of another shape", "not finite", "whole numbers"])
def test_another_network_is_refused(public: Path, tmp_path: Path, change: str):
    tensors = torch.load(public, weights_only=True)
    name = "fc.conv.bias"
    match change:
        case "missing":
            del tensors[name]
        case "left over":
            tensors["fc.conv.more"] = torch.ones(1)
        case "of another shape":
            tensors[name] = torch.ones(191)
        case "not finite":
            tensors[name][3] = float("nan")
        case "whole numbers":
            tensors[name] = torch.ones(192, dtype=torch.int64)
    torch.save(tensors, tmp_path / "other.ckpt")
    with pytest.raises(HeardError, match=r"other\.ckpt: (not SpeechBrain|the checkpoint holds)"):
        read_speechbrain(tmp_path / "other.ckpt")
