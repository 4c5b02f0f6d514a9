"""The journal as the files that people work with: embeddings.npy, labels.npy, index.csv, meta.json."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np

from app.extraction.journal import Journal
from app.extraction.pending import clip_key
from app.extraction.shard import ClipResult
from utils import BadInput, atomic_write

FILES = ("embeddings.npy", "labels.npy", "index.csv", "meta.json")
COLUMNS = ("path", "speaker", "start_s", "end_s", "status")


class Outputs:
    """Keeps count of a journal, and writes its files.

    Line i of index.csv below its heading, row i of embeddings.npy (N, D) and label i of labels.npy (N,) belong
    together; behind these N lines come the rows without an embedding, each with the reason as its status. The N rows
    are in the order of the journal: what is there stays where it is when more is added.
    """

    def __init__(self, folder: Path, dim: int):
        self.folder, self.dim = folder, dim
        self.embeddings = 0
        self.failures: dict[bytes, ClipResult] = {}
        """The rows without an embedding, by ``clip_key``."""
        self._speakers: set[str] = set()
        self._label_length = 1

    @staticmethod
    def check(folder: Path) -> None:
        """Raise BadInput if there are such files that did not come from a journal: they are somebody's work."""
        if foreign := [name for name in FILES if (folder / name).exists()]:
            raise BadInput(f"{folder}: has {foreign[0]} of another origin, which would be lost; choose another --out.")

    def add(self, entry: ClipResult) -> None:
        """Count an entry of the journal."""
        if not entry.ok:
            self.failures[clip_key(entry.clip)] = entry
            return
        self.embeddings += len(entry.segments)
        label = readable(entry.clip.speaker)
        self._speakers.add(label)
        self._label_length = max(self._label_length, len(label))

    def write(self, journal: Journal, facts: dict) -> None:
        """Write the files, each whole or not at all. ``facts`` go into meta.json. Memory does not grow with them."""
        with (
            atomic_write(self.folder / "embeddings.npy") as vectors_file,  # replaced last: the others are never behind
            atomic_write(self.folder / "labels.npy") as labels_file,
            atomic_write(self.folder / "index.csv") as index_file,
        ):
            _header(vectors_file, "<f4", (self.embeddings, self.dim))
            _header(labels_file, f"<U{self._label_length}", (self.embeddings,))
            _lines(index_file, [COLUMNS])
            for record in journal.records():
                vectors_file.write(record.vectors.tobytes())
                labels = [readable(entry.clip.speaker) for entry in record.entries for _ in entry.segments]
                labels_file.write(np.array(labels, f"<U{self._label_length}").tobytes())
                _lines(index_file, [line for entry in record.entries if entry.ok for line in index_lines(entry)])
            _lines(index_file, [line for entry in self.failures.values() for line in index_lines(entry)])
        speakers = {"speakers": len(self._speakers), "embeddings": self.embeddings, "dim": self.dim}
        meta = {**facts, **speakers, "rows_without_embedding": len(self.failures)}
        with atomic_write(self.folder / "meta.json") as file:
            file.write((json.dumps(meta, indent=2, ensure_ascii=False) + "\n").encode())


def index_lines(entry: ClipResult) -> list[tuple[str, ...]]:
    """The lines of index.csv for an entry: one for each embedding, or one with the reason that there is none."""
    name, speaker = readable(entry.clip.name), readable(entry.clip.speaker)
    if not entry.ok:
        end = "" if entry.clip.end_s is None else f"{entry.clip.end_s:.3f}"
        return [(name, speaker, f"{entry.clip.start_s:.3f}", end, readable(entry.status))]
    return [(name, speaker, f"{start:.3f}", f"{end:.3f}", entry.status) for start, end in entry.segments]


def readable(text: str) -> str:
    """``text`` as UTF-8 can hold it: a byte of a file name that is not UTF-8 is shown as an escape."""
    return text.encode("utf-8", "backslashreplace").decode()


def _header(file, kind: str, shape: tuple[int, ...]) -> None:
    np.lib.format.write_array_header_1_0(file, {"descr": kind, "fortran_order": False, "shape": shape})


def _lines(file, lines: list[tuple[str, ...]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(lines)
    file.write(text.getvalue().encode())
