"""The set-up script: what it says, what it installs, and that it does nothing twice."""

from __future__ import annotations

import contextlib
import itertools
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import setup
from tools.setup import Need

ROOT = Path(__file__).resolve().parent.parent

SOUND = Need("libportaudio.so.2", "libportaudio2", "the microphone")
CURSOR = Need("libxcb-cursor.so.0", "libxcb-cursor0", "the window")
EGL = Need("libEGL.so.1", "libegl1", "the window")
VENV = Need("/usr/lib/python3.11/ensurepip", "python3.11-venv", "the set-up")
LIBRARY_NOWHERE = Need("libnowhere.so.7", "libnowhere7", "the window")

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="system packages are looked at on Linux")


class Runner:
    """Stands where a command would be run: remembers what was asked for, and what that would have changed."""

    def __init__(self, *, exit_codes: dict[str, int] | None = None, mends: bool = True):
        self.commands: list[list[str]] = []
        self.environments: list[dict[str, str]] = []
        self.folders: list[Path | None] = []
        self.exit_codes, self.mends = exit_codes or {}, mends
        self.installed = False

    def __call__(self, command: list[str], **options) -> subprocess.CompletedProcess:
        self.commands.append(command)
        self.environments.append(options.get("env", {}))
        self.folders.append(options.get("cwd"))
        self.installed |= "install" in command and self.mends
        if "venv" in command:
            python = setup.venv_python(Path(command[-1]).parent)
            python.parent.mkdir(parents=True, exist_ok=True)
            python.touch()
        code = next((code for word, code in self.exit_codes.items() if word in command), 0)
        return subprocess.CompletedProcess(command, code)


# ---------------------------------------------------------------------------- the system's packages


@linux_only
def test_what_is_there_is_seen_by_using_it(tmp_path):
    (tmp_path / "plugin.so").touch()
    assert setup.is_there(Need("libc.so.6", "libc6", "anything"))
    assert setup.is_there(Need("sh", "dash", "anything"))
    assert setup.is_there(Need(f"{tmp_path}/*.so", "plugin", "anything"))
    assert not setup.is_there(LIBRARY_NOWHERE)
    assert not setup.is_there(Need("no-such-program", "nothing", "anything"))
    assert not setup.is_there(Need(f"{tmp_path}/*.dll", "plugin", "anything"))


@pytest.mark.parametrize(
    ("missing", "has_apt", "line"),
    [
        ([SOUND], True, "missing for the microphone: sudo apt-get install -y libportaudio2"),
        (
            [SOUND, EGL, CURSOR],
            True,
            "missing for the microphone and the window: sudo apt-get install -y libportaudio2 libegl1 libxcb-cursor0",
        ),
        (
            [VENV, SOUND, EGL],
            True,
            "missing for the set-up, the microphone and the window:"
            " sudo apt-get install -y python3.11-venv libportaudio2 libegl1",
        ),
        ([SOUND], False, "missing for the microphone, install with your package manager: libportaudio.so.2"),
    ],
)
def test_the_line_names_what_is_missing_and_the_command(missing, has_apt, line):
    assert setup.missing_line(missing, has_apt) == line


@linux_only
def test_without_being_root_nothing_is_run_and_one_line_is_said(capsys):
    run = Runner()
    setup.provide_system_packages([SOUND, EGL], present=lambda need: need is EGL, is_root=False, has_apt=True, run=run)
    assert run.commands == []
    assert capsys.readouterr().err == "heard: missing for the microphone: sudo apt-get install -y libportaudio2\n"


@linux_only
def test_root_installs_exactly_what_is_missing(capsys):
    run = Runner()
    setup.provide_system_packages(
        [SOUND, EGL, CURSOR], present=lambda need: need is EGL or run.installed, is_root=True, has_apt=True, run=run
    )
    assert run.commands == [
        ["apt-get", "-qq", "update"],
        ["apt-get", "-qq", "install", "-y", "--no-install-recommends", "libportaudio2", "libxcb-cursor0"],
    ]
    assert all(environment["DEBIAN_FRONTEND"] == "noninteractive" for environment in run.environments)
    assert capsys.readouterr().err == "heard: installing with apt-get: libportaudio2 libxcb-cursor0\n"


