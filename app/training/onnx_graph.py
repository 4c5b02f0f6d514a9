"""The speaker network as an ONNX graph: waveform in, embedding out, nothing else needed to run it.

Written for a CPU, not traced. Activations lie as (frames, channels), so that every convolution is one matrix product
(over a gather of the frames under its kernel where that is wider than one). What follows a ReLU in a batch norm is
folded: its scale, being positive, into the weights before the ReLU; its shift stays an addition. The front end is a
convolution with the windowed Fourier basis.

``int8=True`` computes the large products on 8-bit integers: weights rounded per output channel when the graph is made,
activations per window while it runs (ONNX's DynamicQuantizeLinear), so that no recordings are needed to find their
ranges and loud or unusual speech cannot leave them. The small products, the attention's context and the last layer
stay float: they cost little and would lose most. Weights take 7 of the 8 bits: on x86 processors without VNNI two
products of 8 bits each are added in 16 and would overflow.

ONNX operators of opset 18 only; ONNX Runtime fuses the integer ones. Needs the package onnx.
"""

from __future__ import annotations

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import nn

from model import AttentiveStatistics, LogMel, SeRes2NetBlock, SpeakerNetwork, Tdnn

OPSET, IR = 18, 9
WAVE, EMBEDDING = "wave", "embedding"
"""Names of the graph's input (samples,) and output (D,), both float32."""
LARGE = 30_000
"""Weights from which a product over all frames is worth integers."""


def build_onnx(network: SpeakerNetwork, *, int8: bool) -> onnx.ModelProto:
    """The graph of a network in evaluation mode, its heads aside: 16 kHz samples (n,), n of at least 1600, full scale
    +-1, to the embedding (D,), not normalised in length.
    """
    graph = _Graph(int8)
    backbone, arch = network.backbone, network.arch
    x = _log_mel(graph, network.front)
    x = _tdnn(graph, x, backbone.blocks[0])
    outputs = []
    for block in backbone.blocks[1:]:
        x = _block(graph, x, block)
        outputs.append(x)
    x = _tdnn(graph, graph.op("Concat", *outputs, axis=1), backbone.mfa)
    pooled = _pool(graph, x, backbone.asp)
    scale, shift = _affine(backbone.asp_bn)
    weight = _matrix(backbone.fc)
    out = graph.linear(pooled, weight * scale, _array(backbone.fc.bias) + weight @ shift)
    graph.name(graph.op("Reshape", out, [-1]), EMBEDDING)
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "heard",
            [helper.make_tensor_value_info(WAVE, onnx.TensorProto.FLOAT, ["samples"])],
            [helper.make_tensor_value_info(EMBEDDING, onnx.TensorProto.FLOAT, [arch.embedding_dim])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
    )
    model.ir_version = IR  # what older runtimes read, too
    onnx.checker.check_model(model, full_check=True)
    return model


class _Graph:
    """Nodes and constants so far. Values are known by their names; a number or array becomes a constant."""

    def __init__(self, int8: bool):
        self.int8 = int8
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._count = 0
        self._rounded: dict[str, tuple[str, str, str]] = {}

    def op(self, kind: str, *inputs, outputs: int = 1, **attributes):
        """The name of a node's output, or a list of names if it has several."""
        self._count += 1
        names = [f"{kind}_{self._count}" + (f"_{i}" if outputs > 1 else "") for i in range(outputs)]
        given = [value if isinstance(value, str) else self.constant(value) for value in inputs]
        self.nodes.append(helper.make_node(kind, given, names, name=names[0], **attributes))
        return names if outputs > 1 else names[0]

    def constant(self, value) -> str:
        """Whole numbers as int64, arrays of bytes as they are, all else as float32."""
        array = np.asarray(value)
        if array.dtype not in (np.int8, np.float16):
            array = array.astype(np.int64 if array.dtype.kind == "i" else np.float32)
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def name(self, value: str, name: str) -> None:
        self.nodes.append(helper.make_node("Identity", [value], [name], name=name))

    def linear(
        self, x: str, weight: np.ndarray, bias: np.ndarray, *, relu: bool = False, all_frames: bool = False
    ) -> str:
        """(T, inputs) times ``weight`` (outputs, inputs), plus ``bias``; on integers if asked, large and worth it."""
        if self.int8 and all_frames and weight.size >= LARGE:
            y = self._integer_product(x, weight, bias)
        else:  # kept in half precision on disk; the runtime widens it once, when it loads
            half = self.op("Cast", weight.T.astype(np.float16), to=onnx.TensorProto.FLOAT)
            y = self.op("Gemm", x, half, bias)
        return self.op("Relu", y) if relu else y

    def _integer_product(self, x: str, weight: np.ndarray, bias: np.ndarray) -> str:
        if x not in self._rounded:
            self._rounded[x] = tuple(self.op("DynamicQuantizeLinear", x, outputs=3))
        x_rounded, x_scale, x_zero = self._rounded[x]
        scale = np.maximum(np.abs(weight).max(axis=1), 1e-12) / 63
        rounded = np.round(weight / scale[:, None]).astype(np.int8)
        total = self.op("MatMulInteger", x_rounded, rounded.T, x_zero, np.zeros(len(weight), np.int8))
        y = self.op("Mul", self.op("Cast", total, to=onnx.TensorProto.FLOAT), self.op("Mul", x_scale, scale))
        return self.op("Add", y, bias)


