"""``python -m app benchmarks``: networks, extraction, files, galleries, a server and its strangers, start-up, a day."""

from __future__ import annotations

import argparse
import itertools
import sys
from pathlib import Path
from statistics import median

from app.cli.options import add_model_option
from app.cli.program.examples import examples
from app.embedding.model_files import torch_installed
from utils import ROOT, BadInput, missing_extra


def run(argv: list[str]) -> int:
    """Measure on this machine and print tables."""
    options = _parse(argv)
    parts = ALL if options.part == "all" else (options.part,)
    if not torch_installed() and (in_torch := [part for part in parts if part in IN_TORCH]):
        raise missing_extra(f"benchmarks {in_torch[0]}", "PyTorch", "benchmarks")
    for part in parts:
        PARTS[part](options)
    return 0


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app benchmarks", description=__doc__, **examples("benchmarks"))
    parser.add_argument("part", nargs="?", choices=("all", *PARTS), default="all")
    parser.add_argument("--repeats", type=int, default=30, metavar="N", help="of each network (default 30)")
    parser.add_argument("--starts", type=int, default=5, metavar="N", help="of the program (default 5)")
    people = {"type": int, "nargs": "+", "metavar": "N", "default": [1_000, 10_000, 100_000]}
    parser.add_argument("--people", **people, help="gallery: how many (default 1,000, 10,000 and 100,000)")
    parser.add_argument("--speech", type=Path, metavar="CSV", help="extract, overlap: a table of clips")
    parser.add_argument("--conversations", type=int, default=6, metavar="N", help="overlap: how many (default 6)")
    parser.add_argument("--meetings", type=Path, metavar="DIR", help="overlap: recordings with RTTM files beside them")
    parser.add_argument("--files", type=int, default=500, metavar="N", help="extract: how many (default 500)")
    parser.add_argument("--streams", type=int, default=8, metavar="N", help="server: live at once (default 8)")
    parser.add_argument("--seconds", type=float, default=60, metavar="S", help="server: of live sound (default 60)")
    parser.add_argument("--requests", type=int, default=10_000, metavar="N", help="server: how many (default 10000)")
    parser.add_argument("--hours", type=float, default=24, metavar="H", help="day: how long (default 24)")
    parser.add_argument("--minutes", type=float, default=60, metavar="M", help="files: how much sound (default 60)")
    add_model_option(parser)
    options = parser.parse_args(argv)
    if options.part in ON_SPEECH and options.speech is None:
        raise BadInput(
            f"benchmarks {options.part} needs --speech CSV: a table of clips with the columns file and speaker."
        )
    return options


def networks(options: argparse.Namespace) -> None:
    from app.benchmarks.networks import compare_networks

    print(f"\nOne window of 2 s on one thread, waveform to embedding, in turn, median of {options.repeats}:")
    for row in compare_networks(repeats=options.repeats):
        print(f"  {row}")


def start(options: argparse.Namespace) -> None:
    from app.benchmarks.startup import run_timed, screen
    from app.embedding.model_files import EMBEDDED, EMBEDDED_INT8

    demo = str(ROOT / "data" / "demo" / "conversation.flac")
    starts = options.starts
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


def gallery(options: argparse.Namespace) -> None:
    from app.benchmarks.gallery import compare_galleries

    print("\nOne voice among many on one thread, embedding to decision:")
    print("      people  scores       median         95 %             FAISS, exact")
    for row in compare_galleries(options.people):
        print(f"  {row}", flush=True)


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


def strangers(options: argparse.Namespace) -> None:
    from app.benchmarks import server, strangers

    with server.server(options.model) as (pid, client):
        print("\nConnections without the token to a server in a process of its own, one kind after the other:")
        for kind in strangers.KINDS:
            print(f"  {strangers.run_strangers(pid, client, kind)}", flush=True)
        print(f"  {strangers.run_strangers(pid, client, strangers.KINDS[0], connections=520)}")


