"""Enrolment from audio files: what is taken, what is passed over, and that it is taken once."""

from __future__ import annotations

import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.audio.reading.reader import read_audio
from app.audio.vad import CHUNK, keep_speech
from app.enrolment.import_folder import ImportConfig, files_by_person, import_person, take_speech
from app.enrolment.quality import measure
from app.voiceprints.pending import PendingSamples
from app.voiceprints.recordings import Note, read_note, samples_of
from app.voiceprints.store import VoiceprintStore
from tests.support.detection import detected_lengths
from tests.support.stand_ins import save_sample
from utils import BadInput, write_wav


def take(data: Path, files: list[Path], **options: object) -> int:
    """Import files of Ana, and commit them. Returns how many are new."""
    with PendingSamples(data, "Ana") as pending, VoiceprintStore(data) as store:
        new = import_person(pending, files, **options)
        pending.commit(store)
    return new


def test_people_are_sub_folders_and_files_may_lie_deeper(tmp_path, demo_dir):
    source = next((demo_dir / "enrolment").rglob("*.flac"))
    tree = tmp_path / "tree"
    for place in ("Ana/1.flac", "Ana/video/b/2.FLAC", "Ana/.hidden.flac", "Ana/.git/3.flac", "Ben/notes.txt", "4.flac"):
        (tree / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, tree / place)
    shutil.copytree(tree / "Ana", tree / ".cache")
    (tree / ("x" * 130)).mkdir()
    shutil.copy(source, tree / ("x" * 130) / "1.flac")
    lines = []
    assert files_by_person(tree, lines.append) == {"Ana": [tree / "Ana" / "1.flac", tree / "Ana/video/b/2.FLAC"]}
    assert len(lines) == 1
    assert "120 characters" in lines[0]


def test_a_tree_without_people_is_one_line(tmp_path, demo_dir):
    with pytest.raises(BadInput, match="no such folder"):
        files_by_person(tmp_path / "absent")
    with pytest.raises(BadInput, match="no audio in sub-folders"):
        files_by_person(tmp_path)
    with pytest.raises(BadInput, match="this is not a folder"):
        files_by_person(demo_dir / "conversation.flac")


@pytest.mark.parametrize(
    ("suffix", "rate", "channels"), [("flac", 44100, 2), ("ogg", 48000, 1), ("mp3", 22050, 1), ("wav", 8000, 1)]
)
def test_any_format_becomes_a_sample(tmp_path, voice, suffix, rate, channels):
    import soxr

    sound = soxr.resample(voice("Ana")[:80_000], 16000, rate)
    path = tmp_path / f"talk.{suffix}"
    soundfile.write(path, np.stack([sound] * channels, axis=1), rate)
    assert take(tmp_path / "data", [path]) == 1
    (wav,) = samples_of(tmp_path / "data", "Ana")
    assert soundfile.info(wav).samplerate == 16000
    note = read_note(wav)
    assert note.source == path.name
    assert note.quality["speech_s"] == pytest.approx(len(keep_speech(voice("Ana")[:80_000])) / 16000, abs=0.4)


def test_only_speech_is_kept_with_a_moment_around_it(tmp_path, voice):
    talk = voice("Ana")[:80_000]
    silence = 1e-4 * np.random.default_rng(0).standard_normal(160_000).astype(np.float32)
    write_wav(tmp_path / "talk.wav", np.concatenate([silence, talk, silence]))
    sound = take_speech(tmp_path / "talk.wav")
    assert len(talk) - 16000 < len(sound.samples) < len(talk) + 16000
    quality = measure(sound)
    assert quality.speech_s == pytest.approx(len(keep_speech(talk)) / 16000, abs=0.3)
    assert quality.sound_s == pytest.approx(len(sound.samples) / 16000, abs=0.04)


def test_of_a_long_file_the_first_speech_is_enough(tmp_path, voice):
    path = tmp_path / "long.wav"
    sound = np.concatenate([voice("Ana"), voice("Ben")])
    write_wav(path, sound)
    sound = take_speech(path, ImportConfig(file_speech_s=5.0))
    assert 5.0 <= measure(sound).speech_s <= 6.1
    assert len(sound.samples) < 9 * 16000


