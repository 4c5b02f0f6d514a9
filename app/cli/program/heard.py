"""The command ``heard``, in a clone ``python -m app``: a verb and what it takes, or the window."""

from __future__ import annotations

import sys
from importlib import import_module

from app.about import VERSION
from app.cli import VERBS
from app.cli.program.examples import EXAMPLES
from utils import BadInput, is_clone, run_cli


def main() -> None:
    """Do what the command line says, and leave the process."""
    run_cli(lambda: run(sys.argv[1:]))


def run(argv: list[str]) -> int:
    """A verb's exit code. Without a verb the program itself starts; in a clone, which has test.py for that, help is
    shown."""
    if argv[:1] in (["-h"], ["--help"]) or (not argv and is_clone()):
        print(overview())
        return 0
    if argv[:1] == ["--version"]:
        print(f"Heard {VERSION}")
        return 0
    if not argv or argv[0].startswith("-"):
        argv = ["live", *argv]
    if argv[0] not in VERBS:
        raise BadInput(f"there is no verb {argv[0]!r}: use one of {', '.join(VERBS)}.")
    return import_module(VERBS[argv[0]]).run(argv[1:])


def overview() -> str:
    """Every verb in a line, and where to go on."""
    lines = ["usage: python -m app [VERB] ...", "       python -m app --version", ""]
    for verb, module in VERBS.items():
        summary = (import_module(module).__doc__ or "").strip().splitlines()[0]
        lines.append(f"  {verb:<19}{summary.split(': ', 1)[-1] if summary.startswith('``') else summary}")
    lines += ["", "examples:", *(f"  {EXAMPLES[verb][0]}" for verb in ("live", "record", "build", "verify"))]
    lines += ["", "`python -m app VERB --help` tells more. `python test.py` is the program itself."]
    return "\n".join(lines)
