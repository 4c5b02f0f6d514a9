"""Settings of the window, notes beside recordings, the server's token, and names."""

from __future__ import annotations

import json
import shutil
import tempfile
from functools import cache
from pathlib import Path
from random import Random

import numpy as np

from app.audio.reading.reader import read_audio
from tests.torture.inputs.models import encoder
from tests.torture.mutations import WORDS, damaged_bytes, damaged_json, damaged_text
from tests.torture.subjects import Subject, Wrong, attempt
from utils import BUNDLED, clean_name, slug, write_wav

SETTINGS = (
    "[General]\nappearance=dark\ndevice=USB\nfolder=/tmp\n"
    'geometry="@ByteArray(\\x1\\xd9\\xd0\\xcb\\0\\x3\\0\\0\\0\\0\\0\\0)"\nmodel=embedded\nshow_gender=true\n'
    "threshold=0.5\nthreshold_of=embedded\n"
)
ODD = (
    "@Variant(\\0\\0\\0\\x7f\\0)",
    "@Invalid()",
    "a, b, c",
    "@Rect(1 2 3 4)",
    "@Size(1)",
    "@ByteArray()",
    "@@x",
    "%00",
    "\\x0",
)


def make_settings(random: Random, folder: Path) -> Path:
    text = SETTINGS
    if random.random() < 0.6:
        lines = text.splitlines()
        at = random.randrange(1, len(lines))
        lines[at] = f"{lines[at].split('=')[0]}={random.choice((*ODD, *WORDS))}"
        text = "\n".join(lines)
    data = damaged_text(random, text) if random.random() < 0.7 else text.encode("utf-8", "surrogatepass")
    (folder / "window.ini").write_bytes(data)
    return folder


def use_settings(folder: Path) -> None:
    from app.window.settings import Settings

    def read() -> None:
        settings = Settings(folder)
        found = (settings.geometry, settings.device, settings.model, settings.appearance, settings.folder)
        parts = [settings.shown(part) for part in ("gender", "timeline", "spectrogram")]
        threshold = settings.threshold("embedded")
        if threshold is not None and not -1 <= threshold <= 1:
            raise Wrong(f"a threshold of {threshold}")
        if not all(isinstance(value, str | None) for value in (found[1], found[2], found[4])) or not all(
            isinstance(part, bool) for part in parts
        ):
            raise Wrong(f"settings of another kind: {found}")
        settings.device = "USB"

    attempt(read, "window.ini")


@cache
def recording() -> bytes:
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "x.wav"
        write_wav(path, read_audio(BUNDLED / "demo" / "conversation.flac", start_s=1.0, end_s=3.5))
        return path.read_bytes()


def make_notes(random: Random, folder: Path) -> Path:
    """A person's folder whose first note, or wav, is damaged."""
    from dataclasses import asdict

    from app.voiceprints.recordings import Note

    place = folder / "speakers" / slug("Ana")
    place.mkdir(parents=True)
    quality = {"speech_s": 2.0, "level_db": -20.0, "snr_db": 30.0, "clipped": 0.0}
    note = asdict(Note("Ana", "2026-01-01T10:00:00+01:00", "USB", "near", "A sentence.", "a.wav", "00" * 32, quality))
    for number in (1, 2):
        (place / f"{number:03d}.wav").write_bytes(recording())
        data = damaged_json(random, note) if number == 1 else json.dumps(note).encode()
        (place / f"{number:03d}.json").write_bytes(data)
    if random.random() < 0.2:
        wav = place / "001.wav"
        wav.write_bytes(damaged_bytes(random, wav.read_bytes()))
    return folder


def use_notes(folder: Path) -> None:
    from app.enrolment.build import build_person
    from app.enrolment.import_folder import import_person
    from app.voiceprints.pending import PendingSamples
    from app.voiceprints.people import delete_person, rename_person
    from app.voiceprints.recordings import read_note, recorded_people, samples_of
    from app.voiceprints.store import VoiceprintStore

    names = ("001", "Ana", "speakers", "recordings", "no voiceprint")
    attempt(lambda: recorded_people(folder), *names)
    for wav in samples_of(folder, "Ana"):
        attempt(lambda wav=wav: read_note(wav), *names)
    other = folder / "new.wav"
    other.write_bytes(recording())

    def take() -> None:
        with PendingSamples(folder, "Ana") as pending:
            import_person(pending, [other])

    attempt(take, *names)
    with VoiceprintStore(folder) as store:
        attempt(lambda: build_person(store, encoder(), "Ana", samples_of(folder, "Ana"), lambda line: None), *names)
        attempt(lambda: store.overview(), *names)
        attempt(lambda: rename_person(store, "Ana", "Ben"), *names, "called")
        attempt(lambda: delete_person(store, "Ben"), *names, "Ben")


def make_name(random: Random, folder: Path) -> Path:
    parts = [
        random.choice(
            (*WORDS, "Ana", "Zoë", "O'Neill", "José María", "ß", "İ", "ﬁ", "=SUM(A1)", "\u202eanA", "a\u0300" * 9)
        )
    ]
    while random.random() < 0.5:
        parts.append(random.choice(WORDS))
    (folder / "name").write_bytes(random.choice(("", " ")).join(parts).encode("utf-8", "surrogatepass"))
    return folder / "name"


def use_name(path: Path) -> None:
    """A message about a name is about that, and names no file."""
    from app.diarisation.rttm import read_rttm, rttm
    from app.diarisation.timeline import Turn
    from app.exports.document import Document
    from app.exports.formats import FORMATS
    from app.voiceprints.people import delete_person, rename_person
    from app.voiceprints.store import EmbeddedSample, VoiceprintStore

    typed = path.read_bytes().decode("utf-8", "surrogatepass")
    name = attempt(lambda: clean_name(typed), "")
    if name is None:
        return
    folder = attempt(lambda: slug(name), "")
    if folder is not None and (not folder.isascii() or set(folder) & set('/\\:*?"<>|. \0') or len(folder) > 60):
        raise Wrong(f"a folder called {folder!r}")
    sample = EmbeddedSample("x.wav", np.eye(1, 16, dtype=np.float32), [3.0])
    data = path.parent / "data"
    with VoiceprintStore(data) as store:
        store.add_sample("Ana", "m", "00", sample)
        attempt(lambda: rename_person(store, "Ana", name), "")
        attempt(lambda: store.add_sample(name, "m", "00", sample), "")
        attempt(lambda: store.gallery("00"), "")
        attempt(lambda: delete_person(store, name), "")
    for one in FORMATS.values():
        attempt(lambda one=one: one.encode(Document([Turn(0.0, 1.0, name)], "talk")), "")
    (path.parent / "x.rttm").write_text(rttm([Turn(0.0, 1.0, name)], "talk"), encoding="utf-8")
    if len(attempt(lambda: read_rttm(path.parent / "x.rttm"), "x.rttm") or ()) != 1:
        raise Wrong("an RTTM that is not read back")
    shutil.rmtree(data)


SUBJECTS = (
    Subject("settings of the window", make_settings, use_settings),
    Subject("note beside a recording", make_notes, use_notes),
    Subject("name", make_name, use_name),
)
