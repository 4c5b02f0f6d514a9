"""``python -m app label``: puts who speaks into a transcript that has the words."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.cli.program.examples import examples
from app.cli.recordings.analysis import add_analysis_options, session_options, turns_of
from app.outputs import STANDARD, check_outputs, model_inputs
from app.transcripts.labelling import Labelled, label_transcript, parse_rename, rename_speakers
from app.transcripts.reading import read_transcript, read_transcript_file
from utils import BadInput, atomic_write

LABELLED, RENAMED = ".speakers", ".renamed"
"""What stands before the ending of an output that nobody named."""


def run(argv: list[str]) -> int:
    """Write the transcript again, in its own format, with speakers."""
    options = _parse(argv)
    names = dict(map(parse_rename, options.rename))
    what = str(options.transcript)
    content = read_transcript_file(options.transcript)
    read_transcript(content, what)
    heard = options.file is not None or options.timeline is not None
    out = _checked_out(options, LABELLED if heard else RENAMED)
    if not heard:
        labelled = rename_speakers(content, names, what)
    else:
        if options.timeline is None:
            session_options(options)
        document = turns_of(options)
        labelled = label_transcript(content, document.turns, what, names)
    if str(out) == STANDARD:
        sys.stdout.flush()
        sys.stdout.buffer.write(labelled.content)
        sys.stdout.flush()
    else:
        with atomic_write(out) as file:
            file.write(labelled.content)
    print(_summary(labelled, out), file=sys.stderr if str(out) == STANDARD else sys.stdout)
    return 0


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app label", description=__doc__, **examples("label"))
    parser.add_argument("file", metavar="FILE", nargs="?", type=Path, help="the recording, sound or video")
    parser.add_argument(
        "--transcript",
        type=Path,
        required=True,
        metavar="FILE",
        help=".srt, .vtt (also Zoom's and Teams'), .json (Whisper, whisperX, faster-whisper), .ttml, .tsv, .ctm",
    )
    parser.add_argument(
        "--out", type=Path, metavar="OUT", help="where to ('-': standard output); default: NAME.speakers.ENDING"
    )
    parser.add_argument(
        "--rename",
        action="append",
        default=[],
        metavar="OLD=NEW",
        help='another name, such as "Unknown 1=Ben"; of a transcript that has speakers, without the recording',
    )
    add_analysis_options(parser)
    options = parser.parse_args(argv)
    if options.file is None and options.timeline is None and not options.rename:
        parser.error('give the recording (or --timeline), or --rename "Unknown 1=Ben" for a transcript with speakers')
    return options


def _checked_out(options: argparse.Namespace, mark: str) -> Path:
    """Where the output goes. Raises BadInput where it must not, and for a name that nobody gave and that is taken."""
    given, transcript = options.out, options.transcript
    out = given or transcript.with_name(f"{transcript.stem.removesuffix(LABELLED)}{mark}{transcript.suffix}")
    inputs = [("FILE", options.file), ("--transcript", transcript), ("--timeline", options.timeline)]
    check_outputs([("--out", out)], [*inputs, *model_inputs(options.model)], data=options.data)
    if given is None and out.exists():
        raise BadInput(f"{out} is there already; say with --out where to.")
    if str(out) != STANDARD and not out.absolute().parent.is_dir():
        raise BadInput(f"--out {out}: there is no folder {out.absolute().parent}.")
    return out


def _summary(labelled: Labelled, out: Path) -> str:
    names = ", ".join(labelled.names) or "no names"
    facts = [f"{labelled.cues} cue{'s' * (labelled.cues != 1)}"]
    if labelled.split:
        facts.append(f"{labelled.split} of them split")
    if labelled.without:
        facts.append(f"{labelled.without} without a name")
    where = "" if str(out) == STANDARD else f"{out}: "
    return f"{where}{names}; {', '.join(facts)}."
