"""Guided enrolment: records a person's voice, a few short samples: near, a step back, and softly."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.cli.options import add_model_option, add_one_channel_option
from app.cli.program.examples import examples
from app.enrolment.sentences import codes, system_language
from app.terminal.enrol import EnrolOptions, run_enrolment


def parse(argv: list[str]) -> EnrolOptions:
    parser = argparse.ArgumentParser(prog="record_samples.py", description=__doc__, **examples("record"))
    parser.add_argument("name", metavar="NAME", help="of the person, as it is to be shown")
    parser.add_argument("--samples", type=int, default=3, metavar="N", help="how many (default: 3)")
    parser.add_argument("--seconds", type=float, default=6.0, metavar="S", help="of speech in each (default: 6)")
    parser.add_argument("--device", metavar="NAME", help="microphone, by a part of its name (python -m app devices)")
    parser.add_argument(
        "--file", type=Path, metavar="WAV", help="a file plays the microphone; consecutive stretches are the samples"
    )
    add_one_channel_option(parser, "the microphone or the file")
    parser.add_argument(
        "--language",
        choices=codes(),
        default=system_language(),
        metavar="CODE",
        help=f"of the sentences to read: {', '.join(codes())} (default: the system's)",
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="where recordings are kept (default: data/)")
    add_model_option(parser)
    return EnrolOptions(**vars(parser.parse_args(argv)))


def run(argv: list[str]) -> int:
    """Record until there are enough samples."""
    return run_enrolment(parse(argv))
