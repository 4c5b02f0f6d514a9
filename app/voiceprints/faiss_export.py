"""Voiceprints as plain arrays, for programs that search among millions, such as FAISS."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

from app.scoring.gallery import Gallery
from utils import BadInput, atomic_write


def export_vectors(gallery: Gallery, path: str | os.PathLike, model_id: str, model_sha256: str) -> Path:
    """Write the rows of a gallery to ``path``, a .npy file, and whose they are into a .json file beside it.

    The array is (rows, D) float32, C-contiguous, of unit length: its inner product with an embedding of the same model
    is their cosine, so that FAISS's ``IndexFlatIP`` takes it as it is. Row i belongs to ``names[i]`` of the JSON
    object. Both files are readable by their owner alone. Returns the path of the second. Raises BadInput for an empty
    gallery or another suffix.
    """
    path = Path(path)
    if path.suffix.lower() != ".npy":
        raise BadInput(f"{path}: the vectors go into a .npy file; name one.")
    if not gallery.names:
        raise BadInput("this model knows nobody: there is nothing to export; run `python build_voiceprint.py` first.")
    about = {
        "names": list(gallery.names),
        "vectors": path.name,
        "dimension": gallery.vectors.shape[1],
        "metric": "inner product",
        "model": model_id,
        "model_sha256": model_sha256,
    }
    with atomic_write(path) as file:
        np.save(file, np.ascontiguousarray(gallery.vectors, "<f4"), allow_pickle=False)
    beside = path.with_suffix(".json")
    with atomic_write(beside) as file:
        file.write((json.dumps(about, ensure_ascii=False) + "\n").encode())
    return beside
