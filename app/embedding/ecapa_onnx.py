"""The speaker network as an ONNX graph, from its tensors alone: waveform in, embedding out, no torch.

Written for a CPU, not traced. Activations lie as (frames, channels), so that every convolution is one matrix product
(over a gather of the frames under its kernel where that is wider than one). What follows a ReLU in a batch norm is
folded: its scale, being positive, into the weights before the ReLU; its shift stays an addition. The front end is a
convolution with the windowed Fourier basis.

``int8=True`` computes the large products on 8-bit integers: weights rounded per output channel when the graph is made,
activations per window while it runs (ONNX's DynamicQuantizeLinear), so that no recordings are needed to find their
ranges and loud or unusual speech cannot leave them. The small products, the attention's context and the last layer
stay float: they cost little and would lose most. Weights take 7 of the 8 bits: on x86 processors without VNNI two
products of 8 bits each are added in 16 and would overflow.

ONNX operators of opset 18 only; ONNX Runtime fuses the integer ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.embedding.onnx_writer import FLOAT, OnnxFile
from utils import mel_filters

OPSET, IR = 18, 9
"""Versions of the operators and of the file format that older runtimes read, too."""
WAVE, DECIBELS, EMBEDDING, POOLED = "wave", "decibels", "embedding", "pooled"
"""Names of the graph's input, WAVE (samples,), and outputs: the embedding (D,) and the pooled statistics (F,). All
float32. A graph for batches has the input DECIBELS (B, T, mels), which ``LogMel`` makes, and gives (B, D) and (B, F).
"""
LARGE = 60_000
"""Number of weights from which a product over all frames is computed on integers, if integers are asked for."""
N_FFT, HOP, FLOOR_POWER, RANGE_DB = 400, 160, 1e-10, 80.0
"""The constants of ``model.LogMel``, which this file does without: importing it would load torch."""
FLOOR_VARIANCE = 1e-12
"""The constant of ``model.AttentiveStatistics``."""
DILATIONS = (2, 3, 4)
"""The dilations of the blocks of ``model.EcapaTdnn``."""
NORM_EPS = 1e-5
"""The constant of torch's batch norms."""


@dataclass(frozen=True)
class Member:
    """One network of a graph."""

    tensors: Mapping[str, np.ndarray]
    """The tensors of a ``model.SpeakerNetwork``, by its names."""
    architecture: Mapping[str, int]
    """The "architecture" of the network's card, of which "mels", "scale" and "stride" count."""
    int8: bool = False
    """Whether large products are computed on integers."""
    int8_input: bool = True
    """Whether ``int8`` holds for the first convolution, too. In a wide network that is a twentieth of the work, and
    where rounding costs the most."""
    share: float = 1.0
    """This network's part of the squared length of an embedding that several networks make."""


def build_onnx(
    tensors: Mapping[str, np.ndarray],
    architecture: Mapping[str, int],
    *,
    int8: bool = False,
    half: bool = False,
    batches: bool = False,
    metadata: Mapping[str, str] | None = None,
) -> bytes:
    """An ONNX file of a network in evaluation mode, its heads aside: 16 kHz samples (n,), n of at least 1600, full
    scale +-1, to the embedding (D,), not normalised in length, and the pooled statistics.

    ``tensors`` and ``architecture``: as in ``Member``. ``half``: float weights are kept in half precision, for a file.
    ``batches``: the spectra of several signals of one length at a time, for frames that signals have in common need be
    computed once only. That is not for ``int8``: they would share its scales.
    Raises KeyError for a tensor that is missing, ValueError for one that does not fit.
    """
    graph = _Graph(half, batches)
    embedding, pooled, sizes = _network(graph, {}, Member(tensors, architecture, int8))
    mels = architecture["mels"]
    return _finished(
        graph, embedding, pooled, sizes, metadata, {DECIBELS: ["batch", "frames", mels]} if batches else {}
    )


