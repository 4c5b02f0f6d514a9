"""Make voiceprints of what was recorded, or of a folder of audio files, and tell how good they are."""

import sys

from app.cli.program.build import run
from utils import run_cli

if __name__ == "__main__":
    run_cli(lambda: run(sys.argv[1:]))