def test_memory_does_not_grow_with_a_file_without_speech(tmp_path):
    path = tmp_path / "noise.wav"
    noise = np.random.default_rng(0).integers(-300, 300, 16000 * 60, dtype=np.int16)
    soundfile.write(path, noise, 16000)
    tracemalloc.start()
    with pytest.raises(BadInput, match="of speech; at least 1 s are needed"):
        take_speech(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1e6  # as float32 the minute is 3.8 MB


def test_speech_is_not_looked_for_without_end(tmp_path, voice):
    path = tmp_path / "late.wav"
    silence = 1e-4 * np.random.default_rng(0).standard_normal(160_000).astype(np.float32)
    write_wav(path, np.concatenate([silence, voice("Ana")]))
    with pytest.raises(BadInput, match=r"only 0\.0 s of speech"):
        take_speech(path, ImportConfig(searched_s=8.0))


def test_a_file_is_taken_once_whatever_it_is_called(tmp_path, demo_dir):
    files = sorted((demo_dir / "enrolment" / "Ana").glob("*.flac"))[:2]
    assert take(tmp_path, files) == 2
    again = tmp_path / "renamed.flac"
    shutil.copy(files[0], again)
    assert take(tmp_path, [*files, again]) == 0
    assert len(samples_of(tmp_path, "Ana")) == 2


def test_a_person_needs_no_more_than_three_minutes(tmp_path, demo_dir):
    files = sorted((demo_dir / "enrolment" / "Ana").glob("*.flac"))
    save_sample(tmp_path, read_audio(files[4]), Note("Ana", "", quality={"speech_s": 500.0}))  # recorded: not counted
    config = ImportConfig(person_speech_s=8.0)
    assert take(tmp_path, files, config=config) == 2
    assert take(tmp_path, files, config=config) == 0


def test_bad_files_are_a_line_each(tmp_path, demo_dir):
    text, empty, short = tmp_path / "text.wav", tmp_path / "empty.wav", tmp_path / "short.wav"
    text.write_text("this is text")
    empty.touch()
    write_wav(short, read_audio(next((demo_dir / "enrolment").rglob("*.flac")))[:1600])
    nan = tmp_path / "nan.wav"
    soundfile.write(nan, np.full(16000, np.nan, np.float32), 16000, subtype="FLOAT")
    lines = []
    files = [text, empty, short, nan, tmp_path / "absent.wav"]
    assert take(tmp_path / "data", files, on_bad=lines.append) == 0
    assert len(lines) == len(files)
    for path, line in zip(files, lines, strict=True):
        assert str(path) in line
        assert "\n" not in line
    assert not (tmp_path / "data").exists()


def test_speech_is_looked_for_once_in_a_file_that_is_taken(tmp_path, demo_dir, monkeypatch):
    path = demo_dir / "enrolment" / "Ana" / "01.flac"
    passes = detected_lengths(monkeypatch)
    assert take(tmp_path, [path]) == 1
    assert sum(passes) == pytest.approx(len(read_audio(path)), abs=CHUNK)


def test_every_kind_of_sound_is_found_and_what_only_looks_like_it_is_named(tmp_path, demo_dir):
    sound = read_audio(next((demo_dir / "enrolment" / "Ana").glob("*.flac")))
    for folder, name in (("Fay", "1.sph"), ("Gil", "1.aiff"), ("Dora", "note.m4a"), ("Dora", "film.MP4")):
        (tmp_path / folder).mkdir(exist_ok=True)
        if folder == "Dora":
            (tmp_path / folder / name).write_bytes(b"any")
        else:
            soundfile.write(tmp_path / folder / name, sound, 16_000, format={"Fay": "NIST"}.get(folder))
    (tmp_path / "Gil" / "memo.dss").write_bytes(b"any")
    said = []
    people = files_by_person(tmp_path, said.append)
    assert {name: [path.name for path in files] for name, files in people.items()} == {
        "Dora": ["film.MP4", "note.m4a"],
        "Fay": ["1.sph"],
        "Gil": ["1.aiff"],
    }
    assert said == [f"{tmp_path}: 1 file looks like sound, but such are not read; convert to wav: Gil/memo.dss."]
    assert len(take_speech(tmp_path / "Fay" / "1.sph").samples) > 16_000


def test_a_file_that_breaks_off_is_used_and_said(tmp_path, demo_dir):
    cut = tmp_path / "cut.wav"
    write_wav(cut, read_audio(demo_dir / "enrolment" / "Ana" / "02.flac"))
    cut.write_bytes(cut.read_bytes()[: round(0.7 * cut.stat().st_size)])
    bad, odd = [], []
    with PendingSamples(tmp_path / "data", "Ana") as pending:
        assert import_person(pending, [cut], on_bad=bad.append, on_odd=odd.append) == 1
    assert (bad, odd) == ([], [f"{cut}: damaged audio (the header says 5.2 s, 3.7 s were heard)."])
