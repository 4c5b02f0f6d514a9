from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

import utils
from utils import BadInput, HeardError, parse_json, read_card


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


@pytest.mark.parametrize("text", ["[]", "[" * 100_000, '"x"', "{", "\0"])
def test_a_card_that_is_no_card_is_told(tmp_path, text):
    (tmp_path / "m.json").write_text(text)
    with pytest.raises(HeardError, match=r"m\.json: not a readable model card"):
        read_card(tmp_path / "m.onnx")


def test_json_with_a_mark_of_byte_order_is_read():
    assert parse_json(b'\xef\xbb\xbf{"a": 1}\r\n') == {"a": 1}


def test_what_is_louder_than_full_scale_is_turned_down_not_clipped():
    import io

    import soundfile

    loud = 2.5 * np.sin(np.arange(16_000) / 7)
    kept, _ = soundfile.read(io.BytesIO(utils.wav_bytes(loud)))
    assert kept == pytest.approx(loud / np.abs(loud).max(), abs=1e-4)
