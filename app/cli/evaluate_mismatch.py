"""``python -m app evaluate --mismatch``: other days, telephones, codecs, rooms, noise on the two sides of a trial."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.evaluate_table import check_recordable, command, corpora, encoder_of, record_rows
from app.cli.evaluation.mismatch_table import table_header, table_row
from app.cli.progress import print_left_out, progress_bar
from app.corpus.left_out import LeftOut
from utils import BadInput

if TYPE_CHECKING:
    import numpy as np

    from app.evaluation.conditions.recordings import Recording

SHARED = ("conditions", "markdown", "noise", "record")
"""Options of others that it has, too."""
SESSIONS = "sessions"
"""The part whose rows go into a model's card: calls of other days, apart from speech of one day."""


def add_options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Add nothing: it has options that others have, see SHARED."""
    return []


def run(options: argparse.Namespace) -> int:
    """Measure and print a row for each condition, and for each corpus and number of people enrolled."""
    from app.evaluation.conditions.benchmark import Benchmark
    from app.evaluation.conditions.conditions import choose, missing_lines

    chosen = choose(options.conditions or ())
    _tell_missing(missing_lines(chosen.conditions))
    check_recordable(options)
    if options.record and not chosen.sessions:
        raise BadInput("--record: only rows of --conditions sessions go into a card.")
    encoder, left_out = encoder_of(options), []
    rule = encoder.rule() if "threshold" in encoder.card else None
    if rule is None:
        print("heard: the model's card says no threshold: what a rule would decide is left out.", file=sys.stderr)
    recordings, noises = _recordings(options, left_out), _noises(options)
    bar = progress_bar("conditions")(range(len(chosen.conditions)))
    rows, part = [], ""
    with bar:
        benchmark = Benchmark(recordings, encoder, rule, noises, on_line=bar.set_postfix_str)
        for row in benchmark.run(chosen):
            rows.append(row)
            bar.update(row["part"] == "conditions")
            if not options.json:
                with bar.external_write_mode():
                    if row["part"] != part:
                        print(("\n" if part else "") + table_header(row["part"], options.markdown))
                    print(table_row(row, options.markdown), flush=True)
            part = row["part"]
    if not rows:
        raise BadInput(f"{', '.join(options.mismatch)}: nothing in it for these conditions.")
    if options.record:
        calls = [row for row in rows if row["part"] == SESSIONS]
        made_by = command(options, "--mismatch", options.mismatch[-1], [f"--conditions {SESSIONS}"])
        record_rows(options, SESSIONS, calls, made_by)
    if options.json:
        print(json.dumps([{"model": encoder.model_id, **row} for row in rows]))
    return print_left_out(left_out, "clips", strict=options.strict)


def _tell_missing(lacking: dict[str, str]) -> None:
    """Name the lines that this machine lacks, in one line on stderr."""
    needs = [
        f"{', '.join(side for side in lacking if lacking[side] == need)} (no {need} on this machine)"
        for need in dict.fromkeys(lacking.values())
    ]
    if needs:
        print(f"heard: left out {'; '.join(needs)}", file=sys.stderr)


def _recordings(options: argparse.Namespace, left_out: list[LeftOut]) -> list[Recording]:
    from app.evaluation.conditions.recordings import read_recordings

    found: list[Recording] = []
    for table in options.mismatch:
        asked, chosen = options.corpus, argparse.Namespace(**{**vars(options), "corpus": None})
        for corpus, clips in corpora(chosen, table, left_out):
            if not asked or corpus in asked:
                found += read_recordings(clips, left_out, progress_bar(f"{corpus} speech"))
    there = {recording.clip.corpus for recording in found}
    if wrong := [corpus for corpus in options.corpus or () if corpus not in there]:
        raise BadInput(f"{', '.join(options.mismatch)}: no clips of a corpus named {wrong[0]!r}.")
    return found


def _noises(options: argparse.Namespace) -> tuple[np.ndarray, ...]:
    """The recordings of the folder that is named, else of the usual one if it is there."""
    from app.audio.reading.reader import read_audio
    from app.corpus.manifest import recordings_in

    folder = Path(options.noise) if options.noise else Path(options.mismatch[0]).parent / "noise"
    files = recordings_in(folder) if folder.is_dir() else []
    if options.noise and not files:
        raise BadInput(f"{folder}: no folder with recordings in it.")
    return tuple(read_audio(file) for file in files)
