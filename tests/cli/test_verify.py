from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile

from app.audio.lines.lines import through
from app.audio.reading.reader import read_audio
from app.cli.verify import run
from app.verification import Verifier
from utils import BadInput, HeardError, write_wav


@pytest.mark.parametrize(("a", "b", "same"), [("Ana/01", "Ana/02", True), ("Ana/01", "Ben/01", False)])
def test_two_files(a, b, same, demo_dir, capsys):
    assert run([*(str(demo_dir / "enrolment" / f"{name}.flac") for name in (a, b)), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["same"] is same
    assert (said["score"] >= said["threshold"]) is same
    assert (said["probability"] > 0.5) is same
    assert min(said["speech_s"]) > 3
    assert len(said["warnings"]) == 2


def test_a_threshold_of_ones_own_and_text(demo_dir, capsys):
    files = [str(demo_dir / "enrolment" / "Ana" / f"{n}.flac") for n in ("01", "02")]
    assert run([*files, "--threshold", "0.999"]) == 0
    assert "not the same person, or not surely: score" in capsys.readouterr().out


def test_too_little_speech(tmp_path, demo_dir):
    write_wav(tmp_path / "silence.wav", np.zeros(32000))
    with pytest.raises(BadInput, match=r"silence\.wav: only 0\.0 s of speech"):
        run([str(tmp_path / "silence.wav"), str(demo_dir / "enrolment" / "Ana" / "01.flac")])


@pytest.fixture(scope="module")
def files(tmp_path_factory, demo_dir):
    """A recording of Ana, the same in other formats, and made worse by level, clipping, length and noise."""
    tmp_path = tmp_path_factory.mktemp("files")
    speech = read_audio(demo_dir / "enrolment" / "Ana" / "01.flac")
    write_wav(tmp_path / "plain.wav", speech)
    soundfile.write(tmp_path / "a.mp3", speech, 16000)
    soundfile.write(tmp_path / "a.opus", speech, 16000, format="OGG", subtype="OPUS")
    soundfile.write(tmp_path / "a b.aiff", np.stack([np.repeat(speech, 3)] * 2, axis=1), 48000)
    write_wav(tmp_path / "quiet.wav", speech / 60)
    write_wav(tmp_path / "clipped.wav", np.clip(speech * 10, -1, 1))
    write_wav(tmp_path / "short.wav", speech[:40000])
    write_wav(tmp_path / "called.wav", through(speech, "telephone-band+gsm", np.random.default_rng(0)))
    noise = np.random.default_rng(0).normal(size=len(speech)) * np.sqrt(np.mean(speech**2)) / 2
    write_wav(tmp_path / "noisy.wav", np.concatenate([noise[:16000], speech + noise]))
    return tmp_path


def test_any_format_rate_and_channels(files, encoder):
    verifier = Verifier(encoder)
    for name in ("a.mp3", "a.opus", "a b.aiff"):
        answer = verifier.verify(files / "plain.wav", files / name)
        assert answer.same
        assert answer.cosine > 0.9


@pytest.mark.parametrize(
    ("name", "warning"),
    [
        ("plain", ""),
        ("quiet", "very quiet"),
        ("clipped", "clipped"),
        ("short", "little speech"),
        ("noisy", "very noisy: less sure"),
        ("called", "telephone quality: less sure"),
    ],
)
def test_what_makes_an_answer_unsure_is_said(name, warning, files, encoder):
    said = Verifier(encoder).embed(files / f"{name}.wav").warnings
    assert [w.split(" (")[0] for w in said] == ([warning] if warning else [])


def test_many_pairs(files, capsys):
    listed = files / "pairs.txt"
    listed.write_text("1 plain.wav a.mp3\nplain.wav,a b.aiff\n\nplain.wav\tnone.wav\nquiet.wav plain.wav\n")
    assert run(["--pairs", str(listed), "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.get("same") for line in lines] == [True, True, None, True]
    assert lines[1]["b"] == "a b.aiff"
    assert "no such file" in lines[2]["error"]
    assert run(["--pairs", str(listed)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in said] == ["same", "same", "error", "same"]
    assert "(A: very quiet" in said[3]


def test_pairs_that_cannot_be_compared_are_counted_and_named(files, capsys):
    listed = files / "pairs.csv"
    listed.write_bytes("\r\n".join(["A;B", "plain.wav;a.mp3", *["plain.wav;none.wav"] * 7]).encode("utf-8-sig"))
    assert run(["--pairs", str(listed), "--json"]) == 0
    out, err = capsys.readouterr()
    assert sum("error" in json.loads(line) for line in out.splitlines()) == 7
    said = err.splitlines()
    assert said[0] == "heard: left out 7 of 8 pairs:"
    assert said[1] == f"  plain.wav none.wav: {files / 'none.wav'}: no such file"
    assert (len(said), said[-1]) == (7, "  and 2 more")
    assert run(["--pairs", str(listed), "--strict"]) == 1
    listed.write_text("plain.wav a.mp3\n")
    assert run(["--pairs", str(listed), "--strict"]) == 0


@pytest.mark.parametrize(
    ("text", "error", "complaint"),
    [
        ("a b c d\n", BadInput, "line 1: not a line of a list of pairs"),
        ("", BadInput, "no pairs"),
        ("x.wav y.wav\n", HeardError, "no pair could be"),
    ],
)
def test_a_list_that_cannot_be_used(tmp_path, text, error, complaint):
    (tmp_path / "pairs.txt").write_text(text)
    with pytest.raises(error, match=complaint):
        run(["--pairs", str(tmp_path / "pairs.txt")])
    with pytest.raises(SystemExit):
        run(["--pairs", str(tmp_path / "pairs.txt"), "a.wav", "b.wav"])


def test_one_channel_of_the_files_is_compared(demo_dir, tmp_path, capsys):
    """Ana on the left, Ben on the right: the left is Ana's, the right is not; a third is told to be missing."""
    ana, ben = (read_audio(demo_dir / "enrolment" / name / "01.flac") for name in ("Ana", "Ben"))
    count = min(len(ana), len(ben))
    path = tmp_path / "call.wav"
    soundfile.write(path, np.stack([ana[:count], ben[:count]], axis=1), 16_000)
    other = tmp_path / "other.wav"
    second = read_audio(demo_dir / "enrolment" / "Ana" / "02.flac")
    soundfile.write(other, np.stack([second, second], axis=1), 16_000)
    answers = {}
    for channel in ("1", "2"):
        assert run([str(path), str(other), "--json", "--channel", channel]) == 0
        answers[channel] = json.loads(capsys.readouterr().out)["same"]
    assert answers == {"1": True, "2": False}
    with pytest.raises(BadInput, match=r"call.wav: there is no channel 3: it has 2 channels"):
        run([str(path), str(other), "--channel", "3"])


def test_a_file_that_breaks_off_is_said(demo_dir, tmp_path, capsys):
    whole, cut = demo_dir / "enrolment" / "Ana" / "02.flac", tmp_path / "cut.wav"
    write_wav(cut, read_audio(whole))
    cut.write_bytes(cut.read_bytes()[: round(0.7 * cut.stat().st_size)])
    assert run([str(cut), str(whole)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("the same person")
    assert f"{cut}: little speech" in said
    assert "damaged audio (the header says 5.2 s, 3.7 s were heard)" in said
