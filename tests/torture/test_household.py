"""A small sample of each part of ``make torture`` that changes a data folder, in processes of their own: they fork."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.torture.disks import one_try

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("part", "count"), [("kills", 24), ("races", 13)])
def test_a_small_sample(part, count):
    command = [sys.executable, "-m", "tests.torture", part, "--count", str(count), "--seed", "5"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("trouble", "name"), [("full", "delete"), ("read-only", "list"), ("full", "rename")])
def test_a_disk_in_trouble(trouble, name):
    try:
        problem = one_try(trouble, name)
    except subprocess.CalledProcessError:
        pytest.skip("no permission to mount a small disk: run as root to try a full one")
    assert problem == ""
