"""The speaker network rewritten for inference on a CPU: the same embeddings in about half the time.

``FastNetwork(network)`` takes a loaded ``model.SpeakerNetwork`` and computes what its ``forward`` does in evaluation
mode, up to float32 rounding (about 1e-6 of the embedding's length). Three things make it fast:

- Activations lie as (B, T, C). Every convolution is then one matrix product: a kernel of one frame is a linear layer as
  it stands, a wider one a linear layer over the frames under it, which one gather lays side by side. Reflect padding,
  dilation and stride are nothing but the indices of that gather.
- Weights are laid out once, at loading, for oneDNN's matrix product, which also adds the bias and applies the ReLU.
  torch's own linear layer hands float32 to MKL, which reached half that speed on an AMD processor with AVX-512.
- The large intermediates of the pooling are worked on in place.

oneDNN generates and keeps code for every number of frames it meets: about 5 MB and some milliseconds for each, with the
full-size network. So that sound of any length can come, the time axis is carried in steps of 16 frames. What lies in
the frames beyond the true end reaches no result: convolutions gather from true frames only, and means and sums over
time leave them out.
"""

from __future__ import annotations

from functools import cache, lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model import AttentiveStatistics, SeRes2NetBlock, SpeakerNetwork, SqueezeExcitation, Tdnn


@cache
def has_packed_linear() -> bool:
    """Whether this torch can lay weights out for oneDNN: it can on x86, and cannot on a Mac."""
    try:
        weight = torch.ops.mkldnn._reorder_linear_weight(torch.eye(2))
        y = torch.ops.mkldnn._linear_pointwise(torch.tensor([[1.0, -1.0]]), weight, torch.ones(2), "relu", [], "")
    except (AttributeError, RuntimeError):
        return False
    return y.tolist() == [[2.0, 0.0]]