def build_side_by_side(
    members: Sequence[Member], *, half: bool = False, metadata: Mapping[str, str] | None = None
) -> bytes:
    """An ONNX file like that of ``build_onnx``, of several networks that are given the same sound.

    Each one's embedding is brought to its share of the squared length; all of them, one after the other, are the
    embedding, of unit length. The statistics are the first one's.

    The cosine of two such embeddings is the mean of the networks' cosines, weighed by their shares.
    """
    graph, features, parts = _Graph(half, batches=False), {}, []
    made = [_network(graph, features, member) for member in members]
    for member, (embedding, _, _) in zip(members, made, strict=True):
        length = graph.op("Sqrt", graph.op("ReduceSum", graph.op("Mul", embedding, embedding), [1], keepdims=1))
        parts.append(graph.op("Mul", graph.op("Div", embedding, length), float(np.sqrt(member.share))))
    sizes = sum(embedded for _, _, (embedded, _) in made), made[0][2][1]
    return _finished(graph, graph.op("Concat", *parts, axis=1), made[0][1], sizes, metadata)


def _network(graph: _Graph, features: dict[int, str], member: Member) -> tuple[str, str, tuple[int, int]]:
    """(embedding (1, D), pooled statistics (1, F), (D, F)). ``features``: log-mels by their number of bands."""
    backbone, mels = _Weights(member.tensors, "backbone."), member.architecture["mels"]
    if mels not in features:
        features[mels] = _normalised(graph, DECIBELS if graph.time else _decibels(graph, mels))
    graph.int8 = member.int8 and member.int8_input
    x = _tdnn(graph, features[mels], backbone.part("blocks.0"), stride=member.architecture["stride"])
    graph.int8, outputs = member.int8, []
    for number, dilation in enumerate(DILATIONS, 1):
        x = _block(graph, x, backbone.part(f"blocks.{number}"), member.architecture["scale"], dilation)
        outputs.append(x)
    x = _tdnn(graph, graph.op("Concat", *outputs, axis=-1), backbone.part("mfa"))
    pooled = _pool(graph, x, backbone.part("asp"))
    scale, shift = _affine(backbone.part("asp_bn"))
    weight = _matrix(backbone["fc.weight"])
    return graph.linear(pooled, weight * scale, backbone["fc.bias"] + weight @ shift), pooled, weight.shape


def _finished(
    graph: _Graph,
    embedding: str,
    pooled: str,
    sizes: tuple[int, int],
    metadata: Mapping[str, str] | None,
    inputs: Mapping[str, list[str | int]] | None = None,
) -> bytes:
    first, flat = (["batch"], [0, -1]) if graph.time else ([], [-1])
    graph.name(graph.op("Reshape", embedding, flat), EMBEDDING)
    graph.name(graph.op("Reshape", pooled, flat), POOLED)
    outputs = {EMBEDDING: [*first, sizes[0]], POOLED: [*first, sizes[1]]}
    inputs = inputs or {WAVE: ["samples"]}
    return graph.serialise(inputs, outputs, metadata or {}, opset=OPSET, ir_version=IR)


class _Weights:
    """The tensors whose names begin alike, in float32."""

    def __init__(self, tensors: Mapping[str, np.ndarray], prefix: str):
        self._tensors, self._prefix = tensors, prefix

    def __getitem__(self, name: str) -> np.ndarray:
        return self._tensors[self._prefix + name].astype(np.float32)

    def part(self, name: str) -> _Weights:
        return _Weights(self._tensors, f"{self._prefix}{name}.")


class _Graph(OnnxFile):
    """An ONNX file with products on floats or integers, of signals (T, C), or of batches of them (B, T, C)."""

    int8 = False
    """Whether large products that are added from now on are on integers."""

    def __init__(self, half: bool, batches: bool):
        super().__init__()
        self._half = half
        self.time = 1 if batches else 0
        """The axis of the frames."""
        self._rounded: dict[str, tuple[str, str, str]] = {}

    def linear(
        self, x: str, weight: np.ndarray, bias: np.ndarray, *, relu: bool = False, all_frames: bool = False
    ) -> str:
        """(T, inputs) times ``weight`` (outputs, inputs), plus ``bias``; on integers if asked, large and worth it."""
        if self.int8 and all_frames and weight.size >= LARGE:
            y = self._integer_product(x, weight, bias)
        else:  # half: the runtime widens it once, when it loads
            matrix = self.op("Cast", weight.T.astype(np.float16), to=FLOAT) if self._half else weight.T
            y = self.op("Add", self.op("MatMul", x, matrix), bias) if self.time else self.op("Gemm", x, matrix, bias)
        return self.op("Relu", y) if relu else y

    def _integer_product(self, x: str, weight: np.ndarray, bias: np.ndarray) -> str:
        if x not in self._rounded:
            self._rounded[x] = tuple(self.op("DynamicQuantizeLinear", x, outputs=3))
        x_rounded, x_scale, x_zero = self._rounded[x]
        scale = np.maximum(np.abs(weight).max(axis=1), 1e-12) / 63
        rounded = np.round(weight / scale[:, None]).astype(np.int8)
        total = self.op("MatMulInteger", x_rounded, rounded.T, x_zero, np.zeros(len(weight), np.int8))
        y = self.op("Mul", self.op("Cast", total, to=FLOAT), self.op("Mul", x_scale, scale))
        return self.op("Add", y, bias)


