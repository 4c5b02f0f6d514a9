"""Guided enrolment: records a person's voice, a few short samples: near, a step back, and softly."""

import sys

from app.cli.program.record import run
from utils import run_cli

if __name__ == "__main__":
    run_cli(lambda: run(sys.argv[1:]))
