"""Put Heard into the menu of a Linux desktop, or take it out: ``python -m tools.desktop_entry [--remove]``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from utils import ROOT, HeardError, atomic_write, run_cli

ENTRY = """[Desktop Entry]
Type=Application
Name=Heard
GenericName=Speaker identification
Comment=Tells live who is speaking
Exec={python} {program}
Path={root}
Icon={icon}
Terminal=false
Categories=AudioVideo;Audio;
Keywords=voice;speaker;microphone;recording;
StartupWMClass=heard
"""


def applications() -> Path:
    """Where desktops look for the user's own entries."""
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "applications"


def quoted(path: object) -> str:
    """As the Exec key wants it: in quotes, with those characters escaped that mean something there."""
    text = str(path)
    for character in '\\"`$':
        text = text.replace(character, "\\" + character)
    return f'"{text}"'.replace("%", "%%")


def entry() -> str:
    """The entry for the program as it lies here."""
    return ENTRY.format(
        python=quoted(sys.executable),
        program=quoted(ROOT / "test.py"),
        root=ROOT,
        icon=ROOT / "app" / "window" / "widgets" / "heard.svg",
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--remove", action="store_true", help="take it out of the menu")
    path = applications() / "heard.desktop"
    if not sys.platform.startswith("linux"):
        raise HeardError("only desktops of Linux have such entries.")
    if parser.parse_args().remove:
        path.unlink(missing_ok=True)
        print(f"Removed: {path}")
        return 0
    with atomic_write(path, public=True) as file:
        file.write(entry().encode())
    print(f"In the menu now: {path}")
    return 0


if __name__ == "__main__":
    run_cli(main)
