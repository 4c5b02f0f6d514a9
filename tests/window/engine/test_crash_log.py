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
    assert "ValueError\n" in log
    assert "oh no" not in log.replace(trouble, "")  # what it says may be somebody's name
    assert "Traceback" in done.stderr  # for who has a terminal
    assert (tmp_path / "data" / "crash.log").stat().st_mode & 0o077 == 0


NAMED = """
import logging
def find(people, name):
    try:
        open(f"/nowhere/speakers/{name}/001.wav")
    except OSError as error:
        try:
            people[name]
        except KeyError as missing:
            raise ValueError(f"nobody is called {name}") from missing
try:
    find({{}}, sys.argv[2])
except ValueError as error:
    logging.getLogger("heard").error("of %s: ", sys.argv[2], exc_info=error)
(lambda: None).missing
"""


def test_nobodys_name_is_written_down(tmp_path):
    program = PROGRAM.format(trouble=NAMED.replace("{{}}", "{}"))
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path, "Clementine"], cwd=ROOT, capture_output=True, text=True
    )
    log = (tmp_path / "crash.log").read_text()
    assert "Clementine" not in log
    assert "AttributeError: 'function' object has no attribute 'missing'" in log
    assert "has no attribute 'missing'" in done.stderr
    kinds = [line for line in log.splitlines() if line[:1].isalpha() and "Error" in line.split(":")[0]]
    assert kinds[:3] == ["FileNotFoundError: No such file or directory", "KeyError", "ValueError"]


def test_a_log_of_an_older_version_is_begun_anew(tmp_path):
    (tmp_path / "crash.log").write_text("--- started\nValueError: nobody is called Clementine\n")
    run(tmp_path, "")
    assert "Clementine" not in (tmp_path / "crash.log").read_text()


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
