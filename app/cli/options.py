"""Options that several commands have, in one wording."""

from __future__ import annotations

import argparse

from app.audio.channels_source import read_channel
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
        help="of the file: one channel, or each by itself (calls with a voice on each side); default: mixed",
    )


def channel(text: str) -> int | str:
    """For argparse. Raises ArgumentTypeError."""
    try:
        return read_channel(text)
    except BadInput as error:
        raise argparse.ArgumentTypeError(str(error)) from None
