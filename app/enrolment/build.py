"""Voiceprints are built: of recordings, or of folders of audio files."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.audio.vad import keep_speech
from app.enrolment.expected_errors import ExpectedErrors, expected_errors_of_enrolled
from app.enrolment.import_folder import ImportConfig, files_by_person, import_person, take_speech
from app.enrolment.quality import SimilarityThresholds
from app.enrolment.report import PersonReport, report_people, report_warnings
from app.enrolment.segments import MIN_SPEECH_S, embed_clean_and_noisy, pool_embeddings
from app.scoring.gallery import Gallery
from app.scoring.vectors import NotComparable
from app.voiceprints.pending import PendingSamples
from app.voiceprints.recordings import read_recording, recorded_people, sample_file, samples_of
from app.voiceprints.store import EmbeddedSample, Gone, Person, VoiceprintStore
from utils import SAMPLE_RATE, BadInput, HeardError

if TYPE_CHECKING:
    from app.embedding.encoder import Encoder


@dataclass(frozen=True)
class BuildResult:
    """What there is to say of new voiceprints."""

    reports: tuple[PersonReport, ...]
    """Reports on the people whose voiceprints were built."""
    warnings: tuple[str, ...]
    """Lines for the user."""
    expected_errors: ExpectedErrors
    """The errors to expect of everybody enrolled with the model."""


class Builder:
    """Builds voiceprints as ``build_voiceprint.py`` does.

    ``on_bad`` gets a line about each file that is passed over. ``track(files, what)`` gives the files back one by one
    and may show how far it has come. ``channel``: the only one that is heard of files to be imported, from 1.
    """

    def __init__(
        self,
        store: VoiceprintStore,
        model: str = "embedded",
        on_bad: Callable[[str], None] = lambda line: None,
        track: Callable[[list[Path], str], Iterable[Path]] = lambda files, what: files,
        channel: int | None = None,
    ):
        self.store, self.model, self.on_bad, self.track = store, model, on_bad, track
        self.config = ImportConfig(channel=channel)
        self._odd: list[str] = []

    def run(self, names: Sequence[str] = (), tree: Path | None = None) -> BuildResult:
        """Build the voiceprints of ``names``, or of everybody. The files of a ``tree`` are imported first.

        Raises BadInput for people without recordings or if nothing at all can be used, HeardError if the model or the
        store fails, and OSError for a full disk. Whoever was done before stays done.
        """
        from app.embedding.load import load_encoder

        files = choose(files_by_person(tree, self.on_bad), names, tree) if tree else {}
        enrolled = self.store.people()
        chosen = list(files) if tree else list(choose(recorded_people(self.store.data, enrolled), names))
        began = {name: self.store.find(name) if tree else self.store.adopt(name) for name in chosen}
        encoder = load_encoder(self.model)
        built = []
        for name in chosen:
            try:
                if tree:
                    self._import(name, files[name], began[name])
                if self._build(encoder, name, began[name]):
                    built.append(name)
            except Gone as error:
                self.on_bad(str(error))
        if not built:
            raise BadInput("no voiceprint was made: none of the files can be used.")
        thresholds = SimilarityThresholds.of(encoder.rule())
        reports = report_people(self.store, encoder, built, thresholds)
        lines = [*self._odd, *report_warnings(reports, thresholds)]
        if stale := self.store.stale(encoder.sha256):
            lines.append(f"{', '.join(stale)}: known to another model only; record them again, or build them, too.")
        return BuildResult(tuple(reports), tuple(lines), expected_errors_of_enrolled(self.store, encoder))

    def _import(self, name: str, files: list[Path], began: Person | None) -> None:
        with PendingSamples(self.store.data, name, began) as pending:
            import_person(
                pending, self.track(files, name), config=self.config, on_bad=self.on_bad, on_odd=self._odd.append
            )
            pending.commit(self.store)

    def _build(self, encoder: Encoder, name: str, began: Person | None) -> bool:
        def wavs() -> Iterable[Path]:
            return self.track(samples_of(self.store.data, name), name)

        return build_person(self.store, encoder, name, wavs(), self.on_bad, began)


def choose(
    people: Mapping[str, Sequence[Path]], names: Sequence[str], tree: Path | None = None
) -> dict[str, list[Path]]:
    """Pick the people called ``names``, or all of them for no names. Raises BadInput, naming those that there are."""
    if not people:
        raise BadInput("there are no recordings yet: run `python record_samples.py NAME`, or give --from DIR.")
    if missing := [name for name in names if name not in people]:
        where = f" in {tree}" if tree else ""
        raise BadInput(f"no recordings of {', '.join(missing)}{where}; there are some of {', '.join(people)}.")
    return {name: list(people[name]) for name in dict.fromkeys(names or people)}


def build_person(
    store: VoiceprintStore,
    encoder: Encoder,
    name: str,
    wavs: Iterable[Path],
    on_bad: Callable[[str], None],
    began: Person | None = None,
) -> bool:
    """Build a person's voiceprint of their recordings, in place of any earlier one. False if none can be used.

    ``on_bad`` gets a line about each recording that cannot be used. If none can, an earlier voiceprint stays as it is.
    ``began``: who had the name when all this began; by default, who has it now. What happens meanwhile is minded: the
    voiceprint is of the recordings that are left, and of those that were added. Raises store.Gone if the person was
    deleted, HeardError if the store cannot be written.
    """
    began = began or store.adopt(name)
    if began is None:
        return False
    samples, seen = [], set()
    for wav in wavs:
        seen.add(wav.name)
        try:
            samples.append((wav.name, embed_recording(store.data, encoder, wav)))
        except BadInput as error:
            on_bad(str(error))
    if not samples:
        return False
    with store.transaction() as db:
        person = store.claim(db, name, began.id)
        there = {wav.name: sample_file(store.data, wav) for wav in samples_of(store.data, person.name)}
        left = [replace(sample, file=there[file]) for file, sample in samples if file in there]
        if not left:
            return False
        new = [file for wav, file in there.items() if wav not in seen]
        store.set_samples(person.name, encoder.model_id, encoder.sha256, left, keep=new)
    return True


def missing_samples(
    store: VoiceprintStore, encoder: Encoder, name: str, leave_out: Collection[str] = ()
) -> list[EmbeddedSample]:
    """Embed those of a person's recordings that this model has not embedded yet. Nothing is written.

    ``leave_out``: files to pass over, as in ``EmbeddedSample``. Recordings that cannot be used are passed over, too.
    """
    embedded = {sample.file for sample in store.samples(name, encoder.sha256)}
    found = []
    for wav in samples_of(store.data, name):
        if sample_file(store.data, wav) not in {*embedded, *leave_out}:
            with contextlib.suppress(BadInput):
                found.append(embed_recording(store.data, encoder, wav))
    return found


def embed_recording(data: Path, encoder: Encoder, wav: Path) -> EmbeddedSample:
    """Embed one of a person's recordings in ``data``. Raises BadInput if it cannot be used."""
    return embed_sample(encoder, keep_speech(read_recording(wav)), sample_file(data, wav))


