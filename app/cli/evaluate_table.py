"""What the evaluations of a table of clips share: its corpora, the models that are measured, rows printed and kept."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.progress import print_left_out
from app.corpus.left_out import LeftOut
from app.embedding.model_files import EMBEDDED_INT8, LARGE, resolve
from utils import BadInput

if TYPE_CHECKING:
    from app.corpus.clips import Clip
    from app.embedding.encoder import Encoder
    from app.evaluation.speaker_models import SpeakerModel


def add_options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Add the options of ``--pairs`` and ``--open-set``, and return them."""
    return [
        parser.add_argument(
            "--beside",
            action="append",
            default=[],
            choices=("embedded", "resemblyzer"),
            help="with --pairs or --open-set: measure this one too",
        ),
        parser.add_argument(
            "--record",
            action="store_true",
            help="with --pairs, --open-set, or --mismatch and its condition sessions: write the rows into the model's"
            " card",
        ),
    ]


def corpora(options: argparse.Namespace, table: str, left_out: list[LeftOut]) -> Iterator[tuple[str, list[Clip]]]:
    """(name, clips) of each corpus that is asked for; clips that cannot be used are added to ``left_out``.

    Raises BadInput if a corpus asked for by name is not there.
    """
    from app.evaluation.usable_clips import usable_clips

    usable = usable_clips(table, options.audio_root, left_out)
    clips = [clip for clip in usable if clip.adult or not options.adults]
    for corpus in options.corpus or sorted({clip.corpus for clip in clips}):
        chosen = [clip for clip in clips if clip.corpus == corpus]
        if not chosen:
            raise BadInput(f"{table}: no clips of a corpus named {corpus!r}.")
        yield corpus, chosen


def encoder_of(options: argparse.Namespace) -> Encoder:
    """The encoder of ``--model`` and ``--compute``; it may be a CNN-LSTM too, where PyTorch is installed."""
    from app.embedding.load import load_encoder
    from app.embedding.model_files import torch_installed

    if torch_installed():
        from app.training.cnn_lstm import register

        register()
    return load_encoder(options.model, compute=options.compute)


def models(options: argparse.Namespace) -> list[SpeakerModel]:
    """The model that is asked for, and those ``--beside``. Raises BadInput if it has no card to ``--record`` in."""
    from app.evaluation.speaker_models import SpeakerModel, load_reference

    check_recordable(options)
    model = SpeakerModel.of_encoder(encoder_of(options))
    return [model.without_norm() if options.no_norm else model, *map(load_reference, options.beside)]


class TableRows:
    """Rows as they come: printed as text at once, or as JSON in the end, and recorded in the card if that is asked."""

    def __init__(self, options: argparse.Namespace, part: str, header: str, line: Callable[[dict], str]):
        """``part``: where in the card the rows belong; ``line``: a row as text."""
        self._options, self._part, self._line = options, part, line
        self._rows: list[dict] = []
        if not options.json:
            print(header)

    def add(self, row: dict) -> None:
        """Take a row, and print it if text is wanted."""
        self._rows.append(row)
        if not self._options.json:
            line = self._line(row)
            print(f"{line}  {row['model']}" if self._options.beside else line.rstrip(), flush=True)

    def finish(self, kind: str, table: str, left_out: Sequence[LeftOut], words: Sequence[str] = ()) -> int:
        """Print JSON and write the card, if that is asked; it names the command: ``kind table`` and ``words``.

        Clips that were left out are named, in JSON all of them in the first row. The exit code.
        """
        left_out = list(dict.fromkeys(left_out))
        if self._options.json:
            rows = [dict(row) for row in self._rows]
            if rows and left_out:
                rows[0]["left_out"] = [one.as_json() for one in left_out]
            print(json.dumps(rows[0] if len(rows) == 1 else rows))
        if self._options.record:
            record_rows(self._options, self._part, self._rows, command(self._options, kind, table, words))
        return print_left_out(left_out, "clips", strict=self._options.strict)


def record_rows(options: argparse.Namespace, part: str, rows: list[dict], made_by: str) -> None:
    """Write rows into a part of the model's card, as what the command ``made_by`` printed."""
    from app.embedding.large import EMBEDDED_WEIGHTS, HEADS
    from app.evaluation.model_card import write_model_card
    from app.evaluation.pairs import record_figures

    large = options.model == LARGE  # what is in the cache was made from what is recorded here
    weights = HEADS if large else Path(resolve(options.model).path)
    record_figures(weights, made_by, rows, part)
    if weights.with_name("MODEL_CARD.md").exists():  # the card for people says the same
        plain = EMBEDDED_WEIGHTS.name if large else f"{weights.stem.removesuffix('-int8')}.safetensors"
        write_model_card(weights.with_name(plain))


def check_recordable(options: argparse.Namespace) -> None:
    """Raise BadInput if rows are to be recorded in the card of a model that has none of its own."""
    if options.record and resolve(options.model).kind == "speechbrain":
        raise BadInput("--record: this model has no card of its own to write to.")


def command(options: argparse.Namespace, kind: str, table: str, words: Sequence[str] = ()) -> str:
    """The command line that gives the same rows, without the paths of this machine."""
    line = ["python -m app evaluate", kind, Path(table).name]
    line += [f"--model {options.model}"] * (options.model in (EMBEDDED_INT8, LARGE))
    line += [f"--corpus {corpus}" for corpus in options.corpus or ()]
    line += ["--adults"] * options.adults
    line += [*words, *["--no-norm"] * options.no_norm]
    line += [f"--beside {name}" for name in options.beside]
    return " ".join(line)
