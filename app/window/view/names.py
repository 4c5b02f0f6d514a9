"""Names of people in any script: their order in a list, and letters that stand for them."""

from __future__ import annotations

import unicodedata


def initials(name: str) -> str:
    """One or two letters that stand for a name: of its first and last word; one for scripts without capitals."""
    words = [word for word in name.split() if any(c.isalnum() for c in word)] or name.split()
    letters = [_first_letter(word) for word in words]
    if len(letters) > 1 and all(letter.lower() != letter for letter in (letters[0].upper(), letters[-1].upper())):
        return (letters[0] + letters[-1]).upper()
    return letters[0].upper() if letters else ""


def alphabetical(name: str) -> tuple[str, str]:
    """Capitals and accents make no difference, unless nothing else does."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(c for c in plain if not unicodedata.combining(c)), name


def _first_letter(word: str) -> str:
    """The first letter or digit (else character) with the marks that combine with it."""
    start = next((i for i, c in enumerate(word) if c.isalnum()), 0)
    end = start + 1
    while end < len(word) and unicodedata.combining(word[end]):
        end += 1
    return word[start:end]
