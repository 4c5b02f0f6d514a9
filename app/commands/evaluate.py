"""``python -m app evaluate TRIALS``: how well a model tells same-speaker from different-speaker recordings."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from app.recognition.model_files import resolve
from utils import BadInput, atomic_write


def run(argv: list[str]) -> int:
    """Measure a list of trials, or all pairs of the clips of a table."""
    options = _parse(argv)
    from app.recognition.encoder import Encoder

    if options.record and resolve(options.model).kind != "heard":
        raise BadInput("--record: this model has no card of its own to write to.")
    encoder = Encoder.load(options.model, compute=options.compute)
    if options.pairs:
        return _pairs(options, encoder)
    return _trials(options, encoder)


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app evaluate", description=__doc__)
    parser.add_argument("trials", nargs="?", metavar="TRIALS", help='lines such as "1 a.wav b.wav" (1: same speaker)')
    parser.add_argument("--audio-root", metavar="DIR", help="where the files are (default: beside the list)")
    parser.add_argument("--scores", metavar="OUT", help="write each trial with its cosine behind it")
    parser.add_argument("--pairs", metavar="CSV", help="instead of TRIALS: all pairs of the clips of each corpus in it")
    parser.add_argument("--corpus", action="append", help="with --pairs: only this corpus (may be repeated)")
    parser.add_argument("--adults", action="store_true", help="with --pairs: without speakers under 15")
    parser.add_argument(
        "--crop-s",
        type=float,
        nargs="+",
        default=[0.0],
        metavar="S",
        help="with --pairs: the middle S seconds of each clip; 0 is all of it; several make several rows",
    )
    parser.add_argument("--record", action="store_true", help="with --pairs: write the rows into the model's card")
    parser.add_argument("--json", action="store_true", help="print JSON (rates as fractions) instead of text")
    parser.add_argument("--model", default="embedded", metavar="M")
    parser.add_argument("--compute", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    options = parser.parse_args(argv)
    if bool(options.trials) == bool(options.pairs):
        parser.error("give either a list of TRIALS or --pairs CSV")
    if options.pairs and options.scores:
        parser.error("--scores belongs to a list of TRIALS")
    if options.record and not options.pairs:
        parser.error("--record belongs to --pairs")
    if any(seconds < 0 or 0 < seconds < 0.1 for seconds in options.crop_s):
        parser.error("--crop-s: at least 0.1 seconds, or 0 for all")
    return options


def _trials(options: argparse.Namespace, encoder) -> int:
    import numpy as np

    from app.evaluation.trials import measure, read_trials, score_trials

    trials = read_trials(options.trials)
    root = options.audio_root or Path(options.trials).parent
    scores = score_trials(trials, root, encoder.embed, _bar("embedding"))
    if options.scores:
        lines = (f"{int(t.target)} {t.enrol} {t.test} {s:.6f}\n" for t, s in zip(trials, scores, strict=True))
        with atomic_write(options.scores) as file:
            file.write("".join(lines).encode())
    target = np.array([trial.target for trial in trials])
    result = measure(scores[target], scores[~target])
    if options.json:
        print(json.dumps(result))
        return 0
    costs = ", ".join(f"{cost:.3f} (p = {p})" for p, cost in result["min_dcf"].items())
    print(f"EER          {result['eer']:.2%} at a score of {result['threshold']:.4f}")
    print(f"min DCF      {costs}")
    print(f"accuracy     {result['accuracy']:.2%}, F1 {result['f1']:.4f}, both at that score")
    print(f"trials       {result['trials']}")
    return 0


def _pairs(options: argparse.Namespace, encoder) -> int:
    from app.evaluation.trials import embed_clips, measure_gender, measure_pairs, record_figures
    from app.training.corpus import read_clips

    clips = [clip for clip in read_clips(options.pairs, options.audio_root) if clip.adult or not options.adults]
    rows = []
    if not options.json:
        print(
            "corpus                    crop      EER  90 % interval      FA / FR at own threshold  gender right of told"
        )
    for corpus in options.corpus or sorted({clip.corpus for clip in clips}):
        chosen = [clip for clip in clips if clip.corpus == corpus]
        if not chosen:
            raise BadInput(f"{options.pairs}: no clips of a corpus named {corpus!r}.")
        for crop_s in options.crop_s:
            embeddings = embed_clips(chosen, encoder.embed, crop_s, _bar(corpus))
            row = {"corpus": corpus, "crop_s": crop_s, **measure_pairs(chosen, embeddings, encoder.card["threshold"])}
            if encoder.knows_gender:
                row["gender"] = measure_gender(chosen, embeddings, encoder.gender)
            rows.append(row)
            if not options.json:
                print(_row(row))
    if options.json:
        print(json.dumps(rows[0] if len(rows) == 1 else rows))
    if options.record:
        record_figures(resolve(options.model).path, _command(options), rows)
    return 0


def _row(row: dict) -> str:
    low, high = row["eer_interval"]
    crop = f"{row['crop_s']:g} s" if row["crop_s"] else "full"
    own = f"{row['at_default']['false_accepts']:.2%} / {row['at_default']['false_rejects']:.2%}"
    line = f"{row['corpus'] or '-':<24}{crop:>6}{row['eer']:>9.2%}  {f'{low:.2%} - {high:.2%}':<17}{own:>26}"
    if (gender := row.get("gender")) and gender["right"] is not None:
        line += f"{gender['right']:>13.1%} of {gender['answered']:.1%}"
    return line


def _command(options: argparse.Namespace) -> str:
    """The command line that gives the same rows, without the paths of this machine."""
    words = ["python -m app evaluate --pairs", Path(options.pairs).name]
    words += [f"--corpus {corpus}" for corpus in options.corpus or ()]
    words += ["--adults"] * options.adults
    words += ["--crop-s", *(f"{seconds:g}" for seconds in options.crop_s)]
    return " ".join(words)


def _bar(label: str):
    from tqdm import tqdm

    return lambda items: tqdm(items, desc=label, unit="file", leave=False, disable=not sys.stderr.isatty())
