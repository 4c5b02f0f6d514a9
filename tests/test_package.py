"""The package ``heard``: made of the clone's files, and run where no clone is near."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from app.about import VERSION
from app.cli import VERBS
from tests.support.main_set import make_main_set, site_packages
from utils import BUNDLED, ROOT

pytestmark = pytest.mark.process
ANA = BUNDLED / "demo" / "enrolment" / "Ana" / "01.flac"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source archive and the wheel, which is made of that archive."""
    pytest.importorskip("hatchling", reason="pip install --group test")
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    return out


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(next(built.glob("*.whl")))


@pytest.fixture(scope="module")
def python(wheel: zipfile.ZipFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the app's own packages and the wheel."""
    python = make_main_set(tmp_path_factory.mktemp("installed"))
    wheel.extractall(site_packages(python))
    return python


@pytest.fixture
def heard(python: Path, tmp_path: Path):
    """heard(*words): what the command answers, in an empty folder and the home of nobody."""

    def run(*words: object, code: int = 0) -> tuple[str, str]:
        own = ("PYTHON", "HEARD", "VIRTUAL", "XDG")
        env = {key: value for key, value in os.environ.items() if not key.startswith(own)}
        env |= {"HOME": str(tmp_path / "home"), "QT_QPA_PLATFORM": "offscreen"}
        (tmp_path / "empty").mkdir(exist_ok=True)
        done = subprocess.run(
            [python, "-m", "heard", *map(str, words)],
            cwd=tmp_path / "empty",
            env=env,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode == code, done.stderr
        return done.stdout, done.stderr

    return run


def test_nothing_but_heard_lands_in_site_packages(wheel: zipfile.ZipFile):
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert tops == {"heard", f"heard-{VERSION}.dist-info"}
    assert "heard/py.typed" in wheel.namelist()
    assert not [name for name in wheel.namelist() if name.startswith("heard/data/") and "speakers" in name]


def test_it_imports_nothing_of_the_clone(wheel: zipfile.ZipFile):
    clone, wrong = {"app", "model", "utils", "tests", "tools"}, []
    for name in (name for name in wheel.namelist() if name.endswith(".py")):
        for node in ast.walk(ast.parse(wheel.read(name))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            wrong += [f"{name}: {one}" for one in names if one.split(".")[0] in clone]
    assert not wrong


def test_it_tells_nobody_to_type_what_only_a_clone_has(wheel: zipfile.ZipFile):
    pattern = re.compile(r"python -m app|(?:test|record_samples|build_voiceprint)\.py")
    for name in (name for name in wheel.namelist() if name.endswith((".py", ".html", ".js", ".toml"))):
        assert not pattern.search(wheel.read(name).decode()), name


def test_lines_stay_where_they_are(wheel: zipfile.ZipFile):
    """A traceback names the line of the source."""
    for name in ("heard/session.py", "heard/utils.py", "heard/cli/people.py"):
        own = ROOT / name.removeprefix("heard/") if "utils" in name else ROOT / "app" / name.removeprefix("heard/")
        assert len(wheel.read(name).decode().splitlines()) == len(own.read_text(encoding="utf-8").splitlines())


def test_groups_are_extras_but_those_of_developers(wheel: zipfile.ZipFile):
    metadata = wheel.read(f"heard-{VERSION}.dist-info/METADATA").decode()
    extras = set(re.findall(r"^Provides-Extra: (.+)$", metadata, re.MULTILINE))
    assert extras == {"torch", "sealed", "server", "mqtt", "wyoming", "plot", "ray", "train", "benchmarks"}
    assert not re.search(r"^Requires-Dist: torch[^;]*$", metadata, re.MULTILINE)
    assert "License-Expression: Apache-2.0" in metadata


def test_the_archive_makes_the_same_wheel_and_holds_nobodys_voice(built: Path):
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    assert {"pyproject.toml", "packaging/build_hooks.py", "app/api.py", "test.py", "LICENSE", "NOTICE"} <= set(names)
    assert {name.split("/")[1] for name in names if name.startswith("data/")} == {"demo", "models"}


def test_the_command_listens_verifies_and_explains(heard, tmp_path: Path):
    assert heard("--version")[0] == f"Heard {VERSION}\n"
    assert "Right for 9" in heard("live", "--demo", "--terminal")[0]
    assert "Right for 9" in heard("--demo", "--terminal")[0]
    assert json.loads(heard("verify", ANA, ANA.with_name("02.flac"), "--json")[0])["same"]
    out, _ = heard("verify", "--help")
    assert "usage: heard verify" in out
    assert "  heard verify ana.wav who.wav" in out
    assert 'pip install "heard[server]"' in heard("serve", code=1)[1]
    assert "there is no verb 'walk'" in heard("walk", code=2)[1]


def test_people_are_kept_where_the_platform_keeps_them_until_they_are_forgotten(heard, tmp_path: Path):
    heard("build", "--from", BUNDLED / "demo" / "enrolment")
    data = tmp_path / "home" / ".local" / "share" / "heard"
    assert (data / "voiceprints.db").exists()
    where = json.loads(heard("where", "--json")[0])
    assert (where["clone"], where["data"]["folder"], where["data"]["people"]) == (False, str(data), 3)
    assert where["data"]["bytes"] > 100_000
    (data / "holiday.jpg").write_bytes(b"somebody else's")
    assert "--yes" in heard("forget-everything", code=2)[1]
    assert (data / "voiceprints.db").exists()
    assert "3 enrolled" in heard("forget-everything", "--yes")[0]
    assert [path.name for path in data.iterdir()] == ["holiday.jpg"]
    assert heard("forget-everything")[0] == "Nothing is kept.\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_every_verb_and_is_read_by_its_shell(heard, shell: str, tmp_path: Path):
    script, _ = heard("completion", shell)
    for verb in VERBS:
        assert verb in script
    assert "export" in script
    if shutil.which(shell):
        (tmp_path / "script").write_text(script)
        subprocess.run([shell, "-n", str(tmp_path / "script")], check=True)


def test_bash_completes_verbs_and_options(heard, tmp_path: Path):
    (tmp_path / "script").write_text(heard("completion", "bash")[0])

    def completed(*words: str) -> list[str]:
        line = f"COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; _heard; echo ${{COMPREPLY[@]}}"
        done = subprocess.run(["bash", "-c", f"source {tmp_path}/script; {line}"], capture_output=True, text=True)
        return done.stdout.split()

    assert completed("heard", "ver") == ["verify"]
    assert completed("heard", "live", "--term") == ["--terminal"]
    assert completed("heard", "plot", "ts") == ["tsne"]


@pytest.mark.slow
def test_pip_installs_it_from_the_registry(built: Path, tmp_path: Path):
    """As a newcomer does it: a fresh environment, the wheel, the command."""
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "fresh")], check=True)
    python, wheel = tmp_path / "fresh" / "bin" / "python", next(built.glob("*.whl"))
    ask = [python, "-m", "pip", "download", "-q", "--no-deps", "--dest", tmp_path, "filelock"]
    if subprocess.run(ask, capture_output=True, timeout=120).returncode:
        pytest.skip("no registry can be reached")
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-compile", wheel], check=True, timeout=500)
    done = subprocess.run(
        [tmp_path / "fresh" / "bin" / "heard", "live", "--demo", "--terminal"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "Right for 9" in done.stdout, done.stderr
    size = sum(path.lstat().st_size for path in (tmp_path / "fresh").rglob("*") if path.is_file())
    assert size < 700e6
