"""Options that several commands have, in one wording."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.audio.channels_source import read_channel
from app.events.options import EventOptions
from app.exports.formats import FORMATS
from app.exports.outputs import ExportOptions
from utils import BadInput


def add_model_option(parser: argparse.ArgumentParser) -> None:
    """``--model``: what ``model_files.resolve`` takes."""
    names = "embedded (default), embedded-int8, large, speechbrain/spkrec-ecapa-voxceleb, or a file"
    parser.add_argument("--model", default="embedded", metavar="M", help=names)


def add_strict_option(parser: argparse.ArgumentParser) -> None:
    """``--strict``: for scripts that must know whether all of a list was done."""
    parser.add_argument("--strict", action="store_true", help="exit code 1 if anything of the list was left out")


def add_compute_option(parser: argparse.ArgumentParser) -> None:
    """``--compute``: what ``load_encoder`` takes."""
    parser.add_argument(
        "--compute", default="auto", choices=["auto", "cpu", "cuda", "mps"], help="where it is computed"
    )


def add_channel_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--channel",
        type=channel,
        metavar="N|each",
        help="one channel of the file or the microphone, from 1; of a file each by itself (calls); default: all, mixed",
    )


def add_one_channel_option(parser: argparse.ArgumentParser, of: str) -> None:
    """``--channel N``, where one voice is meant. ``of``: what it is a channel of."""
    parser.add_argument(
        "--channel", type=one_channel, metavar="N", help=f"hear only this channel of {of}, from 1 (default: all, mixed)"
    )


def one_channel(text: str) -> int:
    """For argparse. Raises ArgumentTypeError."""
    found = channel(text)
    if not isinstance(found, int):
        raise argparse.ArgumentTypeError(f'channel "{text}": it is a number, from 1 on.')
    return found


def channel(text: str) -> int | str:
    """For argparse. Raises ArgumentTypeError."""
    try:
        return read_channel(text)
    except BadInput as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def add_export_options(parser: argparse.ArgumentParser) -> None:
    """``--export`` and how: see ``export_options``."""
    parser.add_argument(
        "--export",
        type=Path,
        action="append",
        default=[],
        metavar="OUT",
        help="write who spoke when; the ending says how: .srt .vtt .csv .json .rttm .txt (Audacity) .TextGrid (Praat);"
        " may be given several times",
    )
    parser.add_argument(
        "--export-format",
        metavar="F",
        help=f"of --export, whatever its ending, or for --export - (standard output): {', '.join(FORMATS)}",
    )
    parser.add_argument(
        "--merge-gaps",
        action=argparse.BooleanOptionalAction,
        help="a speaker's turns with less than a second between them become one in --export (default: in subtitles and"
        " text)",
    )


def export_options(arguments: dict[str, object]) -> ExportOptions:
    """What the options of ``add_export_options`` say; they are taken out of ``arguments``."""
    paths, *how = (arguments.pop(name) for name in ("export", "export_format", "merge_gaps"))
    return ExportOptions(tuple(paths), *how)


def add_event_options(parser: argparse.ArgumentParser) -> None:
    """``--events`` and its kin: see ``event_options``."""
    group = parser.add_argument_group("events", "Others are told when somebody begins or ends to speak, for certain.")
    group.add_argument("--events", type=Path, metavar="OUT", help="as lines of JSON ('-': standard output)")
    group.add_argument("--exec", metavar="CMD", help="run a command for each, with the JSON on its standard input")
    group.add_argument("--webhook", metavar="URL", help="post each, signed with the key in HEARD_WEBHOOK_SECRET, or in")
    group.add_argument("--webhook-secret", type=Path, metavar="F", help="the first line of this file")
    group.add_argument(
        "--mqtt",
        metavar="HOST[:PORT]/TOPIC",
        help="tell a broker, and Home Assistant; HEARD_MQTT_USER and HEARD_MQTT_PASSWORD if it asks for them",
    )
    group.add_argument(
        "--here-minutes", type=float, default=10.0, metavar="N", help="who was heard within these is here (default 10)"
    )


def event_options(arguments: dict[str, object]) -> EventOptions | None:
    """What the options of ``add_event_options`` say, None if nothing; they are taken out of ``arguments``."""
    names = ("events", "exec", "webhook", "webhook_secret", "mqtt", "here_minutes")
    options = EventOptions(*(arguments.pop(name) for name in names))
    return None if options == EventOptions() else options
