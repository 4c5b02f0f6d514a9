"""Lists of trials: the score of each, and the figures that the scores give a model."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from app.audio.reading.reader import read_audio
from app.corpus.find import locate
from app.corpus.headings import LABEL, SCORE, is_label, read_label, read_number
from app.corpus.left_out import LeftOut
from app.corpus.lists import open_list
from app.corpus.rows import Cells, Kind
from app.embedding.encoder import Embed
from app.evaluation.bootstrap import speaker_bootstrap
from app.evaluation.pairs import ProgressBar
from app.evaluation.trials import Speakers, Trial, files_of, find_speakers
from app.scoring import metrics
from app.scoring.cohort import Cohort
from app.scoring.decision import DecisionRule
from utils import SAMPLE_RATE, BadInput

P_TARGETS = (0.01, 0.05)
"""Prior probabilities of a target that detection costs are given for, as the VoxCeleb and NIST evaluations do."""


@dataclass(frozen=True)
class ScoredTrials:
    """Trials and a model's scores of them. Arrays are (n,), one value for each trial."""

    trials: Sequence[Trial]
    scores: np.ndarray
    """Scores, -1 to 1: cosines, normalised if there was a cohort."""
    seconds: np.ndarray
    """Length of the shorter of the two files."""
    left_out: tuple[LeftOut, ...] = ()
    """Trials that could not be scored, for a file that cannot be used; they are not among ``trials``."""

    @property
    def target(self) -> np.ndarray:
        """Whether one person speaks in both files."""
        return np.array([trial.target for trial in self.trials])

    def where(self, mask: np.ndarray) -> ScoredTrials:
        """The trials of a mask (n,)."""
        chosen = np.flatnonzero(mask)
        return ScoredTrials([self.trials[i] for i in chosen], self.scores[chosen], self.seconds[chosen])


def score_trials(
    trials: Sequence[Trial],
    audio_root: str | os.PathLike,
    embed: Embed,
    progress: ProgressBar = iter,
    cohort: Cohort | None = None,
) -> ScoredTrials:
    """Score trials; every file is read and embedded once, whole. ``cohort``: scores are normalised against it.

    Trials with a file that cannot be used are left out. Raises BadInput if none are left: if files are missing, before
    the first is embedded.
    """
    paths = {name: Path(locate(audio_root, name)) for name in sorted(files_of(trials))}
    wrong = {name: f"{path}: no such file" for name, path in paths.items() if not path.is_file()}
    if all(trial.enrol in wrong or trial.test in wrong for trial in trials):
        raise BadInput(
            f"{len(wrong)} of the list's {len(paths)} files are missing, such as {paths[next(iter(wrong))]}:"
            " --audio-root DIR says where they are."
        )
    vectors, lengths, index = [], [], {}
    for name in progress([name for name in paths if name not in wrong]):
        try:
            vector, seconds = _embed_file(paths[name], embed)
        except BadInput as error:
            wrong[name] = str(error)
            continue
        index[name] = len(vectors)
        vectors.append(vector)
        lengths.append(seconds)
    left_out = tuple(
        LeftOut(f"{trial.enrol} {trial.test}", wrong.get(trial.enrol) or wrong[trial.test])
        for trial in trials
        if trial.enrol in wrong or trial.test in wrong
    )
    trials = [trial for trial in trials if trial.enrol in index and trial.test in index]
    if not trials:
        raise BadInput(left_out[0].reason)
    embeddings, lengths = np.stack(vectors), np.array(lengths)
    enrol = np.array([index[trial.enrol] for trial in trials])
    test = np.array([index[trial.test] for trial in trials])
    if cohort is None:
        scores = np.einsum("nd,nd->n", embeddings[enrol], embeddings[test])
    else:
        files = cohort.side(embeddings)
        scores = cohort.pair_scores(files.at(enrol), files.at(test))
    return ScoredTrials(trials, scores, np.minimum(lengths[enrol], lengths[test]), left_out)


def _embed_file(path: Path, embed: Embed) -> tuple[np.ndarray, float]:
    """The embedding (D,) of a whole file, and its length in seconds."""
    samples = read_audio(path)
    try:
        return embed(samples), len(samples) / SAMPLE_RATE
    except BadInput as error:  # too short: say which
        raise BadInput(f"{path}: {error}") from None


def measure_trials(scored: ScoredTrials, rule: DecisionRule | None = None) -> dict:
    """All figures of scored trials as ``python -m app evaluate --json`` prints them; rates are fractions.

    ``metrics.measure`` with 90 % intervals over speakers, of all trials and of each condition; with a ``rule``, those
    of deciding by it too (see ``at_rule``). Raises BadInput if one kind of trial is missing altogether.
    """
    speakers = find_speakers(scored.trials)
    result = _measure(scored, rule, speakers)
    result["speakers"], result["speakers_by_folder"] = len(speakers), speakers.by_folder
    columns: dict[str, dict[str, dict]] = {}
    for column, value in sorted({pair for trial in scored.trials for pair in trial.conditions}):
        part = scored.where(np.array([(column, value) in trial.conditions for trial in scored.trials]))
        both_kinds = len(set(part.target.tolist())) == 2  # else there is nothing to trade off
        columns.setdefault(column, {})[value] = _measure(part, rule, speakers) if both_kinds else _counts(part)
    return {**result, "conditions": columns} if columns else result


