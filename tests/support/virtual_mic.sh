#!/bin/sh
# usage: tests/support/virtual_mic.sh COMMAND...
# Runs COMMAND where the only microphone is a virtual one, "mic", silent until "paplay -d mic X.wav" plays into it.
exec python3 "$(dirname "$0")/virtual_sound.py" "$@"
