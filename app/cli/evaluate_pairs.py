"""``python -m app evaluate --pairs``: all pairs of the clips of each corpus of a table."""

from __future__ import annotations

import argparse

from app.cli.evaluate_table import TableRows, corpora, models
from app.cli.progress import progress_bar
from app.corpus.left_out import LeftOut


def add_options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Add the options that only ``--pairs`` has, and return them."""
    group = parser.add_argument_group("with --pairs")
    return [
        group.add_argument(
            "--crop-s",
            type=float,
            nargs="+",
            default=[0.0],
            metavar="S",
            help="the middle S seconds of each clip; 0 is all of it; several make several rows",
        ),
        group.add_argument(
            "--noisy", action="store_true", help="besides, each clip in a room and with noise 10 dB below"
        ),
    ]


def run(options: argparse.Namespace) -> int:
    """Measure and print a row for each corpus, length, condition and model."""
    from app.evaluation.pairs import measure_model, noisy

    measured = models(options)
    header = "EER  90 % interval      FA / FR at own threshold  gender right of told"
    rows = TableRows(options, "figures", f"corpus                      crop      {header}", _line)
    left_out: list[LeftOut] = []
    for corpus, clips in corpora(options, options.pairs, left_out):
        for crop_s in options.crop_s:
            for degrade in (None, noisy)[: 1 + options.noisy]:
                for model in measured:
                    bar = progress_bar(f"{corpus} {model.name}")
                    row = measure_model(model, clips, crop_s, bar, degrade, left_out)
                    condition = {"crop_s": crop_s, "noisy": degrade is not None}
                    rows.add({"model": model.name, "corpus": corpus, **condition, **row})
    words = ["--crop-s", *(f"{seconds:g}" for seconds in options.crop_s), *["--noisy"] * options.noisy]
    return rows.finish("--pairs", options.pairs, left_out, words)


def _line(row: dict) -> str:
    low, high = row["eer_interval"]
    crop = (f"{row['crop_s']:g} s" if row["crop_s"] else "full") + (" noisy" if row["noisy"] else "")
    line = f"{row['corpus'] or '-':<22}{crop:>12}{row['eer']:>9.2%}  {f'{low:.2%} - {high:.2%}':<17}"
    at, gender = row.get("at_default"), row.get("gender")
    own = f"{at['false_accepts']:.2%} / {at['false_rejects']:.2%}" if at else ""
    answers = f"{gender['right']:.1%} of {gender['answered']:.1%}" if gender and gender["right"] is not None else ""
    return f"{line}{own:>26}{answers:>22}"
