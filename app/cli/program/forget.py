"""Remove all that Heard keeps: recordings, voiceprints, settings, downloaded models. The program stays."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.belongings import cache_place, count_people, data_place, forget
from app.cli.program.examples import examples
from utils import BadInput, HeardError, data_dir

WORD = "forget"
"""What is to be typed."""


def run(argv: list[str]) -> int:
    """Ask, and remove it. Raises BadInput where nobody can be asked and --yes is not given."""
    parser = argparse.ArgumentParser(
        prog="python -m app forget-everything", description=__doc__, **examples("forget-everything")
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="where recordings and voiceprints are")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    options = parser.parse_args(argv)
    places = [place for place in (data_place(data_dir(options.data)), cache_place()) if place.entries]
    if not places:
        print("Nothing is kept.")
        return 0
    for place in places:
        print(f"{place.folder}   {place.files} files, {place.size_bytes / 1e6:.1f} MB")
    people = count_people(places[0].folder)
    print(
        f"This cannot be undone: {'who is enrolled' if people is None else f'{people} enrolled'}, and all recordings."
    )
    if not options.yes:
        if not sys.stdin.isatty():
            raise BadInput("nobody can be asked here: --yes removes it without a question.")
        if input(f'Type "{WORD}" to remove all of it: ').strip().lower() != WORD:
            raise HeardError("nothing was removed.")
    for place in places:
        forget(place)
    print("Removed.")
    return 0
