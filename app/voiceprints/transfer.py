"""People go into one encrypted file, and come out of it on another machine: all of them or nobody."""

from __future__ import annotations

import io
import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from app.audio.reading.reader import read_audio
from app.voiceprints.enrolled import Consent
from app.voiceprints.looks.appearance import appearance_of, bring_looks
from app.voiceprints.looks.colours import Appearance
from app.voiceprints.offers import answer_consent, consent_of
from app.voiceprints.orders import erase_tree
from app.voiceprints.pending import PendingSamples
from app.voiceprints.people_file import Embedded, SampleIn, SampleOut, read_people, write_people
from app.voiceprints.recordings import Condition, Note, condition_of, read_content, read_note, sample_file, samples_of
from app.voiceprints.store import EmbeddedSample, Person, VoiceprintStore
from utils import SAMPLE_RATE, BadInput, clean_name

LONGEST_S = 600.0
"""Length of one recording that is taken in."""


@dataclass(frozen=True)
class Model:
    """The model whose voiceprints are taken in."""

    model_id: str
    sha256: str
    embed: Callable[[np.ndarray, str], EmbeddedSample]
    """Makes a sample of a recording (n,) at 16 kHz and its name in messages. Raises BadInput if it cannot be used."""


@dataclass(frozen=True)
class Imported:
    """One person who came."""

    name: str
    recordings: int
    samples: int
    """Samples in the voiceprint."""
    rebuilt: int
    """Those of them that were made again of the recordings."""


def export_people(
    store: VoiceprintStore, names: Sequence[str], out: Path, passphrase: str, *, sound: bool = True
) -> int:
    """Write people into one new file, with their recordings if ``sound``. Returns how many recordings are in it.

    Raises BadInput for nobody, for people of whom there is nothing to write, or if ``out`` is there already; OSError.
    """
    if os.path.lexists(out):
        raise BadInput(f"{out} is there already; choose another name.")
    people, consents, looks = {}, {}, {}
    for name in dict.fromkeys(map(clean_name, names)):
        if store.find(name) is None and not samples_of(store.data, name):
            raise BadInput(f"nobody is called {name}; see `python -m app voices list`.")
        people[name] = _samples_out(store, name, sound)
        if not people[name]:
            raise BadInput(f"{name} has no voiceprint; build one, or export the recordings, too.")
        if consent := consent_of(store, name):
            consents[name] = consent
        looks[name] = appearance_of(store, name)
    write_people(out, passphrase, people, consents=consents, looks=looks)
    return sum(sample.sound_bytes > 0 for samples in people.values() for sample in samples)


def import_people(
    store: VoiceprintStore,
    path: Path,
    passphrase: str,
    model: Model,
    *,
    new_name: str | None = None,
    on_bad: Callable[[str], None] = lambda line: None,
) -> list[Imported]:
    """Take in the people of a file, in one transaction: all of them or nobody.

    A sample without a voiceprint of ``model`` gets one of its recording. ``new_name``: for the one person of the file.
    ``on_bad`` gets a line about each recording that is kept, but cannot be used. Raises BadInput for names in use, for
    people who are known to other models only and have no recordings, and for a file that is not what it should be;
    HeardError or OSError if it cannot be written.
    """
    with ExitStack() as waiting:
        arrivals: list[_Arrival] = []
        for name, samples, consent, looks in read_people(path, passphrase):
            if new_name is not None and arrivals:
                raise BadInput(f"{path}: holds more than one person; --as is for one.")
            name = name if new_name is None else clean_name(new_name)
            if store.find(name) or samples_of(store.data, name):
                raise BadInput(f"there is a {name} already; rename one of the two, or import with --as NAME.")
            arrivals.append(
                _Arrival(waiting.enter_context(PendingSamples(store.data, name)), path, model, consent, looks)
            )
            arrivals[-1].take(samples, on_bad)
        folders = [arrival.pending.waiting[0].parent for arrival in arrivals if arrival.pending.waiting]
        try:
            with store.transaction():
                for arrival in arrivals:
                    store.refuse_taken(arrival.name)
                    arrival.commit(store)
        except BaseException:
            for folder in folders:  # what waits is nobody's
                erase_tree(folder)
            raise
    return [arrival.result for arrival in arrivals]


