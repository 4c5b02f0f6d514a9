"""A test that hangs or takes its process down costs itself, not the run."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.conftest import ROOT

TESTS = """
import os, time, pytest

@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(3))
def test_of_one_group(number):
    if number == 1:
        {accident}

@pytest.mark.parametrize("number", range(8))
def test_alone(number):
    time.sleep(0.05)
"""

CONFTEST = """
import pytest

from tests.support.scheduling import GroupsWithoutWaiting

def pytest_xdist_make_scheduler(config, log):
    return GroupsWithoutWaiting(config, log)
"""


def run(folder, accident: str) -> subprocess.CompletedProcess:
    (folder / "test_some.py").write_text(TESTS.format(accident=accident))
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "pytest.ini").write_text("[pytest]\nfaulthandler_timeout = 1\nfaulthandler_exit_on_timeout = true\n")
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", "--no-loadscope-reorder"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_CURRENT_TEST"):
        environment.pop(name, None)
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_hang_is_ended_and_shown_and_the_rest_is_run(tmp_path):
    done = run(tmp_path, "time.sleep(3600)")
    assert "1 failed, 10 passed" in done.stdout
    assert "in test_of_one_group" in done.stderr


def test_a_crash_costs_one_test_and_the_rest_is_run(tmp_path):
    done = run(tmp_path, "os.abort()")
    assert "1 failed, 10 passed" in done.stdout
