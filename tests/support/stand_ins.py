"""What stands in for recordings where only their files matter."""

from __future__ import annotations

import json
from pathlib import Path

from app.voiceprints.recordings import samples_dir
from app.voiceprints.store import VoiceprintStore


def record(store: VoiceprintStore, name: str, count: int = 2) -> Path:
    """Something like recordings of a person; their folder."""
    folder = samples_dir(store.data, name)
    folder.mkdir(parents=True)
    for number in range(1, count + 1):
        (folder / f"{number:03d}.wav").write_bytes(b"sound")
        (folder / f"{number:03d}.json").write_text(json.dumps({"name": name, "device": "mic"}))
    return folder
