"""What a training run is: a TOML file read into frozen dataclasses, every key checked."""

from __future__ import annotations

import dataclasses
import os
import tomllib
import types
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import app.training.cnn_lstm  # noqa: F401  makes its networks known
from app.training.augment import AugmentConfig
from model import BACKBONES, Architecture
from utils import ROOT, BadInput


@dataclass(frozen=True)
class Credit:
    """Where speech comes from and on which terms: goes into the model's card."""

    corpus: str
    licence: str
    credit: str


@dataclass(frozen=True)
class DataConfig:
    """Whose voices. ``~`` and ``$VARIABLES`` in paths are filled in; relative paths start at the current folder."""

    table: str
    """A csv or tsv of clips, or a folder with one sub-folder per speaker (see ``corpus.read_clips``)."""
    audio_root: str = ""
    cache: str = "runs/cache"
    """Where the decoded speech is kept: about 115 MB per hour."""
    holdout: dict[str, int] = field(default_factory=dict)
    """Speakers of each corpus to set aside for validation and calibration."""
    clips_aside: float = 0.0
    """Part of the clips of each training speaker to set aside, at least one where there are two: for the accuracy of
    classification (see ``closed_set.py``)."""
    share: dict[str, float] = field(default_factory=dict)
    """The part of the draws that each corpus gets; empty: no corpus is special."""
    speeds: tuple[float, ...] = (1.0,)
    """Playing speeds, drawn alike; the first must be 1. A voice at another speed counts as another speaker."""
    noises: str = ""
    """A folder of noise recordings; empty for coloured noise alone."""
    rooms: str = ""
    """A folder of measured impulse responses; empty for simulated rooms alone."""
    credits: tuple[Credit, ...] = ()


@dataclass(frozen=True)
class TeacherConfig:
    """Resemblyzer as a teacher (see ``teacher.py``); needs the group teacher."""

    weight: float = 0.0
    """Of its term (1 - cosine) beside the margin softmax; 0 for no teacher."""
    fade_from: float = 0.6
    """Part of the steps from which the weight falls evenly, to 0 at the end; 1: it stays."""
    unlabelled: str = ""
    """A folder of recordings of people nobody has named, one in each file; empty for none."""
    unlabelled_share: float = 0.0
    """The part of all draws that the unlabelled recordings get."""


@dataclass(frozen=True)
class TrainConfig:
    """How it learns."""

    steps: int
    init: tuple[str, ...] = ()
    """A model file to go on from; of several, the mean of their weights; none to start from nothing."""
    batch: int = 48
    crop_s: tuple[float, ...] = (1.5, 2.0, 2.0, 3.0)
    """Each batch draws one of these lengths."""
    learning_rate: float = 1.5e-3
    """At the top of the one cycle (Smith 2018)."""
    warm_up: float = 0.1
    """Part of the steps in which the rate rises."""
    weight_decay: float = 1e-4
    clip_norm: float = 5.0
    scale: float = 30.0
    margin: float = 0.2
    """Of the additive angular margin, radians, once it has risen."""
    margin_from: float = 0.1
    margin_to: float = 0.4
    """Parts of the steps between which the margin rises from 0."""
    ema: float = 0.999
    """Decay per step of the averaged weights, which are what is validated and shipped; 0 for none."""
    seed: int = 1
    precision: str = "bf16"
    """"bf16" (autocast) or "f32"."""
    threads: int = 1
    """Of the processor, for the network; one more process makes the batches."""
    workers: int = 1
    """Processes that make batches; 0 to make them in between."""
    log_every: int = 20
    validate_every: int = 500
    validate_s: float = 2.0
    """Length of the held-out pieces."""
    checkpoint_every: int = 500


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
    config = _build(RunConfig, _values(path), str(path), "")
    _check(config, path)
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


def _values(path: Path, depth: int = 0) -> dict[str, Any]:
    """A TOML file's values, laid over those of the file beside it that it ``extends``, if any, key by key."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(f"{path}: no such config.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: not valid TOML ({error}).") from None
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


def expand(path: str) -> str:
    """Fill in ``~`` and ``$VARIABLES``; ``$HEARD_SPEECH`` has a default, a folder beside the project."""
    os.environ.setdefault("HEARD_SPEECH", str(ROOT.parent / "shared" / "speech"))
    return os.path.expandvars(os.path.expanduser(path))


def _check(config: RunConfig, path: Path) -> None:
    train, data, teacher = config.train, config.data, config.teacher
    rules = {
        "model.network": config.model.network in BACKBONES,
        "train.precision": train.precision in ("bf16", "f32"),
        "train.steps": train.steps > 0,
        "train.batch": train.batch > 1,
        "train.crop_s": bool(train.crop_s) and min(train.crop_s) >= 0.2,
        "train.ema": 0 <= train.ema < 1,
        "train.warm_up": 0 < train.warm_up < 1,
        "train.margin_to": train.margin_from < train.margin_to,
        "data.speeds": bool(data.speeds) and data.speeds[0] == 1 and min(data.speeds) > 0,
        "data.clips_aside": 0 <= data.clips_aside < 1,
        "data.share": all(value >= 0 for value in data.share.values()),
        "teacher.weight": teacher.weight >= 0,
        "teacher.fade_from": 0 <= teacher.fade_from <= 1,
        "teacher.unlabelled": not teacher.unlabelled or teacher.weight > 0,
        "teacher.unlabelled_share": 0 <= teacher.unlabelled_share < 1,
    }
    for key, fine in rules.items():
        if not fine:
            raise BadInput(f"{path}: {key} has a value that cannot be used (see app/training/config.py).")


def _build(kind: type, values: dict[str, Any], source: str, prefix: str) -> Any:
    """A dataclass from a table of a TOML file; unknown, missing and mistyped keys raise BadInput."""
    hints = typing.get_type_hints(kind)
    for key in values:
        if key not in hints:
            raise BadInput(f"{source}: unknown key {prefix}{key} (known: {', '.join(hints)}).")
    arguments = {key: _convert(hints[key], value, source, prefix + key) for key, value in values.items()}
    for item in dataclasses.fields(kind):
        required = item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
        if required and item.name not in arguments:
            raise BadInput(f"{source}: the key {prefix}{item.name} is missing.")
    return kind(**arguments)


def _convert(hint: Any, value: Any, source: str, key: str) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(value, dict):
        return _build(hint, value, source, f"{key}.")
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin is types.UnionType and hint == (float | None):
        hint = float
    if origin is tuple and isinstance(value, list) and (parts[-1] is ... or len(parts) == len(value)):
        return tuple(_convert(parts[0], item, source, key) for item in value)
    if origin is dict and isinstance(value, dict):
        return {name: _convert(parts[1], item, source, f"{key}.{name}") for name, item in value.items()}
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and isinstance(value, hint) and (hint is bool or not isinstance(value, bool)):
        return value
    expected = getattr(hint, "__name__", str(hint)) if origin is None else str(hint)
    raise BadInput(f"{source}: {key} must be {expected}, not {value!r}.")
