"""``python -m app train CONFIG``: train a network as a TOML file says, and make a model of it.

Several processes share the work with ``torchrun --nproc-per-node N -m app train CONFIG``: on as many CUDA devices, or
on the processor.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.program.examples import examples
from app.cli.train_report import closed_set_line, decision_line, held_aside_lines, overlap_line
from app.outputs import check_outputs
from utils import BadInput, missing_extra

if TYPE_CHECKING:
    from app.training.config import RunConfig
    from app.training.corpus import Corpus

PACKAGES = ("msgspec", "torch")


def run(argv: list[str]) -> int:
    """Train to the end (or on from the last checkpoint), or do without training what a flag asks for."""
    parser = argparse.ArgumentParser(prog="python -m app train", description=__doc__, **examples("train"))
    parser.add_argument("config", metavar="CONFIG", help="a TOML file, such as app/training/recipes/embedded.toml")
    for flag, (_, text) in WITHOUT_TRAINING.items():
        parser.add_argument(f"--{flag}", action="store_true", help=text)
    options = vars(parser.parse_args(argv))
    if missing := [name for name in PACKAGES if importlib.util.find_spec(name) is None]:
        raise missing_extra("training", ", ".join(missing), "train")

    from app.training.config import load_config

    asked = (work for flag, (work, _) in WITHOUT_TRAINING.items() if options[flag.replace("-", "_")])
    config = load_config(options["config"])
    _check_outputs(options["config"], config)
    next(asked, train)(config)
    return 0


def _check_outputs(source: str, config: RunConfig) -> None:
    """Raise BadInput if what a run writes is one of the files that it is made from."""
    model = Path(config.model_file)
    outputs = [("model_file", model), ("the card of model_file,", model.with_suffix(".json"))]
    outputs += [(f"the {name} of output,", config.folder / name) for name in ("state.json", "log.csv")]
    init = [("train.init", path) for path in config.train.init]
    check_outputs(outputs, [("CONFIG", source), ("data.table", config.data.table), *init], shipped=False)


def train(config: RunConfig, *, export_only: bool = False) -> None:
    """Train, and make the model; ``export_only``: make the model of the last checkpoint."""
    from app.training.distributed import join, leave
    from app.training.export import export_model
    from app.training.prepare import prepare

    ranks = join()
    try:
        run = prepare(config, ranks)
        trainer, training = run.trainer, run.training
        if ranks.main:
            processes = "" if ranks.alone else f"; {ranks.count} processes"
            speech = f"{len(training)} speakers, {training.seconds / 3600:.1f} h, {trainer.batches.classes} classes"
            state = f"{len(run.validation)} speakers set aside; step {trainer.step} of {config.train.steps}{processes}"
            print(f"{config.name}: {speech}; {state}.", file=sys.stderr)
        if export_only and not trainer.step:
            raise BadInput(f"{config.folder}: no checkpoint there yet.")
        if not export_only:
            trainer.run()
        if ranks.main:
            card = export_model(config, trainer, training, run.validation, run.clips_aside)
            print(decision_line(config.model_file, card))
            if "closed_set" in card:
                print(closed_set_line(card["closed_set"]))
            train_overlap_head(config, training, run.validation)
    finally:
        leave(ranks)


def train_overlap_head(config: RunConfig, *speech: Corpus) -> None:
    """Make the overlap head of the finished model; ``speech``: (training, validation) if it is at hand already."""
    from app.training.dataset import make_augmenter
    from app.training.heads.overlap_head import make_overlap_head
    from app.training.prepare import divide_speech

    speech = speech or divide_speech(config)
    head = make_overlap_head(Path(config.model_file), *speech, make_augmenter(config), config.train.seed)
    if head is not None:
        print(overlap_line(head.measured))


def measure_held_aside(config: RunConfig) -> None:
    """Print what the card says of the speakers set aside, measured again from the model file."""
    from app.training.export import measure_aside
    from app.training.prepare import divide_speech

    _, validation = divide_speech(config)
    card, figures = measure_aside(Path(config.model_file), validation, config.train.seed)
    print(f"{len(validation)} speakers set aside; what the card says in brackets:")
    print(*held_aside_lines(card, figures), sep="\n")


def measure_channel(config: RunConfig) -> None:
    """Measure what lines do to the finished model's embeddings."""
    from app.training.heads.channel import make_channel_of
    from app.training.prepare import divide_speech

    training, validation = divide_speech(config)
    wide, telephone = make_channel_of(Path(config.model_file), training, validation, config.train.seed)
    print(
        f"{config.model_file}: of the speakers set aside {wide:.1%} of the voices in the whole band and "
        f"{telephone:.1%} of those by telephone are taken for what they are."
    )


def measure_strangers(config: RunConfig) -> None:
    """Measure what people score with one another, into the card of each shipped model that is here."""
    from app.embedding.large import HEADS, PUBLIC_CARD
    from app.embedding.load import load_encoder
    from app.embedding.model_files import BUNDLED_FILES, EMBEDDED_INT8, LARGE, SPEECHBRAIN
    from app.training.heads import strangers
    from app.training.prepare import divide_speech
    from utils import BUNDLED, read_card, write_card

    _, validation = divide_speech(config)
    int8 = BUNDLED / "models" / BUNDLED_FILES[EMBEDDED_INT8]  # whose card says what the float one's does
    cards = {config.model_file: (config.model_file, int8), LARGE: (HEADS,), SPEECHBRAIN: (PUBLIC_CARD,)}
    for model, own in cards.items():
        found = strangers.measure_strangers(load_encoder(model, compute="cpu"), validation)
        for card in own:
            write_card(card, {**read_card(card), "strangers": found})
        print(f"{model}: strangers score {found['middle']:.3f} with one another, +- {found['deviation']:.3f}.")


def fit_large(config: RunConfig) -> None:
    """Fit what the large model, and the public network alone, decide by."""
    from app.embedding.model_files import HUB, LARGE, SPEECHBRAIN
    from app.training.export_large import make_large_heads, make_public_card
    from app.training.prepare import divide_speech

    training, validation = divide_speech(config)
    print(decision_line(LARGE, make_large_heads(config, HUB[SPEECHBRAIN], training, validation)))
    print(decision_line(SPEECHBRAIN, make_public_card(HUB[SPEECHBRAIN], training, validation, config.train.seed)))


WITHOUT_TRAINING = {
    "overlap": (train_overlap_head, "make the overlap head of the finished model anew, without training on"),
    "aside": (measure_held_aside, "measure the finished model on the speakers set aside again, and no more"),
    "channel": (
        measure_channel,
        "measure what telephones, codecs and rooms do to the finished model's embeddings, without training on",
    ),
    "strangers": (
        measure_strangers,
        "measure what people score with one another, for the cards of the models that ship, without training on",
    ),
    "large": (
        fit_large,
        "fit what the large model decides by (cohort, thresholds, gender head) anew, without training on",
    ),
    "export-only": (partial(train, export_only=True), "make the model of the last checkpoint, without training on"),
}
"""Flag -> (what is done in place of training, what --help says of it)."""
