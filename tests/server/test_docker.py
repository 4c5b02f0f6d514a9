"""The image: what the Dockerfile copies is all that a server needs, without the packages that it leaves out."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path

import pytest

from utils import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
GROUPS = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
APP = (ROOT / "requirements.txt").read_text()
LEFT_OUT = ("PySide6", "sounddevice", "torchaudio", "scipy")
"""What the app imports and the image does not have."""


@pytest.fixture
def image(tmp_path) -> Path:
    """The program's folder as the image has it."""
    for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.MULTILINE):
        *sources, target = line.split()
        for source in sources:
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, tmp_path / target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, tmp_path / target)
    return tmp_path


def test_what_is_copied_serves_without_what_is_left_out(image, tmp_path_factory):
    hidden = f"sys.modules.update(dict.fromkeys({LEFT_OUT!r}))"  # importing None is an ImportError
    command = ["app", "serve", "--port", "0", "--data", str(tmp_path_factory.mktemp("data"))]
    start = f"import runpy, sys; {hidden}; sys.argv = {command!r}; runpy.run_module('app', run_name='__main__')"
    process = subprocess.Popen(
        [sys.executable, "-c", start], cwd=image, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
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


def test_the_image_has_the_apps_packages_but_those_left_out():
    wanted = {line for line in APP.splitlines() if line and not line.startswith(("#", *LEFT_OUT))}
    assert {*GROUPS["engine"], *GROUPS["sealed"]} == wanted
    assert all({"include-group": name} in GROUPS["server"] for name in ("engine", "sealed"))
    assert all(re.search(rf"^{name}", APP, re.MULTILINE) for name in LEFT_OUT)


def test_nobodys_voice_is_sent_to_the_builder():
    lines = (ROOT / ".dockerignore").read_text().split()
    assert "*" in lines
    assert not [line for line in lines if line.startswith("!data") and line != "!data/models"]


def test_it_does_not_run_as_root():
    assert re.search(r"^USER [1-9]\d*", DOCKERFILE, re.MULTILINE)