class _Arrival:
    """One person of a file: recordings that wait on disk, and the samples for the store."""

    def __init__(self, pending: PendingSamples, path: Path, model: Model, consent: Consent | None, looks: Appearance):
        self.pending, self.name, self.path, self.model = pending, pending.name, path, model
        self.consent, self.looks = consent, looks
        self._recorded: list[EmbeddedSample | None] = []
        """What the model makes of each recording, in order; None for one that cannot be used."""
        self._loose: list[EmbeddedSample] = []
        """Samples without a recording."""
        self._rebuilt = 0

    @property
    def result(self) -> Imported:
        made = sum(sample is not None for sample in self._recorded)
        return Imported(self.name, len(self._recorded), made + len(self._loose), self._rebuilt)

    def take(self, samples: Iterable[SampleIn], on_bad: Callable[[str], None]) -> None:
        """Let all samples wait. Raises BadInput if there is nothing of the model, and nothing to make it of."""
        others: set[str] = set()
        for sample in samples:
            ours = next((one for one in sample.embedded if one.model_sha256 == self.model.sha256), None)
            others |= {one.model_id for one in sample.embedded}
            if sample.sound:
                self._take_recording(sample, ours, on_bad)
            elif ours:
                file = f"imported/{len(self._loose) + 1:03d}"
                self._loose.append(_sample(file, ours, condition_of(sample.note)))
        if not (self._recorded or self._loose):
            known_to = f"is known to another model ({', '.join(sorted(others))})" if others else "has nothing in it"
            raise BadInput(
                f"{self.path}: {self.name} {known_to}, and there are no recordings to make a voiceprint of; export"
                " again with recordings, or name the model with --model."
            )

    def _take_recording(self, sample: SampleIn, ours: Embedded | None, on_bad: Callable[[str], None]) -> None:
        what = f"{self.path}: recording {len(self._recorded) + 1} of {self.name}"
        sound = _checked(sample.sound, self.path)
        self.pending.add_content(sample.sound, sample.note)
        if ours:
            self._recorded.append(_sample("", ours))
            return
        try:
            self._recorded.append(self.model.embed(sound, what))
            self._rebuilt += 1
        except BadInput as error:
            self._recorded.append(None)
            on_bad(str(error))

    def commit(self, store: VoiceprintStore) -> None:
        """Make it the person's, in a transaction."""

        def add(sample: EmbeddedSample) -> None:
            store.add_sample(self.name, self.model.model_id, self.model.sha256, sample)

        def add_recorded(db: sqlite3.Connection, person: Person, files: list[str]) -> None:
            for file, sample in zip(files, self._recorded, strict=True):
                if sample is not None:
                    add(replace(sample, file=file))

        self.pending.commit(store, add_recorded)
        for sample in self._loose:
            add(sample)
        if self.consent:
            answer_consent(store, self.name, may_keep=self.consent.may_keep, day=self.consent.answered_on)
        bring_looks(store, self.name, self.looks)


def _samples_out(store: VoiceprintStore, name: str, sound: bool) -> list[SampleOut]:
    """Recordings with what models made of them, then what is left of samples without a recording."""
    embedded, conditions = _embedded(store, name)
    samples = []
    for wav in samples_of(store.data, name):
        made = embedded.pop(sample_file(store.data, wav), [])
        if sound:
            samples.append(SampleOut(read_note(wav), len(read_content(wav)), partial(read_content, wav), made))
        elif made:
            samples.append(SampleOut(read_note(wav), 0, bytes, made))
    for file, made in embedded.items():
        note = Note(name, conditions[file].day, device=conditions[file].device)
        samples.append(SampleOut(note, 0, bytes, made))
    return samples


def _embedded(store: VoiceprintStore, name: str) -> tuple[dict[str, list[Embedded]], dict[str, Condition]]:
    """File -> what each model made of it, and file -> its condition."""
    found: dict[str, list[Embedded]] = {}
    conditions: dict[str, Condition] = {}
    for model_id, sha256 in store.models_of(name):
        for sample in store.samples(name, sha256):
            one = Embedded(model_id, sha256, sample.vectors, [float(seconds) for seconds in sample.segment_s])
            found.setdefault(sample.file, []).append(one)
            conditions[sample.file] = sample.condition or Condition()
    return found, conditions


def _sample(file: str, one: Embedded, condition: Condition | None = None) -> EmbeddedSample:
    return EmbeddedSample(file, one.vectors, one.segment_s, condition)


def _checked(content: bytes, path: Path) -> np.ndarray:
    """The sound (n,) of a recording as this program writes it. Raises BadInput for anything else."""
    import soundfile

    try:
        about = soundfile.info(io.BytesIO(content))
    except (RuntimeError, TypeError):
        raise BadInput(f"{path}: holds a recording that is none; export it again.") from None
    kind = (about.format, about.subtype, about.samplerate, about.channels)
    if kind != ("WAV", "PCM_16", SAMPLE_RATE, 1):
        raise BadInput(f"{path}: holds a recording that is not 16 kHz, one channel, 16 bits; export it again.")
    return read_audio(path, content=content, max_s=LONGEST_S)
