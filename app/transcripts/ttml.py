"""TTML: paragraphs with times; who speaks is an agent (``ttm:agent``) that the head names."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape

from app.transcripts.cues import Cue, Piece, Said, Word, new_name, words_of
from app.transcripts.encoding import Edit, edited
from app.transcripts.markup import Markup
from app.transcripts.ttml_places import ATTRIBUTE, Agent, Element, read_ttml, with_attribute, without_attribute

METADATA = "#metadata"
BLANKS = re.compile(r"\s*")
SPAN = re.compile(r"<([\w.-]+:)?span\b[^<>]*>")


@dataclass(frozen=True)
class _Span:
    """A span with times: from, to in the raw text of a paragraph, and when."""

    first: int
    last: int
    begin_s: float
    end_s: float | None


class Ttml:
    """See ``Transcript``. Raises ValueError for what is no TTML."""

    kind, suffix, media_type = "ttml", ".ttml", "application/ttml+xml"

    def __init__(self, text: str):
        self._text, self._places = text, read_ttml(text)
        self._names = {key: self._name(agent) for key, agent in self._places.agents.items()}
        timed = [(one, *self._times(one)) for one in self._places.paragraphs]
        timed = [(one, start_s, end_s) for one, start_s, end_s in timed if not math.isnan(start_s)]
        self._paragraphs = [one for one, _, _ in timed]
        self._markups = [Markup.of(text[one.inside : one.outside]) for one in self._paragraphs]
        self.cues: Sequence[Cue] = [
            self._cue(one, markup, start_s, end_s)
            for (one, start_s, end_s), markup in zip(timed, self._markups, strict=True)
        ]

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(self._names.values()))

    def rename(self, names: Mapping[str, str]) -> str:
        edits: list[Edit] = []
        for key, agent in self._places.agents.items():
            if self._names[key] not in names:
                continue
            name = escape(names[self._names[key]], quote=False)
            if agent.name is not None and not agent.name.empty:
                edits.append((agent.name.inside, agent.name.outside, name))
                continue
            prefix = agent.element.name.removesuffix("agent")
            named = f'<{prefix}name type="full">{name}</{prefix}name>'
            if agent.element.empty:
                tag = self._text[agent.element.start : agent.element.end].removesuffix("/>").rstrip()
                edits.append((agent.element.start, agent.element.end, f"{tag}>{named}</{agent.element.name}>"))
            else:
                edits.append((agent.element.inside, agent.element.inside, named))
        return edited(self._text, edits)

    def label(self, said: Sequence[Said]) -> str:
        names = dict.fromkeys(
            name
            for cue, pieces in zip(self.cues, said, strict=True)
            for piece in pieces
            if (name := new_name(cue, piece.label)) is not None
        )
        ids = self._ids(list(names))
        edits = self._heading({name: ids[name] for name in names if ids[name] not in self._places.agents})
        for at, pieces in enumerate(said):
            one = self._paragraphs[at]
            between = _blanks_before(self._text, one.start)
            written = between.join(self._piece(at, piece, n, len(pieces), ids) for n, piece in enumerate(pieces))
            edits.append((one.start, one.end, written))
        return edited(self._text, edits)

    # ------------------------------------------------------------ reading

    def _name(self, agent: Agent) -> str:
        """Of an agent: its name, or its identifier if it has none."""
        found = agent.name
        text = "" if found is None else unescape(re.sub(r"<[^>]*>", "", self._text[found.inside : found.outside]))
        return " ".join(text.split()) or agent.id

    def _times(self, one: Element) -> tuple[float, float]:
        rates = self._places.rates
        begin_s = rates.seconds(one.attributes.get("begin", ""))
        end_s = rates.seconds(one.attributes.get("end", ""))
        lasts_s = rates.seconds(one.attributes.get("dur", ""))
        if begin_s is None or (end_s is None and lasts_s is None):
            return math.nan, math.nan
        end_s = begin_s + lasts_s if lasts_s is not None else end_s
        return one.begin_s + begin_s, one.begin_s + end_s

    def _cue(self, one: Element, markup: Markup, start_s: float, end_s: float) -> Cue:
        text = markup.visible
        agent = one.attributes.get("agent", "").split()
        name = self._names.get(agent[0], agent[0]) if agent else None
        whole = "<!" in markup.raw or "<?" in markup.raw  # comments and the like: not cut
        words = words_of(text)
        if spans := self._spans(markup.raw):
            words = tuple(_timed(word, spans, markup.place(word.first), one.begin_s, start_s, end_s) for word in words)
        return Cue(start_s, end_s, text, words, name, whole=whole)

    def _spans(self, raw: str) -> list[_Span]:
        found = []
        for tag in SPAN.finditer(raw):
            attributes = {match[1].rpartition(":")[2]: match[3][1:-1] for match in ATTRIBUTE.finditer(tag[0])}
            begin_s = self._places.rates.seconds(attributes.get("begin", ""))
            if begin_s is not None:
                close = raw.find("</", tag.end())
                end_s = self._places.rates.seconds(attributes.get("end", ""))
                found.append(_Span(tag.end(), close if close >= 0 else len(raw), begin_s, end_s))
        return found

    # ------------------------------------------------------------ writing

    def _ids(self, names: Sequence[str]) -> dict[str, str]:
        """Name -> the identifier of its agent: one that there is, or a new one."""
        ids = {name: key for key, name in reversed(self._names.items())}
        used, number = set(re.findall(r"""\bid\s*=\s*["']([^"']*)["']""", self._text)), 0
        for name in names:
            while name not in ids:
                number += 1
                if (key := f"speaker-{number}") not in used:
                    ids[name] = key
        return ids

    def _prefix(self) -> tuple[str, Edit | None]:
        """The prefix of TTML's metadata, and the edit that declares it, if nobody did."""
        root = self._places.root
        tag = self._text[root.start : root.inside]
        for name, address in re.findall(r"""xmlns:([\w.-]+)\s*=\s*["']([^"']*)["']""", tag):
            if address.endswith(METADATA):
                return name, None
        own = root.name.rpartition(":")[0]
        space = re.search(rf"""xmlns{":" + re.escape(own) if own else ""}\s*=\s*["']([^"']*)["']""", tag)
        address = space[1] if space else "http://www.w3.org/ns/ttml"
        return "ttm", (root.start, root.inside, with_attribute(tag, "xmlns:ttm", address + METADATA))

    def _heading(self, ids: Mapping[str, str]) -> list[Edit]:
        """The edits that name new agents: name -> identifier."""
        if not ids:
            return []
        prefix, declared = self._prefix()
        places = self._places
        above = places.metadata or places.head
        sibling = next(iter(places.agents.values()), None)
        at = sibling.element.start if sibling else above.inside if above else places.root.inside
        blank = _blanks_before(self._text, at) or BLANKS.match(self._text, at)[0]
        agents = [
            f'<{prefix}:agent xml:id="{key}" type="person"><{prefix}:name type="full">{escape(name, quote=False)}'
            f"</{prefix}:name></{prefix}:agent>"
            for name, key in ids.items()
        ]
        edits = [declared] if declared else []
        if sibling:
            return [*edits, (at, at, "".join(agent + blank for agent in agents))]
        listed = "".join(blank + agent for agent in agents)
        if above is not None and not above.empty:
            return [*edits, (at, at, listed)]
        if above is not None:
            tag = self._text[above.start : above.end].removesuffix("/>").rstrip()
            return [*edits, (above.start, above.end, f"{tag}>{listed}</{above.name}>")]
        own = places.root.name.removesuffix("tt")
        return [*edits, (at, at, f"{blank}<{own}head>{listed}{blank}</{own}head>")]

    def _piece(self, at: int, piece: Piece, n: int, of: int, ids: Mapping[str, str]) -> str:
        one, cue, markup = self._paragraphs[at], self.cues[at], self._markups[at]
        tag = self._text[one.start : one.inside]
        name = new_name(cue, piece.label)
        if name is not None:
            there = re.search(r"([\w.-]+:)?agent(?=\s*=)", tag)
            tag = with_attribute(tag, there[0] if there else f"{self._prefix()[0]}:agent", ids[name])
        if of == 1:
            return tag + self._text[one.inside : one.end]
        if n > 0:
            tag = without_attribute(tag, "xml:id")
        tag = self._with_times(tag, one, piece, first=n == 0, last=n == of - 1)
        first = 0 if n == 0 else cue.words[piece.first].first
        last = len(markup.visible) if n == of - 1 else cue.words[piece.last - 1].last
        return tag + markup.cut(first, last) + self._text[one.outside : one.end]

    def _with_times(self, tag: str, one: Element, piece: Piece, *, first: bool, last: bool) -> str:
        rates, attributes = self._places.rates, one.attributes
        begin, end, lasts = (attributes.get(name) for name in ("begin", "end", "dur"))
        if not first:
            tag = with_attribute(tag, "begin", rates.like(begin, piece.start_s - one.begin_s))
        if end is not None and not last:
            tag = with_attribute(tag, "end", rates.like(end, piece.end_s - one.begin_s))
        if lasts is not None:
            tag = with_attribute(tag, "dur", rates.like(lasts, piece.end_s - piece.start_s))
        return tag


def _timed(word: Word, spans: Sequence[_Span], place: int, above_s: float, start_s: float, end_s: float) -> Word:
    """A word with the times of the span that it is in. They count from the paragraph's beginning (TTML), or from that
    of the document, as in lyrics."""
    at = bisect_right(spans, place, key=lambda span: span.first) - 1
    if at < 0 or place >= spans[at].last:
        return word
    span = spans[at]
    shift_s = above_s if span.begin_s + above_s >= start_s - 0.001 else start_s
    begin_s = span.begin_s + shift_s
    return Word(word.first, word.last, begin_s, end_s if span.end_s is None else max(begin_s, span.end_s + shift_s))


def _blanks_before(text: str, at: int) -> str:
    first = at
    while first and text[first - 1].isspace():
        first -= 1
    return text[first:at]
