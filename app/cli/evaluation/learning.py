"""``python -m app evaluate --learning``: what comes of speech that is offered to be added to a voiceprint."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from app.cli.evaluate_table import corpora, encoder_of
from app.cli.progress import print_left_out, progress_bar
from app.corpus.left_out import LeftOut

HEADER = (
    "calls                          people  heard  offered  offers  wrong"
    "   3 s missed: before  offers    all   of those offered: before  offers    all"
    "   strangers named: before  offers    all"
)
"""Of each rate: before, with the offers that came, and with all of the second call."""


WIDTHS = (7, 7, 9, 8, 7)


def add_options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Add nothing: ``--learning`` has no options that others have not."""
    return []


def run(options: argparse.Namespace) -> int:
    """Measure, and print a row for those of three calls and more, one for those of two, and what strangers gave."""
    from app.evaluation.conditions.recordings import read_recordings
    from app.evaluation.learning import LearningBenchmark

    encoder, left_out = encoder_of(options), list[LeftOut]()
    recordings = []
    for corpus, clips in corpora(options, options.learning, left_out):
        recordings += read_recordings(clips, left_out, progress_bar(f"{corpus} speech"))
    benchmark = LearningBenchmark(recordings, encoder)
    rows = []
    if not options.json:
        print(HEADER)
    for group, rotations in benchmark.groups().items():
        if not rotations:
            continue
        counts = asdict(benchmark.run(rotations, progress_bar(group)))
        rows.append({"calls": group, "people": len({rotation.speaker for rotation in rotations}), **counts})
        if not options.json:
            print(table_line(rows[-1]), flush=True)
    calls, offers = benchmark.hear_strangers(progress_bar("strangers"))
    if options.json:
        print(json.dumps({"model": encoder.model_id, "rows": rows, "stranger_calls": calls, "stranger_offers": offers}))
    else:
        print(f"{calls} calls of strangers gave {offers} offers, all of them wrong.")
    return print_left_out(left_out, "clips", strict=options.strict)


def table_line(row: dict) -> str:
    """A row under ``HEADER``."""
    counted = ("people", "rotations", "offered", "offers", "wrong")
    rates = (("missed", "pieces", 21), ("offered_missed", "offered_pieces", 27), ("named", "strangers", 26))
    parts = [f"{row['calls']:<30}", *(f"{row[name]:>{width}}" for name, width in zip(counted, WIDTHS, strict=True))]
    for rate, of, width in rates:
        shares = [_share(count, row[of]) for count in row[rate]]
        parts.append(f"{shares[0]:>{width}}{shares[1]:>8}{shares[2]:>7}")
    return "".join(parts)


def _share(count: int, of: int) -> str:
    return f"{count / of:.1%}" if of else "-"
