"""Extraction on two Ray nodes of this machine, one of which is killed in the middle."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.audio.reading.reader import read_audio
from app.corpus.manifest import open_manifest
from app.embedding.load import load_encoder
from app.extraction.executors import LocalExecutor
from app.extraction.extract import extract
from utils import ROOT, write_wav

ROWS = 2000


@pytest.fixture
def cluster(monkeypatch):
    monkeypatch.setenv("RAY_worker_niceness", "0")  # Ray's workers would wait for whatever else the machine does
    cluster_utils = pytest.importorskip("ray.cluster_utils", reason="pip install --group ray")
    node = {"num_cpus": 1, "object_store_memory": 100_000_000, "include_dashboard": False}
    cluster = cluster_utils.Cluster(initialize_head=True, head_node_args=node)
    yield cluster, cluster.add_node(num_cpus=1, object_store_memory=100_000_000)
    cluster.shutdown()


@pytest.mark.slow
@pytest.mark.cluster
def test_a_node_is_lost_and_the_result_is_that_of_one_machine(cluster, tmp_path: Path, demo_dir):
    cluster, second = cluster
    table, out = tmp_path / "rows.csv", tmp_path / "out"
    write_wav(tmp_path / "a.wav", read_audio(demo_dir / "conversation.flac", end_s=20))
    stretches = [f"a.wav,{k % 7},{k % 640 / 40},{k % 640 / 40 + 2 + k / ROWS}" for k in range(ROWS)]
    table.write_text("\n".join(["file,speaker,start_s,end_s", *stretches, "none.wav,x,,"]) + "\n")
    command = [sys.executable, "-m", "app", "extract", str(table), "--out", str(out)]
    command += ["--engine", "ray", "--ray-address", cluster.address]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        try:
            end_s = time.monotonic() + 180
            while run.poll() is None and time.monotonic() < end_s and journal_size(out) < 1_500_000:
                time.sleep(0.02)  # about a fifth of the rows, in pages of the journal's log
            begun = run.poll() is None and journal_size(out) >= 1_500_000
            if begun:
                cluster.remove_node(second, allow_graceful=False)
                said, complaints = run.communicate(timeout=180)
        finally:
            run.kill()
        assert begun, run.communicate()
    assert run.returncode == 0, complaints
    assert f"{ROWS} embeddings of {ROWS + 1} rows" in said
    assert int(said.split(" workers")[0].split()[-1]) >= 2  # the lost one, too

    encoder = load_encoder(compute="cpu", precision="auto")
    extract(open_manifest(table), tmp_path / "local", LocalExecutor(encoder))
    for name in ("embeddings.npy", "labels.npy", "index.csv"):  # in the same order: not even sorting is needed
        assert (out / name).read_bytes() == (tmp_path / "local" / name).read_bytes(), name


def journal_size(out: Path) -> int:
    return sum(file.stat().st_size for file in out.glob("journal.db*"))
