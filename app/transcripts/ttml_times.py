"""Time expressions of TTML: clock times with a fraction or frames, and offsets in hours down to ticks (TTML1 10.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

CLOCK = re.compile(r"(\d{2,}):(\d{2}):(\d{2})(?:\.(\d+)|:(\d{2,})(?:\.\d+)?)?")
SHORT_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{1,2})(?:\.(\d+))?")
"""What others write besides: "1:02.5", as in Apple's lyrics."""
OFFSET = re.compile(r"(\d+(?:\.\d+)?)(h|m|s|ms|f|t)?")
LATEST_S = 1e9


@dataclass(frozen=True)
class Rates:
    """What frames and ticks are."""

    frames: float = 30.0
    ticks: float = 1.0

    @classmethod
    def of(cls, attributes: Mapping[str, str]) -> Rates:
        """Of a ``tt`` element; ``attributes`` by their local names."""
        try:
            frames = float(attributes.get("frameRate", 30))
            over, under = (float(n) for n in attributes.get("frameRateMultiplier", "1 1").split())
            frames = frames * over / under
            ticks = float(attributes.get("tickRate", frames if "frameRate" in attributes else 1))
            return cls(frames, ticks) if frames > 0 and ticks > 0 else cls()
        except (ValueError, ZeroDivisionError):
            return cls()

    def seconds(self, text: str) -> float | None:
        """None for what is no time."""
        text = text.strip()
        if clock := CLOCK.fullmatch(text):
            hours, minutes, seconds, part, frames = clock.groups()
            total = 3600 * int(hours) + 60 * int(minutes) + int(seconds)
            found = total + float(f"0.{part or 0}") + int(frames or 0) / self.frames
        elif clock := SHORT_CLOCK.fullmatch(text):
            hours, minutes, seconds, part = clock.groups()
            found = 3600 * int(hours or 0) + 60 * int(minutes) + int(seconds) + float(f"0.{part or 0}")
        elif offset := OFFSET.fullmatch(text):
            found = float(offset[1]) * self._unit(offset[2])
        else:
            return None
        return found if found < LATEST_S else None

    def like(self, text: str, time_s: float) -> str:
        """A time as another one is written."""
        if (offset := OFFSET.fullmatch(text.strip())) is not None:
            value = time_s / self._unit(offset[2])
            if offset[2] in ("ms", "f", "t") and self._unit(offset[2]) < 0.1:
                return f"{round(value)}{offset[2]}"
            digits = max(3, len(offset[1].partition(".")[2])) + (2 if offset[2] in ("h", "m") else 0)
            return f"{value:.{digits}f}{offset[2] or ''}"
        clock = CLOCK.fullmatch(text.strip())
        if clock is not None and clock[5] is not None:
            whole = int(time_s)
            frames = min(int((time_s - whole) * self.frames), int(self.frames) - 1)
            return f"{_clock(whole, len(clock[1]))}:{frames:02d}"
        whole, ms = divmod(round(time_s * 1000), 1000)
        if clock is not None or text.count(":") == 2:
            return f"{_clock(whole, len(text.partition(':')[0]))}.{ms:03d}"
        return f"{whole // 60}:{whole % 60:02d}.{ms:03d}"

    def _unit(self, name: str | None) -> float:
        """Seconds of a unit; numbers without one are seconds."""
        known = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "f": 1 / self.frames, "t": 1 / self.ticks}
        return known.get(name or "s", 1.0)


def _clock(whole: int, width: int) -> str:
    return f"{whole // 3600:0{width}d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
