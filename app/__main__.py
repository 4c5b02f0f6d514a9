"""``python -m app VERB ...``: one verb, one small file in ``app/commands/``."""

from __future__ import annotations

import importlib
import pkgutil
import sys

from app import commands
from utils import BadInput, run_cli


def main() -> int:
    verbs = sorted(module.name for module in pkgutil.iter_modules(commands.__path__) if module.name[0] != "_")
    argv = sys.argv[1:]
    if not argv or argv[0] in {"-h", "--help"}:
        print("usage: python -m app VERB ...\n")
        for verb in verbs:
            summary = (importlib.import_module(f"app.commands.{verb}").__doc__ or "").strip().splitlines()[0]
            print(f"  {verb:<12}{summary.split(': ', 1)[-1]}")
        print("\n`python -m app VERB --help` tells more. `python test.py` is the program itself.")
        return 0
    if argv[0] not in verbs:
        raise BadInput(f"there is no verb {argv[0]!r}: use one of {', '.join(verbs)}.")
    return importlib.import_module(f"app.commands.{argv[0]}").run(argv[1:])


if __name__ == "__main__":
    run_cli(main)
