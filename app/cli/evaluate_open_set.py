"""``python -m app evaluate --open-set``: the naming of a few enrolled people of each corpus of a table."""

from __future__ import annotations

import argparse
import sys

from app.cli.evaluate_table import TableRows, corpora, models
from app.cli.progress import progress_bar
from app.corpus.left_out import LeftOut
from utils import BadInput


def add_options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Add nothing: ``--open-set`` has no options that others have not."""
    return []


def run(options: argparse.Namespace) -> int:
    """Measure and print a row for each corpus and model. A corpus with too few people is left out, unless asked for."""
    from app.evaluation.open_set import OpenSetConfig, embed_speaker, measure_open_set, split_speakers

    config, measured = OpenSetConfig(), models(options)
    header = "corpus                  right   90 % interval    misnamed  closed set"
    rows = TableRows(options, "open_set", header, _line)
    left_out: list[LeftOut] = []
    for corpus, clips in corpora(options, options.open_set, left_out):
        try:
            people = split_speakers(clips, config, progress_bar(f"{corpus} speech"))
        except BadInput as error:
            if options.corpus:
                raise
            print(f"heard: left out {corpus}: {error}", file=sys.stderr)
            continue
        for model in measured:
            speakers = [embed_speaker(one, model.embed) for one in progress_bar(f"{corpus} {model.name}")(people)]
            row = measure_open_set(speakers, config, model.cohort, model.rule)
            rows.add({"model": model.name, "corpus": corpus, **row})
    return rows.finish("--open-set", options.open_set, left_out)


def _line(row: dict) -> str:
    low, high = row["right_interval"]
    right = f"{row['right']:>7.1%}{f'{low:.1%} - {high:.1%}':>18}"
    return f"{row['corpus'] or '-':<22}{right}{row['misnamed']:>10.1%}{row['closed_set']:>12.1%}"
