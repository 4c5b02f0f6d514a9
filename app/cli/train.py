"""``python -m app train CONFIG``: train a network as a TOML file says, and make a model of it.

Several processes share the work with ``torchrun --nproc-per-node N -m app train CONFIG``: on as many CUDA devices, or
on the processor.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from typing import TYPE_CHECKING

from utils import BadInput

if TYPE_CHECKING:
    from app.training.config import RunConfig
    from app.training.corpus import Corpus
    from app.training.distributed import Ranks


def run(argv: list[str]) -> int:
    """Train to the end (or on from the last checkpoint)."""
    parser = argparse.ArgumentParser(prog="python -m app train", description=__doc__)
    parser.add_argument("config", metavar="CONFIG", help="a TOML file, such as app/training/recipes/embedded.toml")
    parser.add_argument(
        "--export-only", action="store_true", help="make the model of the last checkpoint, without training on"
    )
    parser.add_argument(
        "--overlap", action="store_true", help="make the overlap head of the finished model anew, without training on"
    )
    parser.add_argument(
        "--aside", action="store_true", help="measure the finished model on the speakers set aside again, and no more"
    )
    parser.add_argument(
        "--large",
        action="store_true",
        help="fit what the large model decides by (cohort, thresholds, gender head) anew, without training on",
    )
    options = parser.parse_args(argv)

    from app.training.config import load_config
    from app.training.distributed import join, leave

    config = load_config(options.config)
    if options.overlap:
        return _train_overlap(config)
    if options.aside:
        return _measure_aside(config)
    if options.large:
        return _fit_large(config)
    ranks = join()
    try:
        return _train(config, ranks, options.export_only)
    finally:
        leave(ranks)


def _train(config: RunConfig, ranks: Ranks, export_only: bool) -> int:
    from tqdm import tqdm

    from app.embedding.resemblyzer import load_resemblyzer
    from app.training.corpus import load_unlabelled, set_clips_aside
    from app.training.export import export_model
    from app.training.teacher import load_voiceprints
    from app.training.trainer import Trainer

    data, teacher = config.data, config.teacher
    training, validation = ranks.main_first(lambda: _corpora(config))
    training, aside = set_clips_aside(training, data.clips_aside)
    unlabelled = voiceprints = None
    if teacher.unlabelled:
        bar = partial(tqdm, desc="decoding", unit="clip")
        unlabelled = ranks.main_first(lambda: load_unlabelled(teacher.unlabelled, data.cache, bar))
    if teacher.weight:
        corpora = [training] if unlabelled is None else [training, unlabelled]
        bar = partial(tqdm, desc="asking the teacher", unit="voice")
        voiceprints = ranks.main_first(
            lambda: load_voiceprints(corpora, data.speeds, load_resemblyzer, data.cache, bar)
        )
    trainer = Trainer(config, training, validation, unlabelled, voiceprints, ranks)
    if ranks.main:
        processes = "" if ranks.alone else f"; {ranks.count} processes"
        print(
            f"{config.name}: {len(training)} speakers, {training.seconds / 3600:.1f} h, {trainer.batches.classes} "
            f"classes; {len(validation)} speakers set aside; step {trainer.step} of {config.train.steps}{processes}.",
            file=sys.stderr,
        )
    if export_only and not trainer.step:
        raise BadInput(f"{config.folder}: no checkpoint there yet.")
    if not export_only:
        trainer.run()
    if not ranks.main:
        return 0
    card = export_model(config, trainer, training, validation, aside if data.clips_aside else None)
    _print_held_aside(config.model_file, card)
    if closed := card.get("closed_set"):
        print(
            f"Of {closed['clips']} clips set aside of {closed['speakers']} speakers, {closed['accuracy']:.1%} are given"
            f" to the right one of {closed['among']}; F1 {closed['f1']:.3f}."
        )
    return _add_overlap_head(config, training, validation)


def _train_overlap(config: RunConfig) -> int:
    return _add_overlap_head(config, *_corpora(config))


def _measure_aside(config: RunConfig) -> int:
    """Print what the card says of the speakers set aside, measured again from the model file."""
    from pathlib import Path

    from app.training.export import measure_aside

    _, validation = _corpora(config)
    card, figures = measure_aside(Path(config.model_file), validation, config.train.seed)
    print(f"{len(validation)} speakers set aside; what the card says in brackets:")
    for row, said in zip(figures["thresholds"], card["thresholds"], strict=True):
        print(
            f"  {row['speech_s']:3g} s: threshold {row['threshold']:.3f} ({said['threshold']:.3f}),"
            f" false rejects {row['false_rejects']:.1%} ({said['false_rejects']:.1%}),"
            f" EER {row['eer']:.1%} ({said['eer']:.1%})"
        )
    print(f"  Cllr {figures['held_aside']['cllr']:.3f} ({card['held_aside']['cllr']:.3f})")
    if "gender" in figures:
        now, said = figures["gender"]["held_aside"], card["gender"]["held_aside"]
        print(
            f"  gender: {now['answered']:.1%} answered ({said['answered']:.1%}),"
            f" {now['right']:.1%} right ({said['right']:.1%})"
        )
    return 0


def _fit_large(config: RunConfig) -> int:
    from app.embedding.model_files import HUB, LARGE, SPEECHBRAIN
    from app.training.export_large import make_large_heads, make_public_card

    training, validation = _corpora(config)
    _print_held_aside(LARGE, make_large_heads(config, HUB[SPEECHBRAIN], training, validation))
    _print_held_aside(SPEECHBRAIN, make_public_card(HUB[SPEECHBRAIN], validation))
    return 0


def _print_held_aside(what: str, card: dict) -> None:
    held_aside = card["held_aside"]
    print(
        f"{what}: EER {held_aside['eer']:.2%} on the speakers set aside; "
        f"threshold {card['threshold']} (1 % false accepts, {held_aside['false_rejects']:.1%} false rejects)."
    )


def _corpora(config: RunConfig) -> tuple[Corpus, Corpus]:
    """(the speakers trained on, the speakers set aside)."""
    from tqdm import tqdm

    from app.training.corpus import hold_out, load_corpus

    data = config.data
    corpus = load_corpus(data.table, data.cache, data.audio_root or None, partial(tqdm, desc="decoding", unit="clip"))
    return hold_out(corpus, data.holdout)


def _add_overlap_head(config: RunConfig, training: Corpus, validation: Corpus) -> int:
    """Train what hears two people at once, for an ECAPA-TDNN that is finished, and say how well it does."""
    from pathlib import Path

    from app.training.dataset import make_augmenter
    from app.training.overlap_head import make_overlap_head

    head = make_overlap_head(Path(config.model_file), training, validation, make_augmenter(config), config.train.seed)
    if head is not None:
        measured = head.measured
        print(
            f"Two at once: {measured['found']:.1%} of their windows of a second are found, with"
            f" {measured['false_alarms']:.1%} false alarms, on the speakers set aside."
        )
    return 0
