"""TTML with the places of its paragraphs and agents in its text (expat, which is told to read no document type)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from app.transcripts.ttml_times import Rates

TTML = re.compile(r"http://www\.w3\.org/.*tt(ml|af1)")
ATTRIBUTE = re.compile(r"""([\w:.-]+)(\s*=\s*)("[^"]*"|'[^']*')""")
TAG = re.compile(r"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""")


@dataclass
class Element:
    """An element that matters: ``text[start:inside]`` is its start tag, ``text[inside:outside]`` what is in it."""

    name: str
    """As it is written, with its prefix."""
    attributes: Mapping[str, str]
    """By their local names."""
    start: int
    inside: int = 0
    outside: int = 0
    end: int = 0
    begin_s: float = 0.0
    """When the times inside it count from."""

    @property
    def local(self) -> str:
        return self.name.rpartition(":")[2]

    @property
    def empty(self) -> bool:
        """Whether it is written as one tag."""
        return self.inside == self.end


@dataclass
class Agent:
    """Somebody who speaks."""

    id: str
    element: Element
    name: Element | None = None


@dataclass
class Places:
    """What was found in a document."""

    root: Element | None = None
    head: Element | None = None
    metadata: Element | None = None
    """The first in the head."""
    paragraphs: list[Element] = field(default_factory=list)
    agents: dict[str, Agent] = field(default_factory=dict)
    rates: Rates = Rates()


def read_ttml(text: str) -> Places:
    """The places in a document. Raises ValueError for XML that is damaged or no TTML, or has a document type, which
    could make a short text an endless one."""
    reader = _Reader(text)
    try:
        reader.read()
    except expat.ExpatError as error:
        raise ValueError(f"line {error.lineno}: {expat.ErrorString(error.code)}") from None
    if reader.places.root is None or reader.places.root.local != "tt":
        raise ValueError("no TTML")
    return reader.places


class _Reader:
    def __init__(self, text: str):
        self._text, self._bytes = text, text.encode("utf-8", "surrogatepass")
        self._ascii = len(self._bytes) == len(text)
        self._at, self._at_byte = 0, 0  # a place as letters and as bytes
        self._stack: list[Element] = []
        self._agent: Agent | None = None
        self.places = Places()

    def read(self) -> None:
        parser = expat.ParserCreate("utf-8")
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        self._parser = parser
        parser.Parse(self._bytes, True)

    def _refuse(self, *_: object) -> None:
        raise ValueError("it has a document type")

    def _place(self) -> int:
        """Where the parser is, in letters."""
        byte = self._parser.CurrentByteIndex
        if self._ascii:
            return byte
        self._at += len(self._bytes[self._at_byte : byte].decode("utf-8", "surrogatepass"))
        self._at_byte = byte
        return self._at

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        start = self._place()
        local = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        element = Element(name, local, start, _tag_end(self._text, start))
        places, above = self.places, self._stack[-1] if self._stack else None
        if above is None:
            places.root, places.rates = element, Rates.of(local)
        element.begin_s = above.begin_s if above else 0.0
        if element.local in ("body", "div"):  # a paragraph's own is read with it
            element.begin_s += places.rates.seconds(local.get("begin", "")) or 0.0
        match element.local:
            case "head" if places.head is None:
                places.head = element
            case "metadata" if places.metadata is None and above is places.head:
                places.metadata = element
            case "p":
                places.paragraphs.append(element)
            case "agent" if local.get("id"):
                self._agent = places.agents.setdefault(local["id"], Agent(local["id"], element))
            case "name" if self._agent is not None and self._agent.name is None:
                self._agent.name = element
        self._stack.append(element)

    def _end(self, name: str) -> None:
        element = self._stack.pop()
        element.outside = self._place()
        if self._text[element.inside - 2 : element.inside] == "/>" or element.outside < element.inside:
            element.outside = element.end = element.inside  # one tag
        else:
            element.end = _tag_end(self._text, element.outside)
        if element.local == "agent":
            self._agent = None


def _tag_end(text: str, start: int) -> int:
    """Where a tag ends that begins at ``start``."""
    if (tag := TAG.match(text, start)) is None:
        raise ValueError("a tag without an end")
    return tag.end()


def with_attribute(tag: str, name: str, value: str, *, local: bool = False) -> str:
    """A start tag with an attribute, in the place of what it said before or as the last. ``local``: whatever prefix
    the attribute has; ``value`` is escaped."""
    for match in ATTRIBUTE.finditer(tag):
        if match[1] == name or (local and match[1].rpartition(":")[2] == name.rpartition(":")[2]):
            return f'{tag[: match.start(3)]}"{value}"{tag[match.end(3) :]}'
    at = len(tag) - (2 if tag.endswith("/>") else 1)
    return f'{tag[:at].rstrip()} {name}="{value}"{tag[at:]}'


def without_attribute(tag: str, name: str) -> str:
    """A start tag without an attribute."""
    for match in ATTRIBUTE.finditer(tag):
        if match[1] == name:
            return tag[: match.start()].rstrip() + tag[match.end() :]
    return tag
