"""How fast the networks are on this machine, one thread, beside SpeechBrain's in the same run."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import TYPE_CHECKING

from app.threads import torch_threads
from utils import SAMPLE_RATE, HeardError, missing_extra

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from app.embedding.encoder import Encoder
    from model import SpeakerNetwork


FULL_SIZE = {
    "channels": [1024, 1024, 1024, 1024, 3072],
    "kernel_sizes": [5, 3, 3, 3, 1],
    "dilations": [1, 2, 3, 4, 1],
    "attention_channels": 128,
    "lin_neurons": 192,
}
"""SpeechBrain's settings of the public checkpoint."""


@dataclass(frozen=True)
class NetworkSpeed:
    """One network's time for one window, waveform to embedding."""

    name: str
    parameters: int
    window_s: float
    median_ms: float
    times_speechbrain: float | None
    """How many times as fast as SpeechBrain's network; None where SpeechBrain is not installed."""

    def __str__(self) -> str:
        ratio = "" if self.times_speechbrain is None else f"  {self.times_speechbrain:5.2f} x SpeechBrain"
        share = self.median_ms / 1000 / self.window_s
        return f"{self.name:<28}{self.parameters / 1e6:5.1f} M  {self.median_ms:7.2f} ms  rtf {share:.4f}{ratio}"


@dataclass(frozen=True)
class TimedNetwork:
    """A network that takes its turn."""

    embed: Callable[[Tensor], object]
    """Waveform (1, n) -> embedding."""
    parameters: int


def compare_networks(window_s: float = 2.0, repeats: int = 30) -> list[NetworkSpeed]:
    """Time SpeechBrain's network, ours of the same size, and the embedded one, on one thread.

    "as trained" is ``model.py`` itself, "in torch" is ``FastNetwork``, the other rows are the models that come with the
    program, as they run live on a processor. The networks take turns within each round, so that what else the machine
    does hits all alike; a ratio is the median of the rounds' ratios. Full-size weights are random: they make no
    difference to the time.
    """
    import torch

    networks = _networks()
    waveform = 0.1 * torch.randn(1, round(window_s * SAMPLE_RATE), generator=torch.Generator().manual_seed(1))
    with torch_threads(1), torch.inference_mode():
        times = _time_in_turn(networks, waveform, repeats)
    reference = times.get("SpeechBrain")
    return [
        NetworkSpeed(
            name=name,
            parameters=network.parameters,
            window_s=window_s,
            median_ms=1000 * median(times[name]),
            times_speechbrain=reference and median(r / t for r, t in zip(reference, times[name], strict=True)),
        )
        for name, network in networks.items()
    ]


def _networks() -> dict[str, TimedNetwork]:
    """Every network that there is on this machine, by name, in the order of the table."""
    from app.embedding.model_files import EMBEDDED, load_network
    from app.embedding.torch_cpu import FastNetwork
    from model import Architecture, SpeakerNetwork

    full = SpeakerNetwork(Architecture()).eval()
    try:
        embedded, _ = load_network(EMBEDDED)
    except HeardError:  # a tree without weights: the size is what counts
        embedded = SpeakerNetwork(Architecture(channels=256, mfa_channels=768, stride=2)).eval()
    networks = {}
    if speechbrain := _speechbrain():
        networks["SpeechBrain"] = speechbrain
    for name, network in (("full size", full), ("embedded", embedded)):
        networks[f"{name}, as trained"] = TimedNetwork(network, _parameters(network))
        networks[f"{name}, in torch"] = TimedNetwork(FastNetwork(network), _parameters(network))
    return networks | _live_networks(embedded, full)


def _live_networks(embedded: SpeakerNetwork, full: SpeakerNetwork) -> dict[str, TimedNetwork]:
    """The models of the program as they run live; those whose files are missing are left out."""
    from app.embedding.large import side_by_side
    from app.embedding.load import load_encoder
    from app.embedding.model_files import EMBEDDED, EMBEDDED_INT8, LARGE
    from app.embedding.onnx_encoder import OnnxEncoder

    networks = {}
    for name in (EMBEDDED, EMBEDDED_INT8):
        with contextlib.suppress(HeardError):
            encoder = load_encoder(name, compute="cpu")
            networks[name] = TimedNetwork(partial(_embed, encoder), _parameters(embedded))
    with contextlib.suppress(OSError, HeardError):
        tensors = {name: value.numpy() for name, value in full.state_dict().items()}
        encoder = OnnxEncoder(side_by_side(tensors, {}), {"name": LARGE, "sha256": ""}, {})
        networks[LARGE] = TimedNetwork(partial(_embed, encoder), _parameters(embedded) + _parameters(full))
    return networks


def _embed(encoder: Encoder, waveform: Tensor) -> np.ndarray:
    return encoder.embed_batch(waveform.numpy())


def _time_in_turn(networks: dict[str, TimedNetwork], waveform: Tensor, repeats: int) -> dict[str, list[float]]:
    """Seconds of each call, after two rounds that are not counted."""
    times: dict[str, list[float]] = {name: [] for name in networks}
    for round_ in range(repeats + 2):
        for name, network in networks.items():
            began = time.perf_counter()
            network.embed(waveform)
            if round_ >= 2:
                times[name].append(time.perf_counter() - began)
    return times


def _speechbrain() -> TimedNetwork | None:
    """SpeechBrain's features and full-size network, waveform to embedding, if it is installed."""
    import torch

    try:
        from speechbrain.lobes.features import Fbank
        from speechbrain.lobes.models.ECAPA_TDNN import ECAPA_TDNN
        from speechbrain.processing.features import InputNormalization
    except ImportError:
        return None
    fbank, normalise = Fbank(n_mels=80), InputNormalization(norm_type="sentence", std_norm=False)
    network = ECAPA_TDNN(80, **FULL_SIZE).eval()

    def embed(waveform: Tensor) -> Tensor:
        return network(normalise(fbank(waveform), torch.ones(len(waveform))))

    return TimedNetwork(embed, _parameters(network))


def speechbrain_classifier():
    """SpeechBrain's ``EncoderClassifier`` with its full-size network, as its recipe builds it but with random weights.

    Raises HeardError if SpeechBrain is not installed.
    """
    import torch

    try:
        from speechbrain.inference.speaker import EncoderClassifier
        from speechbrain.lobes.features import Fbank
        from speechbrain.lobes.models.ECAPA_TDNN import ECAPA_TDNN
        from speechbrain.processing.features import InputNormalization
    except ImportError:
        raise missing_extra("a comparison with SpeechBrain", "its package", "benchmarks") from None
    modules = {
        "compute_features": Fbank(n_mels=80),
        "mean_var_norm": InputNormalization(norm_type="sentence", std_norm=False),
        "embedding_model": ECAPA_TDNN(80, **FULL_SIZE),
        "classifier": torch.nn.Identity(),
    }
    return EncoderClassifier(modules=modules, hparams={"sample_rate": SAMPLE_RATE}).eval()


def _parameters(network: SpeakerNetwork) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
