"""``python -m tools.golden_embedding``: note what the shipped model makes of a recording, for the test that watches it.

Run it when the model was trained anew, never to make a failing test pass: then the code has changed the embeddings.
"""

from __future__ import annotations

import json
from pathlib import Path

from app.audio.reading.reader import read_audio
from app.embedding.load import load_encoder
from utils import BUNDLED, ROOT, atomic_write, run_cli

RECORDING = BUNDLED / "demo" / "enrolment" / "Ana" / "01.flac"
GOLDEN = ROOT / "tests" / "evaluation" / "golden_embedding.json"


def golden(path: Path = RECORDING) -> dict:
    """The weights' hash and the embedding (D,) of the first 3 s of a recording, to 5 decimals."""
    encoder = load_encoder("embedded", compute="cpu")
    vector = encoder.embed(read_audio(path, end_s=3.0))
    return {"sha256": encoder.sha256, "recording": path.name, "embedding": [round(float(x), 5) for x in vector]}


def main() -> None:
    with atomic_write(GOLDEN, public=True) as file:
        file.write((json.dumps(golden()) + "\n").encode())
    print(GOLDEN.relative_to(ROOT))


if __name__ == "__main__":
    run_cli(main)
