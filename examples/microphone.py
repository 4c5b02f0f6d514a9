"""Who begins and who ends to speak at the microphone, until Enter."""

from __future__ import annotations

from app import Heard, SpeakerEvent


def told(event: SpeakerEvent) -> None:
    if event.type == "began":
        print(f"{event.speaker} speaks ({event.confidence:.0%})", flush=True)
    elif event.type == "ended":
        print(f"{event.speaker} has ended", flush=True)
    else:
        print(f"here: {', '.join(event.here) or 'nobody'}", flush=True)


heard = Heard()
print(f"Enrolled: {', '.join(heard.people)}. Enter ends it.", flush=True)
with heard.listening(on_event=told):
    input()
