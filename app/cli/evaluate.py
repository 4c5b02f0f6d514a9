"""``python -m app evaluate TRIALS``: how well a model tells same-speaker from different-speaker recordings."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

from app.cli.evaluate_conversations import add_conversation_options, conversation_options, run_conversations
from app.cli.evaluate_trials import add_trial_options, run_trials
from app.cli.options import add_compute_option, add_model_option
from app.embedding.model_files import EMBEDDED_INT8, LARGE, resolve
from utils import BadInput


def run(argv: list[str]) -> int:
    """Measure a list of trials, all pairs of the clips of a table, the naming of its people, or conversations."""
    options = _parse(argv)
    if options.conversations:
        return run_conversations(options, _corpora(options, options.conversations))
    from app.embedding.load import load_encoder
    from app.evaluation.systems import load_reference, own
    from app.training.cnn_lstm import register

    if options.record and resolve(options.model).kind == "speechbrain":
        raise BadInput("--record: this model has no card of its own to write to.")
    register()  # CNN-LSTMs are measured, too
    encoder = load_encoder(options.model, compute=options.compute)
    if options.trials:
        return run_trials(options, encoder, _bar("embedding"))
    system = own(encoder)
    if options.no_norm and encoder.cohort is not None:  # the threshold is one for normalised scores
        system = replace(system, cohort=None, threshold=None, rule=None)
    systems = [system, *(load_reference(name) for name in options.beside)]
    return _pairs(options, systems) if options.pairs else _open_set(options, systems)


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app evaluate", description=__doc__)
    parser.add_argument(
        "trials",
        nargs="?",
        metavar="TRIALS",
        help='lines such as "1 a.wav b.wav" (1: same speaker), or a csv with target, enrol, test',
    )
    parser.add_argument("--audio-root", metavar="DIR", help="where the files are (default: beside the list)")
    add_trial_options(parser)
    parser.add_argument("--pairs", metavar="CSV", help="instead of TRIALS: all pairs of the clips of each corpus in it")
    parser.add_argument(
        "--open-set",
        metavar="CSV",
        help="instead of TRIALS: five people of each corpus enrolled with 20 s, and who said 2 s at 1 %% false accepts",
    )
    parser.add_argument(
        "--conversations",
        metavar="CSV",
        help="instead of TRIALS: conversations made of the clips of each corpus, heard live; docs/conversations.md",
    )
    parser.add_argument("--corpus", action="append", help="of a CSV: only this corpus (may be repeated)")
    parser.add_argument("--adults", action="store_true", help="of a CSV: without speakers under 15")
    parser.add_argument(
        "--crop-s",
        type=float,
        nargs="+",
        default=[0.0],
        metavar="S",
        help="with --pairs: the middle S seconds of each clip; 0 is all of it; several make several rows",
    )
    parser.add_argument(
        "--noisy", action="store_true", help="with --pairs: besides, each clip in a room and with noise 10 dB below"
    )
    parser.add_argument(
        "--beside",
        action="append",
        default=[],
        choices=("embedded", "resemblyzer"),
        help="with a CSV: measure this one too",
    )
    parser.add_argument("--no-norm", action="store_true", help="plain cosines: without the model's score normalisation")
    parser.add_argument("--record", action="store_true", help="with a CSV: write the rows into the model's card")
    parser.add_argument("--json", action="store_true", help="print JSON (rates as fractions) instead of text")
    add_model_option(parser)
    add_compute_option(parser)
    add_conversation_options(parser)
    options = parser.parse_args(argv)
    if sum(map(bool, (options.trials, options.pairs, options.open_set, options.conversations))) != 1:
        parser.error("give a list of TRIALS, --pairs CSV, --open-set CSV or --conversations CSV")
    if not options.conversations and any(getattr(options, name) is not None for name in conversation_options()):
        parser.error("some of these options belong to --conversations")
    others = options.record or options.beside or options.noisy or options.no_norm or options.crop_s != [0.0]
    if options.conversations and others:
        parser.error("--record, --beside, --noisy, --no-norm and --crop-s do not go with --conversations")
    if not options.trials and (options.scores or options.condition or options.det):
        parser.error("--scores, --condition and --det belong to a list of TRIALS")
    if options.trials and (options.record or options.beside or options.noisy):
        parser.error("--record, --beside and --noisy do not go with a list of TRIALS")
    if options.open_set and (options.noisy or options.crop_s != [0.0]):
        parser.error("--noisy and --crop-s belong to --pairs")
    if any(seconds < 0 or 0 < seconds < 0.1 for seconds in options.crop_s):
        parser.error("--crop-s: at least 0.1 seconds, or 0 for all")
    return options


def _pairs(options: argparse.Namespace, systems: list) -> int:
    from app.evaluation.conditions import noisy
    from app.evaluation.pairs import measure_system

    header = "EER  90 % interval      FA / FR at own threshold  gender right of told"
    rows = _Rows(options, "figures", f"corpus                      crop      {header}", _pairs_line)
    for corpus, clips in _corpora(options, options.pairs):
        for crop_s in options.crop_s:
            for change in (None, noisy)[: 1 + options.noisy]:
                for system in systems:
                    row = measure_system(system, clips, crop_s, _bar(f"{corpus} {system.name}"), change)
                    condition = {"crop_s": crop_s, "noisy": change is not None}
                    rows.add({"model": system.name, "corpus": corpus, **condition, **row})
    return rows.finish()


def _open_set(options: argparse.Namespace, systems: list) -> int:
    from app.evaluation.open_set import OpenSetConfig, cast_parts, hear, measure_open_set

    config = OpenSetConfig()
    rows = _Rows(
        options, "open_set", "corpus                  right   90 % interval    misnamed  closed set", _open_set_line
    )
    for corpus, clips in _corpora(options, options.open_set):
        try:
            parts = cast_parts(clips, config, _bar(f"{corpus} speech"))
        except BadInput as error:
            if options.corpus:
                raise
            print(f"heard: left out {corpus}: {error}", file=sys.stderr)
            continue
        for system in systems:
            voices = [hear(part, system.embed) for part in _bar(f"{corpus} {system.name}")(parts)]
            rows.add(
                {"model": system.name, "corpus": corpus, **measure_open_set(voices, config, system.cohort, system.rule)}
            )
    return rows.finish()


def _corpora(options: argparse.Namespace, table: str):
    """(name, clips) of each corpus that is asked for."""
    from app.corpus.manifest import read_clips

    clips = [clip for clip in read_clips(table, options.audio_root) if clip.adult or not options.adults]
    for corpus in options.corpus or sorted({clip.corpus for clip in clips}):
        chosen = [clip for clip in clips if clip.corpus == corpus]
        if not chosen:
            raise BadInput(f"{table}: no clips of a corpus named {corpus!r}.")
        yield corpus, chosen


class _Rows:
    """Rows as they come: printed as text at once, or as JSON in the end, and recorded in the card if that is asked."""

    def __init__(self, options: argparse.Namespace, part: str, header: str, line):
        self._options, self._part, self._line, self._rows = options, part, line, []
        if not options.json:
            print(header)

    def add(self, row: dict) -> None:
        self._rows.append(row)
        if not self._options.json:
            line = self._line(row)
            print(f"{line}  {row['model']}" if self._options.beside else line.rstrip(), flush=True)

    def finish(self) -> int:
        from app.evaluation.model_card import write_model_card
        from app.evaluation.pairs import record_figures

        if self._options.json:
            print(json.dumps(self._rows[0] if len(self._rows) == 1 else self._rows))
        if self._options.record:
            from app.embedding.large import EMBEDDED_WEIGHTS, HEADS

            large = self._options.model == LARGE  # what is in the cache was made from what is recorded here
            weights = HEADS if large else Path(resolve(self._options.model).path)
            record_figures(weights, _command(self._options), self._rows, self._part)
            if weights.with_name("MODEL_CARD.md").exists():  # the card for people says the same
                plain = EMBEDDED_WEIGHTS.name if large else f"{weights.stem.removesuffix('-int8')}.safetensors"
                write_model_card(weights.with_name(plain))
        return 0


def _pairs_line(row: dict) -> str:
    low, high = row["eer_interval"]
    crop = (f"{row['crop_s']:g} s" if row["crop_s"] else "full") + (" noisy" if row["noisy"] else "")
    line = f"{row['corpus'] or '-':<22}{crop:>12}{row['eer']:>9.2%}  {f'{low:.2%} - {high:.2%}':<17}"
    at, gender = row.get("at_default"), row.get("gender")
    own = f"{at['false_accepts']:.2%} / {at['false_rejects']:.2%}" if at else ""
    told = f"{gender['right']:.1%} of {gender['answered']:.1%}" if gender and gender["right"] is not None else ""
    return f"{line}{own:>26}{told:>22}"


def _open_set_line(row: dict) -> str:
    low, high = row["right_interval"]
    right = f"{row['right']:>7.1%}{f'{low:.1%} - {high:.1%}':>18}"
    return f"{row['corpus'] or '-':<22}{right}{row['misnamed']:>10.1%}{row['closed_set']:>12.1%}"


def _command(options: argparse.Namespace) -> str:
    """The command line that gives the same rows, without the paths of this machine."""
    kind, table = ("--pairs", options.pairs) if options.pairs else ("--open-set", options.open_set)
    words = ["python -m app evaluate", kind, Path(table).name]
    words += [f"--model {options.model}"] * (options.model in (EMBEDDED_INT8, LARGE))
    words += [f"--corpus {corpus}" for corpus in options.corpus or ()]
    words += ["--adults"] * options.adults
    if options.pairs:
        words += ["--crop-s", *(f"{seconds:g}" for seconds in options.crop_s)]
    words += ["--noisy"] * options.noisy + ["--no-norm"] * options.no_norm
    words += [f"--beside {name}" for name in options.beside]
    return " ".join(words)


def _bar(label: str):
    from tqdm import tqdm

    return lambda items: tqdm(items, desc=label, unit="file", leave=False, disable=not sys.stderr.isatty())
