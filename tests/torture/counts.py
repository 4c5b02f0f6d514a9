"""What a part of ``make torture`` tried, and what failed."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Counts:
    """Tries and failures by kind, with a line about each failure."""

    tried: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    """What is needed to see each again: kind, number, and what went wrong."""
    facts: dict[str, str] = field(default_factory=dict)
    """Kind -> what else is worth knowing, such as the longest time and the most memory."""

    def add(self, kind: str, problem: str = "") -> None:
        """Count a try; a ``problem`` makes it a failure."""
        self.tried[kind] += 1
        if problem:
            self.failed[kind] += 1
            self.failures.append(f"{kind}: {problem}")
            print(f"FAILED {self.failures[-1]}", file=sys.stderr, flush=True)

    def table(self) -> str:
        """The counts for docs/reliability.md, in Markdown."""
        rows = [
            f"| {kind} | {self.tried[kind]:,} | {self.failed[kind]:,} | {self.facts.get(kind, '')} |"
            for kind in self.tried
        ]
        rows.append(f"| **all** | **{self.tried.total():,}** | **{self.failed.total():,}** | |")
        return "\n".join(["| what | tried | failed | |", "|---|---:|---:|---|", *rows])
