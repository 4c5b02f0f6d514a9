"""Whether the bundled app works: ``python packaging/smoke_bundle.py [dist/Heard]`` enrols, listens, opens its window.

The app is copied to a folder of its own and started with an environment that knows neither a clone nor a .venv. On
Linux the window opens on a virtual screen (Xvfb), on which it must be seen; elsewhere on whatever screen there is.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST_S = 120


def main(argv: list[str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        app = shutil.copytree(Path(argv[0] if argv else ROOT / "dist" / "Heard"), place / "Heard", symlinks=True)
        demo = shutil.copytree(ROOT / "data" / "demo", place / "sound")
        program = app / ("heard.exe" if sys.platform == "win32" else "heard")
        known = ("SYSTEMROOT", "WINDIR", "TEMP", "LANG", "LC_ALL")
        env = {name: os.environ[name] for name in known if name in os.environ}
        env |= {
            "PATH": os.defpath,
            "HOME": folder,
            "HEARD_DATA": str(place / "data"),
            "HEARD_CACHE": str(place / "cache"),
        }
        options = {
            "cwd": folder,
            "env": env,
            "timeout": LONGEST_S,
            "check": True,
            "stdout": subprocess.PIPE,
            "text": True,
        }
        version = subprocess.run([program, "--version"], **options).stdout.strip()
        subprocess.run([program, "build", "--from", demo / "enrolment"], **options)
        listen = [program, "live", "--terminal", "--file", demo / "conversation.flac", "--jsonl", "-"]
        names = labels(subprocess.run(listen, **options).stdout.splitlines())
        if not {"Ana", "Ben", "Colin", "Unknown 1"} <= names:
            return f"the file was heard as {sorted(names)}"
        with screen() as display:
            seen = labels_in_window(program, demo / "conversation.flac", place / "said.jsonl", {**env, **display})
    if not {"Ana", "Ben"} & seen:
        return f"the window named {sorted(seen)}"
    print(f"{version}: enrolled, heard a file as {sorted(names)}, and named {sorted(seen)} in its window")
    return 0


def labels(lines: list[str]) -> set[str]:
    """Who is named in lines of JSON."""
    return {label for line in lines if line.startswith("{") and (label := json.loads(line).get("label"))}


def labels_in_window(program: Path, sound: Path, out: Path, env: dict[str, str]) -> set[str]:
    """Who is named while the window plays a file for a while. SystemExit if it ends, or is not to be seen."""
    window = subprocess.Popen([program, "live", "--file", sound, "--realtime", "--jsonl", out], env=env, cwd=out.parent)
    try:
        began, seen = time.monotonic(), set()
        while time.monotonic() < began + LONGEST_S and not {"Ana", "Ben"} <= seen:
            time.sleep(1)
            if window.poll() is not None:
                raise SystemExit(f"the window ended with {window.returncode}")
            if out.exists():
                seen = labels(out.read_text(encoding="utf-8").splitlines())
        if "DISPLAY" in env and (look := shutil.which("xdotool")):
            subprocess.run([look, "search", "--onlyvisible", "--name", "Heard"], env=env, check=True, stdout=sys.stderr)
        return seen
    finally:
        window.terminate()
        window.wait(30)


@contextlib.contextmanager
def screen() -> Iterator[dict[str, str]]:
    """A virtual screen on Linux."""
    if sys.platform != "linux":
        yield {}
        return
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL)
    os.close(writer)
    try:
        with os.fdopen(reader) as told:
            yield {"DISPLAY": f":{told.readline().strip()}"}
    finally:
        server.terminate()
        server.wait(30)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
