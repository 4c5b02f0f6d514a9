"""Extraction on a Ray cluster (https://docs.ray.io): shards are Ray tasks, so one that is lost with its machine is
computed again on another.

The journal stays with the program that was started. Every machine needs the packages of the group ray and the
audio at the same path; the program and the weights are sent. Ray runs what it is sent: use a cluster that you trust.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from app.extraction.executors import Shard, in_order
from app.extraction.shard import SegmentConfig, ShardResult, embed_shard
from utils import ROOT, HeardError, first_line, missing_extra

if TYPE_CHECKING:
    from app.embedding.encoder import Encoder

RETRIES = 8
"""How often a shard is computed again when the machine it was on is lost."""
NOT_SENT = [".git", ".venv", "data", "docs", "runs", "tests", "tools"]

_encoders: dict[tuple[str, str], Encoder] = {}
"""In a worker: the encoder by the weights' sha256 and the precision, made once."""


class RayExecutor:
    """An ``Executor``; on the processors of a cluster. Use as a context manager."""

    def __init__(
        self,
        model: str = "embedded",
        address: str | None = None,
        workers: int | None = None,
        precision: str = "float32",
    ):
        """``address``: of the cluster, "host:port"; None for $RAY_ADDRESS, else one of this machine alone.

        ``workers``: at most so many shards at a time; None for as many as the cluster has processors. ``precision``:
        as for ``load_encoder``; "auto" goes by the processor of this machine. Raises HeardError if Ray is not installed
        or the cluster cannot be reached, and what loading the model raises.
        """
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would report to its makers
        try:
            import ray
        except ImportError:
            raise missing_extra("--engine ray", "Ray", "ray") from None
        from app.embedding.model_files import open_network, resolve
        from app.embedding.onnx_encoder import OnnxEncoder

        address = address or os.environ.get("RAY_ADDRESS")
        _check_reachable(address)
        file = resolve(model)
        if file.kind == "onnx":
            encoder = OnnxEncoder.open(file.path)
            weights, card, self.dim = file.path.read_bytes(), encoder.card, encoder.dim
            self.precision = encoder.precision
        else:
            from app.embedding.torch_encoder import cpu_precision

            weights, card = open_network(file)
            self.precision = cpu_precision(precision)
            self.dim = weights.arch.embedding_dim
        self.model_id, self.sha256 = card["name"], card["sha256"]
        self._ray, self._workers = ray, workers
        own = {} if address else {"include_dashboard": False, "num_cpus": workers}
        try:
            ray.init(
                address=address or "local",
                runtime_env={"working_dir": str(ROOT), "excludes": NOT_SENT},
                log_to_driver=False,
                logging_level="ERROR",
                **own,
            )
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise HeardError(f"no Ray cluster at {address}: {first_line(error)}") from None
        self._model = ray.put((weights, card))
        self._task = ray.remote(num_cpus=1, max_retries=RETRIES)(_compute)

    def __enter__(self) -> RayExecutor:
        return self

    def __exit__(self, *_) -> None:
        self._ray.shutdown()

    def run(self, shards: Iterable[Shard], segments: SegmentConfig) -> Iterator[ShardResult]:
        """See ``Executor``. Raises HeardError if the cluster cannot compute a shard."""
        at_once = self._workers or 4 * max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        # in a list, the model is fetched by who needs it, not with every task
        yield from in_order(
            map(_at_full_paths, shards),
            at_once,
            lambda shard: self._task.remote([self._model], self.sha256, self.precision, shard, segments),
            self._wait,
        )

    def _wait(self, ticket) -> ShardResult:
        try:
            return self._ray.get(ticket)
        except self._ray.exceptions.RayError as error:
            reason = str(error).strip().splitlines()[-1][:200]
            raise HeardError(
                f"the cluster could not compute a shard ({reason}); what is done is kept, run the same command again."
            ) from None


def _check_reachable(address: str | None) -> None:
    """Raise HeardError if nobody answers at "host:port": Ray itself would try for minutes."""
    host, _, port = (address or "").rpartition(":")
    if not host or "/" in host or not port.isdigit():
        return
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except OSError as error:
        raise HeardError(f"no Ray cluster at {address}: {error.strerror or error}.") from None


def _at_full_paths(shard: Shard) -> Shard:
    """Workers run in a folder of their own."""
    return tuple(replace(clip, path=os.path.abspath(clip.path)) if clip.path else clip for clip in shard)


def _compute(model: list, sha256: str, precision: str, shard: Shard, segments: SegmentConfig) -> ShardResult:
    """In a worker: one shard."""
    import ray

    key = sha256, precision
    if key not in _encoders:
        weights, card = ray.get(model[0])
        if isinstance(weights, bytes):
            from app.embedding.onnx_encoder import OnnxEncoder

            _encoders[key] = OnnxEncoder(weights, card)
        else:
            from app.embedding.torch_encoder import TorchEncoder
            from app.threads import use_torch_threads

            use_torch_threads()
            _encoders[key] = TorchEncoder(weights, card, card["name"], precision=precision)
    context = ray.get_runtime_context()
    return embed_shard(_encoders[key], shard, segments, worker=f"{context.get_node_id()[:8]}/{os.getpid()}")
