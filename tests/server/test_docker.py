"""The image: what the Dockerfile copies is all that the package is made of, and it serves without what is removed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest

from utils import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
MODULES = {"PySide6-Essentials": "PySide6", "shiboken6": "shiboken6", "sounddevice": "sounddevice", "scipy": "scipy"}
"""What the image removes -> its module."""


@pytest.fixture
def image(tmp_path) -> Path:
    """A folder with the package, built of what the image's source folder has."""
    pytest.importorskip("hatchling", reason="pip install --group test")
    source = tmp_path / "source"
    for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.MULTILINE):
        *names, target = line.split()
        for name in names:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, source / target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                (source / target).mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, source / target)
    build = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(tmp_path), str(source)]
    subprocess.run(build, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        wheel.extractall(tmp_path / "site")
    return tmp_path / "site"


def test_it_serves_without_what_is_removed(image, tmp_path):
    hidden = f"sys.modules.update(dict.fromkeys({(*MODULES.values(), 'torch')!r}))"  # importing None is an ImportError
    command = ["heard", "serve", "--port", "0", "--data", str(tmp_path / "data")]
    start = f"import sys; {hidden}; sys.argv = {command!r}; from heard.cli.program.heard import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", start],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(image)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        line = process.stdout.readline()
        address = re.search(r"http://\S+", line)
        assert address, line + process.stdout.read()
        for _ in range(100):
            try:
                assert b"ok" in urllib.request.urlopen(f"{address.group()}v1/health", timeout=10).read()
                break
            except urllib.error.URLError:
                continue
        else:
            raise AssertionError("it never answered")
        assert b"<main" in urllib.request.urlopen(address.group(), timeout=10).read()
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


def test_what_is_removed_is_what_the_test_above_does_without():
    (removed,) = re.findall(r"pip uninstall -y ([^\\\n]+?) *\\", DOCKERFILE)
    assert removed.split() == list(MODULES)


def test_nobodys_voice_is_sent_to_the_builder():
    lines = (ROOT / ".dockerignore").read_text().split()
    assert "*" in lines
    assert {line for line in lines if line.startswith("!data")} == {"!data/models", "!data/demo"}


def test_it_does_not_run_as_root():
    assert re.search(r"^USER [1-9]\d*", DOCKERFILE, re.MULTILINE)
