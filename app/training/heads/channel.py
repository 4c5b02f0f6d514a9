"""What lines do to the embeddings of a finished network: measured on the voices it was trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from app.audio.lines.lines import LINES, missing_among, through
from app.embedding.onnx_encoder import OnnxEncoder
from app.enrolment.segments import simulate_noisy_rooms
from app.scoring.channel import TELEPHONE, WIDE, Channel
from app.scoring.channel_file import save_channel
from app.scoring.vectors import unit
from app.training.augment import equalise
from app.training.corpus import Corpus
from utils import SAMPLE_RATE, BadInput, read_card

EmbedBatch = Callable[[Sequence[np.ndarray]], np.ndarray]
"""Signals (n,) float32 -> unit embeddings (len, D)."""

PIECE_S = 3.0
TELEPHONES = tuple(
    f"telephone-band+{rest}"
    for rest in (
        "mu-law",
        "a-law",
        "g726-32",
        "gsm",
        "amr-nb-12.2",
        "amr-nb-4.75",
        "gain-control+mu-law",
        "noise-20+gsm",
    )
)
"""The lines that the cohort is heard through, each person through another one."""
NARROW = ("8khz", "low-pass-3400", "8khz+mu-law")
"""Lines that count as a telephone's band though they are none."""
MEASURED = tuple(name for name in LINES if not name.startswith(("loss-10", "noise-5"))) + TELEPHONES
"""The lines whose common directions are taken out."""
DIRECTIONS = 3
"""How many directions are taken out: further ones are as much of the voices as of the lines."""
MEASURED_VOICES = 48
"""Voices that go through every line."""


def make_channel(embed: EmbedBatch, training: Corpus, seed: int, weight: np.ndarray | None = None) -> Channel:
    """Measure a network's embeddings of the training voices, as they are and through lines.

    ``weight`` (D,): how much each component counts for a voice by telephone; by default 1.
    """
    rng = rng_of(seed)
    directions = _directions(embed, training, rng)
    wide, telephone, narrow, worse = (np.concatenate(rows) for rows in zip(*_heard(embed, training, rng), strict=True))
    towards, offset = _discriminant(np.concatenate((wide, worse)), np.concatenate((telephone, narrow)))
    ones = np.ones(wide.shape[1], np.float32)
    return Channel(directions, towards, offset, telephone, ones if weight is None else weight)


def make_channel_of(weights: Path, training: Corpus, validation: Corpus, seed: int) -> tuple[float, float]:
    """Write what lines do to a finished model's embeddings beside its file, and beside those of the same network on
    integers. Returns how often it is right about voices in the whole band and by telephone, of people set aside.

    Raises HeardError if the file is missing or damaged, BadInput for a model without a cohort.
    """
    encoder = OnnxEncoder.open(weights)
    if encoder.cohort is None:
        raise BadInput(f"{weights}: made from few people, it has no cohort that could be heard by telephone.")
    channel = make_channel(encoder.embed_batch, training, seed)
    save_channel(weights, encoder.sha256, channel)
    for other in weights.parent.glob("*.onnx"):
        card = read_card(other)
        if card.get("made_from", {}).get("sha256") == encoder.sha256:
            save_channel(other, card["sha256"], channel)
    heard = [np.concatenate(rows) for rows in zip(*_heard(encoder.embed_batch, validation, rng_of(seed)), strict=True)]
    return float(np.mean(channel.heard(heard[0]) == WIDE)), float(np.mean(channel.heard(heard[1]) == TELEPHONE))


def rng_of(seed: int) -> np.random.Generator:
    """The random numbers that voices, pieces and telephones are drawn with."""
    return np.random.default_rng([seed, 11])


def _directions(embed: EmbedBatch, training: Corpus, rng: np.random.Generator) -> np.ndarray:
    """(DIRECTIONS, D) orthonormal: the principal directions of the shifts that lines give all voices."""
    people = rng.permutation(len(training))[:MEASURED_VOICES]
    pieces = [training.crop(person, round(PIECE_S * SAMPLE_RATE), rng) for person in people]
    lines = _available(MEASURED)
    shifts = 0.0
    for piece in tqdm(pieces, desc="lines", unit="voice"):
        vectors = embed([piece, *(through(piece, line, rng) for line in lines)])
        shifts = shifts + (vectors[1:] - vectors[:1]) / len(pieces)
    return np.linalg.svd(shifts, full_matrices=False)[2][:DIRECTIONS].astype(np.float32)


def _heard(embed: EmbedBatch, training: Corpus, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, ...]]:
    """Of some voices at a time: as they are, by telephone, in a narrow band, in a noisy room; each (n, D)."""
    lines = _available(TELEPHONES)
    length = round(PIECE_S * SAMPLE_RATE)
    for at in tqdm(range(0, len(training), 16), desc="telephones", unit="16 voices"):
        people = range(at, min(at + 16, len(training)))
        plain = [training.crop(person, length, rng) for person in people]
        other = [training.crop(person, length, rng) for person in people]
        called = [through(equalise(wave, rng), lines[int(rng.integers(len(lines)))], rng) for wave in (*plain, *other)]
        narrow = [through(wave, NARROW[int(rng.integers(len(NARROW)))], rng) for wave in other]
        noisy = simulate_noisy_rooms(plain, seed=at)
        vectors = embed([*plain, *called, *narrow, *noisy])
        n = len(people)
        both = unit(vectors[n : 2 * n] + vectors[2 * n : 3 * n]).astype(np.float32)
        yield vectors[:n], both, vectors[3 * n : 4 * n], vectors[4 * n :]


def _available(lines: Sequence[str]) -> list[str]:
    """Those that this machine can make."""
    lacking = missing_among(lines)
    return [line for line in lines if line not in lacking]


def _discriminant(wide: np.ndarray, narrow: np.ndarray) -> tuple[np.ndarray, float]:
    """((D,), offset) of Fisher's linear discriminant between two sets of embeddings (n, D); above 0 is ``narrow``."""
    means = wide.mean(axis=0), narrow.mean(axis=0)
    within = np.cov(np.concatenate((wide - means[0], narrow - means[1])).T) + 1e-4 * np.eye(wide.shape[1])
    towards = np.linalg.solve(within, means[1] - means[0])
    return towards.astype(np.float32), float(-towards @ (means[0] + means[1]) / 2)
