"""The tensors of a file that ``torch.save`` wrote, read without PyTorch, and without running anything from the file.

Such a file is a zip: ``data.pkl`` says in the language of pickle how the object is put together, ``data/0``, ``data/1``
and so on hold the numbers. A pickle may name any function and have it called. Here nobody is called and nothing is
imported: the few instructions that a table of tensors takes are carried out by hand, the few names that it may say are
compared as text, and everything else is refused. Every size is checked against the file before memory is taken.
"""

from __future__ import annotations

import errno
import math
import pickletools
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from utils import HeardError

MOST_BYTES = 2 << 30
"""Of all numbers of a file together."""
MOST_INSTRUCTIONS, MOST_PICKLE_BYTES = 1_000_000, 16 << 20
STORAGES = {
    "torch FloatStorage": "<f4",
    "torch DoubleStorage": "<f8",
    "torch HalfStorage": "<f2",
    "torch LongStorage": "<i8",
    "torch IntStorage": "<i4",
    "torch ShortStorage": "<i2",
    "torch CharStorage": "i1",
    "torch ByteStorage": "u1",
    "torch BoolStorage": "?",
}
"""The kinds of numbers, by the name in the file; bfloat16, which NumPy does not have, is not among them."""
REBUILD, PARAMETER, ORDERED = (
    "torch._utils _rebuild_tensor_v2",
    "torch._utils _rebuild_parameter",
    "collections OrderedDict",
)
NAMES = frozenset({*STORAGES, REBUILD, PARAMETER, ORDERED})
"""All that a file may name."""


