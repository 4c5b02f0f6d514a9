"""The network, whole: log-mel front end, ECAPA-TDNN backbone, speaker head, gender head, checkpoints.

Sound goes in as waveforms (B, N) at 16 kHz, full scale +-1; out come embeddings (B, 192). Two of them, compared by
their cosine, tell whether one person spoke both.

The backbone is ECAPA-TDNN (Desplanques, Thienpondt, Demuynck: "ECAPA-TDNN: Emphasized Channel Attention, Propagation
and Aggregation in TDNN Based Speaker Verification", Interspeech 2020). At its full width, 1024 channels, it takes the
weights of the public checkpoint ``speechbrain/spkrec-ecapa-voxceleb`` and gives the same embeddings.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from utils import SAMPLE_RATE, HeardError, atomic_write, file_sha256, first_line, read_card, write_card


@dataclass(frozen=True)
class Architecture:
    """The kind of network and its widths. The defaults are the full-size network of the public checkpoint."""

    network: str = "ecapa-tdnn"
    """One of ``BACKBONES``."""
    mels: int = 80
    channels: int = 1024
    mfa_channels: int = 3072
    """Channels of the multi-layer feature aggregation, the input of the pooling."""
    scale: int = 8
    """Res2Net splits of a block's channels."""
    se_channels: int = 128
    attention_channels: int = 128
    embedding_dim: int = 192
    stride: int = 1
    """Frames per step of the first convolution: 2 halves the time axis, and the cost, of all that follows."""


# ---------------------------------------------------------------------------- front end


