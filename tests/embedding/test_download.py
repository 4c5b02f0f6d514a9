"""The public model's download, against a hub on this machine.

The client is the real huggingface_hub in a process of its own (it reads ``HF_ENDPOINT`` when it is imported); the hub
answers as the real one does: a redirect to a store on another host, which honours ranges.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from app.embedding import model_files
from app.embedding.download import HubFile, cache_dir
from app.embedding.model_files import HUB, SPEECHBRAIN
from tests.support.loopback_hub import Hub, serve

ROOT = Path(__file__).resolve().parents[2]
CONTENT = hashlib.shake_256(b"a file on the hub").digest(3_000_000)

CLIENT = """
import json, sys
connections = []
sys.addaudithook(lambda event, args: event == "socket.connect" and connections.append(args[1]))
import utils
from app.embedding import model_files
pinned = json.loads(sys.argv[1])
stop_at = int(sys.argv[2])
if pinned:
    model_files.HUB["speechbrain/spkrec-ecapa-voxceleb"] = model_files.HubFile(**pinned)
seen = []
class Cancelled(Exception): pass
def progress(done, total):
    seen.append((done, total))
    if 0 < stop_at <= done:
        raise Cancelled
def main():
    try:
        path = model_files.resolve("speechbrain/spkrec-ecapa-voxceleb", progress).path
    except Cancelled:
        path = None
    print(json.dumps({"path": path and str(path), "progress": seen, "connections": len(connections),
                      "hub_client": "huggingface_hub" in sys.modules}))
