"""Trials: which pieces of speech are compared, their embeddings, and what comes out of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from app.corpus.clips import Clip
from app.embedding.encoder import Embed
from app.evaluation.bootstrap import bootstrap_eer
from app.evaluation.systems import System
from app.scoring.cohort import Cohort, similarities
from app.scoring.metrics import all_pairs, measure, rejected
from utils import SAMPLE_RATE, BadInput, read_audio, read_card, write_card

Change = Callable[[Clip, np.ndarray], np.ndarray]
"""A clip and its samples (n,) -> other samples, such as ``conditions.noisy``."""
Progress = Callable[[Sequence], Iterable]
"""Wraps a sequence to show how far its iteration is, as tqdm does."""


def embed_clips(
    clips: Sequence[Clip], embed: Embed, crop_s: float = 0.0, progress: Progress = iter, change: Change | None = None
) -> np.ndarray:
    """Unit embeddings (n, D) of clips, or of the middle ``crop_s`` seconds of those that are longer (0: whole).

    ``change`` is done to what is left of a clip.
    """
    return np.stack([embed_clip(clip, embed, crop_s, change) for clip in progress(clips)])


def embed_clip(clip: Clip, embed: Embed, crop_s: float = 0.0, change: Change | None = None) -> np.ndarray:
    """One clip of ``embed_clips``. Raises BadInput naming a bad file."""
    samples = read_audio(clip.path, start_s=clip.start_s, end_s=clip.end_s)
    length = round(crop_s * SAMPLE_RATE)
    if 0 < length < len(samples):
        start = (len(samples) - length) // 2
        samples = samples[start : start + length]
    if change is not None:
        samples = change(clip, samples)
    try:
        return embed(samples)
    except BadInput as error:  # too short: say which
        raise BadInput(f"{clip.path}: {error}") from None


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


def measure_system(
    system: System, clips: Sequence[Clip], crop_s: float, progress: Progress = iter, change: Change | None = None
) -> dict:
    """``measure_pairs`` of clips as a system hears them, and ``measure_gender`` if it tells gender.

    Where both adults and children speak, the row has a row of each besides, under "adults" and "children".
    """
    embeddings = embed_clips(clips, system.embed, crop_s, progress, change)
    row, adult = _row(system, clips, embeddings), np.array([clip.adult for clip in clips])
    for name, mask in (("adults", adult), ("children", ~adult)):
        some = [clip for clip, chosen in zip(clips, mask, strict=True) if chosen]
        if 0 < len(some) < len(clips):
            row[name] = _row(system, some, embeddings[mask])
    return row


def _row(system: System, clips: Sequence[Clip], embeddings: np.ndarray) -> dict:
    row = measure_pairs(clips, embeddings, system.threshold, system.cohort)
    if system.gender is not None:
        row["gender"] = measure_gender(clips, embeddings, system.gender)
    return row


def measure_gender(
    clips: Sequence[Clip], embeddings: np.ndarray, tell: Callable[[np.ndarray], tuple[str | None, float]]
) -> dict | None:
    """How many clips of known gender ``tell`` answers, and how many of the answers are right; None without such clips.

    ``tell`` gives ("female" | "male" | None, certainty) for an embedding (D,).
    """
    known = [
        (clip.gender, tell(embedding)[0]) for clip, embedding in zip(clips, embeddings, strict=True) if clip.gender
    ]
    if not known:
        return None
    answers = [said[0] == gender for gender, said in known if said]
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
