from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from app.evaluation.trial_scores import (
    ScoredTrials,
    at_rule,
    measure_trials,
    read_scores,
    score_trials,
    write_scores,
)
from app.evaluation.trials import Trial
from app.scoring.cohort import Cohort, unit
from app.scoring.decision import DecisionRule, probability
from app.scoring.metrics import cllr, dcf_at, equal_error_rate, measure
from utils import SAMPLE_RATE, BadInput, write_wav

RULE = DecisionRule(threshold=0.5, scale=10.0, offset=-5.0)


def spectrum(samples: np.ndarray) -> np.ndarray:
    """A stand-in for a network that is right about tones: where the energy lies."""
    power = np.abs(np.fft.rfft(samples, 4000)) ** 2
    return (power / np.linalg.norm(power)).astype(np.float32)


def tone(folder: Path, name: str, frequency: float, seconds: float = 1.0) -> None:
    time_s = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    write_wav(folder / name, 0.5 * np.sin(2 * np.pi * frequency * time_s))


def scored(*rows: tuple, seconds: float = 3.0) -> ScoredTrials:
    """Rows of (target, score[, condition])."""
    trials = [
        Trial(bool(row[0]), f"{row[0]}e{i}", f"{row[0]}t{i}", tuple(("condition", name) for name in row[2:]))
        for i, row in enumerate(rows)
    ]
    return ScoredTrials(trials, np.array([row[1] for row in rows], float), np.full(len(rows), seconds))


def test_scores_are_cosines_and_each_file_is_embedded_once(tmp_path: Path):
    tone(tmp_path, "a.wav", 400), tone(tmp_path, "b.wav", 400, 2), tone(tmp_path, "c.wav", 2000)
    trials = [Trial(True, "a.wav", "b.wav"), Trial(False, "a.wav", "c.wav"), Trial(False, "c.wav", "b.wav")]
    seen = []

    def embed(samples: np.ndarray) -> np.ndarray:
        seen.append(len(samples))
        return spectrum(samples)

    result = score_trials(trials, tmp_path, embed)
    assert result.scores[0] > 0.99
    assert result.scores[1:] == pytest.approx([0, 0], abs=1e-3)
    assert result.seconds.tolist() == [1, 1, 1]
    assert sorted(seen) == [16000, 16000, 32000]


def test_with_a_cohort_scores_are_normalised(tmp_path: Path):
    tone(tmp_path, "a.wav", 400), tone(tmp_path, "b.wav", 420), tone(tmp_path, "c.wav", 2000)
    trials = [Trial(True, "a.wav", "b.wav"), Trial(False, "a.wav", "c.wav")]
    rng = np.random.default_rng(0)
    cohort = Cohort(unit(np.abs(rng.standard_normal((60, 2001)))).astype(np.float32), top=20)
    plain, normalised = (score_trials(trials, tmp_path, spectrum, cohort=given) for given in (None, cohort))
    voices = np.stack([spectrum(0.5 * np.sin(2 * np.pi * f * np.arange(16000) / 16000)) for f in (400, 420, 2000)])
    of_voice = cohort.side(voices)
    pairs = np.array([0, 0]), np.array([1, 2])
    expected = cohort.pair_scores(of_voice.at(pairs[0]), of_voice.at(pairs[1]))
    assert normalised.scores == pytest.approx(expected, abs=1e-2)
    assert np.abs(normalised.scores - plain.scores).max() > 0.05


def test_files_that_are_missing_are_told_before_any_is_embedded(tmp_path: Path):
    tone(tmp_path, "a.wav", 400)
    trials = [Trial(True, "a.wav", "gone.wav"), Trial(True, "a.wav", "lost.wav")]

    def never(samples: np.ndarray) -> np.ndarray:
        raise AssertionError("embedded")

    with pytest.raises(BadInput, match=r"2 of the list's 3 files are missing, such as .*gone\.wav: --audio-root"):
        score_trials(trials, tmp_path, never)


def test_a_file_that_is_too_short_is_named(tmp_path: Path):
    tone(tmp_path, "a.wav", 400)

    def fussy(samples: np.ndarray) -> np.ndarray:
        raise BadInput("too short for a voice.")

    with pytest.raises(BadInput, match=r"a\.wav: too short"):
        score_trials([Trial(True, "a.wav", "a.wav")], tmp_path, fussy)