DAMAGED = (
    zipfile.BadZipFile,
    struct.error,
    ArithmeticError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What reading a damaged file raises."""


class Refused(ValueError):
    """The file holds something else than tensors, or is damaged."""


@dataclass(frozen=True)
class Name:
    """One of ``NAMES``: text, never what it is the name of."""

    text: str


def read_checkpoint(path: str | Path) -> dict[str, np.ndarray]:
    """The tensors of the file at ``path``, by their names. Raises HeardError for any other file, OSError for one that
    cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _table(_Archive(archive))
    except Refused as error:
        reason = f"not a checkpoint that holds weights and nothing else ({error})"
    except DAMAGED as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # that is a place before the file's beginning
            raise
        reason = "not a checkpoint that holds weights and nothing else, or a damaged one"
    raise HeardError(f"{path}: {reason}; it was not opened.") from None


class _Archive:
    """The zip's members, each read once and within bounds."""

    def __init__(self, archive: zipfile.ZipFile):
        self._archive = archive
        pickles = [name for name in archive.namelist() if name.endswith("/data.pkl") and name.count("/") == 1]
        if len(pickles) != 1:
            raise Refused("no data.pkl in it")
        self._root = pickles[0].removesuffix("data.pkl")
        self._storages: dict[str, np.ndarray] = {}
        members = [info for info in archive.infolist() if info.filename.startswith(self._root)]
        # torch.save does not compress: what claims to grow on the way out is a trap
        if any(info.compress_type != zipfile.ZIP_STORED for info in members):
            raise Refused("compressed")
        if sum(info.file_size for info in members) > MOST_BYTES:
            raise Refused("too large")
        if f"{self._root}byteorder" in archive.namelist() and self._bytes("byteorder", 16) != b"little":
            raise Refused("of another byte order")

    def pickle(self) -> bytes:
        return self._bytes("data.pkl", MOST_PICKLE_BYTES)

    def storage(self, kind: str, key: str, count: int) -> np.ndarray:
        """(count,) numbers of one member."""
        if key not in self._storages:
            dtype = np.dtype(STORAGES[kind])
            data = self._bytes(f"data/{key}", MOST_BYTES)
            if len(data) != count * dtype.itemsize:
                raise Refused("numbers are missing")
            self._storages[key] = np.frombuffer(data, dtype)
        found = self._storages[key]
        if found.dtype != np.dtype(STORAGES[kind]) or len(found) != count:
            raise Refused("one storage, told in two ways")
        return found

    def _bytes(self, name: str, most: int) -> bytes:
        info = self._archive.getinfo(self._root + name)
        if info.file_size > most:
            raise Refused("too large")
        return self._archive.read(info)


def _table(archive: _Archive) -> dict[str, np.ndarray]:
    made = _Machine(archive).run(archive.pickle())
    if not isinstance(made, dict) or not made:
        raise Refused("no table of tensors")
    if not all(isinstance(name, str) and isinstance(tensor, np.ndarray) for name, tensor in made.items()):
        raise Refused("not tensors alone")
    return made


class _Machine:
    """Carries out the instructions of pickle that tables of tensors are written with."""

    def __init__(self, archive: _Archive):
        self._archive = archive
        self._stack: list = []
        self._marks: list[int] = []
        self._memo: dict[int, object] = {}
        self._left_bytes = MOST_BYTES

    def run(self, program: bytes) -> object:
        for count, (instruction, argument, _) in enumerate(pickletools.genops(program)):
            if count > MOST_INSTRUCTIONS:
                raise Refused("too long")
            name = instruction.name
            if name == "STOP":
                return self._stack.pop()
            if (act := ACTS.get(name)) is None:
                raise Refused(f"the instruction {name}")
            act(self, argument)
        raise Refused("no end")

    def _push(self, value: object) -> None:
        self._stack.append(value)

    def _since_mark(self) -> list:
        at = self._marks.pop()
        values = self._stack[at:]
        del self._stack[at:]
        return values

    def _tuple(self, count: int) -> None:
        if count > len(self._stack) - (self._marks[-1] if self._marks else 0):
            raise Refused("damaged")
        values = self._stack[len(self._stack) - count :]
        del self._stack[len(self._stack) - count :]
        self._push(tuple(values))

    def _name(self, text: str) -> None:
        if text not in NAMES:
            raise Refused(f"it names {text.replace(' ', '.')[:60]}")
        self._push(Name(text))

    def _stack_name(self, _: object) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        self._name(f"{module} {name}")

    def _set_items(self, pairs: list) -> None:
        table = self._stack[-1]
        if type(table) is not dict or len(pairs) % 2:
            raise Refused("damaged")
        table.update(zip(pairs[::2], pairs[1::2], strict=True))

    def _set_item(self, _: object) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._set_items([key, value])

    def _build(self, _: object) -> None:
        """Attributes of a table (its versions): they are left aside."""
        self._stack.pop()
        if type(self._stack[-1]) is not dict:
            raise Refused("attributes of something else than a table")

    def _persistent(self, _: object) -> None:
        """A storage, by its kind, its key, where it was and its length."""
        match self._stack.pop():
            case ("storage", Name(kind), str(key), str(), int(count)) if kind in STORAGES and count >= 0:
                self._push(self._archive.storage(kind, key, count))
            case _:
                raise Refused("a reference that is no storage")

    def _reduce(self, _: object) -> None:
        """What a name would make of its arguments."""
        arguments, called = self._stack.pop(), self._stack.pop()
        match called, arguments:
            case Name(text), () if text == ORDERED:
                self._push({})
            case Name(text), (np.ndarray() as tensor, bool(), dict()) if text == PARAMETER:
                self._push(tensor)
            case Name(text), (np.ndarray() as storage, int(offset), tuple(shape), tuple(strides), *_) if (
                text == REBUILD
            ):
                tensor = _view(storage, offset, shape, strides)
                self._left_bytes -= tensor.nbytes  # many tensors may be said to lie in one storage
                if self._left_bytes < 0:
                    raise Refused("too large")
                self._push(tensor)
            case _:
                raise Refused("it calls something")


def _view(storage: np.ndarray, offset: int, shape: tuple, strides: tuple) -> np.ndarray:
    """The tensor of ``shape`` whose first number is number ``offset`` of a storage; strides count numbers."""
    if len(shape) != len(strides) or len(shape) > 16 or storage.ndim != 1:
        raise Refused("a tensor of no shape")
    if not all(type(number) is int and number >= 0 for number in (offset, *shape, *strides)):
        raise Refused("a tensor of no size")
    numbers = math.prod(shape)
    last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    # repeated numbers (strides of 0) would let a small file fill the memory
    if numbers > len(storage) or (numbers and last >= len(storage)):
        raise Refused("a tensor beyond its numbers")
    if not numbers:
        return np.zeros(shape, storage.dtype)
    width = storage.itemsize
    view = np.lib.stride_tricks.as_strided(
        storage[offset:], shape, [stride * width for stride in strides], writeable=False
    )
    return np.array(view, order="C")


ACTS: dict[str, Callable[[_Machine, object], None]] = {
    "PROTO": lambda machine, _: None,
    "FRAME": lambda machine, _: None,
    "MARK": lambda machine, _: machine._marks.append(len(machine._stack)),
    "NONE": lambda machine, _: machine._push(None),
    "NEWTRUE": lambda machine, _: machine._push(True),
    "NEWFALSE": lambda machine, _: machine._push(False),
    **dict.fromkeys(
        ("BININT", "BININT1", "BININT2", "LONG1", "BINUNICODE", "SHORT_BINUNICODE"),
        lambda machine, argument: machine._push(argument),
    ),
    "EMPTY_DICT": lambda machine, _: machine._push({}),
    "EMPTY_TUPLE": lambda machine, _: machine._push(()),
    "TUPLE": lambda machine, _: machine._push(tuple(machine._since_mark())),
    "TUPLE1": lambda machine, _: machine._tuple(1),
    "TUPLE2": lambda machine, _: machine._tuple(2),
    "TUPLE3": lambda machine, _: machine._tuple(3),
    "SETITEM": _Machine._set_item,
    "SETITEMS": lambda machine, _: machine._set_items(machine._since_mark()),
    "GLOBAL": lambda machine, text: machine._name(text),
    "STACK_GLOBAL": _Machine._stack_name,
    "BINPERSID": _Machine._persistent,
    "REDUCE": _Machine._reduce,
    "BUILD": _Machine._build,
    **dict.fromkeys(("BINPUT", "LONG_BINPUT"), lambda machine, at: machine._memo.__setitem__(at, machine._stack[-1])),
    "MEMOIZE": lambda machine, _: machine._memo.__setitem__(len(machine._memo), machine._stack[-1]),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), lambda machine, at: machine._push(machine._memo[at])),
}
"""Instruction -> what it does. Lists, objects and calls of any other kind are not among them."""
