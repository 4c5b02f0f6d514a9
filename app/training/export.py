"""From the last state of a run to a model that the program loads: heads, threshold, calibration, card."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from app.enrolment.segments import simulate_noisy_rooms
from app.scoring.calibration import LabelledEmbeddings, default_threshold, fit_calibration, voiceprint_trials
from app.scoring.cohort import SMALLEST_COHORT, Cohort, unit
from app.scoring.metrics import cllr, equal_error_rate, rejected
from app.training.closed_set import measure_closed_set
from app.training.config import RunConfig
from app.training.corpus import Corpus
from app.training.dataset import make_augmenter
from app.training.heads.gender_head import abstain_below, gender_examples, train_gender_head, usable
from app.training.heads.strangers import strangers_aside
from app.training.trainer import Trainer, embed_pieces
from app.training.warm_start import class_means
from model import SpeakerNetwork, load_checkpoint, save_checkpoint
from utils import SAMPLE_RATE, BadInput

FALSE_ACCEPTS = 0.01
"""Part of the non-target trials that may pass a threshold."""
ENROLMENT_PIECE_S = 3.0
"""Length of the pieces that voiceprints are made of."""
SPEECH_S = (0.5, 1.0, 1.5, 2.0, 3.0, 5.0)
"""Lengths of speech for which the card states a threshold, and what it costs."""
MAIN_S = 3.0
"""Length of speech that the card's calibration is for; one of ``SPEECH_S``."""
RUNNER_UP_MARGIN = 0.05
"""How far the best voiceprint must be ahead of the second, as a score."""
LEAST_SURE = 0.1
"""Part of the held-out utterances that never get a gender: the least sure ones."""
COHORT_TOP = 50
"""Number of the nearest cohort voices that normalise a score."""


def export_model(
    config: RunConfig, trainer: Trainer, training: Corpus, validation: Corpus, aside: Corpus | None = None
) -> dict:
    """Write the run's model file and card as they are now, and return the card.

    Threshold and calibration come from the speakers set aside (``validation``), never from those trained on.
    ``aside``: clips of the speakers trained on that were not learned; the card says how many are classified right.
    Raises BadInput if too few speakers are set aside.
    """
    if len(validation) < 2:
        raise BadInput("data.holdout: a threshold needs at least two speakers set aside.")
    network = trainer.best_network.cpu()
    add_cohort(network, training, config.train.seed)
    card = {
        "name": config.name,
        "front_end": "logmel80",
        **({} if network.cohort is None else {"cohort": {"top": COHORT_TOP}}),
        **decision(network, validation),
        "gender": add_gender(network, config, training, validation),
        **({} if aside is None else {"closed_set": measure_closed_set(network, trainer.loss.cpu(), aside)}),
        "training": _recipe(config, trainer.step, training),
        "data": [dataclasses.asdict(credit) for credit in config.data.credits],
    }
    return save_checkpoint(Path(config.model_file), network, card)


def measure_aside(weights: Path, validation: Corpus, seed: int) -> tuple[dict, dict]:
    """(card, figures): what the card of a finished model says, and its part about the speakers set aside
    (``validation``) measured again. Weights are kept in float16: the last digit may differ.

    Raises HeardError if the file is missing or damaged.
    """
    network, card = load_checkpoint(weights)
    figures = decision(network, validation)
    if network.gender is not None:
        figures["gender"] = _gender_aside(network, validation, seed)
    return card, figures


def add_cohort(network: SpeakerNetwork, training: Corpus, seed: int) -> None:
    """Give ``network`` the mean voice of each training speaker; none of too few speakers."""
    network.cohort = None
    if len(training) >= SMALLEST_COHORT:
        network.cohort = class_means(network, training, (1.0,), seed).half().float()


