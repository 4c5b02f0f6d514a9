"""Several processes training one network, each on its part of every batch (``torchrun``).

What they compute together is what one process computes of the whole batch: losses are parts of the whole batch's mean,
torch's DistributedDataParallel shares the gradients, and batch norms see the whole batch. All of this does nothing in a
process that is alone.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import Tensor, distributed, nn
from torch.distributed.nn.functional import all_reduce
from torch.nn.parallel import DistributedDataParallel

LONGEST_WAIT = timedelta(hours=12)
"""Longest time that processes wait for the main one, which decodes the speech and asks the teacher once."""


@dataclass(frozen=True)
class Ranks:
    """Which of how many processes this is. The default is one that is alone."""

    rank: int = 0
    count: int = 1
    local_rank: int = 0
    """Number of this process among those of the same machine."""

    @property
    def device(self) -> torch.device:
        """What this process computes on: a CUDA device of its own where there are any."""
        return torch.device("cuda", self.local_rank) if torch.cuda.is_available() else torch.device("cpu")

    @property
    def main(self) -> bool:
        """Whether this process is the one that logs, validates and writes files."""
        return self.rank == 0

    @property
    def alone(self) -> bool:
        return self.count == 1

    def part(self, items: Sequence) -> Sequence:
        """This process's share of the items of a batch."""
        return items[self.rank :: self.count]

    def total(self, *numbers: float) -> list[float]:
        """Each number summed over the processes."""
        if self.alone:
            return list(numbers)
        sums = torch.tensor(numbers, dtype=torch.float64, device=self.device)
        distributed.all_reduce(sums)
        return sums.tolist()

    def main_first(self, work: Callable):
        """``work()`` in each process, the others once the main one is done: then what it made is in the cache."""
        if self.alone or self.main:
            done = work()
        if not self.alone:
            distributed.barrier()
        return done if self.main else work()

    def sync_batch_norms(self, network: nn.Module) -> nn.Module:
        """``network`` with batch norms that see what all processes have; weights keep their names and values."""
        if self.alone:
            return network
        if self.device.type == "cuda":
            return nn.SyncBatchNorm.convert_sync_batchnorm(network)
        for module in network.modules():
            if type(module) is nn.BatchNorm1d:
                module.__class__ = CpuSyncBatchNorm  # nothing but another forward
        return network

    def share_gradients(self, module: nn.Module) -> nn.Module:
        """``module`` with the main process's weights; after ``backward`` it has the mean of all gradients."""
        if self.alone:
            return module
        devices = [self.local_rank] if self.device.type == "cuda" else None
        return DistributedDataParallel(module, device_ids=devices, broadcast_buffers=False)


ALONE = Ranks()


def join() -> Ranks:
    """The ranks as ``torchrun`` set them in the environment, connected; one process alone without it.

    Processors talk through gloo, CUDA devices, one for each process of a machine, through NCCL.
    """
    if int(os.environ.get("WORLD_SIZE", 1)) == 1:
        return ALONE
    ranks = Ranks(*(int(os.environ[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK")))
    if ranks.device.type == "cuda":
        torch.cuda.set_device(ranks.device)
    distributed.init_process_group("nccl" if ranks.device.type == "cuda" else "gloo", timeout=LONGEST_WAIT)
    return ranks


def leave(ranks: Ranks) -> None:
    """Part from the others at the end."""
    if not ranks.alone:
        if sys.exc_info()[0] is None:  # after an error the others may never come
            distributed.barrier()  # a process that leaves while another still talks to it may be aborted by gloo
        distributed.destroy_process_group()


class CpuSyncBatchNorm(nn.BatchNorm1d):
    """Batch norm over what all processes have, on the processor.

    torch's own SyncBatchNorm raises "expected input tensor to be on GPU or XPU" there (torch 2.11); on CUDA devices it
    is used instead.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(B, C) or (B, C, T) -> the same; B may differ between the processes."""
        if not self.training:
            return super().forward(x)
        wide, over = x.float(), (0, *range(2, x.ndim))
        shape = (1, -1, *[1] * (x.ndim - 2))
        # Sums of what lies around the running mean: of squares that are near zero nothing is lost to rounding.
        around = self.running_mean.clone()
        near = wide - around.view(shape)
        count = torch.full((1,), float(x.numel() // x.shape[1]), device=x.device)
        sums = all_reduce(torch.cat([near.sum(over), near.square().sum(over), count]))  # its gradient is summed as well
        count = sums[-1].detach()
        mean, square = (sums[:-1] / count).chunk(2)
        variance = square - mean.square()
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(around + mean, self.momentum)
            self.running_var.lerp_(variance * count / (count - 1), self.momentum)
        scale = self.weight * (variance + self.eps).rsqrt()
        return ((near - mean.view(shape)) * scale.view(shape) + self.bias.view(shape)).to(x.dtype)
