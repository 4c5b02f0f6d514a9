"""How well two recordings of a person are told from recordings of two, under a condition: at best, and as shipped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.evaluation.bootstrap import speaker_bootstrap
from app.evaluation.conditions.recordings import CROP_S, Embeddings, Recording
from app.scoring.cohort import Cohort, similarities
from app.scoring.decision import DecisionRule
from app.scoring.metrics import crossing, equal_error_rate

LENGTHS = ("whole", "3 s")
"""What is compared: all the speech of each recording, and its middle 3 s."""


@dataclass(frozen=True)
class Trials:
    """Pairs of recordings, by their place in a list: (n,) each."""

    enrol: np.ndarray
    test: np.ndarray
    target: np.ndarray
    """Whether one person speaks in both."""


def line_trials(recordings: Sequence[Recording], both_ways: bool) -> Trials:
    """All pairs of different recordings of one corpus; ``both_ways``: each with either of them enrolled."""
    speaker, corpus = _column(recordings, "speaker"), _column(recordings, "corpus")
    allowed = corpus[:, None] == corpus
    np.fill_diagonal(allowed, False)
    enrol, test = np.nonzero(allowed if both_ways else np.triu(allowed))
    return Trials(enrol, test, speaker[enrol] == speaker[test])


SAME_SESSION, SAME_DEVICE, OTHER_DEVICE = (
    "same session",
    "other session, same kind of device",
    "other session, other kind of device",
)


def session_trials(recordings: Sequence[Recording]) -> dict[str, Trials]:
    """Condition -> the pairs of recordings, of which several may be of one session, that fall under it.

    Strangers are compared within a kind of device for the first two, across kinds for the last.
    """
    speaker, session = _column(recordings, "speaker"), _column(recordings, "session")
    corpus, device = _column(recordings, "corpus"), _column(recordings, "device")
    first, second = np.triu_indices(len(recordings), k=1)
    target, same_device = speaker[first] == speaker[second], device[first] == device[second]
    same_session = target & (session[first] == session[second])
    allowed = corpus[first] == corpus[second]
    masks = {
        SAME_SESSION: same_session | (~target & same_device),
        SAME_DEVICE: ~same_session & same_device,
        OTHER_DEVICE: ~same_session & ~same_device,
    }
    return {name: Trials(*(each[mask & allowed] for each in (first, second, target))) for name, mask in masks.items()}


def measure_trials(
    trials: Trials,
    recordings: Sequence[Recording],
    enrol: Embeddings,
    test: Embeddings,
    rule: DecisionRule | None,
    cohort: Cohort | None,
) -> dict[str, dict]:
    """Length -> EER with its 90 % interval over speakers, and the errors of the rule as verification applies it.

    ``enrol`` and ``test``: of all ``recordings``. Rates are fractions; those at the rule are None without one. A
    length has "eer" None if one kind of trial is missing.
    """
    speech_s = np.array([recording.speech_s for recording in recordings])
    speaker = np.unique(_column(recordings, "speaker"), return_inverse=True)[1]
    figures = {}
    sides = ((enrol.whole, test.whole), (enrol.cropped, test.cropped))
    for length, (a, b), most_s in zip(LENGTHS, sides, (np.inf, CROP_S), strict=True):
        scores = similarities(a, b, cohort)[trials.enrol, trials.test]
        shorter = np.minimum(np.minimum(speech_s[trials.enrol], speech_s[trials.test]), most_s)
        figures[length] = _measure(scores, trials, speaker, accepted(scores, shorter, rule))
    return figures


def accepted(scores: np.ndarray, speech_s: np.ndarray, rule: DecisionRule | None) -> np.ndarray | None:
    """Whether the rule says "same" to each of the scores (n,), of as much speech (n,) as the shorter side has."""
    return None if rule is None else scores >= thresholds(speech_s, rule)[0]


def thresholds(speech_s: np.ndarray, rule: DecisionRule) -> np.ndarray:
    """(2, n): for each of some lengths of speech (n,) the score that a name needs, and that a certain one does."""
    lengths, place = np.unique(np.round(speech_s, 1), return_inverse=True)
    rules = [rule.at(float(seconds)) for seconds in lengths]
    needed = [(one.threshold, one.threshold if one.certain is None else one.certain) for one in rules]
    return np.array(needed).T[:, place]


def _measure(scores: np.ndarray, trials: Trials, speaker: np.ndarray, said_same: np.ndarray | None) -> dict:
    target = trials.target
    row = {"trials": len(target), "targets": int(target.sum()), "eer": None, "eer_interval": None}
    if 0 < row["targets"] < row["trials"]:
        first, second = speaker[trials.enrol], speaker[trials.test]
        row["eer"] = float(equal_error_rate(scores[target], scores[~target])[0])
        (interval,) = speaker_bootstrap(scores, target, first, second, [lambda rates: crossing(rates)[0]])
        row["eer_interval"] = list(interval)
    for name, of, wrong in (("false_rejects", target, False), ("false_accepts", ~target, True)):
        row[name] = float(np.mean(said_same[of] == wrong)) if said_same is not None and of.any() else None
    return row


def _column(recordings: Sequence[Recording], name: str) -> np.ndarray:
    return np.array([getattr(recording.clip, name) for recording in recordings])
