"""Where Heard keeps what it keeps, and how much that is."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from app.about import VERSION
from app.belongings import Place, cache_place, count_people, data_place
from app.cli.program.examples import examples
from utils import ROOT, data_dir, is_clone

MB = 1e6


def run(argv: list[str]) -> int:
    """Print it, for people or as JSON."""
    parser = argparse.ArgumentParser(prog="python -m app where", description=__doc__, **examples("where"))
    parser.add_argument("--data", type=Path, metavar="DIR", help="where recordings and voiceprints are")
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args(argv)
    data, cache = data_place(data_dir(options.data)), cache_place()
    people = count_people(data.folder)
    if options.json:
        places = {name: _values(place) for name, place in (("data", data), ("cache", cache))}
        places["data"]["people"] = people
        print(json.dumps({"version": VERSION, "program": str(ROOT), "clone": is_clone(), **places}, ensure_ascii=False))
        return 0
    who = "sealed" if people is None else f"{people} people" if people != 1 else "1 person"
    print(f"program   {ROOT}   Heard {VERSION}, {'a clone' if is_clone() else 'installed'}")
    print(f"data      {data.folder}   {who}, {_amount(data)}")
    print(f"cache     {cache.folder}   {_amount(cache)}")
    return 0


def _values(place: Place) -> dict[str, object]:
    return {"folder": str(place.folder), "files": place.files, "bytes": place.size_bytes}


def _amount(place: Place) -> str:
    return f"{place.files} files, {place.size_bytes / MB:.1f} MB" if place.files else "empty"
