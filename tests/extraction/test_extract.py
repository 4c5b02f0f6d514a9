"""``python -m app extract`` from manifest to files: aligned, resumed, appended, retried, and killed in between."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.audio.reading.reader import read_audio
from app.cli.extract import run
from app.corpus.manifest import open_manifest
from app.extraction.executors import LocalExecutor
from app.extraction.extract import ExtractConfig, Report, extract
from app.extraction.shard import SegmentConfig
from utils import ROOT, BadInput, HeardError, write_wav

OUTPUTS = ("embeddings.npy", "labels.npy", "index.csv")


@pytest.fixture
def table(tmp_path: Path, demo_dir: Path) -> Path:
    """40 rows of two files and three speakers, one of them with a single row."""
    lines = ["file,speaker,start_s,end_s"]
    for k in range(39):
        lines.append(f"{demo_dir / 'conversation.flac'},{'ab'[k % 2]},{k},{k + 1 + k % 4 / 2}")
    lines.insert(20, f"{demo_dir / 'enrolment' / 'Ana' / '01.flac'},Zoë,,")
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def executor(encoder) -> LocalExecutor:
    return LocalExecutor(encoder, workers=2)


CONFIG = ExtractConfig(shard_rows=4)


def read_outputs(out: Path) -> tuple[np.ndarray, np.ndarray, list[dict[str, str]]]:
    with open(out / "index.csv", encoding="utf-8", newline="") as file:
        index = list(csv.DictReader(file))
    return np.load(out / "embeddings.npy", allow_pickle=False), np.load(out / "labels.npy", allow_pickle=False), index


def content(out: Path) -> list[bytes]:
    return [(out / name).read_bytes() for name in OUTPUTS]


def do(table: Path, out: Path, executor: LocalExecutor, **changes) -> Report:
    return extract(open_manifest(table), out, executor, replace(CONFIG, **changes))


def test_rows_labels_and_index_belong_together(table, tmp_path, executor, encoder):
    with open(table, "a") as file:
        file.write("none.wav,a,,\n")
    report = do(table, tmp_path / "out", executor)
    embeddings, labels, index = read_outputs(tmp_path / "out")
    assert embeddings.shape == (40, 192)
    assert (embeddings.dtype, labels.shape) == (np.float32, (40,))
    assert [row["status"] for row in index] == ["ok"] * 40 + ["error: no such file"]
    assert list(labels) == [row["speaker"] for row in index[:40]]
    assert labels[20 - 1] == "Zoë"
    for number in (0, 5, 19, 39):
        row = index[number]
        samples = read_audio(row["path"], start_s=float(row["start_s"]), end_s=float(row["end_s"]))
        assert embeddings[number] @ encoder.embed(samples) > 0.9999
    meta = json.loads((tmp_path / "out" / "meta.json").read_text())
    assert (meta["sha256"], meta["finished"], meta["embeddings"]) == (encoder.sha256, True, 40)
    assert meta["rows_without_embedding"] == len(report.failures) == report.failed == 1
    assert report.workers <= {"worker_0", "worker_1"}


def test_a_second_run_does_nothing_and_new_rows_are_added(table, tmp_path, executor):
    lines = table.read_text().splitlines(keepends=True)
    table.write_text("".join(lines[:18]))
    assert do(table, tmp_path / "out", executor).rows == 17
    first = read_outputs(tmp_path / "out")[0]
    again = do(table, tmp_path / "out", executor)
    assert (again.rows, again.done_before, again.all_embeddings) == (0, 17, 17)
    table.write_text("".join(lines))
    added = do(table, tmp_path / "out", executor)
    assert (added.rows, added.done_before, added.all_embeddings) == (23, 17, 40)
    embeddings, labels, index = read_outputs(tmp_path / "out")
    assert np.array_equal(embeddings[:17], first)
    assert len(labels) == len(index) == 40


def test_errors_are_tried_again_when_asked(tmp_path, executor, demo_dir):
    table = tmp_path / "t.csv"
    sound = read_audio(demo_dir / "conversation.flac", end_s=2)
    write_wav(tmp_path / "there.wav", sound)
    table.write_text("file,speaker\nthere.wav,x\nlate.wav,x\nlate.wav,x\n")
    assert [entry.status for entry in do(table, tmp_path / "out", executor).failures] == [
        "error: no such file",
        "duplicate",
    ]
    write_wav(tmp_path / "late.wav", sound)
    assert do(table, tmp_path / "out", executor).rows == 0
    report = do(table, tmp_path / "out", executor, retry=True)
    assert (report.rows, report.all_embeddings) == (2, 2)
    assert [entry.status for entry in report.failures] == ["duplicate"]
    embeddings, _, index = read_outputs(tmp_path / "out")
    assert [row["status"] for row in index] == ["ok", "ok", "duplicate"]
    assert np.array_equal(embeddings[0], embeddings[1])
    assert do(table, tmp_path / "out", executor).rows == 0


def test_speakers_with_few_rows_are_left_out(table, tmp_path, executor):
    report = do(table, tmp_path / "out", executor, min_clips=2)
    assert (report.left_out, report.all_embeddings) == (1, 39)
    assert set(read_outputs(tmp_path / "out")[1]) == {"a", "b"}
    with pytest.raises(BadInput, match="no speaker has 50 rows"):
        do(table, tmp_path / "other", executor, min_clips=50)


def test_what_is_left_out_of_a_manifest_of_nemos_is_named_and_may_be_an_exit_code(tmp_path, demo_dir, capsys):
    sound = {"audio_filepath": str(demo_dir / "conversation.flac"), "offset": 1, "duration": 2.5, "label": "Ana"}
    rows = [sound, sound, {**sound, "audio_filepath": "gone.flac"}, {**sound, "audio_filepath": None}]
    manifest = tmp_path / "nemo.json"
    manifest.write_bytes("\r\n".join(json.dumps(row) for row in rows).encode("utf-8-sig"))
    command = [str(manifest), "--out", str(tmp_path / "out"), "--compute", "cpu", "--workers", "1"]
    assert run(command) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[1].startswith("3 rows have no embedding;")
    assert {line.strip() for line in said[2:5]} == {
        f"{demo_dir / 'conversation.flac'}: duplicate",
        "gone.flac: no such file",
        "(line 4): the row names no file",
    }
    index = read_outputs(tmp_path / "out")[2]
    assert [(row["speaker"], row["start_s"], row["end_s"], row["status"]) for row in index[:1]] == [
        ("Ana", "1.000", "3.500", "ok")
    ]
    assert run([*command, "--strict"]) == 1
    manifest.write_text(json.dumps(sound))
    assert run([*command[:2], str(tmp_path / "all"), *command[3:], "--strict"]) == 0


def test_segments(table, tmp_path, executor):
    do(table, tmp_path / "out", executor, segments=SegmentConfig(1.0, 0.5))
    embeddings, _, index = read_outputs(tmp_path / "out")
    assert len(embeddings) == len(index) > 80
    assert {round(float(row["end_s"]) - float(row["start_s"]), 3) for row in index} == {1.0}


def test_nothing_is_mixed_and_nothing_foreign_is_overwritten(table, tmp_path, executor):
    do(table, tmp_path / "out", executor)
    with pytest.raises(BadInput, match="an embedding for each row"):
        do(table, tmp_path / "out", executor, segments=SegmentConfig(1.0))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "labels.npy").write_bytes(b"work")
    with pytest.raises(BadInput, match="another origin"):
        do(table, tmp_path / "mine", executor)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["labels.npy"]


def test_precisions_are_not_mixed_and_a_folder_keeps_its_own(table, tmp_path, executor):
    do(table, tmp_path / "out", executor)
    command = [str(table), "--out", str(tmp_path / "out"), "--compute", "cpu"]
    with pytest.raises(BadInput, match="in float32, which bfloat16 is not mixed with: say --precision float32"):
        run([*command, "--precision", "bfloat16"])
    with open(table, "a") as file:
        file.write(f"{table.parent / 'more.wav'},a,,\n")
    write_wav(table.parent / "more.wav", read_audio(table.read_text().splitlines()[1].split(",")[0], end_s=2))
    assert run(command) == 0
    assert len(read_outputs(tmp_path / "out")[0]) == 41
    assert json.loads((tmp_path / "out" / "meta.json").read_text())["precision"] == "float32"


def test_bfloat16_is_within_what_is_said_of_it(table, tmp_path, executor):
    do(table, tmp_path / "out", executor)
    assert run([str(table), "--out", str(tmp_path / "b"), "--compute", "cpu", "--precision", "bfloat16"]) == 0
    assert json.loads((tmp_path / "b" / "meta.json").read_text())["precision"] == "bfloat16"
    long, brief = (read_outputs(tmp_path / name)[0] for name in ("out", "b"))
    assert np.sum(long * brief, axis=1).min() > 0.999
    assert not np.array_equal(long, brief)


def test_a_run_that_breaks_off_goes_on_to_the_same_bits(table, tmp_path, executor):
    do(table, tmp_path / "whole", executor)

    class Broken(LocalExecutor):
        def run(self, shards, segments):
            for count, result in enumerate(super().run(shards, segments)):
                if count == 3:
                    raise HeardError("lost")
                yield result

    with pytest.raises(HeardError, match="lost"):
        do(table, tmp_path / "out", Broken(executor.encoder, workers=2))
    embeddings, labels, index = read_outputs(tmp_path / "out")
    assert len(embeddings) == len(labels) == len(index) == 12
    assert not json.loads((tmp_path / "out" / "meta.json").read_text())["finished"]
    assert do(table, tmp_path / "out", executor).rows == 28
    assert content(tmp_path / "out") == content(tmp_path / "whole")


ROWS = 1600
CHILD = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from app.extraction.executors import LocalExecutor
from app.extraction.extract import ExtractConfig, extract
from app.corpus.manifest import open_manifest
from app.embedding.load import load_encoder
executor = LocalExecutor(load_encoder(compute="cpu"), workers=2)
extract(open_manifest(sys.argv[1]), Path(sys.argv[2]), executor, ExtractConfig(shard_rows=4, publish_s=0.0))
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_killed_at_any_moment_it_loses_and_repeats_nothing(tmp_path, executor, demo_dir):
    table, out = tmp_path / "rows.csv", tmp_path / "out"
    write_wav(tmp_path / "a.wav", read_audio(demo_dir / "conversation.flac", end_s=20))
    stretches = (f"a.wav,{k % 7},{k / 100},{k / 100 + 2 + k % 3 / 10}" for k in range(ROWS))
    table.write_text("\n".join(["file,speaker,start_s,end_s", *stretches]) + "\n")
    luck, kills, seen = random.Random(6), 0, 0
    for _ in range(9):
        child = subprocess.Popen([sys.executable, "-c", CHILD, str(table), str(out)])
        deadline = time.monotonic() + 120
        while child.poll() is None and rows_there(out) <= seen and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(luck.uniform(0, 0.5))
        if kills == 4:
            child.wait(timeout=300)
        if child.poll() is not None:
            break
        child.send_signal(signal.SIGKILL)
        child.wait()
        kills += 1
        there = rows_there(out)
        assert seen <= there <= ROWS  # never less than before
        seen = there
    assert child.returncode == 0
    assert kills >= 2
    do(table, tmp_path / "whole", executor)
    assert content(out) == content(tmp_path / "whole")
    assert len(read_outputs(out)[0]) == ROWS
    assert not list(out.glob(".*"))


def rows_there(out: Path) -> int:
    """Rows of embeddings.npy, which is whole at any moment."""
    try:
        return len(np.load(out / "embeddings.npy", mmap_mode="r", allow_pickle=False))
    except FileNotFoundError:
        return 0


def test_the_command_reports_and_its_exit_code_says_whether_anything_came_of_it(table, tmp_path, capsys):
    with open(table, "a") as file:
        file.write("none.wav,a,,\n")
    assert run([str(table), "--out", str(tmp_path / "out"), "--compute", "cpu"]) == 0
    said = capsys.readouterr().out
    assert "40 embeddings of 41 rows" in said
    assert "none.wav: no such file" in said
    table.write_text("file,speaker\nnone.wav,a\n")
    with pytest.raises(HeardError, match=r"no row could be extracted; the first: none\.wav: no such file"):
        run([str(table), "--out", str(tmp_path / "none"), "--compute", "cpu"])


@pytest.mark.skipif(sys.platform != "linux", reason="a file name that is not UTF-8")
def test_a_manifest_with_every_kind_of_bad_row(tmp_path, demo_dir, capsys):
    root, sound = tmp_path / "audio", read_audio(demo_dir / "conversation.flac", end_s=8)
    for name in ("good.wav", "caf\udce9.wav", "../outside.wav"):
        write_wav(root / name, sound)
    write_wav(root / "long.wav", sound)
    with open(root / "long.wav", "r+b") as file:  # three hours, nearly all of it a hole in the file
        file.truncate(44 + 3 * 3600 * 32000)
        for at, size in ((4, 36 + 3 * 3600 * 32000), (40, 3 * 3600 * 32000)):
            file.seek(at)
            file.write(size.to_bytes(4, "little"))
    soundfile.write(root / "whole.flac", sound, 16000)
    (root / "truncated.flac").write_bytes((root / "whole.flac").read_bytes()[:60_000])
    (root / "flac.mp3").write_bytes((root / "whole.flac").read_bytes())
    (root / "text.wav").write_text("not sound\n" * 99)
    (root / "empty.wav").touch()
    (root / "folder.wav").mkdir()
    names = ["good.wav", "caf\udce9.wav", "flac.mp3", "missing.wav", "folder.wav", "empty.wav", "truncated.flac"]
    names += ["text.wav", "long.wav", "good.wav", "", str(tmp_path / "outside.wav"), "../outside.wav"]
    lines = ["path\tclient_id", *(f"{name}\tx" for name in names)]
    (tmp_path / "other.tsv").write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
    command = [str(tmp_path / "other.tsv"), "--out", str(tmp_path / "out"), "--audio-root", str(root)]
    assert run([*command, "--compute", "cpu"]) == 0
    assert "10 rows have no embedding" in capsys.readouterr().out
    embeddings, labels, index = read_outputs(tmp_path / "out")
    assert embeddings.shape == (3, 192)
    assert list(labels) == ["x"] * 3
    assert [row["path"] for row in index[:3]] == ["good.wav", "caf\\udce9.wav", "flac.mp3"]
    said = {row["path"]: row["status"] for row in index[3:] if row["path"] != "good.wav"}
    complaints = {
        "missing.wav": "no such file",
        "folder.wav": "folder",
        "empty.wav": "empty",
        "truncated.flac": "damaged",
        "text.wav": "not an audio file",
        "long.wav": "more than 120 s",
        "(line 12)": "names no file",
        str(tmp_path / "outside.wav"): "outside --audio-root",
        "../outside.wav": "outside --audio-root",
    }
    assert said.keys() == complaints.keys()
    assert all(said[path].startswith("error: ") and complaint in said[path] for path, complaint in complaints.items())
    assert [row["status"] for row in index if row["path"] == "good.wav"] == ["ok", "duplicate"]
    assert run([*command, "--compute", "cpu"]) == 0  # nothing is done again, and nothing changes
    assert read_outputs(tmp_path / "out")[2] == index


def test_one_channel_of_each_file(tmp_path, demo_dir, executor, capsys):
    """A journal is of one channel; a file that does not have it is an error of its row, and old journals go on."""
    left = read_audio(demo_dir / "enrolment" / "Ana" / "01.flac", end_s=3)
    right = read_audio(demo_dir / "enrolment" / "Ben" / "01.flac", end_s=3)
    soundfile.write(tmp_path / "call.wav", np.stack([left, right], axis=1), 16_000, subtype="FLOAT")
    write_wav(tmp_path / "one.wav", left)
    table, out = tmp_path / "rows.csv", tmp_path / "out"
    table.write_text("file,speaker,start_s,end_s\ncall.wav,a,,\ncall.wav,a,0.5,2.5\none.wav,b,,\n")
    second = SegmentConfig(channel=2)
    do(table, out, executor, segments=second)
    embeddings, _, index = read_outputs(out)
    assert [row["status"] for row in index] == ["ok", "ok", "error: there is no channel 2: it has 1 channel"]
    assert embeddings[0] @ executor.encoder.embed(right) > 0.9999
    assert embeddings[1] @ executor.encoder.embed(right[8_000:40_000]) > 0.9999
    assert json.loads((out / "meta.json").read_text())["channel"] == 2
    before = content(out)
    assert do(table, out, executor, segments=second).rows == 0
    assert content(out) == before
    for other, say in ((SegmentConfig(channel=1), "say --channel 2"), (SegmentConfig(), "from channel 2;")):
        with pytest.raises(BadInput, match=say):
            do(table, out, executor, segments=other)
    do(table, tmp_path / "mixed", executor)
    assert "channel" not in json.loads((tmp_path / "mixed" / "meta.json").read_text())
    with pytest.raises(BadInput, match=r"all channels; .* leave --channel out"):
        do(table, tmp_path / "mixed", executor, segments=second)
    assert run([str(table), "--out", str(tmp_path / "command"), "--channel", "1"]) == 0
    assert read_outputs(tmp_path / "command")[0][0] @ executor.encoder.embed(left) > 0.999  # bfloat16, where it is fast
