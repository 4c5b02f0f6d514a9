"""``python -m app benchmarks``: speed of networks, extraction, galleries and a server, start-up, window, a day."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

from app.cli.behaviour import day, overlap, positions, thresholds
from app.cli.options import add_model_option
from utils import ROOT, BadInput

HEARING = ("windows", "extract", "thresholds", "positions", "overlap")
"""The parts that need a table of clips."""
PARTS = ("all", "networks", "start", "gallery", "server", "day", *HEARING)


def run(argv: list[str]) -> int:
    """Measure on this machine and print tables."""
    parser = argparse.ArgumentParser(prog="python -m app benchmarks", description=__doc__)
    parser.add_argument("part", nargs="?", choices=PARTS, default="all")
    parser.add_argument("--repeats", type=int, default=30, metavar="N", help="of each network (default 30)")
    parser.add_argument("--starts", type=int, default=5, metavar="N", help="of the program (default 5)")
    people = {"type": int, "nargs": "+", "metavar": "N", "default": [1_000, 10_000, 100_000]}
    parser.add_argument("--people", **people, help="gallery: how many (default 1,000, 10,000 and 100,000)")
    parser.add_argument("--speech", type=Path, metavar="CSV", help="all that hear people: a table of clips")
    parser.add_argument("--conversations", type=int, default=6, metavar="N", help="how many (default 6)")
    parser.add_argument("--meetings", type=Path, metavar="DIR", help="overlap: recordings with RTTM files beside them")
    parser.add_argument("--files", type=int, default=500, metavar="N", help="extract: how many (default 500)")
    parser.add_argument("--streams", type=int, default=8, metavar="N", help="server: live at once (default 8)")
    parser.add_argument("--seconds", type=float, default=60, metavar="S", help="server: of live sound (default 60)")
    parser.add_argument("--requests", type=int, default=10_000, metavar="N", help="server: how many (default 10000)")
    parser.add_argument("--hours", type=float, default=24, metavar="H", help="day: how long (default 24)")
    add_model_option(parser)
    options = parser.parse_args(argv)
    if options.part in HEARING and options.speech is None:
        raise BadInput(
            f"benchmarks {options.part} needs --speech CSV: a table of clips with the columns file and speaker."
        )
    if options.part == "server":
        server(options)
    if options.part in ("all", "networks"):
        networks(options.repeats)
    if options.part in ("all", "start"):
        start(options.starts)
    if options.part in ("all", "gallery"):
        gallery(options.people)
    if options.speech is not None and options.part in ("all", "windows"):
        windows(options)
    if options.part == "extract":
        extraction(options)
    if options.part == "overlap":
        overlap(options)
    if options.part == "thresholds":
        thresholds(options)
    if options.part == "positions":
        positions(options)
    if options.part == "day":
        day(options)
    return 0


def networks(repeats: int) -> None:
    from app.benchmarks.networks import compare_networks

    print(f"\nOne window of 2 s on one thread, waveform to embedding, in turn, median of {repeats}:")
    for row in compare_networks(repeats=repeats):
        print(f"  {row}")


def start(starts: int) -> None:
    from app.benchmarks.startup import run_timed, screen
    from app.embedding.model_files import EMBEDDED, EMBEDDED_INT8

    demo = str(ROOT / "data" / "demo" / "conversation.flac")
    print(f"\nFrom the start of the process, median of {starts} (the first run, which fills caches, not counted):")
    with screen() as env:
        runs = [run_timed(["--file", demo, "--realtime"], seconds=12, env=env) for _ in range(starts + 1)][1:]
    for stage in ("window shown", "listening", "first label"):
        times = [run.stages_ms[stage] for run in runs if stage in run.stages_ms]
        print(f"  {stage:<14}{f'{median(times):7.0f} ms' if times else '  not seen'}")
    print(f"  peak memory   {median(run.peak_mb for run in runs):7.0f} MB (window)")
    for model in (EMBEDDED, EMBEDDED_INT8):
        text = [run_timed(["--demo", "--terminal", "--model", model]) for _ in range(starts)]
        print(f"  peak memory   {median(run.peak_mb for run in text):7.0f} MB (terminal, {model})")
        print(
            f"  the demo, one minute of sound, in {median(run.wall_s for run in text):.1f} s (the same, start included)"
        )


def gallery(people: list[int]) -> None:
    if os.environ.get("OMP_NUM_THREADS") != "1":  # which NumPy reads once, when it is loaded
        command = [sys.executable, "-m", "app", "benchmarks", "gallery", "--people", *map(str, people)]
        sys.stdout.flush()
        subprocess.run(command, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=True)
        return
    from app.benchmarks.gallery import compare_galleries

    print("\nOne voice among many on one thread, embedding to decision:")
    print("      people  scores       median         95 %             FAISS, exact")
    for row in compare_galleries(people):
        print(f"  {row}", flush=True)


def windows(options: argparse.Namespace) -> None:
    from app.corpus.clips import read_clips
    from app.embedding.load import load_encoder
    from app.evaluation.conversations.windows import compare, grid

    encoder = load_encoder(options.model)
    clips = read_clips(options.speech)
    settings = grid([0.768, 1.536, 3.072], [0.128]) + grid([3.072], [0.064, 0.256, 0.512])
    print(f"\nLive engine over {options.conversations} conversations of 2 min (5 enrolled, 3 strangers, 20 dB):")
    print("  window  hop   error  strangers named  unknown  confused  to name (median, p95)  extra changes/min  core")
    for row in compare(encoder, clips, settings, seeds=range(1, options.conversations + 1)):
        score = row.score
        print(
            f"  {row.config.tracker.windows_s[-1]:4.1f} s {row.config.hop_s:5.2f}  {score.error:5.1%}"
            f"  {score.strangers_named:15.1%}"
            f"  {score.enrolled_unknown:7.1%}  {score.enrolled_confused:8.1%}"
            f"  {score.time_to_name_s[0]:8.2f} s, {score.time_to_name_s[1]:5.2f} s"
            f"  {score.extra_changes_per_min:17.1f}  {row.core:4.0%}",
            flush=True,
        )


def extraction(options: argparse.Namespace) -> None:
    from app.benchmarks.extraction import compare_extraction

    print(f"\nWaveform files to embeddings, the first {options.files} rows of {options.speech.name}, in turns:")
    for row in compare_extraction(options.speech, options.files):
        print(f"  {row}")


def server(options: argparse.Namespace) -> None:
    from app.benchmarks import server

    with server.server(options.model) as (pid, client):
        print("\nA server in a process of its own, with clients on the same machine:")
        if options.streams:
            print(f"  {server.run_streams(pid, client, options.streams, options.seconds)}", flush=True)
        if options.requests:
            figures = server.run_requests(pid, client, options.requests)
            print(f"  {figures}")
            print("  " + ", ".join(f"{count} {kind}" for kind, count in sorted(figures.kinds.items())))
            for line in figures.unexpected[:5]:
                print(f"  unexpected: {line}")
