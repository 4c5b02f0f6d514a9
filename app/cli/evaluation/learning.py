"""``python -m app evaluate --learning``: what comes of speech that is offered to be added to a voiceprint."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from app.cli.evaluate_table import corpora, encoder_of
from app.cli.progress import print_left_out, progress_bar
from app.corpus.left_out import LeftOut

HEADER = (
    "calls                          people  heard  offered  offers  wrong   3 s missed: before  after"
    "   of those offered: before  after   strangers named: before  after"
)


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
            print(_line(rows[-1]), flush=True)
    calls, offers = benchmark.hear_strangers(progress_bar("strangers"))
    if options.json:
        print(json.dumps({"model": encoder.model_id, "rows": rows, "stranger_calls": calls, "stranger_offers": offers}))
    else:
        print(f"{calls} calls of strangers gave {offers} offers, all of them wrong.")
    return print_left_out(left_out, "clips", strict=options.strict)


def _line(row: dict) -> str:
    missed = [_share(count, row["pieces"]) for count in row["missed"]]
    offered = [_share(count, row["offered_pieces"]) for count in row["offered_missed"]]
    named = [_share(count, row["strangers"]) for count in row["named"]]
    return (
        f"{row['calls']:<30} {row['people']:>6} {row['rotations']:>6} {row['offered']:>8} {row['offers']:>7}"
        f" {row['wrong']:>6} {missed[0]:>20} {missed[1]:>6} {offered[0]:>26} {offered[1]:>6}"
        f" {named[0]:>25} {named[1]:>6}"
    )


def _share(count: int, of: int) -> str:
    return f"{count / of:.1%}" if of else "-"
