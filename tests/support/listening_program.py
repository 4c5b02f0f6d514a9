"""A program of ours on a virtual sound card, watched line by line."""

from __future__ import annotations

import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

from tests.support.virtual_sound import VirtualSound
from utils import ROOT


class Program:
    """A program on this sound card, and the lines that it prints."""

    def __init__(self, sound: VirtualSound, *command: object):
        self.process = subprocess.Popen(
            [sys.executable, *map(str, command)],
            env={**sound.env, "QT_QPA_PLATFORM": "offscreen", "PYTHONFAULTHANDLER": "1"}, cwd=ROOT, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.lines: list[str] = []
        self._news: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self._news.put(line)

    def wait_for(self, wanted: Callable[[str], bool], timeout_s: float = 30.0) -> str:
        """The next line of that kind."""
        end = time.monotonic() + timeout_s
        while True:
            try:
                self.lines.append(self._news.get(timeout=max(0.0, end - time.monotonic())).strip())
            except queue.Empty:
                raise AssertionError(f"it did not come in {timeout_s} s; the last were {self.lines[-5:]}") from None
            if wanted(self.lines[-1]):
                return self.lines[-1]

    def says(self, text: str, timeout_s: float = 30.0) -> str:
        return self.wait_for(lambda line: text in line, timeout_s)

    def unread(self) -> list[str]:
        """The lines that have come since the last one that was looked at."""
        lines = []
        while not self._news.empty():
            lines.append(self._news.get().strip())
        self.lines += lines
        return lines

    def ends(self, number: int = signal.SIGINT) -> float:
        """Tell it to end; the seconds that it takes. AssertionError after half a minute, with its threads' stacks."""
        self.process.send_signal(number)
        began = time.monotonic()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)
            raise AssertionError("it does not end:\n" + "\n".join(self.rest()[-80:])) from None
        finally:
            self.process.kill()
        return time.monotonic() - began

    def rest(self) -> list[str]:
        """All lines, when it has ended."""
        self.process.wait(30)
        self._reader.join(5)
        self.unread()
        return self.lines
