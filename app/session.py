"""One run of the program: a source of sound, the engine, and where the answers go. Window and terminal share it."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from app.audio.source import AudioSource, SourceStatus
from app.recognition.identification import Identification
from app.recognition.timeline import Turn, agreement, read_rttm, write_rttm
from utils import BUNDLED, BadInput, HeardError, data_dir

if TYPE_CHECKING:
    from app.recognition.encoder import Encoder
    from app.recognition.live import Recogniser
    from app.recognition.scoring import Gallery

DEMO = BUNDLED / "demo"


@dataclass(frozen=True)
class SessionOptions:
    """What a run is asked to do; the command line of ``test.py``."""

    device: str | None = None
    """Part of a microphone's name; None is the system's default."""
    file: Path | None = None
    """Analyse this file in place of a microphone."""
    realtime: bool = False
    """Play a file at its natural pace."""
    demo: bool = False
    """The bundled conversation and its people."""
    model: str = "embedded"
    data: Path | None = None
    threshold: float | None = None
    """Cosine, -1 to 1, in place of the model's own threshold."""
    compute: str = "auto"
    rttm: Path | None = None
    jsonl: Path | None = None
    """"-" is standard output."""

    def check(self) -> None:
        """Raise BadInput for what is wrong before anything slow is loaded."""
        if self.threshold is not None and not -1 <= self.threshold <= 1:
            raise BadInput(f"--threshold {self.threshold}: a cosine lies between -1 and 1.")
        for option, path in (("--rttm", self.rttm), ("--jsonl", self.jsonl)):
            if path is not None and str(path) != "-":
                if path.is_dir():
                    raise BadInput(f"{option} {path}: this is a folder; name a file.")
                if not path.absolute().parent.is_dir():
                    raise BadInput(f"{option} {path}: there is no folder {path.absolute().parent}.")
        if self.file is not None:
            make_source(self)  # opens the file: one that cannot be read is told of at once

    @property
    def audio_file(self) -> Path | None:
        return DEMO / "conversation.flac" if self.demo else self.file


def make_source(options: SessionOptions) -> AudioSource:
    """The file or the microphone that the options name. Raises BadInput if there is no such thing."""
    if options.audio_file is not None:
        from app.audio.file_source import FileSource

        return FileSource(options.audio_file, realtime=options.realtime)
    from app.audio.microphone import Microphone

    return Microphone(options.device)


class Session:
    """Everything between a command line and a name. ``open`` is slow (it loads the network), ``run`` is live."""

    def __init__(self, options: SessionOptions):
        self.options = options
        self.recogniser: Recogniser | None = None
        self.notice = ""
        """One line that the user should see: nobody enrolled, or voiceprints of another model."""

    def open(self, progress: Callable[[int, int], None] | None = None) -> Recogniser:
        """Load the model and the enrolled people."""
        from app.recognition.encoder import Encoder
        from app.recognition.live import Recogniser

        encoder = Encoder.load(self.options.model, compute=self.options.compute, progress=progress)
        gallery = self.load_gallery(encoder)
        self.recogniser = Recogniser(encoder, gallery, encoder.rule(self.options.threshold))
        return self.recogniser

    def load_gallery(self, encoder: Encoder) -> Gallery:
        """The people whom this model knows; ``notice`` says what is missing."""
        from app.recognition.voiceprints import VoiceprintStore

        self.notice = ""
        if self.options.demo:
            from app.enrolment.build import gallery_from_folder

            return gallery_from_folder(DEMO / "enrolment", encoder)
        with VoiceprintStore(data_dir(self.options.data)) as store:
            gallery, stale = store.gallery(encoder.sha256), store.stale(encoder.sha256)
        if stale:
            self.notice = (
                f"{', '.join(stale)}: enrolled with another model and not compared with this one;"
                " run `python build_voiceprint.py` to build their voiceprints again."
            )
        elif not gallery.names:
            self.notice = (
                "Nobody is enrolled yet: run `python record_samples.py NAME`, then `python build_voiceprint.py`."
            )
        return gallery

    def run(
        self,
        *,
        stop: threading.Event | None = None,
        on_status: Callable[[SourceStatus], None] | None = None,
        source: AudioSource | None = None,
    ) -> Iterator[Identification]:
        """Listen until the source ends or ``stop`` is set; the files asked for are written meanwhile."""
        from app.recognition.live import listen

        recogniser = self.recogniser or self.open()
        source = source or make_source(self.options)
        with self._jsonl() as lines:
            try:
                for said in listen(source, recogniser, stop=stop, on_status=on_status):
                    if lines:
                        lines.write(json.dumps(said.as_json(), ensure_ascii=False) + "\n")
                        lines.flush()
                    yield said
            finally:
                if self.options.rttm:
                    write_rttm(self.options.rttm, self.turns(), self.file_id)

    def turns(self) -> list[Turn]:
        """Who spoke when, so far, as it is known now."""
        return self.recogniser.timeline.turns() if self.recogniser else []

    @property
    def file_id(self) -> str:
        """The RTTM's name for what was heard."""
        file = self.options.audio_file
        return file.stem if file else "microphone"

    def demo_result(self) -> dict[str, float]:
        """How much of the demo's speech got the right label; see ``timeline.agreement``."""
        reference = read_rttm(DEMO / "conversation.rttm")
        enrolled = {folder.name for folder in (DEMO / "enrolment").iterdir() if folder.is_dir()}
        return agreement(reference, self.turns(), unknown={turn.label for turn in reference} - enrolled)

    @contextlib.contextmanager
    def _jsonl(self) -> Iterator[TextIO | None]:
        if self.options.jsonl is None:
            yield None
        elif str(self.options.jsonl) == "-":
            yield sys.stdout
        else:
            with open(self.options.jsonl, "w", encoding="utf-8") as file:
                yield file


def microphone_problem() -> str:
    """Why no microphone can be used, in one line; empty if one can."""
    from app.audio.microphone import list_devices

    try:
        return "" if list_devices() else "No microphone was found."
    except HeardError as error:
        return str(error)
