"""Outputs against inputs, and against each other, before any work begins: an output may replace an earlier output,
never what is read, and never what the program keeps of its own."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from utils import AUDIO_SUFFIXES, BUNDLED, BadInput, data_dir

Named = tuple[str, str | os.PathLike | None]
"""What people call a file ("--rttm", "TRIALS"), and its path; None for one that was not asked for."""
STANDARD = "-"
"""A path that means standard output: it is never compared."""
KEPT = ("voiceprints.", "window.ini", "server-token", "sealed.json", "crash.log", ".")
"""How the names begin of what the program keeps right in the data folder."""
KEPT_FOLDERS = ("speakers", "sealed", "corrections")
"""The folders in it that are the program's."""


def check_outputs(
    outputs: Iterable[Named], inputs: Iterable[Named] = (), *, data: Path | None = None, shipped: bool = True
) -> None:
    """Raise BadInput, in one line that names both, for an output that would replace an input or another output.

    Files are the same through symbolic and hard links, "./" and "..", and letter case where the file system passes over
    it; two outputs that are not there yet are the same if their names differ in case alone. Refused as well: a folder,
    somebody's recording (an existing file with the ending of one), what is kept in ``data`` (as for ``data_dir``), and,
    unless ``shipped`` is False, the models and the demo that come with the program. Devices and pipes may be written
    to, and twice. Nothing is opened or written. ``inputs`` are asked for one by one, and only if an output exists.
    """
    wanted = [(label, path) for label, path in outputs if path is not None and str(path) != STANDARD]
    wanted = [(label, path) for label, path in wanted if not _is_special(path)]
    for number, (label, path) in enumerate(wanted):
        for other, earlier in wanted[:number]:
            if same_file(path, earlier):
                raise BadInput(f"{other} {earlier} and {label} {path} are the same file; name another for one of them.")
    present = [(label, path, found) for label, path in wanted if (found := _stat(path)) is not None]
    if present:
        for other, read in inputs:
            known = None if read is None else _stat(read)
            for label, path, found in present:
                if known is not None and os.path.samestat(known, found):
                    raise BadInput(
                        f"{label} {path} is the same file as {other} {read}, which would be lost; name another."
                    )
    for label, path in wanted:
        _refuse_kept(label, path, data, shipped)


def same_file(a: str | os.PathLike, b: str | os.PathLike) -> bool:
    """Whether two paths are one file, or, where neither is there yet, would be."""
    one, two = _stat(a), _stat(b)
    if one is not None and two is not None:
        return os.path.samestat(one, two)
    # One of two spellings cannot be there without the other where they are one file.
    return one is two and _place(a) == _place(b)


def check_source_folder(label: str, folder: str | os.PathLike, data: Path | None = None) -> None:
    """Raise BadInput if a folder that recordings are taken from holds those that the program keeps in ``data``, or is
    one of theirs: what was taken would come back as a copy, under another name."""
    kept = Path(os.path.realpath(data_dir(data) / "speakers"))
    where = Path(os.path.realpath(folder))
    if where.is_relative_to(kept) or (kept.is_dir() and kept.is_relative_to(where)):
        raise BadInput(
            f"{label} {folder}: the recordings that the program keeps are in it; leave {label} out to build them."
        )


def model_inputs(model: str | os.PathLike | None) -> Sequence[Named]:
    """What a ``--model`` that is a file is read from: the weights, and what lies beside them."""
    if model is None or not os.path.isfile(model):
        return ()
    beside = {"card": ".json", "overlap head": ".overlap.safetensors", "channel": ".channel.safetensors"}
    named = ((f"the {what} of --model,", Path(model).with_suffix(suffix)) for what, suffix in beside.items())
    return (("--model", model), *named)


def private_opener(path: str, flags: int) -> int:
    """For ``open``: a file that is made is for its owner's eyes alone (mode 0600)."""
    return os.open(path, flags, 0o600)


def _refuse_kept(label: str, path: str | os.PathLike, data: Path | None, shipped: bool) -> None:
    where, folded = Path(os.path.realpath(path)), os.path.splitext(os.fspath(path))[1].lower()
    if where.is_dir():
        raise BadInput(f"{label} {path}: this is a folder; name a file.")
    if folded in AUDIO_SUFFIXES and where.is_file() and where.stat().st_size:
        raise BadInput(f"{label} {path}: this is a recording, which would be lost; name another file.")
    inside = [name.casefold() for name in _inside(where, data_dir(data))]
    if inside[:1] in ([name] for name in KEPT_FOLDERS) or (len(inside) == 1 and inside[0].startswith(KEPT)):
        raise BadInput(f"{label} {path}: the program keeps its own files there; name another file.")
    if shipped and any(_inside(where, BUNDLED / name) for name in ("models", "demo")):
        raise BadInput(f"{label} {path}: what lies there comes with the program; name another file.")


def _inside(where: Path, folder: Path) -> tuple[str, ...]:
    """The names that lead from a folder to a resolved path; none if it lies elsewhere."""
    folder = Path(os.path.realpath(folder))
    return where.relative_to(folder).parts if where.is_relative_to(folder) else ()


def _place(path: str | os.PathLike) -> tuple[object, str]:
    """The folder and the name that a file would have, the name without case."""
    folder, name = os.path.split(os.path.realpath(path))
    found = _stat(folder)
    return (folder if found is None else (found.st_dev, found.st_ino)), unicodedata.normalize("NFC", name).casefold()


def _is_special(path: str | os.PathLike) -> bool:
    found = _stat(path)
    return found is not None and not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode)


def _stat(path: str | os.PathLike) -> os.stat_result | None:
    try:
        return os.stat(path)
    except (OSError, ValueError):  # ValueError: a zero byte
        return None
