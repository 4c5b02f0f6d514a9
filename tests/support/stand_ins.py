"""What stands in for recordings where only their files matter."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from app.voiceprints.pending import PendingSamples
from app.voiceprints.recordings import Note, samples_dir
from app.voiceprints.store import VoiceprintStore


def save_sample(data: Path, samples: np.ndarray, note: Note) -> Path:
    """Keep sound (n,) as a recording of the person in ``note``, who is not built yet. Returns the wav."""
    with PendingSamples(data, note.name) as pending, VoiceprintStore(data) as store:
        pending.add(samples, note)
        (wav,) = pending.commit(store)
    return wav


def record(store: VoiceprintStore, name: str, count: int = 2) -> Path:
    """Something like recordings of a person; their folder."""
    folder = samples_dir(store.data, name)
    folder.mkdir(parents=True)
    for number in range(1, count + 1):
        (folder / f"{number:03d}.wav").write_bytes(b"sound")
        (folder / f"{number:03d}.json").write_text(json.dumps({"name": name, "device": "mic"}))
    return folder
