"""What can be wrong with a recording, for whoever answers each in another way. All are one line for the user."""

from __future__ import annotations

from utils import BadInput


class NotAudio(BadInput):
    """No sound that can be read."""


class EmptyAudio(BadInput):
    """There is no sound in it."""


class DamagedAudio(BadInput):
    """It was a recording once, or ends before its end."""


class TooLong(BadInput):
    """There is more of it than is taken here."""
