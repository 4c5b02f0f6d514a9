"""How much memory a process takes."""

from __future__ import annotations

from utils import HeardError

try:
    import psutil
except ImportError:
    raise HeardError("memory is measured with psutil: pip install --group benchmarks") from None


def resident_mb(pid: int | None = None) -> float:
    """Megabytes of main memory that a process holds now; this process by default."""
    return psutil.Process(pid).memory_info().rss / 2**20
