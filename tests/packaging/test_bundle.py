"""The bundled app and the workflows that make it elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from utils import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.slow
@pytest.mark.process
def test_the_app_is_made_and_works_where_no_clone_is(tmp_path: Path):
    made = subprocess.run(
        [sys.executable, ROOT / "packaging" / "bundle.py", tmp_path], capture_output=True, text=True, check=False
    )
    if "No matching distribution" in made.stderr:
        pytest.skip("no registry can be reached")
    assert made.returncode == 0, made.stderr[-2000:]
    tried = subprocess.run(
        [sys.executable, ROOT / "packaging" / "smoke_bundle.py", tmp_path / "Heard"], capture_output=True, text=True
    )
    assert tried.returncode == 0, tried.stderr[-2000:]
    assert "named ['Ana', 'Ben'" in tried.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_well_formed_and_calls_what_there_is(path: Path):
    text = path.read_text(encoding="utf-8")
    told = yaml.safe_load(text)
    assert {"name", True, "permissions", "jobs"} == set(told)  # YAML reads "on" as true
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for job in told["jobs"].values():
        assert job["runs-on"]
        assert job["timeout-minutes"]
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step)
            for script in re.findall(r"python (\S+\.py)", step.get("run", "")):
                assert (ROOT / script).exists()
            for target in re.findall(r"\bmake (\w+)", step.get("run", "")):
                assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    assert "never run" in text
