"""``python -m tests.torture PART``: what nobody should do to the program, many times over. ``make torture`` runs all.

A part is a module of this folder with ``COUNT``, how often by default, and ``run(count, seed) -> Counts``.
"""

from __future__ import annotations

import argparse
import sys
import time
from importlib import import_module

PARTS = ("damaged_inputs", "damaged_commands", "kills", "races", "disks", "lost_microphone", "window_day")
"""In the order of ``make torture``."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--count", type=int, metavar="N", help="tries of each part (default: its own)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="which tries (default 1)")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no part is called {', '.join(sorted(unknown))}")
    failed = 0
    for name in options.parts or PARTS:
        part, began = import_module(f"tests.torture.{name}"), time.monotonic()
        counts = part.run(options.count or part.COUNT, options.seed)
        print(f"\n{name}, seed {options.seed}, {time.monotonic() - began:.0f} s\n\n{counts.table()}")
        failed += counts.failed.total()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
