from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
import soundfile

import utils
from utils import BadInput, HeardError, read_audio, read_card, stream_audio


def tone(seconds: float, rate: int = 16000, hertz: float = 440.0) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_formats_rates_and_channels_come_back_as_16_khz_mono(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    stereo = np.stack([tone(1.0, 44100), np.zeros(44100, np.float32)], axis=1)
    soundfile.write(path, stereo, 44100)
    samples = utils.read_audio(path)
    assert samples.dtype == np.float32
    assert len(samples) == pytest.approx(16000, abs=1200)  # mp3 pads
    middle = samples[4000:12000]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.15 / np.sqrt(2), rel=0.05)


def test_a_part_of_a_file(tmp_path):
    utils.write_wav(tmp_path / "a.wav", np.concatenate([np.zeros(16000), np.full(16000, 0.5)]))
    part = utils.read_audio(tmp_path / "a.wav", start_s=1.0, end_s=1.5)
    assert len(part) == 8000
    assert part == pytest.approx(0.5, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.wav", None, "no such file"),
        ("text.wav", b"this is a letter, not a sound\n" * 100, "not an audio file"),
        ("zero.wav", b"", "is empty"),
        ("data.raw", b"\1\2" * 100, "not an audio file"),
        ("cut.flac", b"fLaC\0\0\0\x22", "not an audio file"),
    ],
)
def test_bad_files_are_one_line(tmp_path, name, content, message):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    for read in (utils.read_audio, utils.stream_audio, utils.audio_duration_s):
        with pytest.raises(BadInput, match=message) as error:
            read(path)
        assert "\n" not in str(error.value)


def test_folder_nan_no_frames_and_too_long(tmp_path):
    with pytest.raises(BadInput, match="folder"):
        utils.read_audio(tmp_path)
    soundfile.write(tmp_path / "nan.wav", np.array([0.1, np.nan, 0.2], np.float32), 16000, subtype="FLOAT")
    with pytest.raises(BadInput, match="not numbers"):
        utils.read_audio(tmp_path / "nan.wav")
    soundfile.write(tmp_path / "none.wav", np.zeros(0, np.float32), 16000)
    with pytest.raises(BadInput, match="no audio"):
        utils.read_audio(tmp_path / "none.wav")
    utils.write_wav(tmp_path / "long.wav", np.zeros(32000))
    with pytest.raises(BadInput, match="too long"):
        utils.read_audio(tmp_path / "long.wav", max_s=1.0)


def test_channels_become_one_by_their_mean():
    stereo = np.array([[0.5, -0.5], [1.0, 0.5]], np.float32)
    assert utils.mono(stereo).tolist() == [0.0, 0.75]
    assert utils.mono(stereo).dtype == np.float32
    single = stereo[:, :1]
    assert np.array_equal(utils.mono(single), single[:, 0])
    assert np.shares_memory(utils.mono(single), single)


def test_streaming_gives_the_same_as_reading(tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(3.3, 44100), 44100, subtype="FLOAT")
    streamed = np.concatenate(list(utils.stream_audio(tmp_path / "a.wav", block_s=0.37)))
    whole = utils.read_audio(tmp_path / "a.wav")
    assert abs(len(streamed) - len(whole)) <= 1
    n = min(len(streamed), len(whole))
    assert streamed[:n] == pytest.approx(whole[:n], abs=1e-4)


