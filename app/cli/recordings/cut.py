"""``python -m app cut``: writes one sound file for each speaker of a recording."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.audio.channels_source import EACH
from app.audio.reading.opening import check_pipe, is_pipe
from app.cli.program.examples import examples
from app.cli.recordings.analysis import add_analysis_options, session_options, turns_of
from app.exports.voices import cut_voices
from app.outputs import check_source_folder
from utils import BadInput, HeardError


def run(argv: list[str]) -> int:
    """Write them, and say what is in each."""
    options = _parse(argv)
    if is_pipe(options.file):
        check_pipe(options.file)
        raise BadInput(f"{options.file}: a pipe cannot be read twice; save it to a file first.")
    _check_folder(options)
    if options.timeline is None:
        session_options(options)
    turns = turns_of(options).turns
    if not turns:
        raise HeardError(f"{options.file}: nobody speaks in it.")
    channel = None if options.channel == EACH else options.channel
    for cut in cut_voices(options.file, turns, options.out, keep_gaps=options.gaps == "keep", channel=channel):
        print(f"{cut.path}: {cut.label}, {cut.speech_s:.1f} s")
    return 0


def _check_folder(options: argparse.Namespace) -> None:
    """Raise BadInput for a folder that is none, or that the program keeps its own files in."""
    if options.out.exists() and not options.out.is_dir():
        raise BadInput(f"--out {options.out}: this is a file; name a folder.")
    check_source_folder("--out", options.out, options.data)


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app cut", description=__doc__, **examples("cut"))
    parser.add_argument("file", metavar="FILE", type=Path, help="the recording, sound or video")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder that the files go to")
    parser.add_argument(
        "--gaps",
        choices=["drop", "keep"],
        default="drop",
        help="drop: turns follow one another; keep: silence where others speak, so that all stay in time",
    )
    add_analysis_options(parser)
    return parser.parse_args(argv)
