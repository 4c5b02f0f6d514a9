"""The state of a run on disk, so that a killed run goes on as if nothing had happened."""

from __future__ import annotations

import dataclasses
import json
import shutil

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import nn

from app.training.config import DataConfig, RunConfig, TrainConfig
from utils import BadInput, HeardError, atomic_write

FREE_KEYS = frozenset({"threads", "workers", "log_every", "validate_every", "checkpoint_every", "init"})
"""Keys of ``[train]`` that may change between a kill and the resumption: from then on they change nothing learned."""


def save_state(config: RunConfig, step: int, modules: nn.ModuleDict, optimizer: torch.optim.Optimizer) -> None:
    """Write everything needed to go on after ``step`` steps; the older state is removed once this one is whole."""
    folder = config.folder / f"step-{step:07d}"
    tensors = {key: value.detach().cpu().contiguous() for key, value in modules.state_dict().items()}
    with atomic_write(folder / "weights.safetensors") as file:
        file.write(save(tensors))
    with atomic_write(folder / "optimizer.pt") as file:
        torch.save(optimizer.state_dict(), file)
    state = {"step": step, "folder": folder.name, "config": _binding(config)}
    with atomic_write(config.folder / "state.json") as file:  # the one moment at which the new state counts
        file.write(json.dumps(state, indent=2).encode())
    for old in config.folder.glob("step-*"):
        if old != folder:
            shutil.rmtree(old, ignore_errors=True)


def load_state(config: RunConfig, modules: nn.ModuleDict, optimizer: torch.optim.Optimizer | None = None) -> int:
    """Fill ``modules`` (and ``optimizer``) with the last state of the run; the steps done, 0 if there is none.

    Raises BadInput if the run was started with another config, HeardError if the state is damaged.
    """
    path = config.folder / "state.json"
    if not path.is_file():
        return 0
    try:
        state = json.loads(path.read_text())
        folder = config.folder / state["folder"]
        if differing := _differences(state["config"], _binding(config)):
            raise BadInput(
                f"{config.folder} holds a run with another {', '.join(differing)}: "
                "give this one another name, or remove that folder."
            )
        modules.load_state_dict(load_file(folder / "weights.safetensors"))
        if optimizer is not None:
            optimizer.load_state_dict(torch.load(folder / "optimizer.pt", weights_only=True, map_location="cpu"))
    except (KeyError, ValueError, RuntimeError, FileNotFoundError, SafetensorError) as error:
        raise HeardError(f"{path}: the state of this run is damaged ({error}); remove {config.folder}.") from None
    return state["step"]


def _binding(config: RunConfig) -> dict:
    """What must stay the same, as JSON gives it back. Paths may move."""
    values = dataclasses.asdict(config)
    kept = {key: values[key] for key in ("data", "train", "model", "augment", "teacher")}
    for part in ("data", "teacher"):
        kept[part] = {k: v for k, v in kept[part].items() if not isinstance(v, str) and k != "credits"}
    kept["train"] = {k: v for k, v in kept["train"].items() if k not in FREE_KEYS}
    return json.loads(json.dumps(kept))


def _differences(old: dict, new: dict) -> list[str]:
    """Keys whose values differ; one that the old state does not know yet had the effect of today's default."""
    default = _binding(RunConfig("", DataConfig(""), TrainConfig(0)))
    return [
        f"{part}.{key}"
        for part in new
        for key in new[part]
        if old.get(part, {}).get(key, default[part][key]) != new[part][key]
    ]
