"""All pairs of clips as trials: the clips' embeddings, and the figures of every pair's score."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from app.audio.acoustics import noisy_room, simulated_room
from app.audio.reading.reader import read_audio
from app.corpus.clips import Clip
from app.corpus.left_out import LeftOut
from app.embedding.encoder import Embed
from app.evaluation.bootstrap import bootstrap_eer
from app.evaluation.speaker_models import SpeakerModel
from app.scoring.cohort import Cohort, similarities
from app.scoring.metrics import all_pairs, measure, rejected
from utils import SAMPLE_RATE, BadInput, read_card, write_card

Degradation = Callable[[Clip, np.ndarray], np.ndarray]
"""A clip and its samples (n,) -> worse samples, such as ``noisy``."""
NOISY_SNR_DB = 10.0
"""Speech to noise of ``noisy``."""
NOISY_RT60_S = (0.2, 0.6)
"""Range of the reverberation times of ``noisy``."""
ProgressBar = Callable[[Sequence], Iterable]
"""Wraps a sequence to show how far its iteration is, as tqdm does."""


def embed_clips(
    clips: Sequence[Clip],
    embed: Embed,
    crop_s: float = 0.0,
    progress: ProgressBar = iter,
    degrade: Degradation | None = None,
) -> np.ndarray:
    """Unit embeddings (n, D) of clips, or of the middle ``crop_s`` seconds of those that are longer (0: whole).

    ``degrade`` is applied to what is left of a clip. Raises BadInput for no clips, and naming a bad file.
    """
    return _embed_clips(clips, embed, crop_s, progress, degrade)[1]


def _embed_clips(
    clips: Sequence[Clip],
    embed: Embed,
    crop_s: float,
    progress: ProgressBar,
    degrade: Degradation | None,
    left_out: list[LeftOut] | None = None,
) -> tuple[list[Clip], np.ndarray]:
    """``embed_clips``, with ``left_out`` of those alone that can be embedded: they come, too; the others go there."""
    vectors, embedded = [], []
    for clip in progress(clips):
        try:
            vectors.append(_embed_clip(clip, embed, crop_s, degrade))
        except BadInput as error:
            if left_out is None:
                raise
            left_out.append(LeftOut(clip.name, str(error)))
        else:
            embedded.append(clip)
    if not vectors:
        raise BadInput(left_out[-1].reason if left_out else "there are no clips.")
    return embedded, np.stack(vectors)


def _embed_clip(clip: Clip, embed: Embed, crop_s: float = 0.0, degrade: Degradation | None = None) -> np.ndarray:
    samples = read_audio(clip.path, start_s=clip.start_s, end_s=clip.end_s)
    length = round(crop_s * SAMPLE_RATE)
    if 0 < length < len(samples):
        start = (len(samples) - length) // 2
        samples = samples[start : start + length]
    if degrade is not None:
        samples = degrade(clip, samples)
    try:
        return embed(samples)
    except BadInput as error:  # too short: say which
        raise BadInput(f"{clip.path}: {error}") from None


def noisy(clip: Clip, samples: np.ndarray) -> np.ndarray:
    """``samples`` (n,) of ``clip`` in a simulated room, with noise 10 dB below the speech: (n,) float32.

    Room and noise are drawn from the clip's file name and start, so both sides of a trial have their own. They are of
    the kinds that training simulates too, with other draws: recorded noise would be the noise of the training itself.
    """
    key = hashlib.sha256(f"{Path(clip.path).name} {clip.start_s}".encode()).digest()
    rng = np.random.default_rng(list(key[:16]))
    return noisy_room(samples, simulated_room(rng.uniform(*NOISY_RT60_S), rng), NOISY_SNR_DB, rng)


def measure_pairs(
    clips: Sequence[Clip], embeddings: np.ndarray, threshold: float | None, cohort: Cohort | None = None
) -> dict:
    """``measure`` over all pairs of clips, with the 90 % interval of the EER over speakers, and the errors at the
    model's own ``threshold`` if it has one. Raises BadInput if no two clips are of one speaker, or of two."""
    speakers = np.array([clip.speaker for clip in clips])
    scores = similarities(embeddings, embeddings, cohort)
    targets, nontargets = all_pairs(scores, speakers)
    row = {**measure(targets, nontargets), "eer_interval": list(bootstrap_eer(scores, speakers))}
    if threshold is not None:
        row["at_default"] = {
            "threshold": threshold,
            "false_accepts": float(np.mean(nontargets >= threshold)),
            "false_rejects": rejected(targets, threshold),
        }
    return {**row, "speakers": len(np.unique(speakers)), "clips": len(clips)}


def measure_model(
    model: SpeakerModel,
    clips: Sequence[Clip],
    crop_s: float,
    progress: ProgressBar = iter,
    degrade: Degradation | None = None,
    left_out: list[LeftOut] | None = None,
) -> dict:
    """``measure_pairs`` of clips by a network's embeddings, and ``measure_gender`` if it has a gender head.

    Clips that cannot be embedded are left out, and added to ``left_out``; without that they raise BadInput.
    Where both adults and children speak, the row has a row of each besides, under "adults" and "children".
    """
    clips, embeddings = _embed_clips(clips, model.embed, crop_s, progress, degrade, left_out)
    row, adult = _row(model, clips, embeddings), np.array([clip.adult for clip in clips])
    for name, mask in (("adults", adult), ("children", ~adult)):
        some = [clip for clip, chosen in zip(clips, mask, strict=True) if chosen]
        if 0 < len(some) < len(clips):
            row[name] = _row(model, some, embeddings[mask])
    return row


def _row(model: SpeakerModel, clips: Sequence[Clip], embeddings: np.ndarray) -> dict:
    row = measure_pairs(clips, embeddings, model.threshold, model.cohort)
    if model.gender is not None:
        row["gender"] = measure_gender(clips, embeddings, model.gender)
    return row


def measure_gender(
    clips: Sequence[Clip], embeddings: np.ndarray, classify: Callable[[np.ndarray], tuple[str | None, float]]
) -> dict | None:
    """How many clips of known gender ``classify`` answers, and how many answers are right; None without such clips.

    ``classify`` gives ("female" | "male" | None, certainty) for an embedding (D,).
    """
    known = [
        (clip.gender, classify(embedding)[0]) for clip, embedding in zip(clips, embeddings, strict=True) if clip.gender
    ]
    if not known:
        return None
    answers = [answer[0] == gender for gender, answer in known if answer]
    right = float(np.mean(answers)) if answers else None
    return {"clips": len(known), "answered": len(answers) / len(known), "right": right}


def record_figures(weights: str | os.PathLike, command: str, rows: list[dict], part: str = "figures") -> None:
    """Write ``rows`` into a part of the card of a model file, as what ``command`` printed."""
    write_card(weights, {**read_card(weights), part: {"command": command, "rows": _rounded(rows)}})


def _rounded(value):
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return round(value, 4) if isinstance(value, float) else value
