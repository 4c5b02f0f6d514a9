"""What changes over a run: learning rate, margin and the teacher's weight, each a function of the step."""

from __future__ import annotations

import math

from app.training.config import TeacherConfig, TrainConfig


def learning_rate_at(step: int, config: TrainConfig) -> float:
    """One cycle (Smith 2018) in two half cosines: up from 1/25 of the top rate, then down to 1/10000 of it."""
    top, rise = config.learning_rate, max(1, config.warm_up * config.steps)
    start, end, part = (top / 25, top, step / rise)
    if step >= rise:
        start, end, part = (top, top / 1e4, (step - rise) / max(1, config.steps - rise))
    return end + (start - end) * (1 + math.cos(math.pi * min(part, 1))) / 2


def margin_at(step: int, config: TrainConfig) -> float:
    """The margin in radians: 0 up to ``margin_from`` of the run, ``margin`` from ``margin_to`` on, linear between."""
    part = (step / config.steps - config.margin_from) / (config.margin_to - config.margin_from)
    return config.margin * min(max(part, 0.0), 1.0)


def teacher_weight_at(step: int, steps: int, config: TeacherConfig) -> float:
    """``weight`` up to ``fade_from`` of the run, then falling evenly to 0 at its end."""
    if config.fade_from == 1:
        return config.weight
    return config.weight * min(1.0, (1 - step / steps) / (1 - config.fade_from))
