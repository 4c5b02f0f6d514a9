"""What this program is: its version, its licence, and whose work is in it. Package, command line and window say it from
here."""

from __future__ import annotations

from utils import BUNDLED, HeardError, read_card

VERSION = "0.9.0"
LICENCE = "Apache-2.0"


def credits_of_models() -> list[str]:
    """What the bundled networks were trained on, each corpus once with its licence, by their cards."""
    found: dict[str, str] = {}
    for model in ("embedded", "large"):
        try:
            rows = read_card(BUNDLED / "models" / f"{model}.safetensors").get("data", [])
            found |= {row["corpus"].partition(" (")[0]: row["licence"].partition(" (")[0] for row in rows}
        except (HeardError, KeyError, TypeError, AttributeError):  # a card that is missing or damaged
            continue
    return [f"{corpus} ({licence})" for corpus, licence in found.items()]
