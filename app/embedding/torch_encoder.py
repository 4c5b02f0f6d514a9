"""An encoder that runs the network in torch: on the CPU in its fast form, or on a GPU."""

from __future__ import annotations

import numpy as np
import torch

from app.embedding import model_files
from app.embedding.encoder import Encoder
from app.embedding.large import PUBLIC_CARD
from app.embedding.model_files import ModelFile
from app.embedding.overlap_head import OverlapHead, load_head
from app.embedding.torch_cpu import FastNetwork, has_fast_bfloat16
from app.scoring.channel import Channel
from app.scoring.channel_file import load_channel
from app.threads import use_torch_threads
from model import EcapaTdnn, SpeakerNetwork
from utils import BadInput, HeardError


class TorchEncoder(Encoder):
    """A ``SpeakerNetwork`` behind the interface of ``Encoder``."""

    def __init__(
        self,
        network: SpeakerNetwork,
        card: dict,
        model_id: str,
        device: str = "cpu",
        precision: str = "float32",
        *,
        channel: Channel | None = None,
        overlap: OverlapHead | None = None,
        where: str = "",
    ):
        """``precision``: as for ``load_encoder``. Raises BadInput for bfloat16 where it cannot be."""
        rewritten = device == "cpu" and isinstance(network.backbone, EcapaTdnn)
        if precision == "bfloat16" and not rewritten:
            raise BadInput("--precision bfloat16: on processors alone; leave --precision out, or say --compute cpu.")
        super().__init__(
            card,
            model_id,
            network.arch.embedding_dim,
            cohort=None if network.cohort is None else network.cohort.float().cpu().numpy(),
            channel=channel,
            overlap=overlap,
            device=device,
            precision=cpu_precision(precision) if rewritten else "float32",
            where=where,
        )
        network = network.to(device).eval()
        self._gender = network.gender
        # FastNetwork is a copy of its own: the plain backbone's memory is freed.
        self._network = FastNetwork(network, getattr(torch, self.precision)) if rewritten else network

    @classmethod
    def open(cls, file: ModelFile, compute: str, precision: str = "float32") -> TorchEncoder:
        """The encoder of a model file; ``compute`` and ``precision`` as for ``load_encoder``."""
        # One thread: on a small, busy machine a second one made a 2 s window ten times slower, not faster.
        use_torch_threads()
        device = _device(compute)
        network, card = model_files.open_network(file)
        overlap = load_head(file.path, card["sha256"]) if isinstance(network.backbone, EcapaTdnn) else None
        channel = load_channel(PUBLIC_CARD if file.kind == "speechbrain" else file.path, card["sha256"])
        try:
            name = card["name"]
            return cls(network, card, name, device, precision, channel=channel, overlap=overlap, where=str(file.path))
        except ValueError as error:
            raise HeardError(f"{file.path}: not a model of this program ({error}).") from None

    def _embed(self, batch: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return self._network(torch.from_numpy(batch).to(self.device)).float().cpu().numpy()

    def _embed_with_statistics(self, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        if self.overlap is None:
            return self._embed(batch), None
        with torch.inference_mode():
            wave, network = torch.from_numpy(batch).to(self.device), self._network
            if isinstance(network, FastNetwork):
                pooled = network.pooled(wave)
                embeddings = network.project(pooled)
            else:
                pooled = network.backbone.pooled(network.front(wave))
                embeddings = network.backbone.project(pooled)
            return embeddings.float().cpu().numpy(), pooled.float().cpu().numpy()

    @property
    def knows_gender(self) -> bool:
        return self._gender is not None

    def _female_logit(self, embedding: np.ndarray) -> float:
        with torch.inference_mode():
            return float(self._gender(torch.from_numpy(embedding)[None].to(self.device)))


def cpu_precision(precision: str) -> str:
    """What "auto" is on this machine's processor; anything else as it is."""
    if precision != "auto":
        return precision
    return "bfloat16" if has_fast_bfloat16() else "float32"


def _device(compute: str) -> str:
    match compute:
        case "auto":
            return "cuda" if torch.cuda.is_available() else "cpu"
        case "cuda" if not torch.cuda.is_available():
            raise BadInput("no CUDA device here: leave --compute out, or say --compute cpu.")
        case "mps" if not torch.backends.mps.is_available():
            raise BadInput("no Apple GPU here: leave --compute out, or say --compute cpu.")
    return compute