def _decibels(graph: _Graph, mels: int) -> str:
    """What ``LogMel`` gives: the samples (n,) -> (T, mels)."""
    bins = N_FFT // 2 + 1
    angle = 2 * np.pi / N_FFT * (np.outer(np.arange(bins), np.arange(N_FFT)) % N_FFT)
    window = 0.54 - 0.46 * np.cos(2 * np.pi / N_FFT * np.arange(N_FFT))  # Hamming, periodic
    basis = np.concatenate([np.cos(angle), -np.sin(angle)]) * window
    wave = graph.op("Reshape", WAVE, [1, 1, -1])
    pads = [N_FFT // 2, N_FFT // 2]
    parts = graph.op("Conv", wave, basis[:, None], strides=[HOP], pads=pads, kernel_shape=[N_FFT])
    squares = graph.op("Reshape", graph.op("Mul", parts, parts), [2 * bins, -1])
    filters = mel_filters(mels, N_FFT)
    power = graph.op("MatMul", np.concatenate([filters, filters], axis=1), squares)  # real and imaginary parts added
    power = graph.op("Transpose", power, perm=[1, 0])
    return graph.op("Mul", graph.op("Log", graph.op("Max", power, FLOOR_POWER)), 10 / np.log(10))


def _normalised(graph: _Graph, decibel: str) -> str:
    """The rest of ``model.LogMel``: a floor below the loudest point of the signal, and the mean over time taken off."""
    floor = graph.op("Sub", graph.op("ReduceMax", decibel, [graph.time, graph.time + 1], keepdims=1), RANGE_DB)
    decibel = graph.op("Max", decibel, floor)
    return graph.op("Sub", decibel, _mean(graph, decibel))


def _tdnn(
    graph: _Graph, x: str, tdnn: _Weights, *, dilation: int = 1, stride: int = 1, frames: str | None = None
) -> str:
    """``model.Tdnn``; ``frames``: what ``_frames_under_kernel`` gave for its kernel, if it was computed already."""
    kernel = tdnn["conv.weight"].shape[2]
    weight = tdnn["conv.weight"].transpose(0, 2, 1).reshape(len(tdnn["conv.bias"]), -1)
    if kernel > 1:
        under = graph.op(
            "Gather", x, frames or _frames_under_kernel(graph, x, kernel, dilation, stride), axis=graph.time
        )
        x = graph.op("Reshape", under, [*([0] if graph.time else []), -1, weight.shape[1]])
    scale, shift = _affine(tdnn.part("norm"))
    size = np.abs(scale)  # relu(size * y) = size * relu(y)
    y = graph.linear(x, weight * size[:, None], tdnn["conv.bias"] * size, relu=True, all_frames=True)
    if (scale < 0).any():
        y = graph.op("Mul", y, np.sign(scale))
    return graph.op("Add", y, shift)


def _frames_under_kernel(graph: _Graph, x: str, kernel: int, dilation: int, stride: int) -> str:
    """Indices (steps * kernel,) of the frames of ``x`` (T, C) that each step sees, mirrored at both ends."""
    count = graph.op("Gather", graph.op("Shape", x), graph.time)
    last = graph.op("Sub", count, 1)
    centres = graph.op("Unsqueeze", graph.op("Range", 0, count, stride), [1])
    offsets = (np.arange(kernel) * dilation - dilation * (kernel - 1) // 2)[None]
    index = graph.op("Abs", graph.op("Add", centres, offsets))
    index = graph.op("Sub", last, graph.op("Abs", graph.op("Sub", last, index)))
    return graph.op("Reshape", index, [-1])


def _block(graph: _Graph, x: str, block: _Weights, scale: int, dilation: int) -> str:
    """``model.SeRes2NetBlock``: (T, C) -> (T, C)."""
    steps = [block.part(f"res2net_block.blocks.{number}") for number in range(scale - 1)]
    y = _tdnn(graph, x, block.part("tdnn1"))
    frames = _frames_under_kernel(graph, y, steps[0]["conv.weight"].shape[2], dilation, 1)
    splits = graph.op("Split", y, outputs=scale, axis=-1, num_outputs=scale)
    outputs = [splits[0], _tdnn(graph, splits[1], steps[0], frames=frames)]
    for step, split in zip(steps[1:], splits[2:], strict=True):
        outputs.append(_tdnn(graph, graph.op("Add", split, outputs[-1]), step, frames=frames))
    y = _tdnn(graph, graph.op("Concat", *outputs, axis=-1), block.part("tdnn2"))
    squeeze, excite = block.part("se_block.conv1"), block.part("se_block.conv2")
    gate = graph.linear(_mean(graph, y), _matrix(squeeze["weight"]), squeeze["bias"], relu=True)
    gate = graph.op("Sigmoid", graph.linear(gate, _matrix(excite["weight"]), excite["bias"]))
    return graph.op("Add", x, graph.op("Mul", y, gate))


def _pool(graph: _Graph, x: str, pooling: _Weights) -> str:
    """``model.AttentiveStatistics``: (T, C) -> (1, 2C)."""
    weight, out = _matrix(pooling["tdnn.conv.weight"]), _matrix(pooling["conv.weight"])
    channels = len(out)

    def root(variance: str) -> str:
        return graph.op("Sqrt", graph.op("Max", variance, FLOOR_VARIANCE))

    mean = _mean(graph, x)
    centred = graph.op("Sub", x, mean)
    deviation = root(_mean(graph, graph.op("Mul", centred, centred)))
    both = graph.op("Concat", mean, deviation, axis=-1)
    context = graph.linear(both, weight[:, channels:], pooling["tdnn.conv.bias"])
    hidden = graph.linear(x, weight[:, :channels], np.zeros(len(weight)), all_frames=True)
    hidden = graph.op("Relu", graph.op("Add", hidden, context))
    scale, shift = _affine(pooling.part("tdnn.norm"))
    hidden = graph.op("Tanh", graph.op("Add", graph.op("Mul", hidden, scale), shift))
    # A constant per channel makes no difference to a softmax over time: the bias is left out.
    attention = graph.linear(hidden, out, np.zeros(channels), all_frames=True)
    top = graph.op("ReduceMax", attention, [graph.time], keepdims=1)
    attention = graph.op("Exp", graph.op("Sub", attention, top))
    total = _sum(graph, attention)
    mean = graph.op("Div", _sum(graph, graph.op("Mul", attention, x)), total)
    off = graph.op("Sub", x, mean)
    variance = graph.op("Div", _sum(graph, graph.op("Mul", attention, graph.op("Mul", off, off))), total)
    return graph.op("Concat", mean, root(variance), axis=-1)


def _mean(graph: _Graph, x: str) -> str:
    """Over time: (T, C) -> (1, C)."""
    return graph.op("ReduceMean", x, [graph.time], keepdims=1)


def _sum(graph: _Graph, x: str) -> str:
    return graph.op("ReduceSum", x, [graph.time], keepdims=1)


def _matrix(weight: np.ndarray) -> np.ndarray:
    """The weight (outputs, inputs, 1) of a convolution over one frame, as a matrix."""
    return weight[:, :, 0]


def _affine(norm: _Weights) -> tuple[np.ndarray, np.ndarray]:
    """A batch norm in evaluation mode as x * scale + shift: two arrays of (C,)."""
    scale = norm["weight"] / np.sqrt(norm["running_var"] + np.float32(NORM_EPS))
    return scale, norm["bias"] - norm["running_mean"] * scale
