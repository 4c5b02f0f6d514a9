"""The speaker network rewritten for inference on a CPU: the same embeddings in about half the time, or a quarter.

``FastNetwork(network)`` takes a loaded ``model.SpeakerNetwork`` and computes what its ``forward`` does in evaluation
mode, up to float32 rounding (about 1e-6 of the embedding's length). Four things make it fast:

- Activations lie as (B, T, C). Every convolution is then one matrix product: a kernel of one frame is a linear layer as
  it stands, a wider one a linear layer over the frames under it, which one gather lays side by side. Reflect padding,
  dilation and stride are nothing but the indices of that gather.
- Weights are laid out once, at loading, for oneDNN's matrix product, which also adds the bias and applies the ReLU.
  torch's own linear layer hands float32 to MKL, which reached half that speed on an AMD processor with AVX-512.
- Results take the place of what they were made from where that is needed no more, and the pooling goes through the
  channels in blocks, so that its intermediates stay in a core's own cache.
- In bfloat16, if asked, the matrix products take half the time on processors that multiply it. Sums within a product
  are float32; so are the features, the statistics and the softmax of the pooling, and the last layer. What is left is
  the rounding of weights and activations to 8 bits: 1 - cosine to the float32 embedding is about 1e-5.

oneDNN generates and keeps code for every number of frames it meets: about 5 MB and some milliseconds for each, with the
full-size network. So that sound of any length can come, the time axis is carried in steps of 16 frames. What lies in
the frames beyond the true end reaches no result: convolutions gather from true frames only, and means and sums over
time leave them out.

Why this is here beside ONNX Runtime: bfloat16, the default of extraction where the processor multiplies it, has no form
in ONNX Runtime on a CPU. And in float32 ONNX Runtime is no faster. On one thread of a processor with AVX2, for batches
of 16 to 48 signals of 3 s, it took 1.0 to 1.2 times as long signal by signal with the embedded network, and 1.0 with
the full-size one; a graph with a batch axis took 1.0 to 1.3 and 1.3 to 1.5 times as long.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model import AttentiveStatistics, SeRes2NetBlock, SpeakerNetwork, SqueezeExcitation, Tdnn

POOLED_TOGETHER = 512
"""Channels in a block of the pooling."""


@cache
def has_packed_linear(dtype: torch.dtype = torch.float32) -> bool:
    """Whether this torch can lay weights out for oneDNN: it can on x86, and cannot on a Mac."""
    try:
        weight = torch.ops.mkldnn._reorder_linear_weight(torch.eye(2, dtype=dtype))
        x, bias = torch.tensor([[1.0, -1.0]], dtype=dtype), torch.ones(2, dtype=dtype)
        y = torch.ops.mkldnn._linear_pointwise(x, weight, bias, "relu", [], "")
    except (AttributeError, RuntimeError):
        return False
    return y.tolist() == [[2.0, 0.0]]


def has_fast_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 (AVX-512 BF16 or AMX); others do it in slower steps."""
    known = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(known and known()) and has_packed_linear(torch.bfloat16)


