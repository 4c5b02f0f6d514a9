"""The application. For other programs: ``from app import Heard``; see docs/library.md."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.api import Heard as Heard
    from app.events.event import SpeakerEvent as SpeakerEvent
    from app.listening import Listening as Listening
    from app.scoring.identification import Identification as Identification
    from app.verification import Verification as Verification

_WHERE = {
    "Heard": "app.api",
    "Identification": "app.scoring.identification",
    "Listening": "app.listening",
    "SpeakerEvent": "app.events.event",
    "Verification": "app.verification",
}
__all__ = ["Heard", "Identification", "Listening", "SpeakerEvent", "Verification"]


def __getattr__(name: str) -> object:
    """Load the engine when it is first asked for: the window does not wait for it."""
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
