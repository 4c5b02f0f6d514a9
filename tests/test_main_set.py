"""Every door of the program where only the app's own packages are installed: it works, or says in one line what is
missing and the command that brings it. Never a traceback."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from app.cli import VERBS
from tests.support.main_set import closure, make_main_set
from utils import BUNDLED, ROOT

pytestmark = pytest.mark.process
ANA = BUNDLED / "demo" / "enrolment" / "Ana" / "01.flac"
BEN = BUNDLED / "demo" / "enrolment" / "Ben" / "01.flac"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_main_set(tmp_path_factory.mktemp("main-set"))


@pytest.fixture
def run(python: Path, tmp_path: Path):
    """run(*words) of a Python in the clone: (exit code, stdout, stderr)."""

    def run(*words: object, stdin: str = "") -> tuple[int, str, str]:
        env = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))},
            "HEARD_DATA": str(tmp_path / "data"),
            "HEARD_CACHE": str(tmp_path / "cache"),
            "QT_QPA_PLATFORM": "offscreen",
        }
        done = subprocess.run(
            [python, *map(str, words)], cwd=ROOT, env=env, input=stdin, capture_output=True, text=True, timeout=300
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        return done.returncode, done.stdout, done.stderr

    return run


def test_it_is_the_light_set():
    heavy = r"torch|nvidia|triton|fastapi|ray$|matplotlib|cryptography"
    assert not {name for name in closure() if re.match(heavy, name)}


def test_heavy_packages_are_not_there(run):
    names = ("torch", "fastapi", "ray", "cryptography")
    assert run("-c", f"import importlib.util as u; print([n for n in {names} if u.find_spec(n)])") == (0, "[]\n", "")


def test_the_demo_enrolment_and_verification_work(run, tmp_path: Path):
    code, out, _ = run("test.py", "--demo", "--terminal")
    assert (code, "Right for 9" in out) == (0, True)
    code, out, _ = run("build_voiceprint.py", "--from", BUNDLED / "demo" / "enrolment")
    assert (code, "Ana" in out) == (0, True)
    assert run("record_samples.py", "Dee", "--file", ANA, "--samples", "1", "--seconds", "3")[0] == 0
    code, out, _ = run("-m", "app", "verify", ANA, BEN, "--json")
    assert (code, '"same": false' in out) == (0, True)
    code, out, _ = run("-m", "app", "voices", "list")
    assert (code, "Ben" in out) == (0, True)
    manifest = tmp_path / "clips.csv"
    manifest.write_text(f"path,speaker\n{ANA},Ana\n{BEN},Ben\n")
    assert run("-m", "app", "extract", manifest, "--out", tmp_path / "out")[0] == 0
    trials = tmp_path / "trials.txt"
    trials.write_text(f"0 {ANA} {BEN}\n1 {ANA} {ANA.with_name('02.flac')}\n")
    assert run("-m", "app", "evaluate", trials, "--json")[0] == 0


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself_with_examples(run, verb: str):
    code, out, err = run("-m", "app", verb, "--help")
    assert (code, err) == (0, "")
    assert "examples:" in out
    assert run("-m", "app", verb, "--no-such-option")[0] in (1, 2)


LACKING = {
    "test.py --terminal --demo --compute cuda": "torch",
    "test.py --terminal --demo --mqtt localhost/heard": "mqtt",
    "-m app verify {ana} {ben} --compute mps": "torch",
    "-m app extract {clips} --out {out} --precision bfloat16": "torch",
    "-m app extract {clips} --out {out} --engine ray": "ray",
    "-m app plot attention {ana} --out {out}.png": "plot",
    "-m app plot tsne {out} --out {out}.png": "plot",
    "-m app serve": "server",
    "-m app serve --wyoming tcp://127.0.0.1:0": "wyoming",
    "-m app train app/training/recipes/embedded.toml": "train",
    "-m app export --out {out}.onnx": "torch",
    "-m app benchmarks networks": "benchmarks",
    "-m app benchmarks": "benchmarks",
    "-m app benchmarks day --hours 0.1": "benchmarks",
    "-m app evaluate --pairs {clips} --beside resemblyzer": "teacher",
    "-m app voices seal --passphrase-file {secret}": "sealed",
}
"""Command line -> the extra that it needs."""


@pytest.mark.parametrize("line", LACKING)
def test_what_is_missing_is_one_line_with_the_command(run, python: Path, tmp_path: Path, line: str):
    (tmp_path / "clips.csv").write_text(f"file,speaker,corpus\n{ANA},Ana,demo\n{BEN},Ben,demo\n")
    (tmp_path / "secret").write_text("a long enough passphrase for anybody\n")
    places = {"ana": ANA, "ben": BEN, "clips": tmp_path / "clips.csv", "out": tmp_path / "out"}
    code, _, err = run(*(word.format(**places, secret=tmp_path / "secret") for word in line.split()))
    told = [one for one in err.splitlines() if "pip install" in one]
    assert (code, len(told)) == (1, 1), err
    assert re.fullmatch(rf"heard: .+ needs? .+: \S*python -m pip install --group {LACKING[line]}", told[0])
    assert str(python) in told[0] or "/bin/python" in told[0]


def test_a_library_call_says_the_same(run):
    attempt = "try: Heard(compute='cuda')\nexcept HeardError as error: print(error)"
    code, out, _ = run("-c", f"from app import Heard\nfrom utils import HeardError\n{attempt}")
    assert code == 0
    assert re.search(r"^--compute cuda needs PyTorch: .*pip install --group torch$", out)
