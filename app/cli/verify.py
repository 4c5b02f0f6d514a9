"""``python -m app verify A B``: whether one person speaks in both files, or in each pair of a list."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from app.cli.options import add_compute_option, add_model_option, add_one_channel_option, add_strict_option
from app.cli.program.examples import examples
from app.cli.progress import print_left_out
from app.corpus.find import locate
from app.corpus.left_out import SHOWN, LeftOut
from app.corpus.pairs import open_pairs
from utils import BadInput, HeardError


def run(argv: list[str]) -> int:
    """Compare the voices of two files, each with one person speaking, or of many such pairs."""
    options = _parse(argv)
    from app.embedding.load import load_encoder
    from app.verification import Verifier

    count = _count(options.pairs) if options.pairs else 0
    verifier = Verifier(
        load_encoder(options.model, compute=options.compute),
        options.threshold,
        pipes=not options.pairs,
        channel=options.channel,
    )
    if options.pairs:
        return _many(verifier, count, options)
    answer = verifier.verify(options.a, options.b)
    if options.json:
        print(json.dumps(answer.as_json()))
        return 0
    verdict = "the same person" if answer.same else "not the same person, or not surely"
    print(f"{verdict}: score {answer.score:.3f}, needs {answer.threshold:.3f}; probability {answer.probability:.0%}")
    print(f"speech used: {answer.speech_s[0]:.1f} s and {answer.speech_s[1]:.1f} s")
    for path, warnings in zip((options.a, options.b), answer.warnings, strict=True):
        if warnings:
            print(f"{path}: {', '.join(warnings)}")
    return 0


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app verify", description=__doc__, **examples("verify"))
    parser.add_argument("a", metavar="A", nargs="?", help="an audio file")
    parser.add_argument("b", metavar="B", nargs="?", help="another")
    parser.add_argument(
        "--pairs", metavar="LIST", help='many pairs: lines such as "a.wav b.wav", a csv, trials; docs/lists.md has all'
    )
    parser.add_argument("--audio-root", metavar="DIR", help="with --pairs: where the files are (default: beside it)")
    add_one_channel_option(parser, "the files")
    add_model_option(parser)
    parser.add_argument("--threshold", type=float, metavar="T", help="score in place of the model's own threshold")
    add_compute_option(parser)
    add_strict_option(parser)
    parser.add_argument("--json", action="store_true", help="print JSON; with --pairs an object a line")
    options = parser.parse_args(argv)
    if bool(options.pairs) == bool(options.a) or bool(options.a) != bool(options.b):
        parser.error("give two files, or --pairs LIST")
    return options


def _count(path: str) -> int:
    """How many pairs a list has. Raises BadInput, before any is compared, for a line that is none."""
    if count := sum(1 for _ in open_pairs(path)):
        return count
    raise BadInput(f"{path}: no pairs in it.")


def _many(verifier, count: int, options: argparse.Namespace) -> int:
    """A line for each pair; one with a file that cannot be used says so. HeardError if no pair can be compared."""
    from tqdm import tqdm

    folder, compared, left_out = Path(options.audio_root or Path(options.pairs).parent), 0, []
    with tqdm(open_pairs(options.pairs), total=count, unit="pair", disable=not sys.stderr.isatty()) as bar:
        for pair in bar:
            a, b = pair.enrol, pair.test
            try:
                answer = verifier.verify(locate(folder, a), locate(folder, b))
            except BadInput as error:
                if len(left_out) < SHOWN:
                    left_out.append(LeftOut(f"{a} {b}", str(error)))
                line = json.dumps({"a": a, "b": b, "error": str(error)}) if options.json else f"error  {error}"
            else:
                compared += 1
                line = json.dumps({"a": a, "b": b, **answer.as_json()}) if options.json else _line(a, b, answer)
            with bar.external_write_mode():
                print(line, flush=True)
    code = print_left_out(left_out, "pairs", count, count=count - compared, strict=options.strict)
    if not compared:
        raise HeardError("no pair could be compared.")
    return code


def _line(a: str, b: str, answer) -> str:
    doubts = "; ".join(
        f"{'AB'[side]}: {', '.join(warnings)}" for side, warnings in enumerate(answer.warnings) if warnings
    )
    line = f"{'same' if answer.same else 'other':<6} {answer.score:6.3f} {answer.probability:5.0%}  {a}  {b}"
    return f"{line}  ({doubts})" if doubts else line
