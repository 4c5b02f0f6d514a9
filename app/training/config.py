"""What a training run is: a TOML file read into frozen dataclasses, every key checked."""

from __future__ import annotations

import codecs
import dataclasses
import os
import re
import string
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, inspect

from app.training import cnn_lstm
from app.training.augment import AugmentConfig
from model import BACKBONES, Architecture
from utils import ROOT, BadInput, first_line

Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(gt=0)]
Weight = Annotated[float, Meta(ge=0)]
Part = Annotated[float, Meta(ge=0, le=1)]
PartBelowAll = Annotated[float, Meta(ge=0, lt=1)]


@dataclass(frozen=True)
class Credit:
    """Where speech comes from and on which terms: goes into the model's card."""

    corpus: str
    licence: str
    credit: str


@dataclass(frozen=True)
class DataConfig:
    """The speech to learn from. In paths ``~`` and ``$VARIABLES`` are filled in; relative ones start at the current
    folder."""

    table: str
    """A csv or tsv of clips, or a folder with one sub-folder per speaker (see ``corpus.read_clips``)."""
    audio_root: str = ""
    cache: str = "runs/cache"
    """Folder for the decoded speech: about 115 MB per hour."""
    holdout: dict[str, Count] = field(default_factory=dict)
    """Number of speakers of each corpus to set aside for validation and calibration."""
    clips_aside: PartBelowAll = 0.0
    """Part of the clips of each training speaker to set aside, at least one where there are two: for the accuracy of
    classification (see ``closed_set.py``)."""
    share: dict[str, Weight] = field(default_factory=dict)
    """Part of the draws that each corpus gets; empty: all speakers are drawn alike."""
    speeds: Annotated[tuple[Annotated[float, Meta(gt=0)], ...], Meta(min_length=1)] = (1.0,)
    """Playing speeds, drawn alike; the first must be 1. A voice at another speed counts as another speaker."""
    noises: str = ""
    """A folder of noise recordings; empty for coloured noise alone."""
    rooms: str = ""
    """A folder of measured impulse responses; empty for simulated rooms alone."""
    credits: tuple[Credit, ...] = ()

    def __post_init__(self) -> None:
        if self.speeds[0] != 1:
            raise ValueError("the first of `speeds` must be 1")


@dataclass(frozen=True)
class TeacherConfig:
    """A network of others as a teacher (see ``teacher.py``)."""

    network: Literal["resemblyzer", "public"] = "resemblyzer"
    """Resemblyzer, which needs the packages of the group ``teacher``, or SpeechBrain's public ECAPA-TDNN."""
    weight: Weight = 0.0
    """Weight of the teacher's term, 1 - cosine, beside the margin softmax; 0 for no teacher."""
    relational: Weight = 0.0
    """Weight of the teacher's cosines between the voices of a batch, beside its directions."""
    fade_from: Part = 0.6
    """Part of the steps from which the weight falls evenly, to 0 at the end; 1: it stays."""
    unlabelled: str = ""
    """A folder of recordings of people nobody has named, one in each file; empty for none."""
    unlabelled_share: PartBelowAll = 0.0
    """Part of all draws that the unlabelled recordings get."""

    def __post_init__(self) -> None:
        if self.unlabelled and not self.weight:
            raise ValueError("`unlabelled` needs a teacher: a `weight` above 0")


@dataclass(frozen=True)
class TrainConfig:
    """How the network learns."""

    steps: Positive
    init: tuple[str, ...] = ()
    """Model files to go on from: the mean of their weights; none to start from nothing."""
    batch: Annotated[int, Meta(ge=2)] = 48
    """Crops per step, over all processes."""
    crop_s: Annotated[tuple[Annotated[float, Meta(ge=0.2)], ...], Meta(min_length=1)] = (1.5, 2.0, 2.0, 3.0)
    """Lengths of crops; each batch draws one."""
    learning_rate: Annotated[float, Meta(gt=0)] = 1.5e-3
    """Rate at the top of the one cycle (Smith 2018)."""
    warm_up: Annotated[float, Meta(gt=0, lt=1)] = 0.1
    """Part of the steps in which the rate rises."""
    weight_decay: Weight = 1e-4
    clip_norm: Annotated[float, Meta(gt=0)] = 5.0
    scale: float = 30.0
    """Factor of the cosines in the margin softmax."""
    margin: float = 0.2
    """Additive angular margin in radians, once it has risen."""
    margin_from: float = 0.1
    """Part of the steps from which the margin rises from 0."""
    margin_to: float = 0.4
    """Part of the steps from which the margin stays."""
    ema: PartBelowAll = 0.999
    """Decay per step of the averaged weights, which are what is validated and shipped; 0 for none."""
    seed: int = 1
    precision: Literal["bf16", "f32"] = "bf16"
    """Arithmetic of the network: "bf16" (autocast) or "f32"."""
    threads: Positive = 1
    """Threads of the processor for the network; worker processes make the batches."""
    workers: Count = 1
    """Processes that make batches; 0 to make them in between."""
    log_every: Positive = 20
    validate_every: Positive = 500
    validate_s: Annotated[float, Meta(gt=0)] = 2.0
    """Length of the held-out pieces."""
    checkpoint_every: Positive = 500

    def __post_init__(self) -> None:
        if not self.margin_from < self.margin_to:
            raise ValueError("`margin_from` must be below `margin_to`")


