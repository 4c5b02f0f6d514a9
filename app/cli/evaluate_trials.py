"""``python -m app evaluate TRIALS``: the figures of a list of trials."""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path

from app.cli.evaluate_table import encoder_of
from app.cli.progress import print_left_out, progress_bar
from app.corpus.find import locate
from app.evaluation.trial_scores import measure_trials, score_trials, write_scores
from app.evaluation.trials import files_of, read_trials
from app.outputs import check_outputs, model_inputs
from app.terminal.tables import table
from utils import BadInput, atomic_write


def add_options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Add the options that only a list of trials has, and return them."""
    group = parser.add_argument_group("with a list of TRIALS")
    return [
        group.add_argument("--scores", metavar="OUT", help="write each trial with its score behind it"),
        group.add_argument(
            "--condition",
            action="append",
            metavar="COLUMN",
            help="with a heading: figures for each value of this column too (default: the one named condition)",
        ),
        group.add_argument("--det", metavar="OUT", help="draw the DET curve into a .png, .svg or .pdf"),
    ]


def run(options: argparse.Namespace) -> int:
    """Score the trials, write what is asked for, and print the figures."""
    outputs = (("--scores", options.scores), ("--det", options.det))
    check_outputs(outputs, (("TRIALS", options.trials), *model_inputs(options.model)))
    encoder = encoder_of(options)
    if options.det:
        from app.evaluation.plots.style import require_plotting

        require_plotting(options.det)  # before minutes of work
    trials = read_trials(options.trials, options.condition or ())
    root = options.audio_root or Path(options.trials).parent
    check_outputs(outputs, (("a file of TRIALS,", Path(locate(root, name))) for name in sorted(files_of(trials))))
    cohort = None if options.no_norm else encoder.cohort
    scored = score_trials(trials, root, encoder.embed, progress_bar("embedding"), cohort)
    if options.scores:  # first: with one kind of trial there are scores, but no figures
        with atomic_write(options.scores) as file:
            file.write(write_scores(scored))
    name_left_out = partial(print_left_out, scored.left_out, "trials", len(trials), strict=options.strict)
    # The card's threshold and calibration hold for the scores that the model normally gives.
    rule = None if options.no_norm and encoder.cohort is not None else encoder.rule()
    try:
        result = {**measure_trials(scored, rule), "normalised": cohort is not None}
    except BadInput:  # of one kind of trial alone there are none, perhaps for want of those that were left out
        name_left_out()
        raise
    if options.det:
        from app.evaluation.plots.det import curves_of, draw_det

        draw_det(curves_of(scored), options.det)
    left_out = {"left_out": [one.as_json() for one in scored.left_out]}
    print(json.dumps({**result, **left_out}) if options.json else text(result))
    return name_left_out()


def text(result: dict) -> str:
    """The figures of ``measure_trials`` for people: rates in percent."""
    by = "folder" if result["speakers_by_folder"] else "same-speaker trials"
    kinds = f"{result['targets']} of the same speaker, {result['nontargets']} of different ones"
    eer = f"{result['eer']:.2%} at a score of {result['threshold']:.4f}"
    rows = [
        ("trials", f"{result['trials']}: {kinds}; {result['speakers']} speakers, told by {by}"),
        ("scores", "normalised against the model's cohort" if result["normalised"] else "cosines"),
        ("EER", f"{eer}; 90 % interval over speakers {_range(result['eer_interval'])}"),
        ("", f"accuracy {result['accuracy']:.2%}, F1 {result['f1']:.4f} there"),
        ("min DCF", _costs(result["min_dcf"], result["min_dcf_interval"])),
    ]
    if "at_default" in result:
        own = result["at_default"]
        errors = f"false accepts {own['false_accepts']:.2%}, false rejects {own['false_rejects']:.2%}"
        rows += [
            ("actual DCF", f"{_costs(result['actual_dcf'])}, decided as the model's card says"),
            ("", f"{errors}, accuracy {own['accuracy']:.2%}, F1 {own['f1']:.4f} there"),
            ("Cllr", f"{result['cllr']:.3f} bits; {result['min_cllr']:.3f} with the best calibration"),
        ]
    lines = [f"{name:<12}{value}" for name, value in rows]
    for column, values in result.get("conditions", {}).items():
        lines += ["", _conditions(column, values)]
    return "\n".join(lines)


def _conditions(column: str, values: dict[str, dict]) -> str:
    header = (
        column,
        "trials",
        "same",
        "EER",
        "90 % interval",
        "min DCF 0.01",
        "0.05",
        "actual 0.01",
        "0.05",
        "FA",
        "FR",
        "Cllr",
    )
    rows = [(value or "(none)", *_condition(row)) for value, row in values.items()]
    return table(header, rows, numbers=tuple(range(1, len(header))))


def _condition(row: dict) -> list[str]:
    cells = [str(row["trials"]), str(row["targets"])]
    if "eer" not in row:  # one kind of trial only
        return cells + ["-"] * 9
    cells += [f"{row['eer']:.2%}", _range(row["eer_interval"]), *(f"{cost:.3f}" for cost in row["min_dcf"].values())]
    if "at_default" not in row:
        return cells + ["-"] * 5
    errors = [f"{row['at_default'][kind]:.2%}" for kind in ("false_accepts", "false_rejects")]
    return [*cells, *(f"{cost:.3f}" for cost in row["actual_dcf"].values()), *errors, f"{row['cllr']:.3f}"]


def _costs(costs: dict[str, float], intervals: dict | None = None) -> str:
    spread = {p: f", {low:.3f} to {high:.3f}" for p, (low, high) in (intervals or {}).items()}
    return "; ".join(f"{cost:.3f} (p = {p}{spread.get(p, '')})" for p, cost in costs.items())


def _range(interval: tuple[float, float]) -> str:
    return f"{interval[0]:.2%} to {interval[1]:.2%}"
