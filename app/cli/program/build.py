"""Make voiceprints of what was recorded, or of a folder of audio files, and tell how good they are.

With --from, the speech of the files is kept in the data folder like a recording (the first minute of a file, three
minutes of a person), so that the voiceprints can be made again when the model changes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.cli.options import add_model_option, add_one_channel_option
from app.cli.program.examples import examples
from app.names import shown_name
from utils import data_dir, stored_name


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="build_voiceprint.py", description=__doc__, **examples("build"))
    parser.add_argument("names", nargs="*", metavar="NAME", help="of the people (default: everybody recorded)")
    parser.add_argument(
        "--from", dest="tree", type=Path, metavar="DIR", help="one sub-folder per person, with audio files in it"
    )
    add_one_channel_option(parser, "the files of --from")
    add_model_option(parser)
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="where recordings and voiceprints are (default: data/)"
    )
    return parser.parse_args(argv)


def run(argv: list[str]) -> int:
    """Make them and print the table."""
    options = parse(argv)
    names = [stored_name(name) for name in options.names]
    from tqdm import tqdm

    from app.enrolment.build import Builder
    from app.outputs import check_source_folder
    from app.terminal.expectation import expectation_lines
    from app.terminal.tables import table
    from app.voiceprints.store import VoiceprintStore

    if options.tree:
        check_source_folder("--from", options.tree, options.data)

    def skip(line: str) -> None:
        tqdm.write(f"skipped: {line}", file=sys.stderr)

    def track(files: list[Path], what: str):
        return tqdm(files, desc=what, unit="file", leave=False, disable=None if len(files) > 3 else True)

    with VoiceprintStore(data_dir(options.data)) as store:
        builder = Builder(store, options.model, skip, track, channel=options.channel)
        built = builder.run(names, options.tree)
    rows = [
        (
            shown_name(report.name),
            str(report.samples),
            f"{report.speech_s:.1f}",
            "-" if report.consistency is None else f"{report.consistency:.2f}",
            "-" if report.nearest is None else f"{report.nearest_score:.2f}",
            "-" if report.nearest is None else shown_name(report.nearest),
        )
        for report in built.reports
    ]
    header = ("person", "samples", "speech s", "self-consistency", "nearest", "other person")
    print(table(header, rows, numbers=(1, 2, 3, 4)))
    for line in expectation_lines(built.expected_errors, [report.name for report in built.reports], built.warnings):
        print(line)
    for line in built.warnings:
        print(f"warning: {line}", file=sys.stderr)
    return 0