def _log_mel(graph: _Graph, front: LogMel) -> str:
    """``model.LogMel``: the samples (n,) -> (T, mels)."""
    n_fft, bins = front.n_fft, front.n_fft // 2 + 1
    angle = 2 * np.pi / n_fft * (np.outer(np.arange(bins), np.arange(n_fft)) % n_fft)
    basis = np.concatenate([np.cos(angle), -np.sin(angle)]) * front.window.double().numpy()
    wave = graph.op("Reshape", WAVE, [1, 1, -1])
    pads = [n_fft // 2, n_fft // 2]
    parts = graph.op("Conv", wave, basis[:, None], strides=[front.hop], pads=pads, kernel_shape=[n_fft])
    squares = graph.op("Reshape", graph.op("Mul", parts, parts), [2 * bins, -1])
    filters = _array(front.filters)
    power = graph.op("MatMul", np.concatenate([filters, filters], axis=1), squares)  # real and imaginary parts added
    power = graph.op("Transpose", power, perm=[1, 0])
    decibel = graph.op("Mul", graph.op("Log", graph.op("Max", power, front.floor_power)), 10 / np.log(10))
    floor = graph.op("Sub", graph.op("ReduceMax", decibel, keepdims=1), front.range_db)
    decibel = graph.op("Max", decibel, floor)
    return graph.op("Sub", decibel, _mean(graph, decibel))


def _tdnn(graph: _Graph, x: str, tdnn: Tdnn, frames: str | None = None) -> str:
    """``model.Tdnn``; ``frames``: what ``_frames_under_kernel`` gave for its kernel, if it was computed already."""
    conv = tdnn.conv
    weight = _array(conv.weight).transpose(0, 2, 1).reshape(conv.out_channels, -1)
    if conv.kernel_size[0] > 1:
        under = graph.op("Gather", x, frames or _frames_under_kernel(graph, x, conv), axis=0)
        x = graph.op("Reshape", under, [-1, weight.shape[1]])
    scale, shift = _affine(tdnn.norm)
    size = np.abs(scale)  # relu(size * y) = size * relu(y)
    y = graph.linear(x, weight * size[:, None], _array(conv.bias) * size, relu=True, all_frames=True)
    if (scale < 0).any():
        y = graph.op("Mul", y, np.sign(scale))
    return graph.op("Add", y, shift)


def _frames_under_kernel(graph: _Graph, x: str, conv: nn.Conv1d) -> str:
    """Indices (steps * kernel,) of the frames of ``x`` (T, C) that each step sees, mirrored at both ends."""
    kernel, dilation, stride = conv.kernel_size[0], conv.dilation[0], conv.stride[0]
    count = graph.op("Gather", graph.op("Shape", x), 0)
    last = graph.op("Sub", count, 1)
    centres = graph.op("Unsqueeze", graph.op("Range", 0, count, stride), [1])
    offsets = (np.arange(kernel) * dilation - dilation * (kernel - 1) // 2)[None]
    index = graph.op("Abs", graph.op("Add", centres, offsets))
    index = graph.op("Sub", last, graph.op("Abs", graph.op("Sub", last, index)))
    return graph.op("Reshape", index, [-1])


def _block(graph: _Graph, x: str, block: SeRes2NetBlock) -> str:
    """``model.SeRes2NetBlock``: (T, C) -> (T, C)."""
    res2net = block.res2net_block
    y = _tdnn(graph, x, block.tdnn1)
    frames = _frames_under_kernel(graph, y, res2net.blocks[0].conv)
    splits = graph.op("Split", y, outputs=res2net.scale, axis=1, num_outputs=res2net.scale)
    outputs = [splits[0], _tdnn(graph, splits[1], res2net.blocks[0], frames)]
    for step, split in zip(res2net.blocks[1:], splits[2:], strict=True):
        outputs.append(_tdnn(graph, graph.op("Add", split, outputs[-1]), step, frames))
    y = _tdnn(graph, graph.op("Concat", *outputs, axis=1), block.tdnn2)
    squeeze, excite = block.se_block.conv1, block.se_block.conv2
    gate = graph.linear(_mean(graph, y), _matrix(squeeze), _array(squeeze.bias), relu=True)
    gate = graph.op("Sigmoid", graph.linear(gate, _matrix(excite), _array(excite.bias)))
    return graph.op("Add", x, graph.op("Mul", y, gate))


def _pool(graph: _Graph, x: str, pooling: AttentiveStatistics) -> str:
    """``model.AttentiveStatistics``: (T, C) -> (1, 2C)."""
    channels, first = pooling.conv.out_channels, pooling.tdnn.conv
    weight, floor = _matrix(first), pooling.floor_variance

    def root(variance: str) -> str:
        return graph.op("Sqrt", graph.op("Max", variance, floor))

    mean = _mean(graph, x)
    centred = graph.op("Sub", x, mean)
    deviation = root(_mean(graph, graph.op("Mul", centred, centred)))
    context = graph.linear(graph.op("Concat", mean, deviation, axis=1), weight[:, channels:], _array(first.bias))
    hidden = graph.linear(x, weight[:, :channels], np.zeros(len(weight)), all_frames=True)
    hidden = graph.op("Relu", graph.op("Add", hidden, context))
    scale, shift = _affine(pooling.tdnn.norm)
    hidden = graph.op("Tanh", graph.op("Add", graph.op("Mul", hidden, scale), shift))
    # A constant per channel makes no difference to a softmax over time: the bias is left out.
    attention = graph.linear(hidden, _matrix(pooling.conv), np.zeros(channels), all_frames=True)
    top = graph.op("ReduceMax", attention, [0], keepdims=1)
    attention = graph.op("Exp", graph.op("Sub", attention, top))
    total = _sum(graph, attention)
    mean = graph.op("Div", _sum(graph, graph.op("Mul", attention, x)), total)
    off = graph.op("Sub", x, mean)
    variance = graph.op("Div", _sum(graph, graph.op("Mul", attention, graph.op("Mul", off, off))), total)
    return graph.op("Concat", mean, root(variance), axis=1)


def _mean(graph: _Graph, x: str) -> str:
    """Over time: (T, C) -> (1, C)."""
    return graph.op("ReduceMean", x, [0], keepdims=1)


def _sum(graph: _Graph, x: str) -> str:
    return graph.op("ReduceSum", x, [0], keepdims=1)


def _array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().cpu().float().numpy()


def _matrix(conv: nn.Conv1d) -> np.ndarray:
    """The weight (outputs, inputs) of a convolution over one frame."""
    return _array(conv.weight)[:, :, 0]


def _affine(norm: nn.BatchNorm1d) -> tuple[np.ndarray, np.ndarray]:
    """What a batch norm does in evaluation mode, x * scale + shift: two arrays of (C,)."""
    scale = _array(norm.weight) / np.sqrt(_array(norm.running_var) + norm.eps)
    return scale, _array(norm.bias) - _array(norm.running_mean) * scale
