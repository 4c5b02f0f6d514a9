"""docs/server.md: its commands and its program run, in their order, on a server that knows nobody."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest

from app.cli import serve
from tests.support.serving import TOKEN, running
from utils import ROOT

DOCS = (ROOT / "docs" / "server.md").read_text(encoding="utf-8")


@pytest.fixture
def address(encoder, tmp_path):
    with running(encoder, tmp_path / "data") as url:
        yield url


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_curl_examples_run(address):
    (block,) = (block for block in re.findall(r"```\n(.*?)```", DOCS, re.DOTALL) if block.startswith("TOKEN="))
    commands = block.split("\n\n", 1)[1]
    strict = 'curl() { command curl -sS --fail-with-body "$@" || exit 1; echo; }'
    script = f"{strict}\nTOKEN={TOKEN}\nURL={address}\n{commands}"
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-500:] + done.stderr
    assert '"label":"Eva"' in done.stdout
    assert "SPEAKER conversation 1" in done.stdout


def test_the_python_program_runs(address, tmp_path):
    (program,) = re.findall(r"```python\n(.*?)```", DOCS, re.DOTALL)
    (tmp_path / "token").write_text(TOKEN)
    program = program.replace("http://127.0.0.1:8765", address).replace("data/server-token", str(tmp_path / "token"))
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "Eva"


def test_options_and_pictures_exist(capsys):
    with pytest.raises(SystemExit):
        serve.run(["--help"])
    known = capsys.readouterr().out + "".join(re.findall(r"```\n(?:docker|pip).*?```", DOCS, re.DOTALL))
    for option in set(re.findall(r"--[a-z][\w-]*", DOCS)):
        assert option in known, option
    for picture in re.findall(r"\]\((screenshots/[^)]+)\)", DOCS):
        assert (ROOT / "docs" / picture).exists(), picture
