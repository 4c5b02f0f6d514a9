"""``python -m app export``: make an ONNX file of a model: with integers it is faster on a CPU."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.cli.program.examples import examples
from app.embedding.model_files import resolve, torch_installed
from app.outputs import check_outputs, model_inputs
from utils import BUNDLED, SAMPLE_RATE, BadInput, missing_extra


def run(argv: list[str]) -> int:
    """Write the file and its card, and say how alike its embeddings are."""
    parser = argparse.ArgumentParser(prog="python -m app export", description=__doc__, **examples("export"))
    parser.add_argument("--model", default="embedded", metavar="M", help="embedded (default), or a .safetensors file")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="the .onnx file; its card goes beside it (default: MODEL-int8.onnx beside the model)",
    )
    parser.add_argument(
        "--precision",
        default="int8",
        choices=["int8", "float32"],
        help="of the large products: 8-bit integers (default), or float32 as trained",
    )
    options = parser.parse_args(argv)
    file = resolve(options.model)
    if file.kind != "heard":
        raise BadInput(f"--model {options.model}: only a .safetensors model of this program can be exported.")
    ending = "-int8" if options.precision == "int8" else ""
    out = options.out or file.path.with_name(f"{file.path.stem}{ending}.onnx")
    if out.suffix != ".onnx":
        raise BadInput(f"--out {out}: the name of an ONNX file ends in .onnx.")
    outputs = (("--out", out), ("the card of --out,", out.with_suffix(".json")))
    check_outputs(outputs, model_inputs(file.path), shipped=False)

    if not torch_installed():
        raise missing_extra("checking an export against its network", "PyTorch", "torch")
    from app.training.export_onnx import export_onnx

    card = export_onnx(file.path, out, _check_speech(), int8=options.precision == "int8")
    least = card["made_from"]["least_cosine"]
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB; cosine to {file.path.name} on the demo at least {least:.4f}.")
    return 0


def _check_speech():
    """Windows of the bundled demo, as the live engine cuts them."""
    from app.audio.reading.reader import read_audio

    demo = read_audio(BUNDLED / "demo" / "conversation.flac")
    window = 3 * SAMPLE_RATE
    return [demo[at : at + length] for at in range(0, len(demo) - window, window) for length in (window, window // 2)]
