"""Heard as a library: the engine behind a few functions, for other Python programs.

    from app import Heard

    heard = Heard()
    print(heard.verify("ana.wav", "who.wav").probability)

docs/library.md shows the rest, and what stands for what in SpeechBrain.
"""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from app.audio.channels_source import file_source
from app.audio.computer.pair_source import PairSource
from app.audio.mixing import mix
from app.audio.source import AudioSource
from app.diarisation.conference import HERE_AND_REMOTE, Conference, channels_of, make_recogniser
from app.diarisation.recogniser import Recogniser, listen
from app.embedding.load import load_encoder
from app.events.event import SpeakerEvent
from app.exports.document import Document
from app.exports.formats import format_named, write_export
from app.listening import Listening, answers_async
from app.names import shown_name
from app.outputs import check_outputs
from app.scoring.gallery import Gallery
from app.scoring.identification import Identification
from app.scoring.vectors import NotComparable, finite_unit
from app.verification import (
    SpeakerEmbedding,
    Verification,
    embed_recordings,
    identify_embedding,
    verify_embeddings,
)
from app.voiceprints.store import VoiceprintStore
from utils import SAMPLE_RATE, BadInput, data_dir, resample

Sound = str | os.PathLike[str] | np.ndarray
"""An audio file, or samples: (n,) or (n, channels), float of full scale +-1 or int16."""
Source = AudioSource | str | os.PathLike[str]
"""What is listened to: a file, or sound that comes at its own pace."""
People = Gallery | Mapping[str, np.ndarray] | Sequence[str]
"""People to identify among: a gallery, names with an embedding (D,) or several (k, D) each, or names of some of the
people enrolled."""


class SpokenTimeline(Document):
    """Who spoke when: ``turns`` with ``start_s``, ``end_s``, ``label``, ``confidence`` ..., and what they are of."""

    def save(self, path: str | os.PathLike[str], format: str | None = None, *, merge_gaps: bool | None = None) -> None:
        """Write it in the format of the path's ending, or of this name; docs/exports.md lists them. An earlier file is
        replaced, a recording never.

        ``merge_gaps``: whether a speaker's turns with less than a second between them are one; None goes by the format.
        Raises BadInput for a name that says no format, or that must not be written to.
        """
        check_outputs([("save", path)], data=data_dir())
        write_export(path, self, format, merge_gaps=merge_gaps)

    def text(self, format: str = "text", *, merge_gaps: bool | None = None) -> str:
        """The same as a text: lines for people, unless another format is named."""
        return format_named(format).encode(self, merge_gaps=merge_gaps).decode("utf-8-sig")


