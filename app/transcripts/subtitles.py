"""SubRip and WebVTT: blocks of a time line and what is said, those of Zoom, Teams and YouTube among them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape

from app.transcripts.cues import Cue, Piece, Said, Word, new_name, words_of
from app.transcripts.encoding import Edit, edited
from app.transcripts.markup import Markup
from app.transcripts.prefixes import LEAD, find_prefixes, name_in, span_of

CLOCK = r"(?:\d{1,4}:)?\d{1,2}:\d{1,2}(?:[.,]\d{1,3})?"
TIMES = re.compile(rf"(?:\A|(?<=[\r\n]))([ \t]*)({CLOCK})([ \t]*-->[ \t]*)({CLOCK})([^\r\n]*)(?=[\r\n]|\Z)")
"""Blanks, beginning, arrow, end, and what stands behind: settings of WebVTT."""
LINE_END = re.compile(r"\r\n|\n|\r|\Z")
LINE_BEFORE = re.compile(r"(?:\A|\r\n|\n|\r)([^\r\n]*)(?:\r\n|\n|\r)\Z")
BLANK_LINE = re.compile(r"(?:\A|\n|\r)[ \t]*(?:\r\n|\n|\r)")
LONGEST_IDENTIFIER = 400
VOICE = re.compile(r"<v((?:\.[^\s<>]*)?)[ \t]+([^<>]*)>")
INNER_TIME = re.compile(rf"<({CLOCK})>")


@dataclass(frozen=True)
class _Block:
    """One cue of a file, by places in its text."""

    start: int
    """Where its number or identifier begins, or its times if it has none."""
    number: str
    """The line before its times; empty without one."""
    times: re.Match[str]
    """Of ``TIMES``."""
    first: int
    """Where what is said begins."""
    last: int
    """Where it ends."""


class Subtitles:
    """See ``Transcript``. ``known``: names that are told in front of what is said, however rare they are."""

    def __init__(self, text: str, *, vtt: bool, known: Collection[str] = ()):
        self.kind, self.suffix = ("vtt", ".vtt") if vtt else ("srt", ".srt")
        self.media_type = "text/vtt" if vtt else "application/x-subrip"
        self._text, self._vtt = text, vtt
        self._blocks = list(_blocks(text, vtt=vtt))
        self._markups = [Markup.of(text[block.first : block.last]) for block in self._blocks]
        voices = vtt and any(VOICE.search(markup.raw) for markup in self._markups)
        found = find_prefixes([markup.visible for markup in self._markups], known)
        self._prefixes = [None] * len(found) if voices else found
        self._by_voice = vtt and not any(self._prefixes)
        self.cues: list[Cue] = [self._cue(number) for number in range(len(self._blocks))]

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(name for _, _, name in self._names()))

    def rename(self, names: Mapping[str, str]) -> str:
        edits: list[Edit] = [
            (start, end, self._escaped(names[name])) for start, end, name in self._names() if name in names
        ]
        return edited(self._text, edits)

    def label(self, said: Sequence[Said]) -> str:
        split = any(len(pieces) > 1 for pieces in said)
        counted = split and self._are_counted()
        edits: list[Edit] = []
        number = int(self._blocks[0].number) if counted else 0
        for at, pieces in enumerate(said):
            block = self._blocks[at]
            edits.append((block.start, block.last, self._written(at, pieces, number if counted else None)))
            number += len(pieces)
        return edited(self._text, edits)

    # ------------------------------------------------------------ reading

    def _cue(self, at: int) -> Cue:
        block, markup, prefix = self._blocks[at], self._markups[at], self._prefixes[at]
        begin = prefix.end() if prefix else 0
        text = markup.visible[begin:]
        start_s, end_s = seconds(block.times[2]), seconds(block.times[4])
        voices = list(VOICE.finditer(markup.raw)) if self._vtt else []
        name = self._read(name_in(prefix)) if prefix else self._read(voices[0][2]) if voices else None
        words = words_of(text)
        if self._vtt and INNER_TIME.search(markup.raw):
            words = _timed(words, markup, begin, start_s, end_s)
        return Cue(start_s, end_s, text, words, name or None, whole=len(voices) > 1)

    def _names(self) -> Iterator[tuple[int, int, str]]:
        """(from, to, name) of each that stands in the text."""
        for block, markup, prefix in zip(self._blocks, self._markups, self._prefixes, strict=True):
            if prefix:
                first, last = span_of(prefix)
                yield (
                    block.first + markup.place(first),
                    block.first + markup.places[last - 1] + 1,
                    self._read(name_in(prefix)),
                )
            elif self._vtt:
                for voice in VOICE.finditer(markup.raw):
                    yield block.first + voice.start(2), block.first + voice.end(2), self._read(voice[2])

    def _are_counted(self) -> bool:
        numbers = [block.number.strip() for block in self._blocks]
        if not all(number.isascii() and number.isdecimal() for number in numbers):
            return False
        return [int(number) for number in numbers] == list(range(int(numbers[0]), int(numbers[0]) + len(numbers)))

    # ------------------------------------------------------------ writing

    def _written(self, at: int, pieces: Said, number: int | None) -> str:
        """The cues that a block becomes; ``number`` of the first, if all are counted."""
        block = self._blocks[at]
        head = self._text[block.start : block.times.start()]
        line_end = LINE_END.match(self._text, block.times.end())[0] or "\n"
        blanks, begin, arrow, end, settings = block.times.groups()
        out = []
        for n, piece in enumerate(pieces):
            if number is not None:
                here = head.replace(block.number, str(number + n), 1)
            else:
                here = head if n == 0 or not self._vtt else ""
            first = begin if n == 0 else clock_like(begin, piece.start_s)
            last = end if n == len(pieces) - 1 else clock_like(end, piece.end_s)
            said = self._payload(at, piece, alone=len(pieces) == 1)
            gap = self._text[block.times.end() : block.first] if n == 0 else line_end
            out.append(here + blanks + first + arrow + last + settings + gap + said)
        return (line_end * 2).join(out)

    def _payload(self, at: int, piece: Piece, *, alone: bool) -> str:
        cue, markup, prefix = self.cues[at], self._markups[at], self._prefixes[at]
        name = new_name(cue, piece.label)
        begin = prefix.end() if prefix else 0
        if alone:
            raw = markup.raw
        else:
            first = 0 if piece.first == 0 else begin + cue.words[piece.first].first
            last = len(markup.visible) if piece.last == len(cue.words) else begin + cue.words[piece.last - 1].last
            raw = markup.cut(first, last)
        if prefix and piece.first > 0:  # the name stands before the first piece alone
            first, last = span_of(prefix)
            kept = prefix[0][: first - prefix.start()].lstrip("-\u2013\u2014 "), prefix[0][last - prefix.start() :]
            name = self._escaped(name) if name else markup.raw[markup.place(first) : markup.places[last - 1] + 1]
            return self._before(raw, f"{kept[0]}{name}{kept[1].rstrip()} ")
        if name is None or cue.whole:
            return raw
        name = self._escaped(name)
        if prefix:
            first, last = span_of(prefix)
            return raw[: markup.place(first)] + name + raw[markup.places[last - 1] + 1 :]
        if not self._by_voice:
            return self._before(raw, f"{name}: ")
        if VOICE.search(raw):
            return VOICE.sub(lambda voice: f"<v{voice[1]} {name}>", raw)
        return f"<v {name}>{raw}"

    def _before(self, raw: str, name: str) -> str:
        """A text with a name in front of what is seen of it, after the dash of an answer."""
        markup = Markup.of(raw)
        at = markup.place(LEAD.match(markup.visible).end())
        return raw[:at] + name + raw[at:]

    def _read(self, name: str) -> str:
        return (unescape(name) if self._vtt else name).strip()

    def _escaped(self, name: str) -> str:
        name = " ".join(name.split())
        return escape(name, quote=False) if self._vtt else name


def _blocks(text: str, *, vtt: bool) -> Iterator[_Block]:
    """The cues of a text, in the order in which they stand."""
    found = list(TIMES.finditer(text))
    heads = [_head(text, times.start(), vtt=vtt) for times in found]
    for n, times in enumerate(found):
        line_end = LINE_END.match(text, times.end()).end()
        most = heads[n + 1] if n + 1 < len(found) else len(text)
        body = text[line_end : max(line_end, most)]
        if vtt and (blank := BLANK_LINE.search(body)):
            body = body[: blank.start()]
        first, last = line_end, line_end + len(body.rstrip())
        head = heads[n]
        yield _Block(head, text[head : times.start()].strip(), times, first, last)


def _head(text: str, at: int, *, vtt: bool) -> int:
    """Where the line of the number before the times begins; ``at``, where the times begin, if there is none."""
    earliest = max(0, at - LONGEST_IDENTIFIER)
    before = LINE_BEFORE.search(text[earliest:at])
    if before is None or not before[1].strip() or (vtt and before[1].startswith(("WEBVTT", "NOTE"))):
        return at
    if not vtt and not before[1].strip().isdecimal():
        return at
    return earliest + before.start(1)


def _timed(words: Sequence[Word], markup: Markup, begin: int, start_s: float, end_s: float) -> tuple[Word, ...]:
    """Words with the times that stand between them: each lasts until the next time."""
    marks = [(match.end(), seconds(match[1])) for match in INNER_TIME.finditer(markup.raw)]
    places, times = [0, *(place for place, _ in marks)], [start_s, *(time for _, time in marks), end_s]
    out = []
    for word in words:
        at = bisect_right(places, markup.place(begin + word.first)) - 1
        out.append(Word(word.first, word.last, times[at], max(times[at], times[at + 1])))
    return tuple(out)


def seconds(clock: str) -> float:
    """A time such as "01:02:03,450" or "02:03.4"."""
    whole, _, part = clock.replace(",", ".").partition(".")
    total = 0
    for field in whole.split(":"):
        total = 60 * total + int(field)
    return total + (int(part) / 10 ** len(part) if part else 0.0)


def clock_like(like: str, time_s: float) -> str:
    """A time as another one is written: with hours or without, after a comma or a point."""
    ms = round(time_s * 1000)
    hours, rest = divmod(ms, 3_600_000)
    mark = "," if "," in like else "."
    fields = like.replace(",", ".").partition(".")[0].split(":")
    width = len(fields[0]) if len(fields) == 3 else 2
    head = f"{hours:0{width}d}:" if len(fields) == 3 or hours else ""
    return f"{head}{rest // 60_000:02d}:{rest // 1000 % 60:02d}{mark}{rest % 1000:03d}"
