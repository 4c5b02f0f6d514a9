"""How sure an answer is, in three words that mean something measured."""

from __future__ import annotations

from enum import StrEnum


class Certainty(StrEnum):
    """What is said with a label. How often each is wrong is in docs/conversations.md and docs/evaluation.md."""

    CERTAIN = "certain"
    """A name: of a hundred strangers one gets any name in this way, however many people are enrolled."""
    LIKELY = "likely"
    """A name, with a question mark: of a hundred strangers up to five get any name in one of these two ways."""
    UNKNOWN = "unknown"
    """No name."""


MARK = "?"
"""What stands behind a name that is likely, on every screen."""


def marked(name: str, certainty: Certainty | None) -> str:
    """A name, or another label, as it is shown: "Ana" if it is certain, or nobody says how sure it is, "Ana?" if it is
    likely."""
    return f"{name}{MARK}" if certainty is Certainty.LIKELY else str(name)


LIKELY_PEOPLE = 5
"""People enrolled up to whom one threshold serves a name that is likely: each adds a stranger in a hundred."""
