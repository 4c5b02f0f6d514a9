"""What all tests share: the program on the path, the real speech where it is, the bundled demo."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import app.audio.vad  # noqa: E402, F401  before torch: see there


@pytest.fixture(scope="session")
def speech_dir() -> Path:
    """Real, labelled speech: ``$HEARD_SPEECH``, else ``../shared/speech``; see README, "Tests"."""
    path = Path(os.environ.get("HEARD_SPEECH", ROOT.parent / "shared" / "speech"))
    if not (path / "dev.csv").exists():
        pytest.skip(f"no real speech at {path}: set HEARD_SPEECH to a folder with dev.csv")
    return path


@pytest.fixture(scope="session")
def demo_dir() -> Path:
    """The bundled conversation of made voices."""
    return ROOT / "data" / "demo"


@pytest.fixture(scope="session")
def encoder():
    """The embedded model, loaded once."""
    from app.embedding.load import load_encoder

    return load_encoder("embedded", compute="cpu")
