"""Two microphones at once: python examples/two_microphones.py "Built-in" "USB" (parts of their names)

Each has an engine and a thread of its own; an object of ``Heard`` is for one thread at a time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack

from app import Heard, SpeakerEvent
from app.audio.microphone import Microphone


def teller(place: str) -> Callable[[SpeakerEvent], None]:
    def told(event: SpeakerEvent) -> None:
        if event.type == "began":
            print(f"{place}: {event.speaker}", flush=True)

    return told


with ExitStack() as listening:
    for name in sys.argv[1:]:
        heard = Heard()
        listening.enter_context(heard.listening(Microphone(name), on_event=teller(name)))
    print("Listening. Enter ends it.", flush=True)
    input()
