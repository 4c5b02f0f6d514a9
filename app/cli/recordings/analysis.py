"""Who spoke when in a recording, for commands that do something with it: heard now, or read from an export."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.audio.reading.opening import is_pipe
from app.audio.reading.reader import audio_length
from app.cli.options import add_channel_option, add_compute_option, add_model_option
from app.exports.document import Document
from app.exports.reading import read_export
from app.session import Session, SessionOptions


def add_analysis_options(parser: argparse.ArgumentParser) -> None:
    """What ``turns_of`` takes."""
    parser.add_argument(
        "--timeline",
        type=Path,
        metavar="FILE",
        help="who spoke when, from an earlier export (.json, .csv, .rttm), in place of hearing the recording again",
    )
    add_channel_option(parser)
    add_model_option(parser)
    parser.add_argument("--data", type=Path, metavar="DIR", help="where recordings and voiceprints are")
    parser.add_argument("--threshold", type=float, metavar="T", help="cosine that a name needs")
    add_compute_option(parser)


def session_options(options: argparse.Namespace) -> SessionOptions:
    """Of a command line with a FILE. Raises BadInput for what is wrong before anything slow is loaded."""
    found = SessionOptions(
        file=options.file,
        channel=options.channel,
        model=options.model,
        data=options.data,
        threshold=options.threshold,
        compute=options.compute,
    )
    found.check()
    return found


def turns_of(options: argparse.Namespace) -> Document:
    """Who spoke when in ``options.file``. Raises BadInput and HeardError, in one line."""
    if options.timeline is not None:
        return read_export(options.timeline)
    from tqdm import tqdm

    asked = session_options(options)
    session = Session(asked)
    session.open()
    if session.notice:
        print(session.notice, file=sys.stderr)
    length_s = None if is_pipe(asked.file) else audio_length(asked.file).seconds
    with tqdm(total=length_s and round(length_s), unit="s", leave=False, disable=not sys.stderr.isatty()) as bar:
        for answer in session.run():
            bar.update(int(answer.time_s) - bar.n)
    for notice in session.sound_notices:
        print(notice, file=sys.stderr)
    return session.document()
