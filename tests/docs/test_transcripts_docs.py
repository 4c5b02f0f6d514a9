"""docs/transcripts.md: its commands run and do what it shows."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import textwrap

from tests.support.documented_commands import assert_links_exist
from utils import ROOT, slug

DOCS = (ROOT / "docs" / "transcripts.md").read_text(encoding="utf-8")


def test_the_commands_do_what_is_shown(tmp_path):
    before, after = (textwrap.dedent(block) for block in re.findall(r"\n\n((?:    .*\n|\n)+?)\n(?=\S)", DOCS)[:2])
    stranger = "\n2\n00:00:26,700 --> 00:00:29,500\nNobody knows me.\n"
    (tmp_path / "talk.srt").write_text(before + stranger)
    shutil.copytree(ROOT / "data" / "demo", tmp_path / "data" / "demo")
    env = {"HEARD_DATA": str(tmp_path / "people"), "PYTHONPATH": str(ROOT)}
    for block in re.findall(r"```\n(python .*?)```", DOCS, re.DOTALL):
        for line in block.splitlines():
            words = shlex.split(line)[1:]
            if words[0] != "-m":
                words[0] = str(ROOT / words[0])
            done = subprocess.run([sys.executable, *words], cwd=tmp_path, env=env, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
    assert (tmp_path / "talk.speakers.srt").read_text() == after + stranger.replace("2\n", "3\n", 1).replace(
        "Nobody", "Unknown 1: Nobody"
    )
    assert (tmp_path / "talk.renamed.srt").exists()
    assert {f"{slug('Ana')}.wav", f"{slug('Ana')}-2.wav"} <= {path.name for path in (tmp_path / "voices").iterdir()}


def test_files_that_it_names_exist():
    assert_links_exist(DOCS, ROOT / "docs")
