"""The program in docs/batch.md runs."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np

from utils import ROOT


def test_the_python_program_runs(tmp_path):
    (program,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "batch.md").read_text(encoding="utf-8"), re.DOTALL)
    program = program.replace('Path("out")', f"Path({str(tmp_path / 'out')!r})")
    script = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{program}"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "True" in done.stdout
    assert len(np.load(tmp_path / "out" / "embeddings.npy", allow_pickle=False)) >= 9
