"""Walks of docs/architecture.md: real work, followed from room to room, and no call goes up."""

from __future__ import annotations

import threading
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from app.audio.intake import Intake
from app.audio.reading.reader import read_audio
from app.audio.ring_buffer import Capture
from app.audio.source import AudioBlock, SourceState, SourceStatus
from app.audio.tapped_source import TappedSource
from app.session import Session, SessionOptions
from tests.support.demo_data import enrol_demo
from tests.support.walks import assert_as_documented, walking
from utils import SAMPLE_RATE, write_wav


@pytest.fixture(scope="module")
def enrolled(encoder, demo_dir, tmp_path_factory) -> Path:
    """A data folder with the demo's people."""
    return enrol_demo(tmp_path_factory.mktemp("walks"), encoder, demo_dir)


class CardBlocks:
    """A microphone without a sound card: PortAudio's callback gets blocks of 20 ms at 48 kHz, in stereo."""

    name = "card"

    def __init__(self, sound: np.ndarray):
        """``sound``: (n,) at 16 kHz."""
        self._capture, self._intake = Capture(48_000, 2, 10.0), Intake()
        stereo = np.repeat(np.repeat(sound, 3)[:, None], 2, axis=1).astype(np.float32)
        self._blocks = iter(np.split(stereo, range(960, len(stereo), 960)))
        self.status = SourceStatus(SourceState.RUNNING, "card")

    def start(self) -> None: ...
    def stop(self) -> None: ...

    def read(self, min_s: float, max_s: float, timeout_s: float = 0.5) -> AudioBlock | None:
        while len(self._intake.backlog) < min_s * SAMPLE_RATE:
            block = next(self._blocks, None)
            if block is None:
                self.status = SourceStatus(SourceState.ENDED, "card")
                return None
            self._capture(block, len(block), None, SimpleNamespace(input_overflow=False))
            self._intake.receive(self._capture, round(max_s * SAMPLE_RATE))
        return self._intake.backlog.take(round(max_s * SAMPLE_RATE))


def test_a_block_of_sound_to_the_label(encoder, enrolled, demo_dir):
    sound = read_audio(demo_dir / "conversation.flac", end_s=20.0)
    session = Session(SessionOptions(data=enrolled), encoder)
    session.open()
    source, labels = TappedSource(CardBlocks(sound)), []
    with walking("window") as walk:
        for identification in session.run(source=source, between_blocks=lambda: None):
            labels.append(identification.label)
            source.taken()
    assert [label for label, _ in groupby(labels) if label][:1] in (["Ana"], ["Ben"], ["Colin"], ["unknown"])
    assert_as_documented(walk, "A block of sound")


def test_a_dropped_file_to_its_rttm(encoder, enrolled, demo_dir, tmp_path):
    from app.window.engine.context import EngineContext
    from app.window.engine.edits.turns import export
    from app.window.engine.file_analysis import FileAnalysis
    from app.window.engine.stopwatch import Stopwatch

    context = EngineContext(
        SessionOptions(data=enrolled),
        open_source=lambda options: None,
        microphone_problem=lambda: "",
        stopwatch=Stopwatch(),
        obey_orders=lambda: None,
    )
    context.session.encoder = encoder
    write_wav(tmp_path / "talk.wav", read_audio(demo_dir / "conversation.flac", end_s=20.0))
    analysis = FileAnalysis(tmp_path / "talk.wav")
    with walking("window") as walk:
        analysis.run(context, threading.Event())
        export(tmp_path / "talk.rttm", analysis.facts.turns, "talk")(context)
    assert (tmp_path / "talk.rttm").read_text().startswith("SPEAKER talk 1 ")
    assert_as_documented(walk, "A dropped file")


def test_a_rest_upload_to_a_voiceprint(encoder, demo_dir, tmp_path):
    pytest.importorskip("fastapi", reason="pip install --group server")
    from app.server import people_service
    from app.server.config import DEFAULTS
    from app.server.service import Service

    service = Service(encoder, tmp_path, DEFAULTS)
    people_service.create_person(service, "Zoe")
    add(service, people_service, demo_dir / "enrolment" / "Ben" / "01.flac", "Zoe")  # whom Ana is compared with
    ana = people_service.create_person(service, "Ana")
    with walking("server") as walk:
        added = add(service, people_service, demo_dir / "enrolment" / "Ana" / "01.flac", ana.id)
    assert added.person.known
    service.close()
    assert_as_documented(walk, "A REST upload", start="server")


def add(service, people_service, path: Path, person: str):
    with open(path, "rb") as file:
        return people_service.add_sample(service, person, file, path.name, device="", position="", accept_flawed=True)
