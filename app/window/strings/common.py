"""What all texts of the window share."""

from __future__ import annotations

APP = "Heard"
WINDOW_TITLE = "{now} \u2013 Heard"
ELLIPSIS = "\u2026"
NO_BREAK = "\u00a0"
