"""Set this machine up for Heard: the system's libraries, and .venv with the Python packages.

    python3 tools/setup.py run        what the app needs: the dependencies in pyproject.toml
    python3 tools/setup.py test       and what the tests need: the group test

Standard library only, and Python 3.7 can still read it, so that one that is too old ends in one clear line.
Nothing is done twice: when all is there it returns at once (a few hundredths of a second).
"""

from __future__ import annotations

import ctypes
import glob
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
OLDEST, NEWEST = (3, 11), (3, 14)
"""The Python versions that every pinned package has a wheel for."""

KINDS = {
    "run": "this takes up to a minute, and 0.7 GB on Linux",
    "test": "this takes minutes, and on Linux 1.5 GB, or 6 where PyTorch comes with CUDA",
}
"""What can be set up, and what that costs the first time."""
PIP = "pip>=25.1,<27"
"""The first pip that knows groups; Python 3.11 and 3.12 bring an older one."""
TORCH_CPU = "https://download.pytorch.org/whl/cpu"
"""PyTorch's own index of builds without CUDA, which is most of its size and of no use to tests. Elsewhere than on Linux
that is what the usual index offers."""


class SetUpError(Exception):
    """The set-up cannot go on. The message is one line that says what to do."""


class Need(NamedTuple):
    """Something the system has to bring."""

    probe: str
    """A shared library by its soname, a program by its name, or a file by a path with wildcards."""
    package: str
    """The Debian and Ubuntu package it is in."""
    serves: str
    """What does not work without it."""