@linux_only
def test_root_is_told_what_apt_could_not_install(capsys):
    run = Runner(mends=False, exit_codes={"update": 100, "install": 100})
    setup.provide_system_packages([SOUND], present=lambda _: False, is_root=True, has_apt=True, run=run)
    assert capsys.readouterr().err.splitlines() == [
        "heard: installing with apt-get: libportaudio2",
        "heard: missing for the microphone: sudo apt-get install -y libportaudio2",
    ]


@linux_only
@pytest.mark.parametrize("is_root", [False, True])
def test_where_nothing_is_missing_nothing_is_run_or_said(is_root, capsys):
    run = Runner()
    setup.provide_system_packages([SOUND, EGL], present=lambda _: True, is_root=is_root, has_apt=True, run=run)
    assert run.commands == []
    assert capsys.readouterr().err == ""


@linux_only
def test_no_venv_without_the_package_that_makes_it():
    with pytest.raises(setup.SetUpError, match=r"^missing for the set-up and the window: .* python3\.11-venv libegl1$"):
        setup.provide_system_packages([VENV, EGL], present=lambda _: False, is_root=False, has_apt=True, run=Runner())


def test_nothing_of_the_venv_is_asked_for_where_python_is_whole(monkeypatch):
    assert setup.what_venv_needs() == []
    monkeypatch.setattr(setup.importlib.util, "find_spec", lambda name: None)
    (need,) = setup.what_venv_needs()
    assert need.package == f"python3.{sys.version_info.minor}-venv"


@linux_only
def test_the_libraries_asked_for_are_those_that_qt_and_sounddevice_load():
    """Every library of the system that Qt's X plugin is linked to is in the list, or comes with one that is."""
    pyside = pytest.importorskip("PySide6")
    plugin = Path(pyside.__file__).parent / "Qt" / "plugins" / "platforms" / "libqxcb.so"
    linked = subprocess.run(["ldd", str(plugin)], capture_output=True, text=True, check=True).stdout
    of_x = {line.split()[0] for line in linked.splitlines() if line.strip().startswith(("libxcb-", "libxkb"))}
    indirect = {"libxcb-render.so.0", "libxcb-util.so.1"}  # libxcb-cursor0 depends on them
    assert of_x - indirect <= set(setup.WINDOW_LIBRARIES)


# ---------------------------------------------------------------------------- Python and its packages


@pytest.fixture
def project(tmp_path) -> Path:
    write_requirements(tmp_path, ["numpy"], ["pytest"])
    return tmp_path


def write_requirements(folder: Path, app: list[str], test: list[str]) -> None:
    told = f"[project]\ndependencies = {app}\n[dependency-groups]\ntest = {test}\n"
    (folder / "pyproject.toml").write_text(told.replace("'", '"'))


@pytest.fixture(autouse=True)
def torch_index(monkeypatch) -> None:
    """PyTorch's own index is out of reach."""
    monkeypatch.setattr(setup.urllib.request, "urlopen", unreachable)


def unreachable(*_, **__):
    raise OSError("no network")


def test_the_first_set_up_makes_the_venv_and_the_second_is_already_done(project):
    run = Runner()
    assert not setup.is_installed("run", project)
    setup.install_python_packages("run", project, run)
    assert [command[1:3] for command in run.commands] == [["-m", "venv"], ["-m", "pip"]]
    assert run.commands[1][0] == str(setup.venv_python(project))
    assert run.commands[1][-2:] == [setup.PIP, "numpy"]  # a pip that can add a group later
    assert run.folders[1] == project
    assert setup.is_installed("run", project)
    assert not setup.is_installed("test", project)


def test_what_the_tests_need_includes_what_the_app_needs(project):
    run = Runner()
    setup.install_python_packages("test", project, run)
    assert run.commands[-2][-2:] == [setup.PIP, "numpy"]
    assert run.commands[-1][-2:] == ["--group", "test"]
    assert setup.is_installed("test", project)
    assert setup.is_installed("run", project)


