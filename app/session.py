"""One run of the program: a source of sound, the engine, and where the answers go. Window and terminal share it."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from app.audio.channels_source import EACH, file_source
from app.audio.devices import BOTH, COMPUTER
from app.audio.reading.opening import STDIN, check_pipe, is_pipe
from app.audio.source import AudioSource, SourceState, SourceStatus
from app.demo import DEMO
from app.diarisation.rttm import write_rttm
from app.diarisation.timeline import Turn
from app.embedding.model_files import BUNDLED_FILES
from app.exports.document import Document
from app.exports.outputs import ExportOptions
from app.names import shown_name
from app.outputs import STANDARD, check_outputs, model_inputs, private_opener
from app.scoring.identification import Identification, is_unknown
from app.scoring.labels import UNKNOWN
from utils import BadInput, HeardError, data_dir

if TYPE_CHECKING:
    import numpy as np

    from app.diarisation.conference import Conference
    from app.diarisation.recogniser import Recogniser
    from app.diarisation.turn_history import UnknownSpeaker
    from app.embedding.encoder import Encoder
    from app.enrolment.offering.collector import KeptStretch, OfferCollector
    from app.events.options import EventOptions
    from app.events.publisher import Publisher
    from app.scoring.gallery import Gallery

SAVED_EVERY_S = 10.0
"""How much of a live session's RTTM and exports a sudden end may cost."""


@dataclass(frozen=True)
class SessionOptions:
    """What a run is asked to do; the command line of ``test.py``."""

    device: str | None = None
    """Part of a microphone's name; None is the system's default, "computer" what this computer plays, "both" the two at
    once, each a channel."""
    file: Path | None = None
    """Analyse this file in place of a microphone; "-" is standard input, and a pipe is read to its end."""
    channel: int | str | None = None
    """Of the file or the microphone: one, from 1 on; None mixes them. "each" hears all of a file, each by itself."""
    realtime: bool = False
    """Play a file at its natural pace."""
    demo: bool = False
    """The bundled conversation and its people."""
    model: str = "embedded"
    data: Path | None = None
    threshold: float | None = None
    """Cosine, -1 to 1, in place of the model's own threshold."""
    expect: tuple[str, ...] = ()
    """Only these of the people enrolled can be here; empty: all of them."""
    compute: str = "auto"
    rttm: Path | None = None
    jsonl: Path | None = None
    """"-" is standard output."""
    exports: ExportOptions = ExportOptions()
    events: EventOptions | None = None
    """Where it is told when somebody begins or ends to speak; None tells nobody."""

    def check(self) -> None:
        """Raise BadInput for what is wrong before anything slow is loaded."""
        if self.threshold is not None and not -1 <= self.threshold <= 1:
            raise BadInput(f"--threshold {self.threshold}: a cosine lies between -1 and 1.")
        if str(self.rttm) == STANDARD:
            raise BadInput("--rttm -: on standard output with --export - --export-format rttm.")
        events = self.events
        if events and events.to_stdout and (str(self.jsonl) == STANDARD or self.exports.to_stdout):
            raise BadInput("--events -: standard output can hold events, or a --jsonl or --export, not both.")
        self.exports.check(taken=str(self.jsonl) == STANDARD)
        outputs = [("--rttm", self.rttm), ("--jsonl", self.jsonl), *self.exports.named]
        if events:
            events.check()
            outputs += events.named
        for option, path in outputs:
            if path is not None and str(path) != STANDARD and not path.absolute().parent.is_dir():
                raise BadInput(f"{option} {path}: there is no folder {path.absolute().parent}.")
        if self.channel == EACH and self.audio_file is None:
            raise BadInput(f"--channel {self.channel}: that is for a --file.")
        inputs = (("--file", self.file), *model_inputs(self.model))
        check_outputs(outputs, inputs, data=self.data)
        if self.file is not None and self.channel != EACH and is_pipe(self.file):
            check_pipe(self.file)  # it can be read once only
        elif self.file is not None:
            make_source(self).stop()  # opens the file: one that cannot be read fails here

    @property
    def audio_file(self) -> Path | None:
        return DEMO / "conversation.flac" if self.demo else self.file


