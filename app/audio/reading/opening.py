"""Where a recording's bytes come from: a file, a pipe, standard input, or memory."""

from __future__ import annotations

import io
import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO

from app.audio.reading.faults import EmptyAudio
from utils import BadInput

STDIN = "-"
IN_MEMORY = 32 << 20
"""Bytes of a pipe that are kept in memory; more of it waits in a temporary file that has no name."""
LONGEST_PIPE = 8 << 30
"""Bytes that a pipe may give: one that never ends is no recording."""


def is_pipe(path: str | os.PathLike) -> bool:
    """Whether ``path`` is something that can be read once only: standard input ("-"), a pipe, a device."""
    if os.fspath(path) == STDIN:
        return True
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def check_pipe(path: str | os.PathLike) -> None:
    """Raise BadInput if nothing can come through ``path``, without reading of it."""
    if os.fspath(path) == STDIN and (sys.stdin is None or sys.stdin.closed or sys.stdin.isatty()):
        raise BadInput("-: standard input is no recording: send one through a pipe, as in `cat talk.mp3 | ...`.")


def open_bytes(path: str | os.PathLike, content: bytes | None = None, *, pipes: bool = False) -> BinaryIO:
    """The bytes of a recording, to read and to seek in. ``content``: what is in the file, if it is not read itself.

    With ``pipes`` a pipe, "-" and a device are read to their end first (memory stays bounded); without, they are
    refused, so that nobody waits for what was found in a list or a folder. Raises BadInput, in one line.
    """
    if pipes and content is None and is_pipe(path):
        return _whole_pipe(path)
    path = Path(path)
    try:
        found = path.stat()
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file.") from None
    except (OSError, ValueError) as error:  # a name that is too long, a loop of links, a zero byte
        raise BadInput(f"{path}: cannot be opened ({getattr(error, 'strerror', None) or error}).") from None
    if stat.S_ISDIR(found.st_mode):
        raise BadInput(f"{path}: this is a folder, not an audio file.")
    if not stat.S_ISREG(found.st_mode):
        raise BadInput(f"{path}: this is a device or a pipe, not an audio file.")
    if not found.st_size:
        raise EmptyAudio(f"{path}: the file is empty.")
    if content is not None:
        return io.BytesIO(content)
    try:
        return open(path, "rb")
    except OSError as error:
        raise BadInput(f"{path}: cannot be opened ({error.strerror}).") from None


def _whole_pipe(path: str | os.PathLike) -> BinaryIO:
    check_pipe(path)
    name = os.fspath(path)
    kept = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - whoever decodes it closes it
    try:
        if name == STDIN:
            _keep_all(sys.stdin.buffer, kept, name)
        else:
            with open(path, "rb") as pipe:
                _keep_all(pipe, kept, name)
    except OSError as error:
        kept.close()
        raise BadInput(f"{name}: cannot be read ({error.strerror}).") from None
    except BaseException:
        kept.close()
        raise
    return kept


def _keep_all(pipe: BinaryIO, kept: BinaryIO, name: str) -> None:
    while data := pipe.read(1 << 20):
        kept.write(data)
        if kept.tell() > LONGEST_PIPE:
            raise BadInput(f"{name}: this pipe does not end (more than {LONGEST_PIPE >> 30} GB).")
    if not kept.tell():
        raise EmptyAudio(f"{name}: nothing came through it.")