class FastNetwork:
    """Waveforms (B, N) float32 to embeddings (B, embedding_dim), not normalised in length, as ``network`` gives them.

    For CPU and float32. The weights are copied: ``network`` can be dropped afterwards, or trained on without effect
    here. Calls do not change the object, so threads may share it. ``packed=False`` keeps to torch's public operations,
    as is done by itself where oneDNN is missing.
    """

    @torch.inference_mode()
    def __init__(self, network: SpeakerNetwork, *, packed: bool | None = None):
        packed = has_packed_linear() if packed is None else packed
        backbone = network.backbone
        self._front = network.front
        self._first = _Tdnn(backbone.blocks[0], packed)
        self._blocks = [_Block(block, packed) for block in backbone.blocks[1:]]
        self._mfa = _Tdnn(backbone.mfa, packed)
        self._pool = _Pooling(backbone.asp, packed)
        scale, shift = _affine(backbone.asp_bn)
        weight = backbone.fc.weight.squeeze(2)
        self._fc = _Linear(weight * scale, backbone.fc.bias + weight @ shift, packed)

    def __call__(self, wave: Tensor) -> Tensor:
        return self.project(self.pooled(wave))

    @torch.inference_mode()
    def project(self, pooled: Tensor) -> Tensor:
        """The embeddings of what ``pooled`` gives."""
        return self._fc(pooled)

    @torch.inference_mode()
    def pooled(self, wave: Tensor) -> Tensor:
        """The statistics (B, F) of waveforms (B, N) that embeddings are made of."""
        features = self._front(wave).transpose(1, 2)
        x = self._first(features, features.shape[1])
        frames = -(-features.shape[1] // self._first.stride)
        outputs = []
        for block in self._blocks:
            x = block(x, frames)
            outputs.append(x)
        return self._pool(self._mfa(torch.cat(outputs, dim=2), frames), frames)


class _Linear:
    """(..., inputs) -> (..., outputs), with ReLU if asked."""

    def __init__(self, weight: Tensor, bias: Tensor, packed: bool, *, relu: bool = False):
        weight, self.bias = weight.detach().contiguous(), bias.detach().clone()
        self.packed, self.relu = packed, relu
        # The operators torch's own compiler emits for a frozen linear layer.
        self.weight = torch.ops.mkldnn._reorder_linear_weight(weight) if packed else weight.clone()

    def __call__(self, x: Tensor) -> Tensor:
        if self.packed:
            return torch.ops.mkldnn._linear_pointwise(
                x, self.weight, self.bias, "relu" if self.relu else "none", [], ""
            )
        y = F.linear(x, self.weight, self.bias)
        return y.relu_() if self.relu else y


class _Tdnn:
    """``model.Tdnn`` over (B, T, C), of which ``frames`` are true."""

    def __init__(self, tdnn: Tdnn, packed: bool):
        conv = tdnn.conv
        self.kernel, self.dilation, self.stride = conv.kernel_size[0], conv.dilation[0], conv.stride[0]
        weight = conv.weight.transpose(1, 2).flatten(1)  # (outputs, kernel * inputs)
        self.linear = _Linear(weight, conv.bias, packed, relu=True)
        self.scale, self.shift = _affine(tdnn.norm)

    def __call__(self, x: Tensor, frames: int) -> Tensor:
        if self.kernel > 1:
            under = _frames_under_kernel(frames, self.kernel, self.dilation, self.stride)
            x = x.index_select(1, under).view(x.shape[0], -1, self.kernel * x.shape[2])
        x = self.linear(x)
        return torch.addcmul(self.shift, x, self.scale, out=x)


class _Block:
    """``model.SeRes2NetBlock`` over (B, T, C), of which ``frames`` are true."""

    def __init__(self, block: SeRes2NetBlock, packed: bool):
        self.tdnn1, self.tdnn2 = _Tdnn(block.tdnn1, packed), _Tdnn(block.tdnn2, packed)
        self.scale = block.res2net_block.scale
        self.steps = [_Tdnn(tdnn, packed) for tdnn in block.res2net_block.blocks]
        self.gate = _Gate(block.se_block, packed)

    def __call__(self, x: Tensor, frames: int) -> Tensor:
        splits = self.tdnn1(x, frames).chunk(self.scale, dim=2)
        outputs = [splits[0], self.steps[0](splits[1], frames)]
        for step, split in zip(self.steps[1:], splits[2:], strict=True):
            outputs.append(step(split + outputs[-1], frames))
        y = self.tdnn2(torch.cat(outputs, dim=2), frames)
        return torch.addcmul(x, y, self.gate(y[:, :frames]), out=y)


class _Gate:
    """The weights of ``model.SqueezeExcitation``: (B, T, C) -> (B, 1, C)."""

    def __init__(self, module: SqueezeExcitation, packed: bool):
        self.squeeze = _Linear(module.conv1.weight.squeeze(2), module.conv1.bias, packed, relu=True)
        self.excite = _Linear(module.conv2.weight.squeeze(2), module.conv2.bias, packed)

    def __call__(self, x: Tensor) -> Tensor:
        return self.excite(self.squeeze(x.mean(dim=1, keepdim=True))).sigmoid_()


class _Pooling:
    """``model.AttentiveStatistics``: (B, T, C), of which ``frames`` are true, -> (B, 2C)."""

    def __init__(self, pooling: AttentiveStatistics, packed: bool):
        self.floor_variance = pooling.floor_variance
        conv, channels = pooling.tdnn.conv, pooling.conv.out_channels
        weight = conv.weight.squeeze(2)
        self.per_frame = _Linear(weight[:, :channels], conv.bias, packed)
        self.context = _Linear(weight[:, channels:], torch.zeros_like(conv.bias), packed)
        self.scale, self.shift = _affine(pooling.tdnn.norm)
        self.out = _Linear(pooling.conv.weight.squeeze(2), pooling.conv.bias, packed)

    def __call__(self, x: Tensor, frames: int) -> Tensor:
        true = x[:, :frames]
        mean = true.mean(dim=1, keepdim=True)
        spare = true - mean  # one buffer of the size of x for all that follows
        deviation = self._root(spare.square_().mean(dim=1, keepdim=True))
        hidden = self.per_frame(x).add_(self.context(torch.cat([mean, deviation], dim=2))).relu_()
        weights = self.out(torch.addcmul(self.shift, hidden, self.scale, out=hidden).tanh_())[:, :frames]
        weights.sub_(weights.amax(dim=1, keepdim=True)).exp_()  # softmax over time, its division done on the sums
        total = weights.sum(dim=1, keepdim=True)
        mean = torch.mul(weights, true, out=spare).sum(dim=1, keepdim=True).div_(total)
        variance = torch.sub(true, mean, out=spare).square_().mul_(weights).sum(dim=1, keepdim=True).div_(total)
        return torch.cat([mean, self._root(variance)], dim=2).squeeze(1)

    def _root(self, variance: Tensor) -> Tensor:
        return variance.clamp_(min=self.floor_variance).sqrt_()


def _affine(norm: nn.BatchNorm1d) -> tuple[Tensor, Tensor]:
    """What a batch norm does in evaluation mode, x * scale + shift: two tensors of (C,)."""
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
