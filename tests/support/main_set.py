"""An environment with nothing but the app's own packages, in a second and without a network.

A bare .venv whose site-packages hold links to the packages of this environment: those that pyproject.toml lists, and
what they require in turn. Everything else is as absent as where it was never installed.
"""

from __future__ import annotations

import re
import sys
import sysconfig
import tomllib
import venv
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

from utils import ROOT


def make_main_set(folder: Path) -> Path:
    """Make it in ``folder`` and return its Python."""
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    for name in sorted(closure()):
        for entry in top_entries(distribution(name)):
            target = site / entry.name
            if not target.exists():
                target.symlink_to(entry)
    return python


def site_packages(python: Path) -> Path:
    return python.parent.parent / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"


def closure() -> set[str]:
    """The names of the app's packages and of all that they require."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found, waiting = set(), list(told["project"]["dependencies"])
    while waiting:
        requirement = Requirement(waiting.pop())
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        if name not in found:
            found.add(name)
            waiting += distribution(name).requires or []
    return found


def top_entries(package: Distribution) -> set[Path]:
    """The folders and modules of a package in site-packages."""
    names = {path.parts[0] for path in package.files or () if path.parts[0] not in ("..", "__pycache__")}
    return {Path(package.locate_file(name)) for name in names}
