"""``python -m app gate``: passes the microphone on only while chosen people speak."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from app.audio.devices import BOTH
from app.audio.reading.opening import is_pipe
from app.audio.source import SourceStatus
from app.cli.options import add_compute_option, add_model_option, add_one_channel_option
from app.cli.program.examples import examples
from app.diarisation.rttm import read_rttm
from app.gating.gate import GateConfig, SpeakerGate
from app.gating.measure import gate_errors
from app.gating.passing import pass_on
from app.gating.sinks import is_file, open_sink
from app.names import name_key
from app.outputs import STANDARD, check_outputs, model_inputs
from app.session import Session, SessionOptions, make_source
from app.time_left import clock
from utils import BadInput, percent

SHORTEST_S, LONGEST_S = 0.25, 10.0
"""Of a delay."""


def run(argv: list[str]) -> int:
    """Pass sound on until the source ends, or Ctrl-C."""
    options = _parse(argv)
    asked = SessionOptions(
        device=options.device,
        file=options.file,
        channel=options.channel,
        realtime=options.realtime or not is_file(options.out),  # a device plays no faster
        model=options.model,
        data=options.data,
        threshold=options.threshold,
        compute=options.compute,
        demo=options.demo,
    )
    if options.device == BOTH:
        raise BadInput(f"--device {BOTH}: name one of the two.")
    asked.check()
    _check_out(options, asked)
    reference = read_rttm(options.reference) if options.reference else None
    session = Session(asked)
    recogniser = session.open()
    names = _enrolled(options.who, recogniser.gallery.people)
    gate = SpeakerGate(names, GateConfig(delay_s=options.delay, likely=options.likely))
    stop = _stopped_by_signals()
    source = make_source(asked)
    sink = open_sink(options.out)
    if asked.audio_file is None:
        _say(f"{', '.join(sorted(names))} into {sink.name}, {options.delay:g} s later. Ctrl-C ends it.")
    shown = False
    for now in pass_on(source, recogniser, gate, sink, stop=stop, on_status=_say_status):
        if now.open != shown and asked.audio_file is None:
            shown = now.open
            _say(f"{clock(gate.heard_s):>8}  {'open' if shown else 'closed'}")
    passed_s = sum(end_s - start_s for start_s, end_s in gate.passed)
    _say(f"{passed_s:.1f} of {gate.heard_s:.1f} s passed, {options.delay:g} s later.")
    if reference is not None:
        errors = gate_errors(gate.passed, reference, names)
        leaked, cut = errors.leaked_s / max(errors.others_s, 1e-9), errors.cut_s / max(errors.own_s, 1e-9)
        _say(f"Of others' {errors.others_s:.1f} s of speech {errors.leaked_s:.2f} s leaked ({percent(leaked)});")
        _say(f"of {errors.own_s:.1f} s that should pass {errors.cut_s:.2f} s were cut ({percent(cut)}).")
    return 0


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app gate", description=__doc__, **examples("gate"))
    parser.add_argument("--who", action="append", required=True, metavar="NAME", help="who passes; may be repeated")
    parser.add_argument(
        "--out",
        required=True,
        metavar="OUT",
        help="a file (.wav), an output device by a part of its name, or '-' (raw 16-bit samples at 16 kHz)",
    )
    parser.add_argument("--delay", type=_delay, default=GateConfig().delay_s, metavar="S",
                        help="how much later sound comes out, in seconds (default: %(default)s): the less, the more of"
                             " beginnings is cut")  # fmt: skip
    parser.add_argument("--likely", action="store_true", help="names that are only likely open, too")
    parser.add_argument("--device", metavar="NAME", help="microphone, by a part of its name (python -m app devices)")
    parser.add_argument("--file", type=Path, metavar="FILE", help="a recording in place of the microphone")
    parser.add_argument("--realtime", action="store_true", help="play the file at its natural pace")
    parser.add_argument("--demo", action="store_true", help="the bundled conversation with its three people")
    parser.add_argument("--reference", type=Path, metavar="RTTM", help="who spoke when: what leaked and what was cut")
    add_one_channel_option(parser, "the microphone or the file")
    add_model_option(parser)
    parser.add_argument("--data", type=Path, metavar="DIR", help="where recordings and voiceprints are")
    parser.add_argument("--threshold", type=float, metavar="T", help="cosine that a name needs")
    add_compute_option(parser)
    return parser.parse_args(argv)


def _delay(text: str) -> float:
    """For argparse. Raises ArgumentTypeError."""
    try:
        delay_s = float(text)
    except ValueError:
        delay_s = -1.0
    if not SHORTEST_S <= delay_s <= LONGEST_S:
        raise argparse.ArgumentTypeError(f"{text}: a delay is {SHORTEST_S:g} to {LONGEST_S:g} seconds.")
    return delay_s


def _check_out(options: argparse.Namespace, asked: SessionOptions) -> None:
    """Raise BadInput for a file that must not be replaced."""
    if options.out == STANDARD or not is_file(options.out):
        return
    path = Path(options.out)
    if not path.absolute().parent.is_dir():
        raise BadInput(f"--out {path}: there is no folder {path.absolute().parent}.")
    inputs = [("--file", asked.audio_file), ("--reference", options.reference), *model_inputs(options.model)]
    known = [(label, read) for label, read in inputs if read is None or not is_pipe(read)]
    check_outputs([("--out", path)], known, data=options.data)


def _enrolled(wanted: list[str], people: tuple[str, ...]) -> frozenset[str]:
    """The names as they are enrolled. Raises BadInput for one that is not."""
    by_key = {name_key(name): name for name in people}
    for name in wanted:
        if name_key(name) not in by_key:
            raise BadInput(f"--who {name}: nobody is enrolled as that; there is {', '.join(people) or 'nobody'}.")
    return frozenset(by_key[name_key(name)] for name in wanted)


def _stopped_by_signals() -> threading.Event:
    """Set by the first Ctrl-C or SIGTERM; the second ends the program at once."""
    stop = threading.Event()

    def take(number: int, _: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, take)
    return stop


def _say_status(status: SourceStatus) -> None:
    """What is wrong with the microphone."""
    if status.message:
        _say(status.message)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
