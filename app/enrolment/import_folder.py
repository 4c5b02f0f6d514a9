"""Enrolment from audio files: a folder with one sub-folder per person, in any format that libsndfile reads.

A voiceprint is remade from sound when the model changes, so the speech of such files is kept the way recordings are:
as 16 kHz samples in the data folder. Only the speech, with a moment before and after, and only as much as helps: the
first minute of a file, three minutes of a person.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from app.audio.vad import CHUNK, CHUNK_S, SPEECH, SpeechDetector
from app.enrolment.quality import Quality, measure, quality_figures
from app.voiceprints.recordings import Note, read_note, samples_of, save_sample
from utils import AUDIO_SUFFIXES, BadInput, clean_name, file_sha256, stream_audio


@dataclass(frozen=True)
class ImportConfig:
    file_speech_s: float = 60.0
    """Speech taken from one file, its first."""
    person_speech_s: float = 180.0
    """Speech taken of one person in all."""
    margin_s: float = 0.2
    """Kept before and after speech: voices start and end below what counts as speech."""
    searched_s: float = 1200.0
    """How far into a file speech is looked for."""
    least_speech_s: float = 1.0


def files_by_person(tree: Path, on_bad: Callable[[str], None] = lambda line: None) -> dict[str, list[Path]]:
    """Name -> audio files in the sub-folder of that name, however deep, sorted.

    Hidden files and folders are passed over; a sub-folder whose name cannot be a person's goes to ``on_bad``. Raises
    BadInput if ``tree`` is no folder, or has no sub-folder with audio in it.
    """
    if not tree.is_dir():
        raise BadInput(f"{tree}: no such folder." if not tree.exists() else f"{tree}: this is not a folder.")
    people: dict[str, list[Path]] = {}
    for folder in sorted(path for path in tree.iterdir() if path.is_dir() and not path.name.startswith(".")):
        files = [path for path in sorted(folder.rglob("*")) if _is_audio(path, folder)]
        if not files:
            continue
        try:
            people.setdefault(clean_name(folder.name), []).extend(files)
        except BadInput as error:
            on_bad(f"{folder}: {error}")
    if not people:
        raise BadInput(f"{tree}: no audio in sub-folders; it needs one folder per person, named like the person.")
    return people


def import_person(
    data: Path,
    name: str,
    files: Iterable[Path],
    *,
    config: ImportConfig = ImportConfig(),
    on_bad: Callable[[str], None] = lambda line: None,
) -> int:
    """Keep the speech of a person's audio files as samples in ``data``. Returns how many samples are new.

    A file that was taken before, by its content, is not taken again. What cannot be used goes to ``on_bad``, a line
    each. Raises OSError, such as for a full disk; the samples written before it stay.
    """
    notes = [read_note(wav) for wav in samples_of(data, name)]
    taken = {note.source_sha256 for note in notes if note and note.source_sha256}
    speech_s = sum(float(note.quality.get("speech_s", 0.0)) for note in notes if note and note.source_sha256)
    new = 0
    for path in files:
        if speech_s >= config.person_speech_s:
            break
        try:
            digest = file_sha256(path)
            if digest in taken:
                continue
            samples, quality = first_speech(path, config)
        except BadInput as error:
            on_bad(str(error))
            continue
        except OSError as error:
            on_bad(f"{path}: {error.strerror}.")
            continue
        note = Note(
            name=name,
            recorded_at=datetime.fromtimestamp(path.stat().st_mtime).astimezone().isoformat(timespec="seconds"),
            source=path.name,
            source_sha256=digest,
            quality=quality_figures(quality),
        )
        save_sample(data, samples, note)
        taken.add(digest)
        speech_s += quality.speech_s
        new += 1
    return new


def first_speech(path: Path, config: ImportConfig = ImportConfig()) -> tuple[np.ndarray, Quality]:
    """The first speech of a file, (n,) float32 at 16 kHz without its longer pauses, and its figures.

    Memory does not grow with the file. Raises BadInput if it cannot be read or holds too little speech.
    """
    detector, margin = SpeechDetector(), round(config.margin_s / CHUNK_S)
    kept: list[tuple[np.ndarray, float]] = []
    before: deque[tuple[np.ndarray, float]] = deque(maxlen=margin)
    after, speech_s = 0, 0.0
    for chunk, probability in chunks_of(path, detector, config.searched_s):
        if probability >= SPEECH:
            kept.extend(before)
            before.clear()
            kept.append((chunk, probability))
            after = margin
            speech_s += CHUNK_S
        elif after:
            kept.append((chunk, probability))
            after -= 1
            if speech_s >= config.file_speech_s and not after:
                break
        else:
            before.append((chunk, probability))
        if speech_s >= config.file_speech_s + 1.0:  # somebody who does not pause
            break
    if speech_s < config.least_speech_s:
        raise BadInput(f"{path}: only {speech_s:.1f} s of speech; at least {config.least_speech_s:.0f} s are needed.")
    samples = np.concatenate([chunk for chunk, _ in kept])
    return samples, measure(samples, np.array([probability for _, probability in kept]))


def chunks_of(path: Path, detector: SpeechDetector, searched_s: float) -> Iterable[tuple[np.ndarray, float]]:
    """Whole chunks (512,) of a file with their speech probabilities; the last one is filled up with zeros.

    Ends after ``searched_s``, a block later at most. Raises BadInput for a file that cannot be read.
    """
    rest, heard = np.zeros(0, np.float32), 0
    for block in stream_audio(path):
        samples = np.concatenate([rest, block])
        probabilities = detector.process(block)
        for index, probability in enumerate(probabilities):
            yield samples[index * CHUNK : (index + 1) * CHUNK], float(probability)
        rest = samples[len(probabilities) * CHUNK :]
        heard += len(probabilities)
        if heard * CHUNK_S >= searched_s:
            return
    if len(rest):
        rest = np.pad(rest, (0, CHUNK - len(rest)))
        yield rest, float(detector.process(rest[-(CHUNK - detector.waiting) :])[0])


def _is_audio(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return path.suffix.lower() in AUDIO_SUFFIXES and path.is_file() and not hidden
