"""Voiceprints made anew for the present model, from the recordings: an activity of the engine's thread."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from app.voiceprints.store import Gone, VoiceprintStore
from app.window import strings
from app.window.engine.context import EngineContext


@dataclass(frozen=True)
class RebuildFacts:
    done: int = 0
    of: int = 0
    """Recordings."""
    person: str = ""
    over: bool = False
    error: str = ""
    skipped: tuple[str, ...] = ()
    """People whose recordings cannot be used, or who have none."""


class Rebuild:
    """Everybody who has no voiceprint yet, or another model's; nobody else's is touched."""

    def __init__(self) -> None:
        self.facts = RebuildFacts()

    def run(self, context: EngineContext, stop: threading.Event) -> None:
        from app.enrolment.build import build_person
        from app.voiceprints.recordings import recorded_people

        encoder, data = context.encoder(), context.data
        skipped: list[str] = []
        with VoiceprintStore(data) as store:
            context.enrolled_people()
            stale = [*store.stale(encoder.sha256), *context.facts.unbuilt]
            recorded = recorded_people(data, store.people())
            self._update(of=sum(len(recorded.get(name, ())) for name in stale))
            for name in stale:
                if stop.is_set():
                    break
                self._update(person=name)
                wavs = self._counted(recorded.get(name, []), context.obey_orders)
                with contextlib.suppress(Gone):  # deleted meanwhile: that stands
                    if not build_person(store, encoder, name, wavs, lambda line: None):
                        skipped.append(name)
        context.reload_people()
        self._update(over=True, skipped=tuple(skipped))
        if skipped:
            context.notify(strings.REBUILD_SKIPPED.format(names=", ".join(skipped)), good=False)
        elif not stop.is_set():
            context.notify(strings.REBUILT.format(names=", ".join(stale)))

    def fail(self, error: str) -> None:
        self._update(over=True, error=error)

    def _counted(self, wavs: Iterable[Path], obey_orders: Callable[[], None]) -> Iterable[Path]:
        for wav in wavs:
            yield wav
            obey_orders()
            self._update(done=self.facts.done + 1)

    def _update(self, **changes: object) -> None:
        self.facts = replace(self.facts, **changes)