def _measure(scored: ScoredTrials, rule: DecisionRule | None, speakers: Speakers) -> dict:
    target, scores = scored.target, scored.scores
    first, second = speakers.sides(scored.trials)
    costs = [partial(metrics.lowest_cost, p_target=p) for p in P_TARGETS]
    eer, *cost_intervals = speaker_bootstrap(
        scores, target, first, second, [lambda rates: metrics.crossing(rates)[0], *costs]
    )
    result = {
        **metrics.measure(scores[target], scores[~target]),
        **_counts(scored),
        "eer_interval": eer,
        "min_dcf_interval": {str(p): interval for p, interval in zip(P_TARGETS, cost_intervals, strict=True)},
        "min_cllr": metrics.min_cllr(scores[target], scores[~target]),
    }
    return result if rule is None else {**result, **at_rule(scored, rule)}


def _counts(scored: ScoredTrials) -> dict:
    targets = int(scored.target.sum())
    return {"trials": len(scored.scores), "targets": targets, "nontargets": len(scored.scores) - targets}


def at_rule(scored: ScoredTrials, rule: DecisionRule) -> dict:
    """What comes out when the program decides: errors, detection costs, and the cost of its likelihood ratios.

    The rule is that for as much speech as the shorter file is long, as in ``python -m app verify``.
    """
    target = scored.target
    lengths, place = np.unique(scored.seconds, return_inverse=True)
    rules = [rule.at(seconds) for seconds in lengths]
    ahead = scored.scores - np.array([each.threshold for each in rules])[place]
    llrs = rule.scale * scored.scores + np.array([each.offset for each in rules])[place]
    accuracy, f1 = metrics.accuracy_and_f1(ahead[target], ahead[~target], 0.0)
    return {
        "at_default": {
            "threshold": rule.threshold,
            "false_accepts": float(np.mean(ahead[~target] >= 0)),
            "false_rejects": metrics.rejected(ahead[target], 0.0),
            "accuracy": accuracy,
            "f1": f1,
        },
        "actual_dcf": {str(p): metrics.dcf_at(ahead[target], ahead[~target], 0.0, p) for p in P_TARGETS},
        "cllr": metrics.cllr(llrs[target], llrs[~target]),
    }


def write_scores(scored: ScoredTrials) -> bytes:
    """The trials in VoxCeleb's format with the score behind each, for ``read_scores``."""
    rows = zip(scored.trials, scored.scores, strict=True)
    return "".join(f"{int(t.target)} {t.enrol} {t.test} {score:.6f}\n" for t, score in rows).encode()


def read_scores(path: str | os.PathLike) -> tuple[np.ndarray, np.ndarray]:
    """The target scores (m,) and non-target scores (n,) of a file that ``evaluate --scores`` wrote, or another program.

    Of a line without a heading the label is the first word and the score the last, whatever stands between them, or the
    label the last or the last but one beside the score. Raises BadInput naming a bad line.
    """
    if not Path(path).is_file():
        raise BadInput(f"{path}: no such file of scores; `python -m app evaluate TRIALS --scores OUT` writes one.")
    wanted = '"1 a.wav b.wav 0.5" is one, or "a.wav b.wav 0.5 target"; a heading needs the columns target and score'
    kind = Kind("file of scores", (LABEL, SCORE), plain=_scored, wanted=wanted)
    values: tuple[list[float], list[float]] = ([], [])
    for number, cells, error in open_list(path, kind).rows():
        label = read_label(cells.get(LABEL, ""))
        try:
            if error or label is None:
                raise ValueError("no label")
            values[not label].append(_finite(cells.get(SCORE, "")))
        except ValueError:
            raise BadInput(f"{path}, line {number}: {error or f'not a scored trial; {wanted}'}.") from None
    return np.array(values[0]), np.array(values[1])


def _scored(words: Sequence[str]) -> Cells | None:
    """The label and the score of a line without a heading."""
    if len(words) < 2:
        return None
    if is_label(words[0]) and _is_score(words[-1]):
        return {LABEL: words[0], SCORE: words[-1]}
    for label, score in ((words[-2], words[-1]), (words[-1], words[-2])):
        if is_label(label) and not label.isdecimal() and _is_score(score):
            return {LABEL: label, SCORE: score}
    return None


def _is_score(word: str) -> bool:
    try:
        return _finite(word) is not None
    except ValueError:
        return False


def _finite(word: str) -> float:
    """A score. Raises ValueError for what is none, and for NaN and infinity."""
    if not np.isfinite(value := read_number(word)):
        raise ValueError(f"{word} is no score")
    return value
