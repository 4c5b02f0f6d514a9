"""Live identification: says who is speaking. A window, or with --terminal (or no display) lines of text."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

from app.cli.options import (
    add_channel_option,
    add_compute_option,
    add_event_options,
    add_export_options,
    add_model_option,
    event_options,
    export_options,
)
from app.cli.program.examples import examples
from app.session import SessionOptions, microphone_problem


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="test.py", description=__doc__, **examples("live"))
    parser.add_argument("--terminal", action="store_true", help="text in place of the window")
    parser.add_argument("--file", type=Path, metavar="WAV", help="analyse a recording, and end ('-': standard input)")
    add_channel_option(parser)
    parser.add_argument("--realtime", action="store_true", help="play the file at its natural pace")
    parser.add_argument("--demo", action="store_true", help="the bundled conversation with its three enrolled people")
    parser.add_argument(
        "--device",
        metavar="NAME",
        help='microphone, by a part of its name (python -m app devices); "computer": what this computer plays; "both"',
    )
    add_model_option(parser)
    parser.set_defaults(model=None)  # the window remembers which was chosen in it
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="where recordings and voiceprints are (default: data/)"
    )
    parser.add_argument(
        "--threshold", type=float, metavar="T", help="cosine that a name needs, in place of the model's own"
    )
    parser.add_argument(
        "--expect",
        type=expected,
        default=(),
        metavar="NAMES",
        help='only these can be here, such as "Ana,Ben": surer of them, and nobody else gets a name',
    )
    add_compute_option(parser)
    parser.add_argument("--rttm", type=Path, metavar="OUT", help="write who spoke when, corrected by hindsight")
    parser.add_argument(
        "--jsonl", type=Path, metavar="OUT", help="write each answer as a line of JSON ('-': standard output)"
    )
    add_export_options(parser)
    add_event_options(parser)
    return parser.parse_args(argv)


def expected(text: str) -> tuple[str, ...]:
    """For argparse: names between commas, each once. Raises ArgumentTypeError for none."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise argparse.ArgumentTypeError("names of people who are enrolled, with commas between them")
    return names


def run(argv: list[str]) -> int:
    """Listen, or analyse a file, until the end or until it is stopped."""
    arguments = vars(parse(argv))
    terminal, model = arguments.pop("terminal"), arguments.pop("model")
    arguments["exports"], arguments["events"] = export_options(arguments), event_options(arguments)
    options = SessionOptions(**arguments) if model is None else SessionOptions(**arguments, model=model)
    options.check()
    if not terminal and (options.file is None or options.realtime):
        from app.window.display import WindowUnavailable, display_available

        problem = "No display here"
        if display_available():
            from app.window.launch import run_window

            try:
                return run_window(options, recall_model=model is None)
            except WindowUnavailable as error:
                problem = str(error).rstrip(".")
        print(f"{problem}: running in the terminal.", file=sys.stderr)
    if not options.demo and options.file is None and options.device is None and (problem := microphone_problem()):
        print(f"{problem} Playing the bundled demo conversation instead.", file=sys.stderr)
        options = dataclasses.replace(options, demo=True)
    from app.terminal.view import run_terminal

    return run_terminal(options)
