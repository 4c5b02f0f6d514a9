"""Options that several commands have, in one wording."""

from __future__ import annotations

import argparse


def add_model_option(parser: argparse.ArgumentParser) -> None:
    """``--model``: what ``model_files.resolve`` takes."""
    names = "embedded (default), embedded-int8, large, speechbrain/spkrec-ecapa-voxceleb, or a file"
    parser.add_argument("--model", default="embedded", metavar="M", help=names)


def add_compute_option(parser: argparse.ArgumentParser) -> None:
    """``--compute``: what ``load_encoder`` takes."""
    parser.add_argument(
        "--compute", default="auto", choices=["auto", "cpu", "cuda", "mps"], help="where it is computed"
    )