class FastNetwork:
    """Waveforms (B, N) float32 to embeddings (B, embedding_dim), not normalised in length, as ``network`` gives them.

    For a CPU. The weights are copied: ``network`` can be dropped afterwards, or trained on without effect here. Calls
    do not change the object, so threads may share it. ``dtype``: float32, or bfloat16 for what is said above.
    ``packed=False`` keeps to torch's public operations, as is done by itself where oneDNN is missing.
    """

    @torch.inference_mode()
    def __init__(self, network: SpeakerNetwork, dtype: torch.dtype = torch.float32, *, packed: bool | None = None):
        form = _Form(dtype, has_packed_linear(dtype) if packed is None else packed)
        backbone = network.backbone
        self._front, self._dtype = network.front, dtype
        self._first = _Tdnn(backbone.blocks[0], form)
        self._blocks = [_Block(block, form) for block in backbone.blocks[1:]]
        self._mfa = _Tdnn(backbone.mfa, form)
        self._pool = _Pooling(backbone.asp, form)
        scale, shift = _affine(backbone.asp_bn)
        weight = backbone.fc.weight.squeeze(2)
        self._fc = _Linear(weight * scale, backbone.fc.bias + weight @ shift, form.exact)

    def __call__(self, wave: Tensor) -> Tensor:
        return self.project(self.pooled(wave))

    @torch.inference_mode()
    def project(self, pooled: Tensor) -> Tensor:
        """The embeddings of what ``pooled`` gives."""
        return self._fc(pooled)

    @torch.inference_mode()
    def pooled(self, wave: Tensor) -> Tensor:
        """The statistics (B, F) of waveforms (B, N) that embeddings are made of."""
        features = self._front(wave).transpose(1, 2).to(self._dtype)
        frames = -(-features.shape[1] // self._first.stride)
        x = self._first(features, features.shape[1])
        outputs = [x := block(x, frames) for block in self._blocks]
        return self._pool(self._mfa(torch.cat(outputs, dim=2), frames), frames)


@dataclass(frozen=True)
class _Form:
    """How a layer computes."""

    dtype: torch.dtype
    packed: bool
    """With weights laid out for oneDNN."""

    @property
    def exact(self) -> _Form:
        """For the small layers that work on statistics."""
        return _Form(torch.float32, self.packed and has_packed_linear())


class _Linear:
    """(..., inputs) -> (..., outputs), with ReLU if asked."""

    def __init__(self, weight: Tensor, bias: Tensor, form: _Form, *, relu: bool = False):
        weight = weight.detach().to(form.dtype, copy=True).contiguous()
        self.bias = bias.detach().to(form.dtype, copy=True)
        self.packed, self.relu = form.packed, relu
        # The operators torch's own compiler emits for a frozen linear layer.
        self.weight = torch.ops.mkldnn._reorder_linear_weight(weight) if form.packed else weight

    def __call__(self, x: Tensor) -> Tensor:
        if self.packed:
            return torch.ops.mkldnn._linear_pointwise(
                x, self.weight, self.bias, "relu" if self.relu else "none", [], ""
            )
        y = F.linear(x, self.weight, self.bias)
        return y.relu_() if self.relu else y


class _Tdnn:
    """``model.Tdnn`` over (B, T, C), of which ``frames`` are true."""

    def __init__(self, tdnn: Tdnn, form: _Form):
        conv = tdnn.conv
        self.kernel, self.dilation, self.stride = conv.kernel_size[0], conv.dilation[0], conv.stride[0]
        weight = conv.weight.transpose(1, 2).flatten(1)  # (outputs, kernel * inputs)
        self.linear = _Linear(weight, conv.bias, form, relu=True)
        self.scale, self.shift = (tensor.to(form.dtype) for tensor in _affine(tdnn.norm))

    def __call__(self, x: Tensor, frames: int, out: Tensor | None = None) -> Tensor:
        if self.kernel > 1:
            under = _frames_under_kernel(frames, self.kernel, self.dilation, self.stride)
            x = x.index_select(1, under).view(x.shape[0], -1, self.kernel * x.shape[2])
        x = self.linear(x)
        return torch.addcmul(self.shift, x, self.scale, out=x if out is None else out)


class _Block:
    """``model.SeRes2NetBlock`` over (B, T, C), of which ``frames`` are true."""

    def __init__(self, block: SeRes2NetBlock, form: _Form):
        self.tdnn1, self.tdnn2 = _Tdnn(block.tdnn1, form), _Tdnn(block.tdnn2, form)
        self.scale = block.res2net_block.scale
        self.steps = [_Tdnn(tdnn, form) for tdnn in block.res2net_block.blocks]
        self.gate = _Gate(block.se_block, form.exact)

    def __call__(self, x: Tensor, frames: int) -> Tensor:
        y = self.tdnn1(x, frames)
        before = None
        for step, split in zip(self.steps, y.chunk(self.scale, dim=2)[1:], strict=True):
            before = step(split if before is None else split + before, frames, out=split)
        y = self.tdnn2(y, frames)
        gate = self.gate(y[:, :frames].mean(dim=1, keepdim=True, dtype=torch.float32))
        return torch.addcmul(x, y, gate.to(y.dtype), out=y)


class _Gate:
    """The weights of ``model.SqueezeExcitation``: means over time (B, 1, C) -> (B, 1, C)."""

    def __init__(self, module: SqueezeExcitation, form: _Form):
        self.squeeze = _Linear(module.conv1.weight.squeeze(2), module.conv1.bias, form, relu=True)
        self.excite = _Linear(module.conv2.weight.squeeze(2), module.conv2.bias, form)

    def __call__(self, mean: Tensor) -> Tensor:
        return self.excite(self.squeeze(mean)).sigmoid_()


class _Pooling:
    """``model.AttentiveStatistics``: (B, T, C), of which ``frames`` are true, -> (B, 2C) float32."""

    def __init__(self, pooling: AttentiveStatistics, form: _Form):
        self.floor_variance = pooling.floor_variance
        conv, channels = pooling.tdnn.conv, pooling.conv.out_channels
        weight = conv.weight.squeeze(2)
        self.per_frame = _Linear(weight[:, :channels], torch.zeros_like(conv.bias), form)
        self.context = _Linear(weight[:, channels:], conv.bias, form.exact)
        self.scale, self.shift = (tensor.to(form.dtype) for tensor in _affine(pooling.tdnn.norm))
        # What a bias would add is the same for all frames of a channel: a softmax over time does not see it.
        self.out = [
            _Linear(weight, torch.zeros(len(weight)), form)
            for weight in pooling.conv.weight.squeeze(2).split(POOLED_TOGETHER)
        ]

    def __call__(self, x: Tensor, frames: int) -> Tensor:
        true = x[:, :frames].split(POOLED_TOGETHER, dim=2)
        mean, deviation = (torch.cat(parts, dim=2) for parts in zip(*map(self._plain, true), strict=True))
        hidden = self.per_frame(x).add_(self.context(torch.cat([mean, deviation], dim=2))).relu_()
        hidden = torch.addcmul(self.shift, hidden, self.scale, out=hidden).tanh_()
        pooled = [self._weighted(part, out(hidden)[:, :frames]) for part, out in zip(true, self.out, strict=True)]
        return torch.cat([torch.cat(parts, dim=2) for parts in zip(*pooled, strict=True)], dim=2).squeeze(1)

    def _plain(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and deviation (B, 1, c) over time."""
        mean = x.mean(dim=1, keepdim=True, dtype=torch.float32)
        return mean, self._root((x - mean).square_().mean(dim=1, keepdim=True))

    def _weighted(self, x: Tensor, logits: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and deviation (B, 1, c) under the softmax of ``logits`` over time, which is divided on the sums."""
        weights = logits.sub_(logits.amax(dim=1, keepdim=True)).float().exp_()
        total = weights.sum(dim=1, keepdim=True)
        mean = (weights * x).sum(dim=1, keepdim=True).div_(total)
        variance = (x - mean).square_().mul_(weights).sum(dim=1, keepdim=True).div_(total)
        return mean, self._root(variance)

    def _root(self, variance: Tensor) -> Tensor:
        return variance.clamp_(min=self.floor_variance).sqrt_()


def _affine(norm: nn.BatchNorm1d) -> tuple[Tensor, Tensor]:
    """A batch norm in evaluation mode as x * scale + shift: two tensors of (C,)."""
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return scale, norm.bias - norm.running_mean * scale


@lru_cache(maxsize=256)
def _frames_under_kernel(frames: int, kernel: int, dilation: int, stride: int) -> Tensor:
    """(steps * kernel,) indices of the input frames that each output step sees, mirrored at both ends.

    Steps are filled up to a multiple of 16, with any frames.
    """
    reach = dilation * (kernel - 1) // 2
    if frames <= reach:
        raise ValueError(f"{frames} frames are too few: at least {reach + 1} are needed.")
    steps = -(-frames // stride)
    centres = torch.arange(-(-steps // 16) * 16) * stride
    index = (centres[:, None] + torch.arange(kernel) * dilation - reach).abs()
    return torch.minimum(index, 2 * (frames - 1) - index).clamp(min=0).flatten()
