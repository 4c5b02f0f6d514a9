"""Outputs that would replace an input, another output, or what is never an output."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.outputs import check_outputs, check_source_folder, model_inputs, same_file
from utils import BUNDLED, BadInput, atomic_write


@pytest.fixture
def talk(tmp_path) -> Path:
    path = tmp_path / "talk.rec"
    path.write_bytes(b"sound")
    return path


def links_to(path: Path) -> dict[str, Path]:
    """Other ways to say a file's path."""
    folder = path.parent
    (folder / "link").symlink_to(path)
    (folder / "folder").symlink_to(folder, target_is_directory=True)
    os.link(path, folder / "hard")
    (folder / "sub").mkdir()
    return {
        "itself": path,
        "symbolic link": folder / "link",
        "hard link": folder / "hard",
        "linked folder": folder / "folder" / path.name,
        "dots": folder / "sub" / ".." / "." / path.name,
        "relative": Path(os.path.relpath(path)),
    }


@pytest.mark.parametrize("way", ["itself", "symbolic link", "hard link", "linked folder", "dots", "relative"])
def test_an_output_is_no_input_whatever_it_is_called(talk, way):
    path = links_to(talk)[way]
    with pytest.raises(BadInput) as caught:
        check_outputs([("--rttm", path)], [("--file", talk)])
    said = str(caught.value)
    assert f"--rttm {path}" in said
    assert f"--file {talk}" in said
    assert "\n" not in said
    assert talk.read_bytes() == b"sound"


@pytest.mark.parametrize("way", ["itself", "linked folder", "dots", "relative", "dangling", "case"])
def test_two_outputs_are_not_one_file_even_before_they_are_there(tmp_path, way):
    first = tmp_path / "out.txt"
    (tmp_path / "folder").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "sub").mkdir()
    (tmp_path / "dangling").symlink_to("out.txt")
    second = {
        "itself": first,
        "linked folder": tmp_path / "folder" / "out.txt",
        "dots": tmp_path / "sub" / ".." / "out.txt",
        "relative": os.path.relpath(first),
        "dangling": tmp_path / "dangling",
        "case": tmp_path / "OUT.TXT",
    }[way]
    with pytest.raises(BadInput, match=r"--rttm .* and --jsonl .* are the same file"):
        check_outputs([("--rttm", first), ("--jsonl", second)])
    assert not first.exists()


def test_files_apart_are_apart(talk, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "there").write_text("an earlier output")
    outputs = [("--rttm", tmp_path / "a" / "out"), ("--jsonl", tmp_path / "b" / "out"), ("--det", tmp_path / "there")]
    check_outputs(outputs, [("--file", talk), ("--model", None)], data=tmp_path / "data")
    check_outputs([("--rttm", None), ("--jsonl", "-")], [("--file", "-")])
    check_outputs([("--rttm", "/dev/null"), ("--jsonl", "/dev/null")])
    assert not same_file(talk, tmp_path / "talk.REC.other")


def test_inputs_are_not_asked_for_if_no_output_is_there_yet(tmp_path):
    def many():
        raise AssertionError("a million files would have been looked at")
        yield

    check_outputs([("--scores", tmp_path / "new")], many())


@pytest.mark.parametrize(
    "path",
    [
        "speakers/ana-1234/001.json",
        "voiceprints.db",
        "voiceprints.db-wal",
        "Voiceprints.DB",
        "window.ini",
        "sealed.json",
        "corrections/talk.json",
        "server-token",
    ],
)
def test_what_the_program_keeps_is_no_output(tmp_path, path):
    with pytest.raises(BadInput, match="keeps its own files there"):
        check_outputs([("--rttm", tmp_path / path)], data=tmp_path)


def test_neither_are_recordings_folders_and_what_comes_with_the_program(tmp_path):
    (tmp_path / "other.flac").write_bytes(b"sound")
    with pytest.raises(BadInput, match=r"--rttm .*other.flac: this is a recording"):
        check_outputs([("--rttm", tmp_path / "other.flac")])
    with pytest.raises(BadInput, match="this is a folder"):
        check_outputs([("--rttm", tmp_path)])
    with pytest.raises(BadInput, match="comes with the program"):
        check_outputs([("--rttm", BUNDLED / "demo" / "conversation.rttm")])


def test_what_lies_beside_a_model_is_an_input(tmp_path):
    for name in ("own.onnx", "own.json", "own.overlap.safetensors", "own.channel.safetensors"):
        (tmp_path / name).write_bytes(b"model")
    inputs = model_inputs(str(tmp_path / "own.onnx"))
    for name in ("own.onnx", "own.json", "own.overlap.safetensors", "own.channel.safetensors"):
        with pytest.raises(BadInput, match=f"--jsonl .*{name} is the same file as"):
            check_outputs([("--jsonl", tmp_path / name)], inputs)
    assert not model_inputs("embedded")
    assert not model_inputs(None)


def test_the_programs_own_recordings_are_not_taken_for_a_folder_of_people(tmp_path):
    data = tmp_path / "data"
    person = data / "speakers" / "ana-1234"
    person.mkdir(parents=True)
    (tmp_path / "link").symlink_to(person.parent, target_is_directory=True)
    for folder in (person.parent, person, data, tmp_path, tmp_path / "link"):
        with pytest.raises(BadInput, match="--from"):
            check_source_folder("--from", folder, data)
    (tmp_path / "people").mkdir()
    check_source_folder("--from", tmp_path / "people", data)


def test_a_device_is_written_to_and_stays_a_device(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    keep_open = os.open(tmp_path / "pipe", os.O_RDWR)
    try:
        with atomic_write(tmp_path / "pipe") as file:
            file.write(b"turns")
        assert os.read(keep_open, 5) == b"turns"
        assert (tmp_path / "pipe").is_fifo()
    finally:
        os.close(keep_open)