def embed_sample(encoder: Encoder, speech: np.ndarray, file: str) -> EmbeddedSample:
    """Embed the speech (n,) of one recording. Raises BadInput for less than a second of it, or if the model fails."""
    vectors, segment_s = embed_clean_and_noisy(encoder, speech)
    if not len(vectors):
        seconds = len(speech) / SAMPLE_RATE
        raise BadInput(f"{file}: only {seconds:.1f} s of speech; at least {MIN_SPEECH_S:.0f} s are needed.")
    try:
        return EmbeddedSample(file, vectors, segment_s)
    except NotComparable:
        raise BadInput(f"{file}: the model makes nothing of it that could be compared.") from None


def gallery_from_folder(tree: Path, encoder: Encoder) -> Gallery:
    """Make a gallery of the people of a folder tree, one sub-folder each. Nothing is kept on disk.

    Importing and building would give the same voiceprints. Files that cannot be used are passed over. Raises BadInput
    if there is nobody in the tree.
    """
    names, rows = [], []
    for name, files in files_by_person(tree).items():
        vectors, seconds = [], []
        for path in files:
            try:
                kept = take_speech(path).samples  # what importing would keep; building finds the speech in it again
                sample = embed_sample(encoder, keep_speech(kept), path.name)
            except HeardError:
                continue
            vectors.append(sample.vectors)
            seconds += sample.segment_s
        if seconds:
            names.append(name)
            rows.append(pool_embeddings(np.concatenate(vectors), seconds))
    if not rows:
        raise BadInput(f"{tree}: nobody's speech was found in it.")
    return Gallery(tuple(names), np.stack(rows), encoder.cohort)