def test_names_become_safe_and_distinct_folders():
    names = ["Ana", "ana", "../../etc/passwd", "a/b\\c", "😀", "李雷", "CON", "x" * 120, "Ana María", "."]
    slugs = [utils.slug(name) for name in names]
    assert len(set(slugs)) == len(names)
    for slug in slugs:
        assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
        assert len(slug) <= 60
    assert utils.slug("Ana  María ") == utils.slug("Ana Mari\u0301a")  # one name, typed in two ways


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "a\0b", "x" * 121])
def test_bad_names(name):
    with pytest.raises(BadInput):
        utils.clean_name(name)
    assert set(utils.slug(name)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")  # somebody of an old database has it
    assert utils.stored_name(name) == name


def test_atomic_write_leaves_the_old_file_when_it_fails(tmp_path):
    path = tmp_path / "sub" / "a.txt"
    with utils.atomic_write(path) as file:
        file.write(b"old")
    with pytest.raises(AttributeError), utils.atomic_write(path) as file:
        file.write(b"new") and file.fail_here()
    assert path.read_bytes() == b"old"
    assert os.listdir(path.parent) == ["a.txt"]


@pytest.mark.skipif(os.name != "posix", reason="POSIX file modes")
def test_private_files_are_for_the_owner_alone(tmp_path):
    with utils.atomic_write(tmp_path / "token") as file:
        file.write(b"secret")
    with utils.atomic_write(tmp_path / "weights", public=True) as file:
        file.write(b"no secret")
    assert (tmp_path / "token").stat().st_mode & 0o077 == 0
    assert (tmp_path / "weights").stat().st_mode & 0o044 == 0o044


@pytest.mark.parametrize(
    ("body", "code", "line"),
    [
        ("raise utils.BadInput('no such thing.')", 2, "heard: no such thing."),
        ("raise utils.HeardError('could not.')", 1, "heard: could not."),
        ("raise OSError(28, 'No space left', 'x.db')", 1, "heard: the disk is full (x.db)"),
        ("raise PermissionError(13, 'denied', '/x')", 1, "heard: no permission"),
        ("raise KeyboardInterrupt", 130, ""),
        ("return 3", 3, ""),
    ],
)
def test_run_cli_ends_in_one_line(body, code, line):
    script = f"import utils\ndef main():\n    {body}\nutils.run_cli(main)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=utils.ROOT)
    assert done.returncode == code
    assert line in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (utils.percent(0.0321), "3.2%"),
        (utils.percent(1.0, 0), "100%"),
        (utils.percent(0.5, space=" "), "50.0 %"),
        (utils.percent(None), "-"),
        (utils.percent(0.004, 0, least=0.01), "< 1%"),
        (utils.percent(0.01, 0, least=0.01), "1%"),
    ],
)
def test_shares_in_percent(text, expected):
    assert text == expected


def test_an_error_is_told_in_one_line():
    assert utils.first_line(ValueError("\n one\ntwo")) == "one"
    assert utils.first_line(KeyError()) == "KeyError"
    assert len(utils.first_line(ValueError("x" * 500))) == 200


def test_mel_filters_are_symmetric_triangles():
    edges, filters = utils.mel_edges_hz(80), utils.mel_filters(80, 400)
    assert filters.shape == (80, 201)
    assert edges[[0, -1]] == pytest.approx([0.0, 8000.0])
    assert 2595 * np.log10(1 + edges / 700) == pytest.approx(np.linspace(0, 2595 * np.log10(1 + 8000 / 700), 82))
    for band in (40, 79):  # 40 Hz apart: the bins within the left half-width on both sides of the centre
        centre, width = edges[band + 1], edges[band + 1] - edges[band]
        bins = 40.0 * np.arange(201)
        assert np.array_equal(filters[band] > 0, np.abs(bins - centre) < width)


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_too_few_samples_for_one_at_16_khz_are_no_audio(tmp_path, rate):
    path = tmp_path / "short.wav"
    soundfile.write(path, np.full(1, 0.5), rate)
    with pytest.raises(BadInput, match=r"short\.wav: no audio in it"):
        read_audio(path)
    with pytest.raises(BadInput, match=r"short\.wav: no audio in it"):
        list(stream_audio(path))


@pytest.mark.parametrize("rate", [1, 0x7FFFFFFF])
def test_an_impossible_rate_is_damage(tmp_path, rate):
    path = tmp_path / "rate.wav"
    soundfile.write(path, np.zeros(16_000), 16_000)
    data = bytearray(path.read_bytes())
    data[24:28] = rate.to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(BadInput, match=rf"rate\.wav: damaged audio \(a rate of {rate} Hz\)"):
        read_audio(path)


def test_samples_beyond_all_sound_are_damage(tmp_path):
    path = tmp_path / "loud.wav"
    soundfile.write(path, np.full(16_000, 1e38), 16_000, subtype="FLOAT")
    with pytest.raises(BadInput, match=r"loud\.wav: damaged audio"):
        read_audio(path)


def test_a_pipe_is_no_audio_file_and_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(BadInput, match=r"pipe\.wav: this is a device or a pipe"):
        read_audio(tmp_path / "pipe.wav")


@pytest.mark.parametrize("text", ["[]", "[" * 100_000, '"x"', "{", "\0"])
def test_a_card_that_is_no_card_is_told(tmp_path, text):
    (tmp_path / "m.json").write_text(text)
    with pytest.raises(HeardError, match=r"m\.json: not a readable model card"):
        read_card(tmp_path / "m.onnx")
