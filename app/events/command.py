"""``--exec``: a command for each event, which it finds as a line of JSON on its standard input. No shell is asked."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time

from app.events.event import SpeakerEvent
from utils import BadInput, HeardError

LONGEST_S = 10.0
"""A command that takes longer is ended, with all that it started."""
POLL_S = 0.1


class Command:
    """Runs one process at a time. What it prints goes to standard error: standard output may carry something else."""

    def __init__(self, line: str, longest_s: float = LONGEST_S):
        """``line``: a program and its arguments, with quotes as a shell has them. Raises BadInput."""
        self._words, self._longest_s = split_command(line), longest_s

    def deliver(self, event: SpeakerEvent, give_up: threading.Event) -> None:
        """Run it for one event. Raises HeardError if it cannot be started, fails or takes too long."""
        try:
            process = subprocess.Popen(
                self._words, stdin=subprocess.PIPE, stdout=_errors(), stderr=_errors(), start_new_session=True
            )
        except OSError as error:
            raise HeardError(f"it cannot be started ({error.strerror or error}).") from None
        with process:
            with contextlib.suppress(OSError):  # it did not care to read
                process.stdin.write(f"{event.line()}\n".encode())
                process.stdin.close()
            ends = time.monotonic() + self._longest_s
            while process.poll() is None:
                if time.monotonic() > ends or give_up.is_set():
                    _kill(process)
                    raise HeardError(f"it was ended: it took more than {self._longest_s:g} s.")
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(POLL_S)
        if process.returncode:
            raise HeardError(f"it ended with code {process.returncode}.")


def split_command(line: str) -> list[str]:
    """The words of a command. Raises BadInput for quotes that do not match, and for a program that is not there."""
    try:
        words = shlex.split(line, posix=os.name == "posix")
    except ValueError as error:
        raise BadInput(f"--exec {line}: {str(error).lower()}.") from None
    if not words:
        raise BadInput("--exec: name a command.")
    if shutil.which(words[0]) is None:
        raise BadInput(f"--exec: there is no program {words[0]}.")
    return words


def _kill(process: subprocess.Popen) -> None:
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _errors() -> int:
    """Standard error, where there is one."""
    try:
        return sys.__stderr__.fileno()
    except (AttributeError, OSError, ValueError):
        return subprocess.DEVNULL
