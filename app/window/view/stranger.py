"""Which unknown voice may be named where one looks: the one that speaks, or spoke a moment ago."""

from __future__ import annotations

from app.diarisation.timeline import Turn
from app.scoring.identification import is_numbered
from app.window.engine.facts import Facts

SHOWN_S = 30.0
"""How long a voice may be named after it has ended, or after listening was stopped."""


class StrangerWatch:
    """Remembers the voice that was heard last without a name."""

    def __init__(self) -> None:
        self._label, self._until_s = "", 0.0

    def look(self, facts: Facts, now_s: float) -> Turn | None:
        """The newest turn of the voice that may be named at ``now_s``; None if there is none.

        It is over when the voice has a name, or its turns are gone.
        """
        said = facts.identification.label if facts.identification else None
        if is_numbered(said):
            self._label, self._until_s = str(said), now_s + SHOWN_S
        if not self._label or now_s > self._until_s or facts.fixed_people:
            return None
        return next((turn for turn in reversed(facts.turns) if str(turn.label) == self._label), None)