def decision(network: SpeakerNetwork, validation: Corpus) -> dict:
    """Thresholds, margin, calibration and what they cost: voiceprints against pieces of voices unseen in training.

    Half of the trials are of speech as it is, half of the same speech in a noisy room.
    """
    cohort = None if network.cohort is None else Cohort(network.cohort.numpy(), COHORT_TOP)
    corpora = np.array([speaker.corpus for speaker in validation.speakers])
    noisy = NoisyRoom(validation)

    def embed(corpus: Corpus, seconds: float, limit: int) -> LabelledEmbeddings:
        return LabelledEmbeddings(*embed_pieces(network, corpus, round(seconds * SAMPLE_RATE), limit))

    plain, worse = (embed(corpus, ENROLMENT_PIECE_S, 12) for corpus in (validation, noisy))
    voiceprints = unit(plain.embeddings + worse.embeddings)  # as enrolment makes them
    enrolled = LabelledEmbeddings(voiceprints, plain.speakers)
    rows, at_main = [], None
    for seconds in SPEECH_S:
        trials = [
            voiceprint_trials(enrolled, embed(corpus, seconds, 24), corpora, cohort) for corpus in (validation, noisy)
        ]
        targets, nontargets = (np.concatenate(scores) for scores in zip(*trials, strict=True))
        if not len(targets) or not len(nontargets):
            if seconds <= MAIN_S:
                raise BadInput(
                    "data.holdout: the people set aside need at least two of one corpus, with 6 s of speech each."
                )
            break
        threshold = default_threshold(targets, nontargets, FALSE_ACCEPTS)
        if rows:  # with more speech never less is needed: a fall is chance
            threshold = max(threshold, rows[-1]["threshold"])
        calibration = fit_calibration(targets, nontargets)
        rows.append(
            {
                "speech_s": seconds,
                "threshold": round(threshold, 4),
                "scale": round(calibration.scale, 4),
                "offset": round(calibration.offset, 4),
                "false_accepts": round(float(np.mean(nontargets >= threshold)), 4),
                "false_rejects": round(rejected(targets, threshold), 4),
                "eer": round(equal_error_rate(targets, nontargets)[0], 4),
                "targets": len(targets),
                "nontargets": len(nontargets),
            }
        )
        if seconds == MAIN_S:
            main = calibration
            at_main = {**rows[-1], "cllr": round(cllr(main.llr(targets), main.llr(nontargets)), 4)}
    return {
        "threshold": at_main["threshold"],
        "thresholds": rows,
        "margin": RUNNER_UP_MARGIN,
        "calibration": {"scale": round(main.scale, 4), "offset": round(main.offset, 4)},
        "strangers": strangers_aside(plain, corpora, cohort),
        "held_aside": {"speakers": len(validation), **at_main},
    }


class NoisyRoom(Corpus):
    """The pieces of another corpus, each in a noisy room."""

    def __init__(self, corpus: Corpus):
        super().__init__(corpus.samples, corpus.speakers)

    def pieces(self, speaker: int, length: int, limit: int) -> list[np.ndarray]:
        return simulate_noisy_rooms(super().pieces(speaker, length, limit), seed=speaker)


def add_gender(network: SpeakerNetwork, config: RunConfig, training: Corpus, validation: Corpus) -> dict | None:
    """Give ``network`` a gender head and return what the card says of it; None, and no head, without labels."""
    network.gender = None
    if len(usable(training)) < 10 or len(usable(validation)) < 2:
        return None
    network.gender = train_gender_head(network, training, make_augmenter(config), seed=config.train.seed)
    return _gender_aside(network, validation, config.train.seed)


def _gender_aside(network: SpeakerNetwork, validation: Corpus, seed: int) -> dict:
    """Below which certainty the gender head does not answer, and how it does on the speakers set aside."""
    embeddings, female, _ = gender_examples(network, validation, None, np.random.default_rng(seed))
    probability = network.gender(embeddings).sigmoid().detach().numpy()
    right = (probability >= 0.5) == (female.numpy() == 1)
    sure = np.maximum(probability, 1 - probability)
    abstain = max(abstain_below(sure, right), round(float(np.quantile(sure, LEAST_SURE)), 2))
    given = sure >= abstain
    held_aside = {"answered": round(float(given.mean()), 4), "right": round(float(right[given].mean()), 4)}
    return {"abstain": abstain, "adults_only": True, "held_aside": {**held_aside, "speakers": len(usable(validation))}}


def _recipe(config: RunConfig, step: int, training: Corpus) -> dict:
    values = dataclasses.asdict(config)
    for path in ("table", "audio_root", "cache", "noises", "rooms", "credits"):  # of one machine, or said elsewhere
        values["data"].pop(path)
    values["teacher"].pop("unlabelled")
    return {
        "command": f"python -m app train app/training/recipes/{config.name}.toml",
        "steps_done": step,
        "speakers": len(training),
        "speech_h": round(training.seconds / 3600, 2),
        **{part: values[part] for part in ("data", "augment", "teacher", "train")},
    }
