"""Where in a text the speaker changes, if nobody says when each word is said."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from app.transcripts.cues import Word

SENTENCE = re.compile(r"[.?!\u2026\u3002\uff01\uff1f][\"'\u2019\u201d)\]\u00bb]*$")
"""How the last word of a sentence ends."""
CLAUSE = re.compile(r"[,;:\u2013\u2014\u3001\uff0c][\"'\u2019\u201d]*$")
DASH = re.compile(r"[-\u2013\u2014]\s*\S")
"""How a line begins in which another one answers, in subtitles."""
WORTH = {"dash": 40.0, "line": 6.0, "sentence": 15.0, "clause": 4.0}
"""How many characters a border may be farther away for being one of these."""
REACH_CHARACTERS = 30
"""So far from where the change should be, by the share of speech before it, borders are looked at."""
REACH_SHARE = 0.25
"""Or so far, as a share of the text."""


def ends_sentence(text: str, word: Word) -> bool:
    return SENTENCE.search(text[word.first : word.last]) is not None


def find_borders(text: str, words: Sequence[Word], shares: Sequence[float]) -> list[int] | None:
    """The numbers of the words with which another speaker begins, in order; ``shares``, 0 to 1 and rising, are how much
    of the speech lies before each. None if there are fewer words than speakers."""
    if len(words) <= len(shares):
        return None
    begin, length = words[0].first, words[-1].last - words[0].first
    starts = [word.first for word in words]
    found: list[int] = []
    for number, share in enumerate(shares):
        target = begin + share * length
        reach = max(REACH_CHARACTERS, REACH_SHARE * length)
        least = (found[-1] if found else 0) + 1
        most = len(words) - (len(shares) - number)  # each of those that follow needs a word
        low = min(max(least, bisect_left(starts, target - reach)), most)
        high = max(min(most, bisect_right(starts, target + reach) - 1), low)
        found.append(min(range(low, high + 1), key=lambda at, target=target: _cost(text, words, at, target)))
    return found


def _cost(text: str, words: Sequence[Word], at: int, target: float) -> float:
    before, after = words[at - 1], words[at]
    cost = abs((before.last + after.first) / 2 - target)
    between = text[before.last : after.first]
    said = text[before.first : before.last]
    if "\n" in between:
        cost -= WORTH["dash" if DASH.match(text, after.first) else "line"]
    if SENTENCE.search(said):
        cost -= WORTH["sentence"]
    elif CLAUSE.search(said):
        cost -= WORTH["clause"]
    return cost
