"""What is written down when something goes wrong, in processes that really fail."""

from __future__ import annotations

import subprocess
import sys

import pytest

from utils import ROOT

PROGRAM = """
import sys, threading
from pathlib import Path
from app.window.engine.crash_log import CrashLog
log = CrashLog(Path(sys.argv[1]), on_error=lambda line: print("told:", line))
print("before:", log.install())
{trouble}
log.close()
"""


def run(folder, trouble: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(trouble=trouble), folder], cwd=ROOT, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    "trouble",
    ["raise ValueError('oh no')", "t = threading.Thread(target=lambda: int('oh no')); t.start(); t.join()"],
)
def test_errors_of_any_thread_are_written_down_and_told(trouble, tmp_path):
    done = run(tmp_path / "data", trouble)
    assert "told: ValueError" in done.stdout
    log = (tmp_path / "data" / "crash.log").read_text()
    assert "Traceback" in log
    assert "oh no" in log
    assert "Traceback" in done.stderr  # for who has a terminal
    assert (tmp_path / "data" / "crash.log").stat().st_mode & 0o077 == 0


def test_what_the_engine_reports_is_written_down(tmp_path):
    run(tmp_path, "import logging; logging.getLogger('heard').error('the engine stopped')")
    assert "the engine stopped" in (tmp_path / "crash.log").read_text()


def test_a_fault_is_found_at_the_next_start_and_not_again(tmp_path):
    died = run(tmp_path, "import os; os.abort()")
    assert died.returncode < 0
    assert "before: True" in run(tmp_path, "").stdout
    assert "before: False" in run(tmp_path, "").stdout


def test_an_end_by_the_user_is_no_crash(tmp_path):
    run(tmp_path, "raise KeyboardInterrupt")
    assert "Traceback" not in (tmp_path / "crash.log").read_text()
    assert "before: False" in run(tmp_path, "").stdout


def test_a_folder_that_cannot_be_written_to_is_borne(tmp_path):
    (tmp_path / "file").write_text("")
    done = run(tmp_path / "file" / "data", "raise ValueError('oh no')")
    assert "told: ValueError" in done.stdout


def test_the_log_does_not_grow_for_ever(tmp_path):
    (tmp_path / "crash.log").write_text("x" * 2_000_000)
    run(tmp_path, "")
    assert (tmp_path / "crash.log").stat().st_size < 1000
