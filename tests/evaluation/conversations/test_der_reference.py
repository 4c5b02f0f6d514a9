"""The diarisation errors beside those of pyannote.metrics, on random turns and on the bundled conversation."""

from __future__ import annotations

import numpy as np
import pytest

from app.demo import DEMO, demo_people
from app.diarisation.rttm import read_rttm
from app.diarisation.timeline import Turn
from app.evaluation.conversations.der import DiarisationErrors, diarisation_errors
from app.evaluation.conversations.reference import COLLAR_S, GRID_S, Reference
from app.scoring.identification import is_unknown

pyannote_core = pytest.importorskip("pyannote.core", reason="pip install --group test")
LENGTH_S = 60.0
COMPONENTS = ("total", "missed detection", "false alarm", "confusion")


def random_turns(rng: np.random.Generator, names: list[str], overlap_s: float = 1.0) -> list[Turn]:
    """Turns on the 10 ms grid, some overlapping; none touches another of the same person (pyannote would join them)."""
    turns: list[Turn] = []
    end_s = 0.5
    while end_s < LENGTH_S - 8:
        others = [name for name in names if not turns or name != turns[-1].label]
        start_s = round(max(0.0, end_s + rng.uniform(-overlap_s, 1.5)), 2)
        if len(turns) > 1:
            start_s = max(start_s, round(turns[-2].end_s + 0.1, 2))
        turns.append(Turn(start_s, round(start_s + rng.uniform(0.6, 5.0), 2), str(rng.choice(others))))
        end_s = max(turn.end_s for turn in turns)
    return turns


def altered(rng: np.random.Generator, turns: list[Turn], labels: dict[str, list[str]]) -> list[Turn]:
    """A hypothesis: turns moved, left out, and now and then under a label that is not theirs."""
    moved = []
    for turn in turns:
        start_s = round(max(0.0, turn.start_s + rng.uniform(-0.4, 0.4)), 2)
        end_s = round(min(LENGTH_S, turn.end_s + rng.uniform(-0.4, 0.4)), 2)
        if rng.random() > 0.1 and end_s > start_s:
            owner = turn.label if rng.random() > 0.2 else str(rng.choice(list(labels)))
            moved.append(Turn(start_s, end_s, str(rng.choice(labels[owner]))))
    return moved


def annotation(turns: list[Turn]) -> pyannote_core.Annotation:
    found = pyannote_core.Annotation()
    for number, turn in enumerate(turns):
        found[pyannote_core.Segment(turn.start_s, turn.end_s), number] = turn.label
    return found.support()


def theirs(metric, turns: list[Turn], hypothesis: list[Turn], length_s: float = LENGTH_S) -> list[float]:
    whole = pyannote_core.Timeline([pyannote_core.Segment(0, length_s)])
    found = metric(annotation(turns), annotation(hypothesis), uem=whole, detailed=True)
    return [found[component] for component in COMPONENTS]


def ours(errors: DiarisationErrors) -> list[float]:
    return [errors.total_s, errors.missed_s, errors.false_alarm_s, errors.confusion_s]


@pytest.mark.parametrize("collar_s", [0.0, COLLAR_S])
@pytest.mark.parametrize("seed", range(10))
def test_without_enrolment_it_is_the_diarisation_error_rate(seed: int, collar_s: float):
    from pyannote.metrics.diarization import DiarizationErrorRate

    rng, names = np.random.default_rng(seed), ["Carl", "Dora", "Emil", "Fay"]
    turns = random_turns(rng, names)
    labels = {name: [f"Unknown {n}", f"Unknown {n % 3 + 5}"] for n, name in enumerate(names, 1)}
    hypothesis = altered(rng, turns, labels)
    found = diarisation_errors(Reference(tuple(turns), tuple(turns), (), LENGTH_S), hypothesis, collar_s)
    metric = DiarizationErrorRate(collar=2 * collar_s)  # half of it lies on either side of a boundary
    assert ours(found) == pytest.approx(theirs(metric, turns, hypothesis), abs=GRID_S)
    assert found.rate == pytest.approx(abs(metric), abs=1e-3)


@pytest.mark.parametrize("collar_s", [0.0, COLLAR_S])
@pytest.mark.parametrize("seed", range(10))
def test_of_enrolled_people_it_is_the_identification_error_rate(seed: int, collar_s: float):
    from pyannote.metrics.identification import IdentificationErrorRate

    rng, names = np.random.default_rng(100 + seed), ["Ana", "Ben", "Cleo"]
    turns = random_turns(rng, names)
    hypothesis = altered(rng, turns, {name: [name] for name in names})
    found = diarisation_errors(Reference(tuple(turns), tuple(turns), tuple(names), LENGTH_S), hypothesis, collar_s)
    metric = IdentificationErrorRate(collar=2 * collar_s)
    assert ours(found) == pytest.approx(theirs(metric, turns, hypothesis), abs=GRID_S)
    assert found.rate == pytest.approx(abs(metric), abs=1e-3)


def test_the_bundled_conversation():
    """Times off the grid: each boundary may be half a step away."""
    from pyannote.metrics.diarization import DiarizationErrorRate
    from pyannote.metrics.identification import IdentificationErrorRate

    turns, enrolled = read_rttm(DEMO / "conversation.rttm"), demo_people()
    length_s = max(turn.end_s for turn in turns) + 1
    (stranger,) = {turn.label for turn in turns} - set(enrolled)
    rng = np.random.default_rng(1)
    labels = {name: [name] for name in enrolled} | {stranger: ["Unknown 1", "Unknown 2"]}
    hypothesis = altered(rng, turns, labels)
    found = diarisation_errors(Reference(tuple(turns), tuple(turns), tuple(enrolled), length_s), hypothesis)
    both = IdentificationErrorRate(collar=2 * COLLAR_S)
    mapping = DiarizationErrorRate().optimal_mapping(annotation(turns), annotation(hypothesis))
    names = {
        label: mapping.get(label, label) if is_unknown(label) else label for label in (t.label for t in hypothesis)
    }
    mapped = [Turn(turn.start_s, turn.end_s, names[turn.label]) for turn in hypothesis]
    expected = theirs(both, turns, mapped, length_s)
    assert ours(found) == pytest.approx(expected, abs=GRID_S * len(turns))
    assert found.rate == pytest.approx(abs(both), abs=0.01)
