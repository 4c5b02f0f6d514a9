"""``python -m app extract MANIFEST --out DIR``: embeddings of many files, with resume."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from app.cli.options import add_compute_option, add_model_option, add_one_channel_option, add_strict_option
from app.cli.program.examples import examples
from app.corpus.left_out import SHOWN, LeftOut, first_few
from app.embedding.load import PRECISIONS
from app.outputs import check_outputs, model_inputs


def run(argv: list[str]) -> int:
    """Extract, and report. 0 even if some rows have an error (index.csv says which), 1 if not one could be done, and
    with --strict if not all could."""
    options = _parse(argv)
    from app.corpus.manifest import open_manifest
    from app.extraction.extract import extract, nothing_extracted
    from app.extraction.outputs import files_of

    outputs = [("--out,", path) for path in files_of(options.out)]
    check_outputs(outputs, (("MANIFEST", options.manifest), *model_inputs(options.model)))

    manifest = open_manifest(options.manifest, options.audio_root, options.path_column, options.speaker_column)
    try:
        with _executor(options) as executor:
            report = extract(manifest, options.out, executor, _config(options), begin=_bar)
    except KeyboardInterrupt:
        print("\nstopped: what is done is kept, run the same command again to go on.", file=sys.stderr)
        return 130
    _print(report, options)
    if error := nothing_extracted(report):
        raise error
    return 1 if options.strict and (report.failures or report.left_out) else 0


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m app extract",
        description=f"{__doc__}\nRun it again, with the same or a longer manifest, and it goes on where it was, "
        "however it ended.",
        **examples("extract"),
    )
    parser.add_argument(
        "manifest",
        metavar="MANIFEST",
        help="a list of files and speakers (csv, tsv, JSON lines, Common Voice's; docs/lists.md has all), a Kaldi"
        " folder, or a folder with a sub-folder for each speaker",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the embeddings go")
    parser.add_argument("--audio-root", metavar="DIR", help="where relative paths start, and no path leads out of")
    parser.add_argument("--path-column", metavar="NAME", help="of a table, if it is not file, path, filename, ...")
    parser.add_argument("--speaker-column", metavar="NAME", help="of a table, if it is not speaker, client_id, ...")
    parser.add_argument(
        "--segment", type=float, metavar="S", help="an embedding of every S seconds (default: of a row)"
    )
    parser.add_argument("--hop", type=float, metavar="S", help="seconds from segment to segment (default: no overlap)")
    parser.add_argument(
        "--longest", type=float, default=120.0, metavar="S", help="without --segment: longer rows are errors (120)"
    )
    add_one_channel_option(parser, "the files")
    parser.add_argument("--min-clips", type=int, default=1, metavar="N", help="leave out speakers with fewer rows")
    parser.add_argument("--retry", action="store_true", help="try rows again that had an error in an earlier run")
    parser.add_argument("--engine", choices=["local", "ray"], default="local", help="this machine, or a Ray cluster")
    parser.add_argument("--workers", type=int, metavar="N", help="shards at a time (default: one for each core)")
    parser.add_argument(
        "--ray-address", metavar="HOST:PORT", help="of the cluster (default: RAY_ADDRESS, or a new one)"
    )
    add_strict_option(parser)
    add_model_option(parser)
    add_compute_option(parser)
    parser.add_argument(
        "--precision",
        default="auto",
        choices=PRECISIONS,
        help="of the network; auto (default): what DIR has, else bfloat16 where the processor multiplies it",
    )
    options = parser.parse_args(argv)
    for name, least in (("segment", 0.1), ("hop", 0.01), ("longest", 0.1), ("workers", 1), ("min_clips", 1)):
        if (value := getattr(options, name)) is not None and not least <= value < float("inf"):
            parser.error(f"--{name.replace('_', '-')}: at least {least:g}")
    if options.hop and not options.segment:
        parser.error("--hop belongs to --segment")
    if options.engine == "ray" and options.compute not in ("auto", "cpu"):
        parser.error("--engine ray computes on processors: leave --compute out")
    if options.ray_address and options.engine != "ray":
        parser.error("--ray-address belongs to --engine ray")
    return options


def _config(options: argparse.Namespace):
    from app.extraction.extract import ExtractConfig
    from app.extraction.shard import SegmentConfig

    return ExtractConfig(
        SegmentConfig(options.segment, options.hop, options.longest, options.channel),
        min_clips=options.min_clips,
        retry=options.retry,
    )


def _executor(options: argparse.Namespace):
    """A context manager around the executor that --engine names."""
    if options.engine == "ray":
        from app.extraction.ray_executor import RayExecutor

        return RayExecutor(options.model, options.ray_address, options.workers, _precision(options))
    from app.embedding.load import load_encoder
    from app.extraction.executors import LocalExecutor

    encoder = load_encoder(options.model, compute=options.compute, precision=_precision(options), large_batches=True)
    return nullcontext(LocalExecutor(encoder, options.workers))


def _precision(options: argparse.Namespace) -> str:
    """What was asked for, or, if nothing was, what is in the folder already."""
    from app.embedding.load import is_onnx
    from app.extraction.journal import precision_before

    if options.precision != "auto" or is_onnx(options.model):
        return options.precision
    before = precision_before(options.out)
    return before if before in PRECISIONS else "auto"


@contextmanager
def _bar(rows: int) -> Iterator:
    from tqdm import tqdm

    with tqdm(total=rows, unit="file", disable=not sys.stderr.isatty(), dynamic_ncols=True) as bar:

        def progress(result, report) -> None:
            seconds = max(bar.format_dict["elapsed"], 1e-3)
            bar.set_postfix_str(f"{report.sound_s / seconds:.0f} x real time, {report.failed} failed", refresh=False)
            bar.update(len(result.clips))

        yield progress


def _workers(report) -> str:
    return "1 worker" if len(report.workers) == 1 else f"{len(report.workers)} workers"


def _print(report, options: argparse.Namespace) -> None:
    if report.rows:
        print(
            f"{report.embeddings} embeddings of {report.rows} rows and {report.sound_s:.0f} s of sound in"
            f" {report.wall_s:.1f} s by {_workers(report)}: {report.rows / report.wall_s:.1f} rows/s,"
            f" {report.sound_s / report.wall_s:.0f} x real time."
        )
    if report.done_before:
        print(f"{report.done_before} rows were done before.")
    if report.left_out:
        print(f"{report.left_out} rows of speakers with fewer than {options.min_clips} were left out.")
    if report.failures:
        print(f"{len(report.failures)} rows have no embedding; {options.out / 'index.csv'} says why:")
        few = [LeftOut(one.clip.name, one.status.removeprefix("error: ")) for one in report.failures[:SHOWN]]
        print(*first_few(few, len(report.failures)), sep="\n")
    print(f"{options.out}: {report.all_embeddings} embeddings.")
