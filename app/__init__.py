"""The application. For other programs: ``from app import Heard``; see docs/library.md."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.api import Heard as Heard
    from app.batch.verification import Verification as Verification
    from app.recognition.identification import Identification as Identification

_WHERE = {
    "Heard": "app.api",
    "Identification": "app.recognition.identification",
    "Verification": "app.batch.verification",
}
__all__ = ["Heard", "Identification", "Verification"]


def __getattr__(name: str) -> object:
    """Load the engine when it is first asked for: the window does not wait for it."""
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
