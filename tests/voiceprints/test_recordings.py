"""Samples on disk: numbered, never overwritten, whole or not there, and enough to know everybody's name by."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from app.enrolment.quality import Quality, SimilarityThresholds, SpeakerMatch, quality_figures
from app.voiceprints.recordings import Note, read_note, recorded_people, samples_dir, samples_of
from tests.support.small_disk import fill, small_disk
from tests.support.stand_ins import save_sample
from utils import ROOT, BadInput, HeardError

TONE = (0.1 * np.sin(np.arange(16000) / 5)).astype(np.float32)


def note(name: str, **more) -> Note:
    return Note(name, "2026-01-02T03:04:05+00:00", **more)


def test_a_sample_is_16_bit_mono_wav_with_its_note_beside(tmp_path):
    path = save_sample(tmp_path, TONE, note("Zoë", device="Built-in mic", position="near"))
    info = soundfile.info(path)
    assert (info.samplerate, info.channels, info.subtype, info.format) == (16000, 1, "PCM_16", "WAV")
    assert np.abs(soundfile.read(path)[0] - TONE).max() < 1e-4
    assert path.parent == samples_dir(tmp_path, "Zoë")
    assert json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["name"] == "Zoë"
    assert read_note(path) == note("Zoë", device="Built-in mic", position="near")


def test_numbers_go_on_and_nothing_is_overwritten(tmp_path):
    paths = [save_sample(tmp_path, TONE * gain, note("Ana")) for gain in (0.1, 0.2, 0.3)]
    assert [path.name for path in paths] == ["001.wav", "002.wav", "003.wav"]
    paths[1].unlink()
    paths[1].with_suffix(".json").unlink()
    assert save_sample(tmp_path, TONE, note("Ana")).name == "004.wav"
    assert [path.name for path in samples_of(tmp_path, "Ana")] == ["001.wav", "003.wav", "004.wav"]
    (paths[0].parent / "1000.wav").write_bytes(b"by hand")
    assert save_sample(tmp_path, TONE, note("Ana")).name == "1001.wav"


def test_two_programs_that_record_the_same_person(tmp_path):
    script = f"""
import numpy as np
from pathlib import Path
from app.voiceprints.recordings import Note
from tests.support.stand_ins import save_sample
for _ in range(15):
    save_sample(Path({str(tmp_path)!r}), np.zeros(1600, np.float32), Note("Ana", ""))
"""
    running = [subprocess.Popen([sys.executable, "-c", script], cwd=ROOT) for _ in range(2)]
    assert [process.wait() for process in running] == [0, 0]
    assert len(samples_of(tmp_path, "Ana")) == 30


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b\\c", "🙂", "x" * 120, "CON", ".hidden", "王小明", "  Ana  "])
def test_any_name_is_a_safe_folder_and_comes_back(tmp_path, name):
    path = save_sample(tmp_path / "data", TONE, note(name.strip()))
    assert path.parent.parent == tmp_path / "data" / "speakers"
    assert [p.name for p in tmp_path.iterdir()] == ["data"]
    assert recorded_people(tmp_path / "data") == {name.strip(): [path]}


@pytest.mark.parametrize("name", ["", "   ", "x" * 121, "a\nb", "a\0b"])
def test_a_name_that_cannot_be_one_writes_nothing(tmp_path, name):
    with pytest.raises(BadInput):
        save_sample(tmp_path, TONE, note(name))
    assert list(tmp_path.iterdir()) == []


def test_people_are_known_by_their_notes_or_by_the_database(tmp_path):
    for name in ("ben", "Ana", "Col"):
        save_sample(tmp_path, TONE, note(name))
    assert list(recorded_people(tmp_path)) == ["Ana", "ben", "Col"]
    for folder in (tmp_path / "speakers").iterdir():
        for path in folder.glob("*.json"):
            path.write_text('{"name": 3' if folder.name.startswith("ana") else '{"name": 3}')
    assert list(recorded_people(tmp_path)) == []
    assert list(recorded_people(tmp_path, ["Ana", "Col", "Dee"])) == ["Ana", "Col"]


def test_what_is_not_a_person_is_passed_over(tmp_path):
    path = save_sample(tmp_path, TONE, note("Ana"))
    speakers = tmp_path / "speakers"
    shutil.copytree(path.parent, speakers / ".deleted-0123")
    shutil.copytree(path.parent, speakers / "copied by hand")  # its notes name somebody who lives elsewhere
    (speakers / "empty").mkdir()
    (speakers / "file").write_text("x")
    assert recorded_people(tmp_path) == {"Ana": [path]}
    assert recorded_people(tmp_path / "absent") == {}


def test_a_full_disk_leaves_what_was_there_and_nothing_half(tmp_path):
    with small_disk(tmp_path / "disk", 1000) as disk:
        kept = save_sample(disk, TONE, note("Ana"))
        content = kept.read_bytes()
        fill(disk)
        for name in ("Ana", "Ben"):
            with pytest.raises((OSError, HeardError), match=r"No space left|disk is full"):
                save_sample(disk, np.zeros(160_000, np.float32), note(name))
        assert sorted(path.name for path in (disk / "speakers").rglob("*") if path.is_file()) == ["001.json", "001.wav"]
        assert kept.read_bytes() == content
        assert list(recorded_people(disk)) == ["Ana"]


def test_the_note_names_nobody_else():
    match = SpeakerMatch(SimilarityThresholds(0.4, 0.6), same_voice=0.71234567, nearest="Ben", nearest_score=0.65)
    figures = quality_figures(Quality(sound_s=8.25, speech_s=7.008, snr_db=None, speaker_match=match))
    assert figures["same_voice"] == 0.7123
    assert figures["snr_db"] is None
    assert figures["speech_s"] == 7.008
    assert "Ben" not in json.dumps(figures)