utils.run_cli(main)
"""


@pytest.fixture
def hub():
    with serve(Hub(CONTENT)) as hub:
        yield hub


@pytest.fixture
def ask(hub, tmp_path):
    """Resolve the public model in a new process, as if ``CONTENT`` were its pinned file."""

    def run(**options) -> tuple[int, dict | None, str]:
        """(exit code, what the process printed as JSON, stderr)"""
        return answer_of(start_client(hub, tmp_path, **options))

    return run


def start_client(hub: Hub, folder: Path, *, pinned: dict | None = None, stop_at: int = 0, **environment: str):
    """A process that resolves the public model; other keywords are environment variables."""
    pinned = pin(CONTENT) if pinned is None else pinned
    environment = os.environ | {
        "HF_ENDPOINT": hub.url,
        "NO_PROXY": "*",
        "no_proxy": "*",
        "HF_HOME": str(folder / "hf"),
        "HEARD_CACHE": str(folder / "cache"),
        "PYTHONPATH": str(ROOT),
        **environment,
    }
    return subprocess.Popen(
        [sys.executable, "-c", CLIENT, json.dumps(pinned), str(stop_at)],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def answer_of(process: subprocess.Popen) -> tuple[int, dict | None, str]:
    stdout, stderr = process.communicate(timeout=60)
    return process.returncode, json.loads(stdout) if stdout else None, stderr


def pin(content: bytes) -> dict:
    """The public model's entry, but for other bytes."""
    changed = {"size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return asdict(HUB[SPEECHBRAIN]) | changed


def kept(tmp_path: Path) -> dict[str, int]:
    """File name -> size of all that lies in the cache, lock files left out."""
    files = [p for p in (tmp_path / "cache").rglob("*") if p.is_file() and p.suffix != ".lock"]
    return {p.name: p.stat().st_size for p in files}


def one_line(stderr: str) -> bool:
    return stderr.startswith("heard: ") and stderr.count("\n") == 1


def test_downloads_once_as_a_plain_file(hub, ask, tmp_path):
    code, answer, stderr = ask()
    assert (code, stderr) == (0, "")
    assert Path(answer["path"]).read_bytes() == CONTENT
    assert Path(answer["path"]).is_relative_to(tmp_path / "cache")
    assert answer["progress"][-1] == [len(CONTENT), len(CONTENT)]
    assert len(answer["progress"]) > 10
    assert answer["connections"] > 0
    assert HUB[SPEECHBRAIN].revision in hub.requests[0][1]
    assert not [p for p in tmp_path.rglob("*") if p.is_symlink()]


def test_afterwards_nothing_touches_the_network(hub, ask):
    _, first, _ = ask()
    hub.shutdown()
    asked = list(hub.requests)
    code, answer, stderr = ask()
    assert (code, stderr) == (0, "")
    assert answer == {"path": first["path"], "progress": [], "connections": 0, "hub_client": False}
    assert hub.requests == asked


def test_a_cut_connection_is_taken_up_again(hub, ask):
    hub.cut_at = [1_000_000, 2_000_000]
    code, answer, _ = ask()
    assert code == 0
    assert Path(answer["path"]).read_bytes() == CONTENT
    assert hub.asked_ranges() == ["bytes=1000000-", "bytes=2000000-"]


def test_a_connection_that_falls_silent_is_taken_up_again(hub, ask):
    hub.cut_at, hub.silent_s = [1_000_000], 3.0
    code, answer, _ = ask(HF_HUB_DOWNLOAD_TIMEOUT="1")
    assert code == 0
    assert Path(answer["path"]).read_bytes() == CONTENT
    assert hub.asked_ranges() == ["bytes=1000000-"]


def test_a_download_that_broke_continues_in_the_next_run(hub, ask, tmp_path):
    hub.cut_at = [1_000_000, 1_000_000]  # the second try brings nothing: given up
    code, answer, stderr = ask()
    assert (code, answer) == (1, None)
    assert one_line(stderr)
    assert "1 of 3 MB" in stderr
    assert kept(tmp_path) == {"embedding_model.ckpt.part": 1_000_000}

    hub.requests.clear()
    code, answer, _ = ask()
    assert code == 0
    assert hub.asked_ranges() == ["bytes=1000000-"]
    assert answer["progress"][0][0] > 1_000_000
    assert Path(answer["path"]).read_bytes() == CONTENT
    assert kept(tmp_path) == {"embedding_model.ckpt": len(CONTENT)}


def test_a_server_without_ranges_starts_over(hub, ask):
    hub.cut_at, hub.ranges = [1_000_000], False
    code, answer, _ = ask()
    assert code == 0
    assert Path(answer["path"]).read_bytes() == CONTENT


def test_cancelling_keeps_what_has_arrived(hub, ask, tmp_path):
    code, answer, _ = ask(stop_at=500_000)
    assert (code, answer["path"]) == (0, None)
    [(name, size)] = kept(tmp_path).items()
    assert name.endswith(".part")
    assert 500_000 <= size < len(CONTENT)

    code, answer, _ = ask()
    assert code == 0
    assert hub.asked_ranges() == [f"bytes={size}-"]
    assert Path(answer["path"]).read_bytes() == CONTENT


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(CONTENT[:-1] + b"!", id="altered"),
        pytest.param(CONTENT[:-1000], id="short"),
        pytest.param(CONTENT + b"more", id="long"),
    ],
)
def test_a_wrong_file_is_removed(hub, ask, tmp_path, wrong):
    hub.content = wrong
    code, answer, stderr = ask()
    assert (code, answer) == (1, None)
    assert one_line(stderr)
    assert "SHA-256" in stderr
    assert kept(tmp_path) == {}


def test_a_beginning_of_another_file_is_removed(hub, ask, tmp_path):
    hub.cut_at = [1_000_000, 1_000_000]
    ask()
    assert kept(tmp_path) == {"embedding_model.ckpt.part": 1_000_000}
    hub.content = CONTENT[:500_000]
    code, _, stderr = ask()
    assert code == 1
    assert "SHA-256" in stderr
    assert kept(tmp_path) == {}


def test_the_real_pin_refuses_other_weights(ask, tmp_path):
    code, answer, stderr = ask(pinned={})  # the hub has CONTENT under the public model's name
    assert (code, answer) == (1, None)
    assert one_line(stderr)
    assert kept(tmp_path) == {}


def test_a_file_damaged_in_the_cache_is_fetched_again(hub, ask):
    _, first, _ = ask()
    path = Path(first["path"])
    path.write_bytes(CONTENT[:-1] + b"!")
    code, answer, _ = ask()
    assert (code, answer["path"]) == (0, first["path"])
    assert path.read_bytes() == CONTENT