def live_compute(options: SessionOptions) -> str:
    """Where the network of a run is computed: on the processor, if nobody asked for a GPU and the model comes with the
    program. It embeds a window in milliseconds, which is not worth waking a GPU for."""
    return "cpu" if options.compute == "auto" and options.model in BUNDLED_FILES else options.compute


def make_source(options: SessionOptions) -> AudioSource:
    """The file or the microphone that the options name. Raises BadInput if there is no such thing."""
    if options.audio_file is not None:
        return file_source(options.audio_file, options.channel, realtime=options.realtime)
    from app.audio.computer.inputs import live_source

    return live_source(options.device, options.channel)


class Session:
    """Everything between a command line and a name. ``open`` loads the network, which is slow, once; ``run`` is live.

    A session may be opened and run again: people enrolled in between are known then, and the turns of earlier runs
    stay. Each run has a recogniser of its own.
    """

    def __init__(self, options: SessionOptions, encoder: Encoder | None = None):
        self.options = options
        self.encoder = encoder
        self._recogniser: Recogniser | Conference | None = None  # see the property
        self.stale: tuple[str, ...] = ()
        """People whom this model does not know because another one made their voiceprints."""
        self.notice = ""
        """One line that the user should see: nobody enrolled, or voiceprints of another model."""
        self.sound_notices: tuple[str, ...] = ()
        """What is odd with the file that was heard last: it is damaged, say. Complete when its run is over."""
        self._before_s = 0.0  # sound of earlier runs
        self._heard_s = 0.0  # of this one
        self._turns_before: list[Turn] = []
        self._ran = self._published = False
        self.corrected: Callable[[Sequence[Turn]], Sequence[Turn]] = lambda turns: turns
        """Turns as the user corrected them: what is somebody else's by their word is never offered."""
        self.kept: list[KeptStretch] = []
        """What of this session was kept to be offered (docs/people.md)."""
        self._device = ""  # that was heard last
        self.say: Callable[[str], None] | None = None
        """Gets a line for people of what events cannot be told, from any thread; None prints it to standard error."""

    @property
    def recogniser(self) -> Recogniser | Conference | None:
        """The recogniser of the present run, from ``open`` until the end of ``run``; None while there is no run."""
        return self._recogniser

    def open(
        self, progress: Callable[[int, int], None] | None = None, *, file: Path | None = None
    ) -> Recogniser | Conference:
        """Begin a run: load the model, if it is not there yet, and the enrolled people. Returns the run's recogniser.

        ``progress(done, total)``: bytes of a model that must be downloaded first. ``file``: what will be heard, if that
        is not what the options say.
        """
        from app.diarisation.conference import channels_of, make_recogniser
        from app.embedding.load import load_encoder

        if self.encoder is None:
            self.encoder = load_encoder(self.options.model, compute=live_compute(self.options), progress=progress)
        options, encoder = self.options, self.encoder
        file = file or options.audio_file
        channels = channels_of(file, options.channel, options.device)
        gallery, rule = self.load_gallery(encoder), encoder.rule(options.threshold)
        self._check_expected(gallery)
        self._recogniser = make_recogniser(encoder, gallery, rule, channels, options.channel if file else None)
        return self._recogniser

    def load_gallery(self, encoder: Encoder) -> Gallery:
        """The people whom this model knows; ``stale`` and ``notice`` say what is missing."""
        from app.voiceprints.store import VoiceprintStore

        self.notice, self.stale = "", ()
        if self.options.demo:
            from app.enrolment.build import gallery_from_folder

            return self._expected(gallery_from_folder(DEMO / "enrolment", encoder))
        with VoiceprintStore(data_dir(self.options.data)) as store:
            gallery = store.gallery(encoder.sha256, encoder.cohort, encoder.dim)
            self.stale = tuple(store.stale(encoder.sha256))
        command, lines = build_command(self.options), []
        if self.stale:
            lines.append(
                f"{', '.join(map(shown_name, self.stale))}: enrolled with another model and not compared with this one;"
                f" run `{command}` to build their voiceprints again."
            )
        if gallery.damaged:
            lines.append(
                f"{', '.join(map(shown_name, gallery.damaged))}: the voiceprint is damaged and not compared;"
                f" run `{command}` to build it again."
            )
        if not (gallery.names or lines):
            lines.append(
                "Nobody is enrolled yet: run `python record_samples.py NAME`, then `python build_voiceprint.py`."
            )
        if gone := gallery.missing(self.options.expect):
            lines.append(f"{', '.join(map(shown_name, gone))}: expected, but not among the voiceprints here.")
        self.notice = " ".join(lines)
        return self._expected(gallery)

    def _expected(self, gallery: Gallery) -> Gallery:
        """Those who can be here."""
        return gallery.only(self.options.expect) if self.options.expect else gallery

    def _check_expected(self, gallery: Gallery) -> None:
        """Raise BadInput if one of the people expected is not known: a slip of the keyboard would call them unknown."""
        if gone := gallery.missing(self.options.expect):
            raise BadInput(
                f"--expect: nobody is enrolled as {', '.join(map(shown_name, gone))};"
                " `python -m app voices list` shows who is."
            )

    def run(
        self,
        *,
        stop: threading.Event | None = None,
        on_status: Callable[[SourceStatus], None] | None = None,
        source: AudioSource | None = None,
        on_end: Callable[[], None] | None = None,
        between_blocks: Callable[[], None] | None = None,
    ) -> Iterator[Identification]:
        """Listen until the source ends or ``stop`` is set; the files asked for are written meanwhile.

        Opens the session if nobody did. ``on_end`` is called before the unknown voices are forgotten and the last RTTM
        is written; then the run is over. ``between_blocks``: see ``app.diarisation.recogniser.listen``.
        """
        from app.diarisation.recogniser import listen

        recogniser = self._recogniser or self.open()
        source = source or make_source(self.options)
        collector = self._collector(source)
        source = collector.tap(source) if collector else source
        self._heard_s, saved_at = 0.0, time.monotonic()
        with self._events(source) as events, self._jsonl() as lines:

            def watch() -> None:
                if between_blocks:
                    between_blocks()
                if source.status.state in (SourceState.LOST, SourceState.WAITING):
                    events.no_sound()

            between = watch if events else between_blocks
            try:
                for answer in listen(source, recogniser, stop=stop, on_status=on_status, between_blocks=between):
                    self._heard_s = answer.time_s
                    if collector:
                        collector.hear(answer)
                        self._device = source.status.device
                    answer = replace(answer, time_s=self._before_s + answer.time_s)
                    if lines:
                        lines.write(json.dumps(answer.as_json(), ensure_ascii=False) + "\n")
                        lines.flush()
                    if events:
                        events.hear(answer, recogniser.gallery)
                    if time.monotonic() - saved_at > SAVED_EVERY_S:
                        self._save(self.turns(), last=False)
                        saved_at = time.monotonic()
                    yield answer
            finally:
                self.sound_notices = tuple(getattr(source, "notices", ()))
                if on_end:
                    on_end()
                if collector:
                    collector.end()
                self._turns_before = self.turns()
                self._before_s += self._heard_s
                self._heard_s = 0.0
                self._recogniser = None  # its clock and its unknown voices are over
                self._save(self._turns_before, last=True)

    def _collector(self, source: AudioSource) -> OfferCollector | None:
        """What gathers offers of a microphone, in a data folder of the user's own."""
        if self.options.audio_file is not None:
            return None
        from app.enrolment.offering.collector import OfferCollector

        def device(channel: int) -> str:
            return COMPUTER if self.options.device == BOTH and channel == 2 else source.status.device or source.name

        collector = OfferCollector(
            data_dir(self.options.data),
            self.encoder,
            lambda: self.corrected(self.turns()),
            lambda: self._recogniser.gallery,
            device,
            from_s=self._before_s,
        )
        collector.kept = self.kept
        return collector

    def turns(self) -> list[Turn]:
        """Who spoke when, in this run and those before, as it is known now."""
        now = self._recogniser.timeline.turns() if self._recogniser else []
        before_s = self._before_s
        later = [replace(turn, start_s=turn.start_s + before_s, end_s=turn.end_s + before_s) for turn in now]
        return self._turns_before + later

    def document(self, turns: Sequence[Turn] | None = None) -> Document:
        """Who spoke when as it is exported: ``turns()``, or what somebody made of them."""
        turns = self.turns() if turns is None else turns
        return Document.of_run(turns, self.file_id, self._before_s + self._heard_s, self.encoder)

    def _save(self, turns: list[Turn], *, last: bool) -> None:
        """Write the files asked for. In ``--rttm`` unknown voices are all "unknown", as the command line promises to
        other programs."""
        if self.options.rttm:
            plain = [replace(turn, label=UNKNOWN) if is_unknown(turn.label) else turn for turn in turns]
            write_rttm(self.options.rttm, plain, self.file_id)
        if self.options.exports.paths:
            self.options.exports.write(self.document(turns), last=last)

    def unknowns(self) -> list[UnknownSpeaker]:
        """The voices of this run that have no name; none when it is over."""
        return self._recogniser.unknowns() if self._recogniser else []

    def enrol_unknown(self, label: str, name: str) -> float:
        """Enrol an unknown voice of this run, or extend who has the name. Returns the seconds of speech added.

        From then on, and back to its first turn, the voice is ``name``.

        Raises BadInput if there is no such voice, it spoke too little, or the name cannot be; then nothing changes.
        """
        from app.enrolment.add_sample import enrol_speech
        from app.enrolment.name_unknown import Enrolled, name_unknown

        def enrol(name: str, speech: np.ndarray) -> Enrolled:
            source = "" if self.options.audio_file is None else self.options.audio_file.name
            data = data_dir(self.options.data)
            sample = enrol_speech(data, self.encoder, name, speech, self._device, source)
            return Enrolled(name, sample.speech_s)

        return name_unknown(self._recogniser, label, name, enrol, lambda: self.load_gallery(self.encoder)).speech_s

    @property
    def file_id(self) -> str:
        """The RTTM's name for what was heard."""
        file = self.options.audio_file
        if file is not None:
            return "stdin" if str(file) == STDIN else file.stem
        return {BOTH: "call", COMPUTER: "computer"}.get(self.options.device, "microphone")

    @contextlib.contextmanager
    def _events(self, source: AudioSource) -> Iterator[Publisher | None]:
        if self.options.events is None:
            yield None
            return
        from app.events.changes import Changes, EventConfig
        from app.events.publisher import Publisher, make_sinks

        options, recorded = self.options.events, getattr(source, "recorded", False)
        sinks = make_sinks(options, recorded=recorded, again=self._published, say=self.say)
        changes = Changes(self.file_id, EventConfig(here_s=60 * options.here_minutes))
        publisher = Publisher(changes, sinks, recorded=recorded)
        self._published = True
        with publisher:
            yield publisher

    @contextlib.contextmanager
    def _jsonl(self) -> Iterator[TextIO | None]:
        if self.options.jsonl is None:
            yield None
        elif str(self.options.jsonl) == STANDARD:
            yield sys.stdout
        else:
            mode, self._ran = "a" if self._ran else "w", True
            with open(self.options.jsonl, mode, encoding="utf-8", opener=private_opener) as file:
                yield file


def build_command(options: SessionOptions) -> str:
    """What the user types to make voiceprints for this run's model and data folder."""
    model = "" if options.model == "embedded" else f" --model {options.model}"
    data = "" if options.data is None else f" --data {options.data}"
    return f"python build_voiceprint.py{model}{data}"


def microphone_problem() -> str:
    """Why no microphone can be used, in one line; empty if one can."""
    from app.audio.input_stream import list_devices

    try:
        return "" if list_devices() else "No microphone was found."
    except HeardError as error:
        return str(error)