class LogMel(nn.Module):
    """Log-mel spectrogram in dB, mean-normalised over time: (B, N) samples -> (B, mels, T), T = N // 160 + 1.

    25 ms Hamming windows every 10 ms (centred, zeros outside), power spectrum, triangular HTK-mel filters over
    0-8000 Hz, floored 80 dB below the loudest point of the signal. The triangles are symmetric in Hz, as wide on the
    right as on the left, and have unit height: what the public checkpoint was trained on. Because the mean over time
    is subtracted per band, neither gain nor a fixed equaliser changes the features.
    """

    n_fft, hop = 400, 160
    floor_power, range_db = 1e-10, 80.0

    def __init__(self, mels: int = 80):
        super().__init__()
        self.register_buffer("window", torch.hamming_window(self.n_fft), persistent=False)
        self.register_buffer("filters", self._filters(mels), persistent=False)

    @classmethod
    def _filters(cls, mels: int) -> Tensor:
        """``utils.mel_filters`` (mels, n_fft // 2 + 1) in float32 arithmetic, as every network so far was trained with.

        In float64 they differ by up to 1e-5: no other embedding, but another training run from the same seed.
        """
        top = 2595 * torch.log10(torch.tensor(1 + SAMPLE_RATE / 2 / 700))
        edges = 700 * (10 ** (torch.linspace(0, float(top), mels + 2) / 2595) - 1)
        centre, width = edges[1:-1, None], (edges[1:-1] - edges[:-2])[:, None]
        bins = torch.linspace(0, SAMPLE_RATE // 2, cls.n_fft // 2 + 1)
        return (1 - (bins - centre).abs() / width).clamp(min=0)

    def forward(self, wave: Tensor) -> Tensor:
        with torch.autocast(wave.device.type, enabled=False):  # dB of a bf16 power spectrum would be noise
            spectrum = torch.stft(
                wave.float(), self.n_fft, self.hop, window=self.window, pad_mode="constant", return_complex=True
            )
            power = self.filters @ (spectrum.real.square() + spectrum.imag.square())
            decibel = 10 * power.clamp(min=self.floor_power).log10()
            decibel = torch.maximum(decibel, decibel.amax(dim=(1, 2), keepdim=True) - self.range_db)
            return decibel - decibel.mean(dim=2, keepdim=True)


# ---------------------------------------------------------------------------- backbone


class Tdnn(nn.Module):
    """Convolution over time, ReLU, batch norm, in this order: (B, inputs, T) -> (B, outputs, T / stride)."""

    def __init__(self, inputs: int, outputs: int, kernel: int, dilation: int = 1, stride: int = 1):
        super().__init__()
        self.conv = nn.Conv1d(
            inputs,
            outputs,
            kernel,
            stride=stride,
            dilation=dilation,
            padding=dilation * (kernel - 1) // 2,
            padding_mode="reflect",
        )
        self.norm = nn.BatchNorm1d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(F.relu(self.conv(x)))


class Res2Net(nn.Module):
    """Channels in ``scale`` splits: the first passes, each further one is convolved with the one before added."""

    def __init__(self, channels: int, scale: int, kernel: int, dilation: int):
        super().__init__()
        width = channels // scale
        self.scale = scale
        self.blocks = nn.ModuleList(Tdnn(width, width, kernel, dilation) for _ in range(scale - 1))

    def forward(self, x: Tensor) -> Tensor:
        splits = x.chunk(self.scale, dim=1)
        out = [splits[0], self.blocks[0](splits[1])]
        for block, split in zip(self.blocks[1:], splits[2:], strict=True):
            out.append(block(split + out[-1]))
        return torch.cat(out, dim=1)


class SqueezeExcitation(nn.Module):
    """Weighs each channel by what the whole utterance looks like: (B, C, T) -> (B, C, T)."""

    def __init__(self, channels: int, squeezed: int):
        super().__init__()
        self.conv1 = nn.Conv1d(channels, squeezed, 1)
        self.conv2 = nn.Conv1d(squeezed, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        squeezed = F.relu(self.conv1(x.mean(dim=2, keepdim=True)))
        return x * torch.sigmoid(self.conv2(squeezed))


class SeRes2NetBlock(nn.Module):
    """1x1 TDNN, dilated Res2Net, 1x1 TDNN, squeeze-excitation, and the input added: (B, C, T) -> (B, C, T)."""

    def __init__(self, arch: Architecture, kernel: int, dilation: int):
        super().__init__()
        self.tdnn1 = Tdnn(arch.channels, arch.channels, 1)
        self.res2net_block = Res2Net(arch.channels, arch.scale, kernel, dilation)
        self.tdnn2 = Tdnn(arch.channels, arch.channels, 1)
        self.se_block = SqueezeExcitation(arch.channels, arch.se_channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.se_block(self.tdnn2(self.res2net_block(self.tdnn1(x))))


class AttentiveStatistics(nn.Module):
    """Mean and standard deviation over time, weighted per channel by attention: (B, C, T) -> (B, 2C).

    The attention sees each frame beside the mean and deviation of the whole utterance ("global context").
    """

    floor_variance = 1e-12

    def __init__(self, channels: int, hidden: int):
        super().__init__()
        self.tdnn = Tdnn(3 * channels, hidden, 1)
        self.conv = nn.Conv1d(hidden, channels, 1)

    def attention(self, x: Tensor) -> Tensor:
        """(B, C, T) weights that sum to 1 over time."""
        mean = x.mean(dim=2)
        deviation = (x - mean[:, :, None]).square().mean(dim=2).clamp(min=self.floor_variance).sqrt()
        # The context is the same for every frame: its share of the convolution over [x, mean, deviation] is computed
        # once, not T times.
        per_frame, context = self.tdnn.conv.weight[:, : x.shape[1]], self.tdnn.conv.weight[:, x.shape[1] :, 0]
        shift = F.linear(torch.cat([mean, deviation], dim=1), context)
        hidden = F.conv1d(x, per_frame, self.tdnn.conv.bias) + shift[:, :, None]
        return self.conv(torch.tanh(self.tdnn.norm(F.relu(hidden)))).softmax(dim=2)

    def forward(self, x: Tensor) -> Tensor:
        weights = self.attention(x)
        mean = (weights * x).sum(dim=2)
        variance = (weights * (x - mean[:, :, None]).square()).sum(dim=2)
        return torch.cat([mean, variance.clamp(min=self.floor_variance).sqrt()], dim=1)


class EcapaTdnn(nn.Module):
    """Log-mel features (B, mels, T) -> embeddings (B, embedding_dim), of any length; T of at least 5."""

    def __init__(self, arch: Architecture):
        super().__init__()
        self.blocks = nn.ModuleList([Tdnn(arch.mels, arch.channels, 5, stride=arch.stride)])
        self.blocks.extend(SeRes2NetBlock(arch, kernel=3, dilation=dilation) for dilation in (2, 3, 4))
        self.mfa = Tdnn(3 * arch.channels, arch.mfa_channels, 1)
        self.asp = AttentiveStatistics(arch.mfa_channels, arch.attention_channels)
        self.asp_bn = nn.BatchNorm1d(2 * arch.mfa_channels)
        self.fc = nn.Conv1d(2 * arch.mfa_channels, arch.embedding_dim, 1)

    def frames(self, features: Tensor) -> Tensor:
        """What the pooling sees: (B, mfa_channels, T / stride)."""
        x = self.blocks[0](features)
        outputs = []
        for block in self.blocks[1:]:
            x = block(x)
            outputs.append(x)
        return self.mfa(torch.cat(outputs, dim=1))

    def pooled(self, features: Tensor) -> Tensor:
        """The utterance's statistics, of which the embedding is made: (B, 2 * mfa_channels)."""
        return self.asp(self.frames(features))

    def project(self, pooled: Tensor) -> Tensor:
        """The embeddings (B, embedding_dim) of ``pooled``."""
        return self.fc(self.asp_bn(pooled)[:, :, None]).squeeze(2)

    def forward(self, features: Tensor) -> Tensor:
        return self.project(self.pooled(features))


MOST_CHANNELS = 16384
"""Of any layer of a network that is loaded."""
BACKBONES: dict[str, Callable[[Architecture], nn.Module]] = {"ecapa-tdnn": EcapaTdnn}
"""Kinds of networks from log-mel features to embeddings, by the name that ``Architecture.network`` gives."""


def register_backbone(name: str, backbone: Callable[[Architecture], nn.Module]) -> None:
    """Add a kind of network, so that ``SpeakerNetwork`` builds and ``load_checkpoint`` reads it."""
    BACKBONES[name] = backbone


# ---------------------------------------------------------------------------- heads


class SpeakerHead(nn.Module):
    """Embeddings (B, D) against the prototypes (P, D) of speakers: cosines (B, P), whatever the lengths.

    In training the prototypes are weights, one for each speaker of the corpus, and ``app.training.losses.AamSoftmax``
    adds the margin and the loss. At run time people's voiceprints take their place, and ``app.scoring`` compares.
    """

    def __init__(self, embedding_dim: int, speakers: int):
        super().__init__()
        self.prototypes = nn.Parameter(torch.empty(speakers, embedding_dim))
        nn.init.xavier_uniform_(self.prototypes)

    @torch.no_grad()
    def place_prototypes(self, embeddings: Tensor) -> None:
        """Put each speaker's prototype at its embedding (P, D)."""
        self.prototypes.copy_(embeddings)

    def cosines(self, embedding: Tensor) -> Tensor:
        """(B, P) of embeddings (B, D)."""
        return F.linear(F.normalize(embedding), F.normalize(self.prototypes))

    def forward(self, embedding: Tensor) -> Tensor:
        return self.cosines(embedding)


class GenderHead(nn.Module):
    """Embedding (B, D) -> logit of "female" (B,). Sees the direction of the embedding, not its length."""

    def __init__(self, embedding_dim: int = 192, hidden: int = 32):
        super().__init__()
        self.hidden = nn.Linear(embedding_dim, hidden)
        self.out = nn.Linear(hidden, 1)

    def forward(self, embedding: Tensor) -> Tensor:
        # A unit vector of D components has entries near 1 / sqrt(D): brought to about 1 for the layer.
        scaled = F.normalize(embedding) * embedding.shape[1] ** 0.5
        return self.out(F.relu(self.hidden(scaled))).squeeze(1)


class SpeakerNetwork(nn.Module):
    """Waveforms (B, N), N of at least 0.1 s, to embeddings (B, embedding_dim), not normalised in length."""

    def __init__(self, arch: Architecture = Architecture(), *, gender: bool = False):
        super().__init__()
        self.arch = arch
        self.front = LogMel(arch.mels)
        self.backbone = BACKBONES[arch.network](arch)
        self.gender = GenderHead(arch.embedding_dim) if gender else None
        self.register_buffer("cohort", None)
        """(k, embedding_dim) of unit length, or None: voices of strangers that scores are normalised against."""

    def forward(self, wave: Tensor) -> Tensor:
        return self.backbone(self.front(wave))


# ---------------------------------------------------------------------------- checkpoints


def save_checkpoint(path: str | Path, network: SpeakerNetwork, card: dict, *, half: bool = True) -> dict:
    """Write weights to ``path`` (safetensors, in float16 if ``half``) and the card beside them (same stem, .json).

    The card as written comes back: ``architecture`` and ``sha256`` are filled in here.
    """
    from safetensors.torch import save

    path = Path(path)
    tensors = {}
    for key, value in network.state_dict().items():
        if key.endswith("num_batches_tracked"):  # of no use after training
            continue
        value = value.detach().cpu().contiguous()
        tensors[key] = value.half() if half and value.is_floating_point() else value
    with atomic_write(path, public=True) as file:
        file.write(save(tensors))
    card = {**card, "architecture": asdict(network.arch), "sha256": file_sha256(path)}
    write_card(path, card)
    return card


def load_checkpoint(path: str | Path) -> tuple[SpeakerNetwork, dict]:
    """The network, in float32 and evaluation mode, and its card. Raises HeardError if a file is missing or damaged."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = Path(path)
    card = read_card(path)
    if not path.is_file():
        raise HeardError(f"{path}: no such model file.")
    if card.get("sha256") != file_sha256(path):
        raise HeardError(f"{path}: the weights do not match their card (sha256); fetch both files again.")
    try:
        arch = Architecture(**card["architecture"])
        if arch.network not in BACKBONES:
            raise HeardError(f"{path}: a network of the kind {arch.network!r} can be trained and evaluated, no more.")
        tensors = load_file(path)
        _check_sizes(arch, tensors)
        network = SpeakerNetwork(arch, gender=any(key.startswith("gender.") for key in tensors))
        if "cohort" in tensors:
            network.cohort = torch.empty(len(tensors["cohort"]), arch.embedding_dim)
        _load_strictly(network, tensors)
    except (SafetensorError, RuntimeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise HeardError(f"{path}: not a model of this program ({first_line(error)}).") from None
    return network.eval(), card


def load_speechbrain(path: str | Path) -> SpeakerNetwork:
    """The full-size network with the weights of SpeechBrain's ``embedding_model.ckpt``, every tensor accounted for."""
    try:
        theirs = torch.load(path, map_location="cpu", weights_only=True)
        network = SpeakerNetwork(Architecture())
        # SpeechBrain wraps each convolution and norm in a module of its own: "tdnn1.conv.conv.weight".
        ours = {re.sub(r"(conv\d?|norm|asp_bn|fc)\.(?:conv|norm)\.(\w+)$", r"\1.\2", k): v for k, v in theirs.items()}
        _load_strictly(network.backbone, ours)
    except (RuntimeError, AttributeError, TypeError) as error:
        raise HeardError(f"{path}: not SpeechBrain's ECAPA-TDNN checkpoint ({first_line(error)}).") from None
    except Exception:  # refused because there is code in it, or damaged: what is raised then has no common base
        raise HeardError(f"{path}: not a checkpoint that holds weights and nothing else; it was not opened.") from None
    return network.eval()


def _check_sizes(arch: Architecture, tensors: dict[str, Tensor]) -> None:
    """Raise RuntimeError if a network of this architecture would not be of the size of its ``tensors``: a card that
    claims a larger one must not fill the memory before that is seen."""
    sizes = [size for size in vars(arch).values() if isinstance(size, int)]
    if not 1 <= min(sizes) <= max(sizes) <= MOST_CHANNELS or len(sizes) < len(vars(arch)) - 1:
        raise RuntimeError("an architecture of impossible sizes")
    with torch.device("meta"):  # shapes alone
        wanted = BACKBONES[arch.network](arch).state_dict()
    for key, value in wanted.items():
        given = tensors.get(f"backbone.{key}")
        if given is not None and given.shape != value.shape:
            raise RuntimeError(f"backbone.{key} is {tuple(given.shape)}, not {tuple(value.shape)}")
        if given is None and value.numel() > MOST_CHANNELS:
            raise RuntimeError(f"backbone.{key} is missing")


def _load_strictly(module: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Load, or raise RuntimeError if a tensor is missing, left over, or of another shape."""
    wanted = {k: v for k, v in module.state_dict().items() if not k.endswith("num_batches_tracked")}
    given = {k: v for k, v in tensors.items() if not k.endswith("num_batches_tracked")}
    if differing := sorted(wanted.keys() ^ given.keys()):
        raise RuntimeError(f"{len(differing)} tensors differ, first {differing[0]}")
    for key, value in given.items():
        if value.shape != wanted[key].shape:
            raise RuntimeError(f"{key} is {tuple(value.shape)}, not {tuple(wanted[key].shape)}")
    module.load_state_dict({k: v.float() for k, v in given.items()}, strict=False)
