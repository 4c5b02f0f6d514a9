"""ONNX's file format, as much of it as a network takes: nodes and constants in, bytes out. Needs no package.

A file is one protobuf message; the numbers below are those of the fields in ONNX's own description, onnx.proto.

Why not ``onnx.helper``: the graph is made whenever the program starts, and importing that takes 0.16 s and 13 MB of
memory, against 0.02 s for this and the network's description together; the package is 33 MB on the disk.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

FLOAT, FLOAT16 = 1, 10
"""Element types, as ``Cast`` names them."""
_ELEMENTS = {"float32": FLOAT, "int8": 3, "int64": 7, "float16": FLOAT16}
_INT, _INTS = 2, 7  # types of attributes


class OnnxFile:
    """A graph that is being written. Values are known by their names; a number or an array becomes a constant."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []

    def op(self, kind: str, *inputs: str | np.ndarray | float, outputs: int = 1, **attributes):
        """Add a node; the name of its output, or a list of names if it has several. Attributes: ints, lists of ints."""
        name = f"{kind}_{len(self._nodes)}"
        names = [f"{name}_{index}" for index in range(outputs)] if outputs > 1 else [name]
        given = [value if isinstance(value, str) else self.constant(value) for value in inputs]
        self._node(kind, given, names, attributes)
        return names if outputs > 1 else name

    def constant(self, value: np.ndarray | float) -> str:
        """The name of a constant: whole numbers as int64, int8 and float16 as they are, all else as float32."""
        array = np.asarray(value)
        if array.dtype not in (np.int8, np.float16):
            array = array.astype(np.int64 if array.dtype.kind == "i" else np.float32)
        name = f"constant_{len(self._constants)}"
        data = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
        dims = b"".join(_number(1, size) for size in array.shape)
        self._constants.append(dims + _number(2, _ELEMENTS[array.dtype.name]) + _text(8, name) + _bytes(9, data))
        return name

    def name(self, value: str, name: str) -> None:
        """Give a value another name."""
        self._node("Identity", [value], [name], {})

    def serialise(
        self,
        inputs: Mapping[str, list[str | int]],
        outputs: Mapping[str, list[str | int]],
        metadata: Mapping[str, str],
        *,
        opset: int,
        ir_version: int,
    ) -> bytes:
        """The file. Inputs and outputs are float32; a dimension is a size, or a name for one that varies."""
        graph = b"".join(_bytes(1, node) for node in self._nodes) + _text(2, "heard")
        graph += b"".join(_bytes(5, constant) for constant in self._constants)
        graph += b"".join(_bytes(11, _value(name, shape)) for name, shape in inputs.items())
        graph += b"".join(_bytes(12, _value(name, shape)) for name, shape in outputs.items())
        extra = b"".join(_bytes(14, _text(1, key) + _text(2, value)) for key, value in metadata.items())
        return _number(1, ir_version) + _bytes(7, graph) + _bytes(8, _number(2, opset)) + extra

    def _node(self, kind: str, inputs: list[str], outputs: list[str], attributes: Mapping[str, object]) -> None:
        node = b"".join(_text(1, name) for name in inputs) + b"".join(_text(2, name) for name in outputs)
        node += _text(3, outputs[0]) + _text(4, kind)
        self._nodes.append(node + b"".join(_bytes(5, _attribute(*item)) for item in attributes.items()))


def _attribute(name: str, value: int | list[int]) -> bytes:
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, _INT)
    return _text(1, name) + b"".join(_number(8, each) for each in value) + _number(20, _INTS)


def _value(name: str, shape: list[str | int]) -> bytes:
    dims = b"".join(_bytes(1, _text(2, size) if isinstance(size, str) else _number(1, size)) for size in shape)
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, FLOAT) + _bytes(2, dims)))


def _varint(value: int) -> bytes:
    """Seven bits in a byte, the lowest first; the eighth says that more follow. Negative: two's complement, 64 bits."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())
