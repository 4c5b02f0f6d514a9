"""Not a test: a program of its own for ``test_model_download.py``, since the hub's client reads its address once.

In the real window the model of the menu is downloaded from a hub on this machine, slowly; that is cancelled, and taken
up again. ``python -m tests.support.downloading FOLDER MODEL`` prints as JSON what was seen.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QApplication

from app.embedding import model_files
from app.embedding.download import HubFile
from app.embedding.model_files import HUB, SPEECHBRAIN
from app.session import SessionOptions
from app.window.engine.engine import Engine
from app.window.engine.facts import Phase
from app.window.main_window import MainWindow
from app.window.widgets.theme import Theme
from tests.support.array_source import ArraySource
from tests.support.loopback_hub import Hub

LIMIT_S = 180.0


def download(folder: Path, hub: Hub, model: str) -> dict:
    digest = hashlib.sha256(hub.content).hexdigest()
    HUB[SPEECHBRAIN] = HubFile(SPEECHBRAIN, HUB[SPEECHBRAIN].revision, "embedding_model.ckpt", len(hub.content), digest)
    app = QApplication([])
    noise = np.random.default_rng(0).normal(0, 0.01, 160_000).astype(np.float32)
    engine = Engine(SessionOptions(data=folder / "data"), open_source=lambda options: ArraySource(noise, realtime=True))
    window = MainWindow(engine, Theme(app), find_microphones=list)
    window.show()

    def until(happened: Callable[[], bool]) -> None:
        end_s = time.monotonic() + LIMIT_S
        while not happened():
            app.processEvents()
            time.sleep(0.002)
            if time.monotonic() > end_s:
                raise SystemExit(f"it did not happen; {engine.facts}")
        window.draw_frame()

    seen, now = {}, lambda: window.state.speaker
    window.listening.use_model(model)
    window.start()
    until(lambda: (now().progress or 0) > 0.1)
    seen["began"] = (now().title, now().detail, now().progress, window.live.button.text())
    window.grab().save(str(folder / "downloading.png"))
    window.live.button.click()
    until(lambda: engine.facts.phase is Phase.STOPPED)
    part = next((folder / "cache").rglob("*.part"))
    time.sleep(0.5)
    app.processEvents()
    seen["cancelled"] = (part.stat().st_size, now().title, now().progress)
    time.sleep(0.5)
    seen["later"] = part.stat().st_size
    window.live.button.click()
    until(lambda: (now().progress or 0) > 0)
    seen["again"] = now().progress
    hub.bytes_per_s = None
    until(lambda: engine.facts.identification is not None)
    seen["model"] = engine.facts.model
    seen["asked"] = hub.asked_ranges()
    window.close()
    seen["ended"] = engine.join(20)
    seen["left"] = [path.name for path in (folder / "cache").rglob("*.part")]
    return seen


if __name__ == "__main__":
    import os

    from tests.support.loopback_hub import serve
    from tests.support.public_weights import save_random

    where = Path(sys.argv[1])
    save_random(where / "random.ckpt")
    with serve(Hub((where / "random.ckpt").read_bytes(), bytes_per_s=40e6)) as hub:
        os.environ |= {"HF_ENDPOINT": hub.url, "HEARD_CACHE": str(where / "cache"), "NO_PROXY": "*", "no_proxy": "*"}
        assert model_files.SPEECHBRAIN in HUB
        print(json.dumps(download(where, hub, sys.argv[2])))