def day(options: argparse.Namespace) -> None:
    from app.audio.reading.reader import read_audio
    from app.benchmarks.soak import DayConfig, simulate_day
    from app.demo import DEMO
    from app.diarisation.recogniser import Recogniser
    from app.embedding.load import load_encoder
    from app.enrolment.build import gallery_from_folder

    if not 0.1 <= options.hours <= 1000:
        raise BadInput(f"--hours {options.hours:g}: a day is simulated with 0.1 to 1000 hours.")
    encoder = load_encoder(options.model, compute="cpu")
    recogniser = Recogniser(encoder, gallery_from_folder(DEMO / "enrolment", encoder))
    print(f"\n{options.hours:g} hours of sound, a tenth of it the demo's conversation, as fast as it runs:")
    print("    hour  memory     open       turns  to list them  voices without a name, kept  processor")
    config = DayConfig(hours=options.hours)
    for row in simulate_day(read_audio(DEMO / "conversation.flac"), recogniser, config):
        print(f"  {row}", flush=True)


def files(options: argparse.Namespace) -> None:
    from app.audio.reading.reader import read_audio
    from app.benchmarks.files import conversations, repeated, time_files
    from app.corpus.manifest import read_clips
    from app.demo import DEMO
    from app.embedding.load import load_encoder
    from app.enrolment.build import gallery_from_folder

    encoder, seconds = load_encoder(options.model, compute="cpu"), 60 * options.minutes
    if options.speech:
        sounds, what = conversations(read_clips(options.speech), encoder, seconds), "conversations"
    else:
        talk, gallery = read_audio(DEMO / "conversation.flac"), gallery_from_folder(DEMO / "enrolment", encoder)
        sounds, what = [(repeated(talk, seconds), gallery)], "the demo's conversation, repeated"
    print(f"\n{options.minutes:g} minutes of {what}, {options.model}, both ways in turn:")
    for row in time_files(sounds, encoder):
        print(f"  {row}", flush=True)


def overlap(options: argparse.Namespace) -> None:
    from app.corpus.manifest import read_clips
    from app.embedding.load import load_encoder
    from app.evaluation.conversations.meetings import meeting_conversations, read_excerpts
    from app.evaluation.conversations.overlap_detection import OverlapCounts, measure_overlap, simulated_overlap
    from app.evaluation.conversations.plan import parse_condition

    encoder, clips = load_encoder(options.model, compute="cpu"), read_clips(options.speech)
    if encoder.overlap is None:
        raise BadInput("benchmarks overlap: this model does not tell whether two people speak at once.")
    print("\nTwo people at once, as the live engine tells it:\n")
    print(f"  {'':<38}answers right of all     stretches found          of")
    for corpus, kind in itertools.product(sorted({clip.corpus for clip in clips}), ("clean", "20", "10", "room+20")):
        condition, own = parse_condition(kind), [clip for clip in clips if clip.corpus == corpus]
        try:
            counts = simulated_overlap(own, condition, range(1, options.conversations + 1), encoder)
        except BadInput as error:
            print(f"heard: left out {corpus}, {condition.name}: {error}", file=sys.stderr)
            continue
        print(f"  {f'{corpus}, {condition.name}':<38}{counts}", flush=True)
    if options.meetings:
        excerpts = read_excerpts(options.meetings)
        counts = [measure_overlap(conversation, encoder) for _, conversation in meeting_conversations(excerpts)]
        print(f"  {'meetings':<38}{sum(counts, OverlapCounts())}")


PARTS = {
    "networks": networks,
    "start": start,
    "gallery": gallery,
    "server": server,
    "strangers": strangers,
    "day": day,
    "extract": extraction,
    "overlap": overlap,
    "files": files,
}
"""Part -> the function that measures and prints it."""
ALL = ("networks", "start", "gallery")
"""The parts that "all" runs: those that take a minute, and nothing but the program."""
IN_TORCH = ("networks", "extract")
"""The parts that time PyTorch beside what the program runs."""
ON_SPEECH = ("extract", "overlap")
"""The parts that need a table of clips."""