class Heard:
    """A speaker model and the people enrolled with it.

    Loading takes seconds, the rest milliseconds. For use by one thread at a time; each thread may have one of its own.
    What a caller can get wrong (a missing file, too little speech, an unknown model) raises ``utils.BadInput``, and
    what else can fail its base ``utils.HeardError``, each with one line that says what to do.
    """

    def __init__(
        self,
        model: str = "embedded",
        *,
        compute: str = "auto",
        data: str | os.PathLike[str] | None = None,
        threshold: float | None = None,
    ):
        """Load a model and the people whom it knows.

        ``model``: "embedded", "large", "speechbrain/spkrec-ecapa-voxceleb", or the path of weights. ``compute``: "auto"
        (a CUDA device if there is one), "cpu", "cuda" or "mps". ``data``: the folder of the voiceprints, as ``--data``.
        ``threshold``: a score, -1 to 1, in place of the model's own.
        """
        self.encoder = load_encoder(model, compute=compute)
        """The network: ``encoder.embed_batch(signals)`` is what SpeechBrain calls ``encode_batch``."""
        self.threshold = threshold
        self._data = data
        self.reload()

    @property
    def people(self) -> tuple[str, ...]:
        """The names of the people enrolled."""
        return self.gallery.people

    def reload(self) -> None:
        """Read the voiceprints again: somebody may have been enrolled meanwhile."""
        with VoiceprintStore(data_dir(self._data)) as store:
            self.gallery = store.gallery(self.encoder.sha256, self.encoder.cohort, self.encoder.dim)
            """The people enrolled, as this model knows them."""

    def embed(self, sound: Sound, rate: int = SAMPLE_RATE, *, channel: int | None = None) -> np.ndarray:
        """Embed a sound of one person, as a voiceprint is made: (D,) float32 of unit length.

        The first minute of speech is used, without its pauses. ``rate``: of samples, in Hz; a file tells its own.
        ``channel``: the only one that is heard, from 1; None mixes all. Raises BadInput for what cannot be read or
        holds less than a second of speech.
        """
        return self._embed([sound], rate, channel)[0].embedding

    def embed_many(self, sounds: Sequence[Sound], rate: int = SAMPLE_RATE, *, channel: int | None = None) -> np.ndarray:
        """Embed sounds of any lengths: (len(sounds), D) float32, the same as one by one with ``embed``."""
        rows = [embedded.embedding for embedded in self._embed(sounds, rate, channel)]
        return np.array(rows, np.float32).reshape(-1, self.encoder.dim)

    def verify(self, a: Sound, b: Sound, rate: int = SAMPLE_RATE, *, channel: int | None = None) -> Verification:
        """Decide whether one person speaks in both sounds: a score, a calibrated probability and a decision."""
        one, other = self._embed([a, b], rate, channel)
        return verify_embeddings(one, other, self.encoder.rule(self.threshold), self.encoder.cohort)

    def identify(
        self,
        sound: Sound,
        rate: int = SAMPLE_RATE,
        *,
        among: People | None = None,
        channel: int | None = None,
    ) -> Identification:
        """Say who speaks in a sound of one person: somebody enrolled, or of ``among`` instead, or "unknown".

        ``speaker`` is the name or None, ``scores`` are those of the twenty nearest, ``reason`` says why it is unknown.
        """
        (embedded,) = self._embed([sound], rate, channel)
        gallery = self._among(among)
        return identify_embedding(embedded, gallery, self.encoder, self.threshold)

    def listen(
        self,
        source: Source | None = None,
        *,
        among: People | None = None,
        stop: threading.Event | None = None,
        channel: int | None = None,
    ) -> Iterator[Identification]:
        """Say who is speaking, eight times a second, until the source ends or ``stop`` is set.

        ``source``: None for the default microphone, a file, or an AudioSource: ``Microphone("USB")`` of
        app.audio.microphone, ``live_source("computer")`` or ``live_source("both")`` of app.audio.computer.inputs, or
        ``StreamSource(name, blocks)`` of app.audio.file_source for blocks of one's own. ``channel``: of the default
        microphone or of a file, the only one that is heard.
        """
        return listen(_source(source, channel), self._recogniser(among, source), stop=stop)

    def alisten(
        self,
        source: Source | None = None,
        *,
        among: People | None = None,
        channel: int | None = None,
    ) -> AsyncGenerator[Identification, None]:
        """The same for ``async for``: the engine listens in a thread, and the loop goes on.

        It ends with the source, when the task is cancelled, or at the end of a ``contextlib.aclosing``. Who takes the
        answers too slowly loses sound, as with ``listen``, never answers.
        """
        return answers_async(lambda stop: self.listen(source, among=among, stop=stop, channel=channel))

    def listening(
        self,
        source: Source | None = None,
        *,
        on_answer: Callable[[Identification], object] | None = None,
        on_event: Callable[[SpeakerEvent], object] | None = None,
        among: People | None = None,
        channel: int | None = None,
    ) -> Listening:
        """Begin to listen in a thread that calls back, and return at once.

        ``on_answer`` gets an answer eight times a second. ``on_event`` gets what is certain and has changed: who began,
        who ended, who is here (docs/integrations.md). In a ``with`` it ends with the block::

            with heard.listening(on_event=print):
                input("Enter ends it. ")
        """
        name = "microphone" if source is None else _name_of(source)
        return Listening(
            lambda stop: self.listen(source, among=among, stop=stop, channel=channel), name, on_answer, on_event
        )

    def timeline(
        self,
        source: Source,
        *,
        among: People | None = None,
        channel: int | str | None = None,
        stop: threading.Event | None = None,
    ) -> SpokenTimeline:
        """Say who spoke when in a recording of any length, with hindsight; or until ``stop`` is set. ``source``: see
        ``listen``. What comes back can be saved: ``heard.timeline("talk.wav").save("talk.vtt")``.

        ``channel``, of a file: one of its channels, from 1 on; "each" hears all of them, each by itself, as of a call
        with a voice on each side (``Turn.channel`` says which); None mixes them.
        """
        name = _name_of(source)
        recogniser, heard_s = self._recogniser(among, source, channel), 0.0
        for said in listen(_source(source, channel), recogniser, stop=stop):
            heard_s = said.time_s
        return SpokenTimeline.of_run(recogniser.timeline.turns(), name, heard_s, self.encoder)

    def _recogniser(
        self, among: People | None, source: Source | None, channel: int | str | None = None
    ) -> Recogniser | Conference:
        channels = HERE_AND_REMOTE if isinstance(source, PairSource) else None
        if isinstance(source, str | os.PathLike):
            channels = channels_of(source, channel, None)
        rule = self.encoder.rule(self.threshold)
        return make_recogniser(self.encoder, self._among(among), rule, channels, channel)

    def _embed(self, sounds: Sequence[Sound], rate: int, channel: int | None) -> list[SpeakerEmbedding]:
        found = [_file_or_samples(sound, rate, channel) for sound in sounds]
        return embed_recordings(self.encoder, found, channel=channel)

    def _among(self, people: People | None) -> Gallery:
        if people is None:
            return self.gallery
        if isinstance(people, Gallery):
            return people
        if not isinstance(people, Mapping):
            names = [people] if isinstance(people, str) else list(people)
            if gone := self.gallery.missing(names):
                raise BadInput(f"{', '.join(map(shown_name, gone))}: nobody of that name is enrolled with this model.")
            return self.gallery.only(names)
        rows = [(name, row) for name, vectors in people.items() for row in np.atleast_2d(vectors)]
        if any(row.shape != (self.encoder.dim,) for _, row in rows):
            raise BadInput(f"embeddings of this model have {self.encoder.dim} numbers; these have not.")
        vectors = np.array([row for _, row in rows], np.float32).reshape(-1, self.encoder.dim)
        try:
            vectors = finite_unit(vectors, self.encoder.dim)
        except NotComparable:
            raise BadInput("these embeddings are not all finite numbers, or one is all zeros.") from None
        return Gallery(tuple(name for name, _ in rows), vectors, self.encoder.cohort)


