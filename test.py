"""Live identification: says who is speaking. A window, or with --terminal (or no display) lines of text."""

import sys

from app.cli.program.live import run
from utils import run_cli

if __name__ == "__main__":
    run_cli(lambda: run(sys.argv[1:]))