WINDOW_LIBRARIES = {
    # every Qt window, on a screen or not
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libxkbcommon.so.0": "libxkbcommon0",
    # what Qt's plugin for X screens is linked to
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
TEST_TOOLS = {
    "Xvfb": "xvfb",
    "xdotool": "xdotool",
    "pulseaudio": "pulseaudio",
    "pactl": "pulseaudio-utils",
    "/usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so": "libasound2-plugins",
    "flite": "flite",
    "chromium": "chromium",
    "openssl": "openssl",
    "ffmpeg": "ffmpeg",
    "/usr/sbin/mosquitto": "mosquitto",
}
APP_NEEDS = [
    Need("libportaudio.so.2", "libportaudio2", "the microphone"),
    *(Need(probe, package, "the window") for probe, package in WINDOW_LIBRARIES.items()),
]
NEEDS = {
    "run": APP_NEEDS,
    "test": [*APP_NEEDS, *(Need(probe, package, "some tests") for probe, package in TEST_TOOLS.items())],
}


def main(argv: list[str]) -> None:
    kind = argv[0] if argv else "run"
    if kind not in KINDS or len(argv) > 1:
        raise SetUpError("usage: python3 tools/setup.py {run,test}")
    needs = NEEDS[kind]
    if not venv_python().exists():
        use_supported_python(argv)
        needs = [*what_venv_needs(), *needs]
    provide_system_packages(needs)
    if not is_installed(kind):
        install_python_packages(kind)


# ---------------------------------------------------------------------------- the system's packages


def what_venv_needs() -> list[Need]:
    """Debian keeps the part of Python that fills a .venv in a package of its own."""
    if importlib.util.find_spec("ensurepip"):
        return []
    version = "python{}.{}".format(*sys.version_info)
    return [Need(f"/usr/lib/{version}/ensurepip", f"{version}-venv", "the set-up")]


def is_there(need: Need) -> bool:
    """Whether the system has it, by using it: what a package manager believes is not asked."""
    if need.probe.startswith("/"):
        return bool(glob.glob(need.probe))
    if ".so" not in need.probe:
        return shutil.which(need.probe) is not None
    try:
        ctypes.CDLL(need.probe)
    except OSError:
        return False
    return True


def provide_system_packages(
    needs: list[Need],
    *,
    present: Callable[[Need], bool] = is_there,
    is_root: bool | None = None,
    has_apt: bool | None = None,
    run: Callable[..., object] = subprocess.run,
) -> None:
    """Install what is missing when root on Debian or Ubuntu, else say in one line what to install.

    Goes on without it (the app then has no window, or no microphone) unless .venv cannot be made: SetUpError.
    """
    if not sys.platform.startswith("linux"):
        return  # the wheels for macOS and Windows bring everything
    missing = [need for need in needs if not present(need)]
    is_root = os.geteuid() == 0 if is_root is None else is_root
    has_apt = shutil.which("apt-get") is not None if has_apt is None else has_apt
    if missing and is_root and has_apt:
        apt_install([need.package for need in missing], run)
        missing = [need for need in missing if not present(need)]
    if missing:
        line = missing_line(missing, has_apt)
        if any(need.serves == "the set-up" for need in missing):
            raise SetUpError(line)
        say(line)


def apt_install(packages: list[str], run: Callable[..., object]) -> None:
    """Ask apt for the packages. Its exit code is not looked at: what counts is what is there afterwards."""
    say("installing with apt-get: " + " ".join(packages))
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        run(
            ["apt-get", "-qq", *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=False,
        )


def missing_line(missing: list[Need], has_apt: bool) -> str:
    """One line: what does not work, and the command that mends it."""
    serves = list(dict.fromkeys(need.serves for need in missing))  # each once, in order
    what = " and ".join(filter(None, [", ".join(serves[:-1]), serves[-1]]))
    if has_apt:
        return f"missing for {what}: sudo apt-get install -y {' '.join(need.package for need in missing)}"
    return f"missing for {what}, install with your package manager: {' '.join(need.probe for need in missing)}"


# ---------------------------------------------------------------------------- Python and its packages


def use_supported_python(argv: list[str]) -> None:
    """Return if this Python can run Heard, else start over with one that can. SetUpError if there is none."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    check = "import sys; sys.exit(sys.argv[1] != '{}.{}'.format(*sys.version_info))"
    for minor in range(OLDEST[1], NEWEST[1] + 1):
        python = shutil.which(f"python3.{minor}")
        # a version manager's stand-in may be on the path and still not run
        if python and subprocess.run([python, "-c", check, f"3.{minor}"], stderr=subprocess.DEVNULL).returncode == 0:
            os.execv(python, [python, str(Path(__file__).resolve()), *argv])
    how = (
        "brew install python@3.12" if sys.platform == "darwin" else "sudo apt-get install -y python3.11 python3.11-venv"
    )
    have, oldest, newest = ("{}.{}".format(*version) for version in (sys.version_info, OLDEST, NEWEST))
    raise SetUpError(f"Python {oldest} to {newest} is needed, this is {have}: {how}, or from python.org/downloads")


def venv_python(root: Path = ROOT) -> Path:
    """The Python of .venv, there or not."""
    return root / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def wanted(kind: str, root: Path = ROOT) -> dict[str, list[str]]:
    """The requirements of ``kind`` that pyproject.toml lists: those of the app, and those of every group."""
    import tomllib  # Python 3.11

    told = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    groups = {name: list(map(str, group)) for name, group in told["dependency-groups"].items()}
    return {"app": told["project"]["dependencies"], **(groups if kind == "test" else {})}


def fingerprint(kind: str, root: Path = ROOT) -> str:
    """Changes whenever the requirements of ``kind`` do."""
    return hashlib.sha256(repr(wanted(kind, root)).encode()).hexdigest()


def stamp(kind: str, root: Path = ROOT) -> Path:
    """The file that holds the fingerprint of what was last installed, and only once all of it was."""
    return root / ".venv" / f"heard-{kind}.sha256"


def is_installed(kind: str, root: Path = ROOT) -> bool:
    """Whether .venv is there and holds what the requirements say now."""
    try:
        return venv_python(root).exists() and stamp(kind, root).read_text() == fingerprint(kind, root)
    except FileNotFoundError:
        return False


def install_python_packages(
    kind: str, root: Path = ROOT, run: Callable[..., subprocess.CompletedProcess] = subprocess.run
) -> None:
    """Make .venv if need be and install the requirements into it. SetUpError if that fails."""
    kinds = ["run", "test"] if kind == "test" else ["run"]  # what the tests need includes what the app needs
    for each in kinds:  # a set-up that breaks off must not look done
        if stamp(each, root).exists():
            stamp(each, root).unlink()
    python, quiet = str(venv_python(root)), [] if sys.stderr.isatty() else ["--quiet"]
    if not venv_python(root).exists():
        say(f"making .venv, once: {KINDS[kind]}")
        make = run([sys.executable, "-m", "venv", "--clear", str(root / ".venv")], stdout=sys.stderr)
        if make.returncode:
            raise SetUpError(f"{sys.executable} could not make .venv; the reason stands above")
    # Modules are compiled when they are first imported: most never are.
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-compile", *quiet]
    steps = [[PIP, *wanted("run", root)["app"]]]
    if kind == "test":
        steps.append(["--group", "test", *torch_without_cuda()])
    for step in steps:
        if run([*pip, *step], cwd=root, stdin=subprocess.DEVNULL, stdout=sys.stderr).returncode:
            raise SetUpError(
                "pip could not install the packages; the reason stands above, then run the same command again"
            )
    for each in kinds:
        stamp(each, root).write_text(fingerprint(each, root))


def torch_without_cuda() -> list[str]:
    """What pip must be told to take PyTorch without CUDA; nothing where that index cannot be reached."""
    if not sys.platform.startswith("linux"):
        return []
    try:
        with urllib.request.urlopen(TORCH_CPU + "/torch/", timeout=5) as answer:
            return ["--extra-index-url", TORCH_CPU] if answer.status == 200 else []
    except (OSError, ValueError):
        return []


def say(line: str) -> None:
    print("heard: " + line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except SetUpError as error:
        say(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