def _name_of(source: Source) -> str:
    """What a source is called: a file by its name without the ending."""
    return Path(source).stem if isinstance(source, str | os.PathLike) else source.name


def _source(source: Source | None, channel: int | str | None = None) -> AudioSource:
    """The default microphone for None, a file for a path, and what is a source already."""
    if source is None:
        from app.audio.microphone import Microphone

        if isinstance(channel, str):
            raise BadInput(f'channel "{channel}": that is for a file; of a microphone it is a number, from 1 on.')
        return Microphone(channel=channel)
    if isinstance(source, str | os.PathLike):
        return file_source(source, channel)
    return source


def _file_or_samples(sound: Sound, rate: int, channel: int | None) -> Path | np.ndarray:
    """A file as it is, samples as (n,) float32 at 16 kHz."""
    if isinstance(sound, str | os.PathLike):
        return Path(sound)
    samples = np.asarray(sound)
    if samples.dtype == np.int16:
        samples = samples / np.float32(32768)
    if samples.ndim not in (1, 2) or not np.issubdtype(samples.dtype, np.floating) or not samples.size:
        raise BadInput("samples are float or int16, of shape (n,) or (n, channels), and not empty.")
    if not np.isfinite(samples).all():
        raise BadInput("these samples are not all numbers (NaN or infinite).")
    samples = samples.astype(np.float32)
    return resample(mix(samples.reshape(len(samples), -1), rate, channel), rate)
