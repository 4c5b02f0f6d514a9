"""``python build_voiceprint.py``: recordings and folders of files become voiceprints."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from app.audio.lines.lines import through
from app.audio.reading.reader import read_audio
from app.audio.vad import keep_speech
from app.cli.program import build as build_command
from app.enrolment.build import gallery_from_folder
from app.voiceprints.recordings import Note, samples_dir, samples_of
from app.voiceprints.store import EmbeddedSample, VoiceprintStore
from model import Architecture, SpeakerNetwork, save_checkpoint
from tests.support.stand_ins import save_sample
from utils import ROOT, SAMPLE_RATE, BadInput, write_wav


@pytest.fixture
def build(capsys, tmp_path):
    """build(*arguments): (stdout, stderr) of the script, run here on the data folder ``tmp_path / "data"``."""

    def run(*arguments: object) -> tuple[str, str]:
        assert build_command.run([*map(str, arguments), "--data", str(tmp_path / "data")]) == 0
        return capsys.readouterr()

    return run


@pytest.fixture
def tree(tmp_path, demo_dir) -> Path:
    """Two files each of three people."""
    for folder in (demo_dir / "enrolment").iterdir():
        (tmp_path / "tree" / folder.name).mkdir(parents=True)
        for file in sorted(folder.iterdir())[:2]:
            shutil.copy(file, tmp_path / "tree" / folder.name)
    return tmp_path / "tree"


@pytest.fixture
def data(tmp_path) -> Path:
    return tmp_path / "data"


def rows(out: str) -> dict[str, list[str]]:
    """Person -> cells of the table."""
    return {line.split()[0]: line.split() for line in out.partition("\n\n")[0].splitlines()[1:]}


def content(data: Path, sha256: str) -> dict[str, np.ndarray]:
    with VoiceprintStore(data) as store:
        gallery = store.gallery(sha256)
    return dict(zip(gallery.names, gallery.vectors, strict=True))


def test_a_folder_tree_becomes_voiceprints_and_again_the_same(build, data, tree, encoder):
    out, err = build("--from", tree)
    assert err == ""
    table = rows(out)
    assert list(table) == ["Ana", "Ben", "Colin"]
    name, samples, seconds, consistency, nearest, other = table["Ana"]
    files = list((tree / "Ana").iterdir())
    assert int(samples) == len(files)
    assert 8 < float(seconds) < 12
    assert float(nearest) < 0.6 < float(consistency) <= 1
    assert other in {"Ben", "Colin"}
    assert [line.split()[0] for line in out.split("called unknown")[1].splitlines()[1:4]] == list(table)
    assert "A stranger's speech gets somebody's name in about" in out
    first = content(data, encoder.sha256)

    again, _ = build("--from", tree)
    assert again == out
    rebuilt, _ = build()
    assert rebuilt == out
    for name, vector in content(data, encoder.sha256).items():
        assert np.array_equal(vector, first[name])
    assert len(samples_of(data, "Ana")) == len(files)

    direct = gallery_from_folder(tree, encoder)
    assert list(direct.names) == list(first)
    assert all(vector @ first[name] > 0.999 for name, vector in zip(direct.names, direct.vectors, strict=True))


def test_names_choose_people_and_unknown_ones_are_told(build, data, tree, encoder):
    build("Ana", "--from", tree)
    assert list(content(data, encoder.sha256)) == ["Ana"]
    with pytest.raises(BadInput, match=r"no recordings of Eve in .*; there are some of Ana, Ben, Colin\."):
        build("Eve", "--from", tree)
    with pytest.raises(BadInput, match=r"no recordings of Ben, Eve; there are some of Ana\."):
        build("Ben", "Ana", "Eve")
    assert list(rows(build(" Ana ")[0])) == ["Ana"]


def test_nothing_recorded_yet(build):
    with pytest.raises(BadInput, match=r"there are no recordings yet: run `python record_samples\.py NAME`"):
        build()


def test_bad_files_are_skipped_in_a_line_each(build, data, tree):
    for name in ("Ben", "Colin"):
        shutil.rmtree(tree / name)
    (tree / "Ana" / "bad.wav").write_text("text")
    (tree / "Eve").mkdir()
    write_wav(tree / "Eve" / "tone.wav", np.sin(np.arange(32000) / 9))
    out, err = build("--from", tree)
    assert list(rows(out)) == ["Ana"]
    bad, tone = err.splitlines()
    assert bad.startswith(f"skipped: {tree / 'Ana' / 'bad.wav'}: not an audio file that can be read")
    assert tone.startswith(f"skipped: {tree / 'Eve' / 'tone.wav'}: only 0.0 s of speech")
    assert not samples_dir(data, "Eve").exists()


def test_if_all_files_are_bad_it_fails_and_an_earlier_voiceprint_stays(build, data, tree, encoder, capsys):
    build("Ana", "--from", tree)
    before = content(data, encoder.sha256)
    for wav in samples_of(data, "Ana"):
        wav.write_bytes(b"damaged")
    with pytest.raises(BadInput, match="none of the files can be used"):
        build("Ana")
    assert len(capsys.readouterr().err.splitlines()) == len(samples_of(data, "Ana"))
    assert np.array_equal(content(data, encoder.sha256)["Ana"], before["Ana"])


def test_a_voiceprint_of_another_model_is_made_again(build, data, tree, encoder):
    build("Ana", "--from", tree)
    fresh = content(data, encoder.sha256)["Ana"]
    with VoiceprintStore(data) as store:
        for name in ("Ana", "Gone"):
            store.set_samples(name, "old", "0" * 64, [EmbeddedSample("x.wav", np.eye(1, 64, dtype=np.float32), [3.0])])
        assert store.stale(encoder.sha256) == ["Ana", "Gone"]
    out, err = build()
    assert list(rows(out)) == ["Ana"]
    assert err.startswith("warning: Gone: known to another model only")
    assert np.array_equal(content(data, encoder.sha256)["Ana"], fresh)


def test_a_stranger_among_the_samples_and_two_names_of_one_voice_are_told(build, data, voice):
    pieces = np.array_split(voice("Ana"), 5)
    for sound in (*pieces[:3], voice("Ben")[: 5 * SAMPLE_RATE]):
        save_sample(data, sound, Note("Ana", ""))
    for sound in pieces[3:]:
        save_sample(data, sound, Note("Anna", ""))
    _, err = build()
    odd = samples_of(data, "Ana")[3].relative_to(data).as_posix()
    warnings = err.splitlines()
    assert [line for line in warnings if odd in line] == [warnings[0]]
    assert any("Ana and Anna sound alike" in line for line in warnings)


def test_a_voiceprint_of_telephone_calls_is_said_to_be_one(build, tree):
    for file in (tree / "Ben").iterdir():
        called = through(read_audio(file), "telephone-band+gsm", np.random.default_rng(0))
        write_wav(file.with_suffix(".wav"), called)
        file.unlink()
    _, err = build("--from", tree)
    said = [line for line in err.splitlines() if "telephone" in line]
    assert said == ["warning: Ben: samples of telephone quality: less sure; record some at a microphone, if you can."]


def test_a_lost_database_is_made_again_of_the_recordings_alone(build, data, tree, encoder):
    build("--from", tree)
    before = content(data, encoder.sha256)
    for path in data.glob("voiceprints.db*"):
        path.unlink()
    build()
    after = content(data, encoder.sha256)
    assert list(after) == list(before)
    assert all(np.array_equal(after[name], before[name]) for name in before)


def test_other_weights_give_voiceprints_of_their_own(build, data, tree, encoder, tmp_path):
    torch.manual_seed(0)
    small = Architecture(channels=32, mfa_channels=48, scale=4, se_channels=8, attention_channels=8, embedding_dim=64)
    card = save_checkpoint(tmp_path / "tiny.safetensors", SpeakerNetwork(small), {"name": "tiny", "threshold": 0.5})
    build("Ana", "--from", tree, "--model", tmp_path / "tiny.safetensors")
    with VoiceprintStore(data) as store:
        assert store.stale(encoder.sha256) == ["Ana"]
        assert store.gallery(card["sha256"]).vectors.shape == (1, 64)


def test_a_gallery_of_a_tree_without_speech(tmp_path, encoder):
    (tmp_path / "Eve").mkdir()
    write_wav(tmp_path / "Eve" / "tone.wav", np.sin(np.arange(32000) / 9))
    with pytest.raises(BadInput, match="nobody's speech"):
        gallery_from_folder(tmp_path, encoder)


def test_mistakes_end_in_one_line_and_code_2(tmp_path, tree):
    bad = tmp_path / "bad"
    (bad / "Eve").mkdir(parents=True)
    (bad / "Eve" / "bad.wav").write_text("text")
    command = [sys.executable, "build_voiceprint.py", "--data", str(tmp_path / "data")]
    for arguments, expected in (
        (["--from", str(tmp_path / "absent")], "absent: no such folder."),
        (["Eve/Adam"], "there are no recordings yet"),
        (["--from", str(tree), "--model", "nonsense"], "nonsense"),
        (["--from", str(bad)], "none of the files can be used"),
    ):
        done = subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 2
        *skipped, last = done.stderr.splitlines()
        assert last.startswith("heard: ")
        assert expected in last
        assert all(line.startswith("skipped: ") for line in skipped)
        assert done.stdout == ""


def test_recorded_speech_is_what_is_embedded(build, data, encoder, voice):
    """The pauses in a recording do not count."""
    path = save_sample(data, voice("Ben")[: 12 * SAMPLE_RATE], Note("Ben", ""))
    out, _ = build("Ben")
    assert float(rows(out)["Ben"][2]) == pytest.approx(len(keep_speech(read_audio(path))) / SAMPLE_RATE, abs=0.06)
