"""``python -m app export``: what it writes, and what it says when it cannot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cli import export
from app.embedding.load import load_encoder
from utils import BUNDLED, BadInput

WEIGHTS = BUNDLED / "models" / "embedded.safetensors"


def test_an_exported_model_is_one_to_use(tmp_path: Path, capsys: pytest.CaptureFixture):
    out = tmp_path / "mine.onnx"
    assert export.run(["--out", str(out), "--precision", "float32"]) == 0
    assert "cosine to embedded.safetensors on the demo at least 1.0000" in capsys.readouterr().out
    card = json.loads(out.with_suffix(".json").read_text())
    assert (card["name"], card["precision"]) == ("mine", "float32")
    assert load_encoder(str(out)).card == card
    assert set(tmp_path.iterdir()) == {out, out.with_suffix(".json")}


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        (["--model", "embedded-int8"], r"only a \.safetensors model"),
        (["--model", "nothing.safetensors"], "no such model file"),
        (["--out", "model.pt"], r"ends in \.onnx"),
        (["--out", str(WEIGHTS.with_suffix(".onnx"))], "the card of --model"),
        (["--precision", "float32"], "the card of --model"),
    ],
)
def test_a_mistake_is_one_line(argv: list[str], complaint: str):
    before = WEIGHTS.with_suffix(".json").read_bytes()
    with pytest.raises(BadInput, match=complaint):
        export.run(argv)
    assert WEIGHTS.with_suffix(".json").read_bytes() == before