def test_deciding_by_the_models_rule():
    trials = scored((1, 0.9), (1, 0.5), (1, 0.4), (0, 0.6), (0, 0.1))
    result = at_rule(trials, RULE)
    own = result["at_default"]
    assert own["threshold"] == 0.5
    assert (own["false_accepts"], own["false_rejects"]) == pytest.approx((1 / 2, 1 / 3))  # 0.5 itself is accepted
    assert own["accuracy"] == pytest.approx(3 / 5)
    assert own["f1"] == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    targets, nontargets = trials.scores[:3], trials.scores[3:]
    assert result["actual_dcf"] == {str(p): pytest.approx(dcf_at(targets, nontargets, 0.5, p)) for p in (0.01, 0.05)}
    assert result["cllr"] == pytest.approx(cllr(10 * targets - 5, 10 * nontargets - 5))


def test_short_files_are_judged_by_the_rule_for_short_speech():
    rule = DecisionRule(threshold=0.5, scale=10.0, offset=-5.0, by_speech=((1.0, 0.3), (3.0, 0.5)))
    rows = (1, 0.4), (0, 0.35), (0, 0.1)
    long, short = (at_rule(scored(*rows, seconds=seconds), rule) for seconds in (3.0, 1.0))
    assert long["at_default"]["false_rejects"] == 1
    assert short["at_default"]["false_rejects"] == 0
    assert short["at_default"]["false_accepts"] == 0.5
    odds = np.array([probability(score, rule.at(1.0)) for _, score in rows])
    llrs = np.log(odds / (1 - odds))
    assert short["cllr"] == pytest.approx(cllr(llrs[:1], llrs[1:]))


def test_all_figures_and_those_of_each_condition():
    far = [(1, 0.5, "far"), (1, 0.2, "far"), (0, 0.3, "far"), (0, 0.1, "far")]
    near = [(1, 0.9, "near"), (1, 0.8, "near"), (0, 0.2, "near"), (0, 0.1, "near")]
    trials = scored(*far, *near, (1, 0.7, "odd"))
    result = measure_trials(trials, RULE)
    target = trials.target
    assert {key: result[key] for key in ("eer", "min_dcf", "threshold", "accuracy", "f1")} == {
        key: value for key, value in measure(trials.scores[target], trials.scores[~target]).items() if key != "trials"
    }
    assert (result["trials"], result["targets"], result["nontargets"]) == (9, 5, 4)
    assert 0 <= result["eer_interval"][0] <= result["eer"] <= result["eer_interval"][1]
    conditions = result["conditions"]["condition"]
    assert conditions["near"]["eer"] == 0
    assert conditions["far"]["eer"] == equal_error_rate(np.array([0.5, 0.2]), np.array([0.3, 0.1]))[0] > 0
    assert conditions["far"]["at_default"]["false_rejects"] == 0.5
    assert conditions["odd"] == {"trials": 1, "targets": 1, "nontargets": 0}
    json.dumps(result, allow_nan=False)
    assert "at_default" not in measure_trials(trials)


def test_one_kind_of_trial_cannot_be_measured():
    with pytest.raises(BadInput, match="both"):
        measure_trials(scored((1, 0.5, "x"), (1, 0.4, "x")))


def test_scores_are_read_as_they_were_written(tmp_path: Path):
    path = tmp_path / "scores.txt"
    path.write_bytes(write_scores(scored((1, 0.5), (0, -0.25), (1, 1 / 3))))
    assert path.read_text().splitlines()[1] == "0 0e1 0t1 -0.250000"
    targets, nontargets = read_scores(path)
    assert targets == pytest.approx([0.5, 1 / 3], abs=1e-6)
    assert nontargets.tolist() == [-0.25]


@pytest.mark.parametrize("line", ["1 a b", "2 a b 0.5", "0 a b much", "10 a b 0.5", ", 0.5"])
def test_bad_scores(tmp_path: Path, line: str):
    path = tmp_path / "scores.txt"
    path.write_text(f"1 a b 0.5\n{line}\n")
    with pytest.raises(BadInput, match="line 2"):
        read_scores(path)
    with pytest.raises(BadInput, match="no such file of scores"):
        read_scores(tmp_path / "none.txt")
