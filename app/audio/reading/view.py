"""A part of a file as a file of its own, perhaps with another beginning: what decoders get to read."""

from __future__ import annotations

import io
from typing import BinaryIO


class View(io.RawIOBase):
    """``prefix``, and behind it the ``length`` bytes of ``file`` from ``offset`` on; for reading, with seeking.

    It has no name: nothing can be concluded from one, and nothing opened by it. ``read_bytes`` counts what was read.
    """

    def __init__(self, file: BinaryIO, offset: int = 0, length: int | None = None, prefix: bytes = b""):
        super().__init__()
        if length is None:
            length = file.seek(0, io.SEEK_END) - offset
        self.size = len(prefix) + max(0, length)
        self.read_bytes = 0
        self._file, self._offset, self._prefix = file, offset, prefix
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def read(self, count: int = -1) -> bytes:
        left = max(0, self.size - self._at)
        count = left if count is None or count < 0 else min(count, left)
        if not count:
            return b""
        if self._at < len(self._prefix):
            data = self._prefix[self._at : self._at + count]
        else:
            self._file.seek(self._offset + self._at - len(self._prefix))
            data = self._file.read(count)
        self._at += len(data)
        self.read_bytes += len(data)
        return data

    def readinto(self, buffer: memoryview | bytearray) -> int:
        """Fill the buffer as far as there is something: a decoder takes fewer bytes for the end."""
        done = 0
        while done < len(buffer):
            data = self.read(len(buffer) - done)
            if not data:
                break
            buffer[done : done + len(data)] = data
            done += len(data)
        return done