def test_without_a_network_one_line_says_what_to_do(hub, ask, tmp_path):
    hub.shutdown()
    code, answer, stderr = ask(HF_ENDPOINT="http://127.0.0.1:9")
    assert (code, answer) == (1, None)
    assert one_line(stderr)
    assert "--model embedded" in stderr
    assert sum(kept(tmp_path).values()) == 0


def test_the_hubs_offline_switch_is_respected(hub, ask):
    code, _, stderr = ask(HF_HUB_OFFLINE="1")
    assert code == 1
    assert one_line(stderr)
    assert "HF_HUB_OFFLINE" in stderr
    assert hub.requests == []


def test_a_hub_without_the_file_is_one_line(hub, ask):
    code, _, stderr = ask(HF_ENDPOINT=f"{hub.url}/elsewhere")
    assert code == 1
    assert one_line(stderr)
    assert "404" in stderr


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_cache_without_permission_is_one_line(ask, tmp_path):
    (tmp_path / "cache").mkdir(mode=0o500)
    code, _, stderr = ask()
    assert code == 1
    assert one_line(stderr)
    assert "HEARD_CACHE" in stderr


def test_a_cache_that_cannot_be_made_is_one_line(ask, tmp_path):
    (tmp_path / "file").touch()
    code, _, stderr = ask(HEARD_CACHE=str(tmp_path / "file" / "cache"))
    assert code == 1
    assert one_line(stderr)


def test_nothing_but_the_file_is_asked_for_and_no_token_sent(hub, ask):
    code, _, _ = ask(HF_TOKEN="made-up")
    assert code == 0
    assert hub.requests == [
        ("GET", f"/{SPEECHBRAIN}/resolve/{HUB[SPEECHBRAIN].revision}/embedding_model.ckpt", None),
        ("GET", "/store", None),
    ]
    assert hub.authorization == {None}


def test_two_processes_at_once_download_once(hub, tmp_path):
    clients = [start_client(hub, tmp_path) for _ in range(2)]
    for code, answer, _ in [answer_of(client) for client in clients]:
        assert code == 0
        assert Path(answer["path"]).read_bytes() == CONTENT
    assert [path for _, path, _ in hub.requests].count("/store") == 1


def test_the_public_model_loads(hub, tmp_path, monkeypatch):
    """Full-size weights in SpeechBrain's file format, all the way from the hub to a network and its card."""
    import torch

    from tests.support.public_weights import save_random

    network = save_random(tmp_path / "random.ckpt")
    hub.content = (tmp_path / "random.ckpt").read_bytes()
    code, _, stderr = answer_of(start_client(hub, tmp_path, pinned=pin(hub.content)))
    assert (code, stderr) == (0, "")

    hub.shutdown()
    monkeypatch.setitem(HUB, SPEECHBRAIN, HubFile(**pin(hub.content)))
    monkeypatch.setenv("HEARD_CACHE", str(tmp_path / "cache"))
    loaded, card = model_files.load_network(SPEECHBRAIN)
    wave = 0.1 * torch.randn(1, 16_000)
    with torch.inference_mode():
        assert torch.equal(loaded(wave), network(wave))
    assert (card["name"], card["threshold"], card["gender"]) == (SPEECHBRAIN, 0.25, None)
    assert card["sha256"] == hashlib.sha256(hub.content).hexdigest()
    assert card["architecture"] == asdict(network.arch)


@pytest.mark.parametrize(
    ("platform", "environment", "where"),
    [
        ("linux", {"HEARD_CACHE": "/x", "XDG_CACHE_HOME": "/y"}, "/x"),
        ("linux", {"XDG_CACHE_HOME": "/y"}, "/y/heard"),
        ("linux", {}, "~/.cache/heard"),
        ("darwin", {"XDG_CACHE_HOME": "/y"}, "~/Library/Caches/heard"),
        ("win32", {"LOCALAPPDATA": "/l"}, "/l/heard"),
    ],
)
def test_where_the_cache_is(monkeypatch, platform, environment, where):
    for name in ("HEARD_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert cache_dir() == Path(where).expanduser()
