"""Is there a screen to show a window on? Answered without Qt, in milliseconds, so that text can be used instead."""

from __future__ import annotations

import os
import re
import socket
import sys
from pathlib import Path

from utils import HeardError

TIMEOUT_S = 1.0


class WindowUnavailable(HeardError):
    """There is a screen, but Qt or one of its libraries is missing: text can be used instead."""


def display_available() -> bool:
    """Whether a window could be opened: a Wayland or X server that answers, or a desktop of macOS or Windows.

    A platform chosen by name in ``QT_QPA_PLATFORM`` (such as "offscreen") is taken at its word.
    """
    chosen = os.environ.get("QT_QPA_PLATFORM", "").split(":")[0]
    if chosen not in ("", "xcb", "wayland"):
        return True
    if sys.platform == "win32":
        return True
    if sys.platform == "darwin":
        return "SSH_CONNECTION" not in os.environ
    wayland, x11 = os.environ.get("WAYLAND_DISPLAY"), os.environ.get("DISPLAY")
    return bool((wayland and chosen != "xcb" and _wayland_answers(wayland)) or (x11 and _x11_answers(x11)))


def _wayland_answers(display: str) -> bool:
    """``display`` is a socket's name in the runtime folder, or its whole path."""
    path = Path(os.environ.get("XDG_RUNTIME_DIR", "/nowhere")) / display
    return _connects(socket.AF_UNIX, str(path))


def _x11_answers(display: str) -> bool:
    """``display`` is [host]:number[.screen]; without a host, or with "unix", it is a local socket."""
    match = re.fullmatch(r"(?P<host>.*):(?P<number>\d+)(\.\d+)?", display)
    if not match:
        return Path(display).is_absolute() and _connects(socket.AF_UNIX, display)  # XQuartz names its socket
    host, number = match["host"].rpartition("/")[2], int(match["number"])
    if host in ("", "unix"):
        path = f"/tmp/.X11-unix/X{number}"
        abstract = sys.platform == "linux" and _connects(socket.AF_UNIX, f"\0{path}")
        return abstract or _connects(socket.AF_UNIX, path)
    return _connects(socket.AF_INET, (host, 6000 + number))


def _connects(family: socket.AddressFamily, address: str | tuple[str, int]) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.settimeout(TIMEOUT_S)
            probe.connect(address)
    except (OSError, ValueError, OverflowError):  # nobody there, or no such address at all
        return False
    return True
