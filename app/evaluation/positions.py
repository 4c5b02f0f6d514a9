"""Is one voiceprint for each person best, or one for each way in which they were recorded: near, a step back, softly?

The recorder asks for the three. Here a third of each enrolment is as it is, a third in a room with some noise, a third
close to the noise as a soft voice is; and what is heard later is each of the three in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from app.audio.acoustics import coloured_noise, mix, noisy_room, simulated_room
from app.embedding.encoder import Encoder
from app.enrolment.segments import PIECE_S, cut, embed_robustly, pooled
from app.evaluation.open_set import Part
from app.scoring.cohort import Cohort, similarities
from app.scoring.metrics import equal_error_rate, rejected
from utils import SAMPLE_RATE

FALSE_ACCEPTS = 0.01
DRAWS = 4
"""How many times recordings are dealt to enrolment and test, and rooms and noise drawn, for the mean."""
POSITIONS: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "near": lambda speech, rng: speech,
    "back": lambda speech, rng: noisy_room(speech, simulated_room(rng.uniform(0.4, 0.7), rng), rng.uniform(8, 15), rng),
    "soft": lambda speech, rng: mix(speech, coloured_noise(len(speech), rng), rng.uniform(5, 12)).astype(np.float32),
}
"""Speech (n,) float32 as it would have been recorded there."""


@dataclass(frozen=True)
class Known:
    """A person as the network hears them; a value for each of ``POSITIONS``."""

    voiceprints: dict[str, np.ndarray]
    """(D,) of unit length."""
    heard: dict[str, np.ndarray]
    """(n, D) windows of other recordings."""


@dataclass(frozen=True)
class Row:
    way: str
    position: str
    """Where what is heard was spoken; "all" for all of them together."""
    eer: float
    false_rejects: float
    """At 1 % false accepts."""

    def __str__(self) -> str:
        return f"{self.way:<40}{self.position:<6}{self.eer:>8.2%}{self.false_rejects:>9.1%}"


def know(part: Part, encoder: Encoder, seed: int) -> Known:
    """The enrolment's pieces, dealt to the positions in turn, and every window in every position."""
    rng, pieces = np.random.default_rng(seed), cut(part.enrolment)
    voiceprints, heard = {}, {}
    for number, (position, change) in enumerate(POSITIONS.items()):
        own = [change(piece, rng) for piece in pieces[number :: len(POSITIONS)]]
        vectors = np.concatenate([embed_robustly(encoder, piece)[0] for piece in own])
        voiceprints[position] = pooled(vectors, [1.0] * len(vectors))
        heard[position] = encoder.embed_batch([change(window, rng) for window in part.windows])
    return Known(voiceprints, heard)


def enough(part: Part) -> bool:
    """Whether there is a piece of a person's enrolment for each position."""
    return len(part.enrolment) >= len(POSITIONS) * PIECE_S * SAMPLE_RATE


def compare(people: Sequence[Known], cohort: Cohort | None) -> list[Row]:
    """Each way of keeping people's voices: everybody's windows against everybody, the best row of each counts."""
    rows = []
    for way, kept in _ways(people).items():
        scores = {position: _scores(people, kept, position, cohort) for position in POSITIONS}
        for position in (*POSITIONS, "all"):
            chosen = [scores[position]] if position in scores else list(scores.values())
            targets, nontargets = (np.concatenate(parts) for parts in zip(*chosen, strict=True))
            threshold = float(np.quantile(nontargets, 1 - FALSE_ACCEPTS, method="higher"))
            eer = equal_error_rate(targets, nontargets)[0]
            rows.append(Row(way, position, eer, rejected(targets, threshold)))
    return rows


def mean_rows(draws: Sequence[Sequence[Row]]) -> list[Row]:
    """The mean of the rows of several ``compare``, in their order."""
    return [
        Row(
            rows[0].way,
            rows[0].position,
            float(np.mean([row.eer for row in rows])),
            float(np.mean([row.false_rejects for row in rows])),
        )
        for rows in zip(*draws, strict=True)
    ]


def _ways(people: Sequence[Known]) -> dict[str, list[np.ndarray]]:
    """Way -> the voiceprints (k, D) that are kept of each person."""
    each = [np.stack(list(person.voiceprints.values())) for person in people]
    mean = [pooled(rows, [1.0] * len(rows))[None] for rows in each]
    return {
        "one, the mean of all (as it is done)": mean,
        "one for each position": each,
        "the mean and one for each position": [np.concatenate(both) for both in zip(mean, each, strict=True)],
        "one, recorded near only": [person.voiceprints["near"][None] for person in people],
    }


def _scores(
    people: Sequence[Known], kept: list[np.ndarray], position: str, cohort: Cohort | None
) -> tuple[np.ndarray, np.ndarray]:
    """(target scores, non-target scores) of what is heard in one position."""
    windows = np.concatenate([person.heard[position] for person in people])
    owner = np.repeat(np.arange(len(people)), [len(person.heard[position]) for person in people])
    first_rows = np.cumsum([0, *map(len, kept[:-1])])
    table = np.maximum.reduceat(similarities(windows, np.concatenate(kept), cohort), first_rows, axis=1)
    own = owner[:, None] == np.arange(len(people))
    return table[own], table[~own]
