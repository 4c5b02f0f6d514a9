"""Text with tags in it, as subtitles have: what is seen of it, and cutting it so that tags stay in pairs."""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

TAG = re.compile(r"<(?:(/?)([A-Za-z][\w:-]*)[^<>]*|[\d:.]+)>|\{\\[^{}\n]*\}")
"""HTML's of SubRip, those of WebVTT and TTML, times in WebVTT, and what SubRip borrowed from ASS: "{\\an8}"."""
BREAK = "br"


@dataclass(frozen=True)
class Markup:
    """``raw`` with its tags; ``visible`` without; ``places`` of each visible character in ``raw``."""

    raw: str
    visible: str
    places: Sequence[int]
    tags: tuple[re.Match[str], ...]

    @classmethod
    def of(cls, raw: str) -> Markup:
        tags = tuple(TAG.finditer(raw))
        seen, places, at = [], array("I"), 0
        for tag in tags:
            seen.append(raw[at : tag.start()])
            places.extend(range(at, tag.start()))
            if (tag[2] or "").rpartition(":")[2] == BREAK:
                seen.append("\n")
                places.append(tag.start())
            at = tag.end()
        seen.append(raw[at:])
        places.extend(range(at, len(raw)))
        return cls(raw, "".join(seen), places, tags)

    def place(self, visible: int) -> int:
        """Where the visible character lies in ``raw``; its end for the one after the last."""
        return self.places[visible] if visible < len(self.places) else len(self.raw)

    def cut(self, first: int, last: int) -> str:
        """The raw text of the visible characters ``first`` to ``last``, with the tags that are open there."""
        begins, ends = first == 0, last >= len(self.visible)
        start = 0 if begins else self.place(first)
        end = len(self.raw) if ends else self.places[last - 1] + 1
        before = [] if begins else self._open(start)
        after = [] if ends else self._open(end)
        closers = (f"</{tag[2]}>" for tag in reversed(after) if tag[2] and f"</{tag[2]}" in self.raw)
        return "".join(tag[0] for tag in before) + self.raw[start:end] + "".join(closers)

    def _open(self, at: int) -> list[re.Match[str]]:
        """The tags that are open at a place of ``raw``."""
        stack: list[re.Match[str]] = []
        for tag in self.tags:
            if tag.end() > at:
                break
            if tag[1]:
                found = next((n for n in reversed(range(len(stack))) if stack[n][2] == tag[2]), None)
                if found is not None:
                    del stack[found]
            elif tag[0][0] == "{" or (tag[2] and not tag[0].endswith("/>") and tag[2].rpartition(":")[2] != BREAK):
                stack.append(tag)
        return stack
