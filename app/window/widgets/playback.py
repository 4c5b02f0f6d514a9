"""A piece of sound being heard, on the clock of a timeline."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from app.audio.player import Player

LEAD_S = 0.15
"""Played before a turn and after it: voices start and end below what counts as speech."""


class Playback:
    """``cursor_s`` is where it is, on the timeline; None while nothing is heard. Its calls return at once."""

    def __init__(self, player: Callable[[], Player] = Player):
        self._make, self._player = player, None
        self._start_s, self._wanted = 0.0, True

    def play(self, sound: np.ndarray | Callable[[], np.ndarray], start_s: float, *, wanted: bool = True) -> None:
        """Sound that begins at ``start_s``; see ``Player.play``. Nobody is told if what is not ``wanted``, a chime,
        cannot be heard."""
        self._player = self._player or self._make()
        self._start_s, self._wanted = start_s, wanted
        self._player.play(sound)

    def stop(self) -> None:
        if self._player is not None:
            self._player.stop()

    @property
    def cursor_s(self) -> float | None:
        if self._player is None or not self._player.playing:
            return None
        return self._start_s + self._player.position_s

    def take_error(self) -> str:
        """Why the last piece could not be heard, once; empty if it could."""
        if self._player is None:
            return ""
        error, self._player.error = self._player.error, ""
        return error if self._wanted else ""
