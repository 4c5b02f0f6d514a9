"""``python -m app VERB ...``: one verb, one file in ``app/cli/``."""

from __future__ import annotations

import sys
from importlib import import_module

from app.cli import VERBS
from utils import BadInput, run_cli


def main() -> int:
    argv = sys.argv[1:]
    if not argv or argv[0] in {"-h", "--help"}:
        print("usage: python -m app VERB ...\n")
        for verb, module in VERBS.items():
            summary = (import_module(module).__doc__ or "").strip().splitlines()[0]
            print(f"  {verb:<12}{summary.split(': ', 1)[-1]}")
        print("\n`python -m app VERB --help` tells more. `python test.py` is the program itself.")
        return 0
    if argv[0] not in VERBS:
        raise BadInput(f"there is no verb {argv[0]!r}: use one of {', '.join(VERBS)}.")
    return import_module(VERBS[argv[0]]).run(argv[1:])


if __name__ == "__main__":
    run_cli(main)
