"""A source of sound through the recogniser and a gate, into a sink."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.audio.source import AudioSource, SourceStatus
from app.audio.tapped_source import TappedSource
from app.diarisation.recogniser import Recogniser, listen
from app.gating.gate import SpeakerGate
from app.gating.sinks import Sink


@dataclass(frozen=True)
class Passing:
    """How it stands."""

    time_s: float
    """Up to when sound was heard."""
    open: bool
    """Whether what came out last passed."""


def pass_on(
    source: AudioSource,
    recogniser: Recogniser,
    gate: SpeakerGate,
    sink: Sink,
    *,
    stop: threading.Event | None = None,
    on_status: Callable[[SourceStatus], None] | None = None,
) -> Iterator[Passing]:
    """Until the source ends or ``stop`` is set; then what waits is decided about, and the sink closed. Raises what the
    source and the sink raise. ``on_status``: see ``listen``."""
    tapped = TappedSource(source)
    with contextlib.closing(sink):
        for answer in listen(tapped, recogniser, stop=stop, on_status=on_status):
            for block in tapped.taken():
                gate.take(block)
            gate.hear(answer)
            sink.write(gate.pop(recogniser.timeline.turns(gate.needed_s), answer.time_s))
            yield Passing(answer.time_s, bool(gate.passed) and gate.passed[-1][1] >= gate.heard_s - 1e-6)
        sink.write(gate.pop(recogniser.timeline.turns(gate.needed_s), gate.heard_s, last=True))