@dataclass(frozen=True)
class RunConfig:
    """One training run: the whole TOML file."""

    name: str
    data: DataConfig
    train: TrainConfig
    model: Architecture = Architecture()
    augment: AugmentConfig = AugmentConfig()
    teacher: TeacherConfig = TeacherConfig()
    output: str = ""
    """The run's folder; ``runs/NAME`` by default."""
    model_file: str = ""
    """The finished weights (.safetensors), their card beside them; ``runs/NAME/NAME.safetensors`` by default."""

    @property
    def folder(self) -> Path:
        return Path(self.output or f"runs/{self.name}")


def load_config(path: str | os.PathLike) -> RunConfig:
    """The run that a TOML file describes, with what the file that it ``extends`` says besides.

    Raises BadInput naming the file and the key that is wrong.
    """
    path = Path(path)
    values = _values(path)
    _refuse_unknown(values, inspect.type_info(RunConfig), path)
    try:
        config = msgspec.convert(values, RunConfig)
    except msgspec.ValidationError as error:
        raise BadInput(f"{path}: {_complaint(error)}.") from None
    cnn_lstm.register()
    if config.model.network not in BACKBONES:
        raise BadInput(f"{path}: model.network: {config.model.network!r} is none of {', '.join(BACKBONES)}.")
    data = config.data
    paths = {name: expand(getattr(data, name)) for name in ("table", "audio_root", "cache", "noises", "rooms")}
    return dataclasses.replace(
        config,
        data=dataclasses.replace(data, **paths),
        train=dataclasses.replace(config.train, init=tuple(expand(path) for path in config.train.init)),
        teacher=dataclasses.replace(config.teacher, unlabelled=expand(config.teacher.unlabelled)),
        output=expand(config.output),
        model_file=expand(config.model_file) or str(config.folder / f"{config.name}.safetensors"),
    )


def expand(path: str) -> str:
    """Fill in ``~`` and ``$VARIABLES``; ``$HEARD_SPEECH`` has a default, a folder beside the project."""
    known = {"HEARD_SPEECH": str(ROOT.parent / "shared" / "speech"), **os.environ}
    return string.Template(os.path.expanduser(path)).safe_substitute(known)


def _values(path: Path, depth: int = 0) -> dict[str, Any]:
    """A TOML file's values, laid over those of the file beside it that it ``extends``, if any, key by key."""
    try:
        values = msgspec.toml.decode(path.read_bytes().removeprefix(codecs.BOM_UTF8))
    except FileNotFoundError:
        raise BadInput(f"{path}: no such config.") from None
    except (msgspec.DecodeError, ValueError, RecursionError) as error:  # those of numbers and of lists without end
        raise BadInput(f"{path}: not valid TOML ({first_line(error)}).") from None
    base = values.pop("extends", None)
    if base is None:
        return values
    if not isinstance(base, str) or depth > 8:
        raise BadInput(f"{path}: extends must name one other config, and no circle of them.")
    return _laid_over(_values(path.parent / base, depth + 1), values)


def _laid_over(base: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """``values`` with what only ``base`` says; tables are merged, lists and plain values replaced."""
    merged = {**base, **values}
    for key in base.keys() & values.keys():
        if isinstance(base[key], dict) and isinstance(values[key], dict):
            merged[key] = _laid_over(base[key], values[key])
    return merged


def _refuse_unknown(values: Any, kind: inspect.Type, path: Path, place: str = "") -> None:
    """Raise BadInput for a key that a dataclass does not have: msgspec passes over those."""
    match kind, values:
        case inspect.DataclassType(fields=fields), dict():
            known = {item.name: item.type for item in fields}
            for key, value in values.items():
                if key not in known:
                    raise BadInput(f"{path}: unknown key {place}{key} (known: {', '.join(known)}).")
                _refuse_unknown(value, known[key], path, f"{place}{key}.")
        case inspect.VarTupleType(item_type=item), list():
            for value in values:
                _refuse_unknown(value, item, path, place)


def _complaint(error: msgspec.ValidationError) -> str:
    """What msgspec says, the key first: "train.steps: expected `int`, got `str`"."""
    said, _, place = str(error).partition(" - at `$")
    place = place.strip(".`")
    if missing := re.fullmatch(r"Object missing required field `(.+)`", said):
        return f"the key {place}{'.' if place else ''}{missing[1]} is missing"
    return f"{place}: {said[0].lower()}{said[1:]}"
