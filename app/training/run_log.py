"""The log of a run: a csv with a line every few steps."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from app.training.config import TrainConfig
from app.training.schedules import learning_rate_at, margin_at

LOG_FIELDS = ("step", "loss", "teacher", "accuracy", "eer", "learning_rate", "margin", "speech_h", "speed")
"""Columns of log.csv: ``loss`` is the margin softmax's, ``teacher`` the distance to it (empty without one),
``speech_h`` are the hours of crops so far, ``speed`` seconds of speech per second."""


class RunLog:
    """log.csv of a run. What a killed run wrote after its last checkpoint is dropped, as it is done again."""

    def __init__(self, path: Path, first_step: int):
        self.path, self.speech_h = path, 0.0
        rows = []
        if first_step and path.is_file():
            with path.open(newline="") as file:
                rows = [row for row in csv.DictReader(file) if int(row["step"]) <= first_step]
            self.speech_h = float(rows[-1]["speech_h"]) if rows else 0.0
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, LOG_FIELDS)
            writer.writeheader()
            writer.writerows(rows)

    def write(
        self,
        step: int,
        loss: float,
        teacher: float,
        accuracy: float,
        eer: str,
        train: TrainConfig,
        hours: float,
        speed: float,
    ) -> None:
        """One more line, for the state after ``step`` steps; ``hours`` of speech since the last one."""
        self.speech_h += hours
        rate, margin = learning_rate_at(step - 1, train), margin_at(step - 1, train)
        distance = "" if math.isnan(teacher) else f"{teacher:.4f}"
        numbers = (f"{loss:.4f}", distance, f"{accuracy:.4f}", eer, f"{rate:.2e}", f"{margin:.3f}")
        with self.path.open("a", newline="") as file:
            csv.writer(file).writerow((step, *numbers, f"{self.speech_h:.3f}", f"{speed:.0f}"))
