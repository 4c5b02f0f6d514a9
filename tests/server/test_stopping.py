"""A signal ends the server in a bounded time, whatever a thread of it does."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from app.client import Client
from app.server.process import LAST_S
from tests.support.serving import serving
from utils import HeardError

STUCK = """
import os, runpy, sys
from app.diarisation.recogniser import Recogniser

def never_ends(self, block):
    os.write(2, b"\\nstuck\\n")
    while True:
        pass

Recogniser.step = never_ends
sys.argv = ["app", *sys.argv[1:]]
runpy.run_module("app", run_name="__main__")
"""
"""An engine that goes on for ever at 100 % of a core, as one with a fault did."""


@pytest.mark.slow
def test_a_thread_that_never_ends_does_not_hold_the_process(data, demo_dir):
    with serving(data=data, program=("-c", STUCK)) as (process, address, _):
        client = Client(address, (data / "server-token").read_text().strip(), timeout_s=60)

        def ask() -> None:
            with pytest.raises(HeardError):
                client.timeline(demo_dir / "conversation.flac")

        asking = threading.Thread(target=ask)
        asking.start()
        while (line := process.stdout.readline()) != "stuck\n":
            assert line, "the server ended"
        assert client.health() == "ok"
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
        assert process.wait(LAST_S + 10) == 1
        assert time.monotonic() - began < LAST_S + 5
        asking.join(10)
    assert rest.splitlines()[-1] == "heard: stopped; work that did not end was given up."
    assert "Traceback" not in rest
