"""``python -m app evaluate TRIALS``: how well a model tells same-speaker from different-speaker recordings."""

from __future__ import annotations

import argparse

from app.cli import (
    evaluate_conversations,
    evaluate_mismatch,
    evaluate_open_set,
    evaluate_pairs,
    evaluate_table,
    evaluate_trials,
)
from app.cli.evaluation import learning
from app.cli.options import add_compute_option, add_model_option, add_strict_option
from app.cli.program.examples import examples

PROGRAMS = {
    "trials": (evaluate_trials, "a list of TRIALS"),
    "pairs": (evaluate_pairs, "--pairs"),
    "open_set": (evaluate_open_set, "--open-set"),
    "conversations": (evaluate_conversations, "--conversations"),
    "mismatch": (evaluate_mismatch, "--mismatch"),
    "learning": (learning, "--learning"),
}
"""What is measured, by the option that asks for it -> the file that measures it, and how messages name it."""


def run(argv: list[str]) -> int:
    """Measure a list of trials, all pairs of the clips of a table, the naming of its people, conversations, other days,
    devices and lines, or what is learned of these."""
    program, options = _parse(argv)
    return program.run(options)


def _parse(argv: list[str]):
    """The program that is asked for, and its options."""
    parser = argparse.ArgumentParser(prog="python -m app evaluate", description=__doc__, **examples("evaluate"))
    _add_programs(parser)
    parser.add_argument("--audio-root", metavar="DIR", help="where the files are (default: beside the list)")
    parser.add_argument("--corpus", action="append", help="of a CSV: only this corpus (may be repeated)")
    parser.add_argument("--adults", action="store_true", help="of a CSV: without speakers under 15")
    table = evaluate_table.add_options(parser)
    plain = parser.add_argument(
        "--no-norm", action="store_true", help="plain cosines: without the model's score normalisation"
    )
    parser.add_argument("--json", action="store_true", help="print JSON (rates as fractions) instead of text")
    add_strict_option(parser)
    add_model_option(parser)
    add_compute_option(parser)
    own = {name: module.add_options(parser) for name, (module, _) in PROGRAMS.items()}
    belongs = {
        "trials": [*own["trials"], plain],
        "pairs": [*own["pairs"], *table, plain],
        "open_set": [*own["open_set"], *table, plain],
        "conversations": own["conversations"],
        "learning": own["learning"],
        "mismatch": [action for action in (*own["conversations"], *table) if action.dest in evaluate_mismatch.SHARED],
    }
    options = parser.parse_args(argv)
    asked = [name for name in PROGRAMS if getattr(options, name)]
    if len(asked) != 1:
        parser.error(
            "give a list of TRIALS, --pairs CSV, --open-set CSV, --conversations CSV, --mismatch CSV or --learning CSV"
        )
    module, label = PROGRAMS[asked[0]]
    every = dict.fromkeys(action for actions in belongs.values() for action in actions)
    given = [action for action in every if getattr(options, action.dest) != action.default]
    if wrong := [action.option_strings[0] for action in given if action not in belongs[asked[0]]]:
        parser.error(f"{', '.join(wrong)}: not with {label}")
    if any(seconds < 0 or 0 < seconds < 0.1 for seconds in options.crop_s):
        parser.error("--crop-s: at least 0.1 seconds, or 0 for all")
    return module, options


def _add_programs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "trials",
        nargs="?",
        metavar="TRIALS",
        help='lines such as "1 a.wav b.wav" (1: same speaker) or "a.wav b.wav target", or a csv with target, enrol,'
        " test; docs/lists.md has all",
    )
    parser.add_argument("--pairs", metavar="CSV", help="instead of TRIALS: all pairs of the clips of each corpus in it")
    parser.add_argument(
        "--open-set",
        metavar="CSV",
        help="instead of TRIALS: five people of each corpus enrolled with 20 s, and who said 2 s at 1 %% false accepts",
    )
    parser.add_argument(
        "--conversations",
        metavar="CSV",
        help="instead of TRIALS: conversations made of the clips of each corpus, heard live; docs/conversations.md",
    )
    parser.add_argument(
        "--mismatch",
        nargs="+",
        metavar="CSV",
        help="instead of TRIALS: enrolled one way and heard another: other days, telephones, codecs, rooms, noise;"
        " docs/conditions.md",
    )
    parser.add_argument(
        "--learning",
        metavar="CSV",
        help="instead of TRIALS: enrolled from one session, offered speech added of a second, heard in a third;"
        " docs/people.md",
    )
