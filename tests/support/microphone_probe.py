"""Listens to a microphone and reports, for the tests: a line of JSON for each event, the sound to a file.

usage: microphone_probe.py OUT.npy [--device D] [--rate HZ] [--min S] [--max S] [--channel N]. Reads
commands: "nap S" (reads nothing for so long) and "stop", or the end of its input.
"""

from __future__ import annotations

import argparse
import json
import queue
import sys
import threading
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from app.audio.microphone import Microphone
from app.audio.source import SourceState
from utils import run_cli


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--device")
    parser.add_argument("--rate", type=int)
    parser.add_argument("--min", type=float, default=0.1)
    parser.add_argument("--max", type=float, default=5.0)
    parser.add_argument("--channel", type=int)
    options = parser.parse_args()
    microphone = Microphone(options.device, rate=options.rate, channel=options.channel)
    microphone.start()
    commands: queue.Queue[str] = queue.Queue()

    def obey() -> None:
        for line in sys.stdin:
            commands.put(line.strip())
        microphone.stop()  # from another thread than the reader's, in whatever state it is

    threading.Thread(target=obey, daemon=True).start()
    heard, told, notice = [], None, ""
    while True:
        block = microphone.read(options.min, options.max)
        status = microphone.status
        notice = status.notice or notice
        if (status.state, status.device) != told:
            told = (status.state, status.device)
            tell("state", state=status.state.value, message=status.message, device=status.device, rate=status.rate)
        if block is not None:
            heard.append(block.samples)
            tell("block", start=block.start_s, end=block.end_s, dropped=block.dropped_s)
        if status.state is SourceState.ENDED:
            break
        while not commands.empty():
            command = commands.get().split()
            if command[0] == "nap":
                time.sleep(float(command[1]))
            elif command[0] == "stop":
                microphone.stop()
                microphone.stop()
    np.save(options.out, np.concatenate(heard) if heard else np.zeros(0, np.float32))
    tell("end", dropped=microphone.status.dropped_s, overflows=microphone.status.overflows, notice=notice)


def tell(event: str, **values: object) -> None:
    print(json.dumps({"event": event, "at": time.monotonic(), **values}), flush=True)


if __name__ == "__main__":
    run_cli(main)
