"""Where the app can be installed without a compiler: ``python -m tools.check_wheels``, a table in Markdown.

pip resolves the app's dependencies for every platform and Python as it would there, wheels alone, and downloads nothing
that it need not. What it answers depends on the registry and the day.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from tools.setup import NEWEST, OLDEST, wanted
from utils import first_line, run_cli

PLATFORMS = {
    "Linux x86-64": [f"manylinux_2_{glibc}_x86_64" for glibc in (17, 27, 28, 31, 34)] + ["manylinux2014_x86_64"],
    "Linux aarch64": [f"manylinux_2_{glibc}_aarch64" for glibc in (17, 27, 28, 31, 34, 39)] + ["manylinux2014_aarch64"],
    "macOS 14, Apple": [f"macosx_{major}_0_arm64" for major in (11, 12, 13, 14)]
    + [f"macosx_{major}_0_universal2" for major in (11, 12, 13, 14)]
    + ["macosx_10_9_universal2"],
    "macOS 14, Intel": [f"macosx_{major}_0_x86_64" for major in (11, 12, 13, 14)]
    + [f"macosx_{major}_0_universal2" for major in (11, 12, 13, 14)]
    + ["macosx_10_9_x86_64", "macosx_10_13_x86_64", "macosx_10_14_x86_64"],
    "Windows x86-64": ["win_amd64"],
}
"""What people call it -> the tags of wheels that run there."""


def main() -> int:
    argparse.ArgumentParser(prog="python -m tools.check_wheels", description=__doc__).parse_args()
    pythons = [f"{OLDEST[0]}.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1)]
    cells = [(platform, python) for platform in PLATFORMS for python in pythons]
    with ThreadPoolExecutor(2) as pool:
        problems = dict(zip(cells, pool.map(lambda cell: problem(*cell), cells), strict=True))
    print(f"| | {' | '.join(pythons)} |\n|{'---|' * (len(pythons) + 1)}")
    for platform in PLATFORMS:
        print(f"| {platform} | {' | '.join('no' if problems[platform, python] else 'yes' for python in pythons)} |")
    for (platform, python), line in problems.items():
        if line:
            print(f"{platform}, Python {python}: {line}", file=sys.stderr)
    return int(any(problems.values()))


def problem(platform: str, python: str) -> str:
    """Why the app's packages cannot be installed from wheels there; "" if they can."""
    tags = [word for tag in PLATFORMS[platform] for word in ("--platform", tag)]
    with tempfile.TemporaryDirectory() as folder:
        ask = ["--dry-run", "--ignore-installed", "--target", folder, "--only-binary", ":all:", *tags]
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--python-version", python, *ask]
        done = subprocess.run([*command, *wanted("run")["app"]], capture_output=True, text=True, check=False)
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    return "" if done.returncode == 0 else first_line(RuntimeError(errors[0] if errors else done.stderr))


if __name__ == "__main__":
    run_cli(main)