def test_changed_requirements_are_installed_again_into_the_same_venv(project):
    setup.install_python_packages("test", project, Runner())
    write_requirements(project, ["numpy"], ["pytest>=9"])
    assert setup.is_installed("run", project)
    assert not setup.is_installed("test", project)
    write_requirements(project, ["numpy>=2"], ["pytest>=9"])
    assert not setup.is_installed("run", project)
    run = Runner()
    setup.install_python_packages("run", project, run)
    assert [command[1:3] for command in run.commands] == [["-m", "pip"]]
    assert setup.is_installed("run", project)
    assert not setup.is_installed("test", project)


@linux_only
def test_the_tests_torch_comes_without_cuda_where_that_can_be_had(project, monkeypatch):
    class Answer(contextlib.nullcontext):
        status = 200

    asked = []
    monkeypatch.setattr(setup.urllib.request, "urlopen", lambda url, timeout: asked.append(url) or Answer(Answer()))
    run = Runner()
    setup.install_python_packages("test", project, run)
    assert run.commands[-1][-4:] == ["--group", "test", "--extra-index-url", setup.TORCH_CPU]
    assert asked == [f"{setup.TORCH_CPU}/torch/"]


def test_the_app_is_set_up_without_torch():
    names = {re.split(r"[^\w-]", line)[0].lower() for line in setup.wanted("run")["app"]}
    assert {"numpy", "pyside6-essentials", "onnxruntime"} <= names
    assert not {name for name in names if name.startswith(("torch", "speechbrain", "triton", "nvidia"))}


def test_requirements_are_the_apps_with_torch_and_sealing():
    """One list for who wants all at once; where it says what pyproject.toml says, it says the same."""
    listed = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if line and line[0] != "#"]
    told = setup.wanted("run")["app"], *(setup.wanted("test")[name] for name in ("torch", "sealed"))
    assert set(listed) == {*itertools.chain(*told), "torchaudio==2.11.0"}
    assert "torchaudio==2.11.0" in setup.wanted("test")["benchmarks"]


def test_a_set_up_that_failed_is_not_taken_for_done(project):
    setup.install_python_packages("run", project, Runner())
    with pytest.raises(setup.SetUpError, match="pip could not install"):
        setup.install_python_packages("run", project, Runner(exit_codes={"pip": 1}))
    assert not setup.is_installed("run", project)


def test_a_venv_whose_python_is_gone_is_made_again(project):
    setup.install_python_packages("run", project, Runner())
    setup.venv_python(project).unlink()
    assert not setup.is_installed("run", project)
    run = Runner()
    setup.install_python_packages("run", project, run)
    assert run.commands[0][1:] == ["-m", "venv", "--clear", str(project / ".venv")]
    assert setup.is_installed("run", project)


def test_a_python_that_is_too_old_is_told_so_in_one_line(monkeypatch):
    monkeypatch.setattr(setup.sys, "version_info", (3, 9, 18))
    monkeypatch.setattr(setup.shutil, "which", lambda name: None)
    with pytest.raises(setup.SetUpError, match=r"^Python 3\.11 to 3\.14 is needed, this is 3\.9: .*$"):
        setup.use_supported_python(["run"])


def test_another_python_that_is_new_enough_is_taken(monkeypatch, tmp_path):
    broken, good = tmp_path / "python3.11", tmp_path / "python3.12"
    for path, code in ((broken, 127), (good, 0)):
        path.write_text(f"#!/bin/sh\nexit {code}\n")
        path.chmod(0o755)
    started = []
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(setup.sys, "version_info", (3, 10, 2))
    monkeypatch.setattr(setup.os, "execv", lambda path, argv: started.append((path, argv[2:])))
    with pytest.raises(setup.SetUpError):  # only because execv came back, which it never does
        setup.use_supported_python(["test"])
    assert started == [(str(good), ["test"])]


@pytest.mark.parametrize("arguments", [["walk"], ["run", "test"]])
def test_a_wrong_command_line_is_answered_in_one_line(arguments):
    script = str(ROOT / "tools" / "setup.py")
    answer = subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert answer.stderr == "heard: usage: python3 tools/setup.py {run,test}\n"


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
@pytest.mark.parametrize("target", ["run", "test", "benchmarks", "lint", "demo-audio"])
def test_every_target_sets_up_first(target):
    command = ["make", "--dry-run", target]
    planned = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert planned.index("tools/setup.py") < planned.index(".venv/bin/python")
