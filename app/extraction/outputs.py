"""The journal as the files that people work with: embeddings.npy, labels.npy, index.csv, meta.json."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np

from app.corpus.tables import as_text
from app.extraction.journal import JOURNAL, Journal
from app.extraction.shard import ClipResult
from utils import BadInput, atomic_write

FILES = ("embeddings.npy", "labels.npy", "index.csv", "meta.json")
WRITTEN_TOGETHER = 16
"""Clips."""
T = TypeVar("T")
COLUMNS = ("path", "speaker", "start_s", "end_s", "status")


def files_of(folder: Path) -> list[Path]:
    """Everything that an extraction writes in its folder."""
    return [folder / name for name in (*FILES, JOURNAL)]


def check_unused(folder: Path) -> None:
    """Raise BadInput if a folder without a journal has such files: they are somebody's work."""
    if foreign := [name for name in FILES if (folder / name).exists()]:
        raise BadInput(f"{folder}: has {foreign[0]} of another origin, which would be lost; choose another --out.")


def write_outputs(folder: Path, journal: Journal, dim: int, facts: dict) -> None:
    """Write what a journal holds, each file whole or not at all. ``facts`` go into meta.json.

    Line i of index.csv below its heading, row i of embeddings.npy (N, ``dim``) and label i of labels.npy (N,) belong
    together; behind these N lines come the clips without an embedding, each with the reason as its status. The N rows
    are in the order of the journal: what is there stays where it is when more is added. Memory does not grow with them.
    """
    totals = journal.totals()
    count, speakers = totals.embeddings, {readable(speaker) for speaker in totals.speakers}
    label, failures = f"<U{max(map(len, speakers), default=1) or 1}", 0
    with (
        atomic_write(folder / "embeddings.npy") as vectors_file,  # replaced last: the others are never behind
        atomic_write(folder / "labels.npy") as labels_file,
        atomic_write(folder / "index.csv") as index_file,
    ):
        _header(vectors_file, "<f4", (count, dim))
        _header(labels_file, label, (count,))
        _lines(index_file, [COLUMNS])
        for part in _parts(journal.embedded()):
            vectors_file.write(b"".join(embeddings.tobytes() for _, embeddings in part))
            labels = [readable(result.clip.speaker) for result, _ in part for _ in result.segments]
            labels_file.write(np.array(labels, label).tobytes())
            _lines(index_file, [line for result, _ in part for line in index_lines(result)])
        for part in _parts(journal.failures()):
            failures += len(part)
            _lines(index_file, [line for result in part for line in index_lines(result)])
    counts = {"speakers": len(speakers), "embeddings": count, "dim": dim, "rows_without_embedding": failures}
    with atomic_write(folder / "meta.json") as file:
        file.write((json.dumps({**facts, **counts}, indent=2, ensure_ascii=False) + "\n").encode())


def index_lines(result: ClipResult) -> list[tuple[str, ...]]:
    """The lines of index.csv for a clip: one for each embedding, or one with the reason that there is none."""
    name, speaker = as_text(readable(result.clip.name)), as_text(readable(result.clip.speaker))
    if not result.ok:
        end = "" if result.clip.end_s is None else f"{result.clip.end_s:.3f}"
        return [(name, speaker, f"{result.clip.start_s:.3f}", end, as_text(readable(result.status)))]
    return [(name, speaker, f"{start:.3f}", f"{end:.3f}", result.status) for start, end in result.segments]


def readable(text: str) -> str:
    """``text`` as UTF-8 can hold it: a byte of a file name that is not UTF-8 is shown as an escape."""
    return text.encode("utf-8", "backslashreplace").decode()


def _parts(results: Iterator[T]) -> Iterator[list[T]]:
    """Some results at a time, which is faster than one by one."""
    while part := list(islice(results, WRITTEN_TOGETHER)):
        yield part


def _header(file, kind: str, shape: tuple[int, ...]) -> None:
    np.lib.format.write_array_header_1_0(file, {"descr": kind, "fortran_order": False, "shape": shape})


def _lines(file, lines: list[tuple[str, ...]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(lines)
    file.write(text.getvalue().encode())
