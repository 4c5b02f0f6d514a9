"""The JSON of Whisper and its kin: segments with times and text, and words with theirs.

OpenAI's whisper and its API, whisperX (``word_segments``), faster-whisper (a list, or under ``segments``), whisper.cpp
(``transcription``, with milliseconds in ``offsets``). The speaker is ``speaker`` of a segment and of a word, as in
whisperX.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence

from app.transcripts.cues import Cue, Piece, Said, Word, new_name, words_of
from app.transcripts.encoding import Edit, edited
from app.transcripts.json_places import Value, read_places, set_member, string_literal
from app.transcripts.subtitles import clock_like

SPEAKER = "speaker"
LOOSE = ("word_segments", "words")
"""Lists of words beside the segments."""
OF_ALL = ("tokens",)
"""What belongs to all of a segment, and cannot be divided: the first of its pieces keeps it."""


class JsonSegments:
    """See ``Transcript``. Raises ValueError for JSON that is damaged, and KeyError for such without segments."""

    kind, suffix, media_type = "json", ".json", "application/json"

    def __init__(self, text: str):
        self._text = text
        self._root = read_places(text)
        self._segments, self._cpp = _segments(self._root)
        self._loose = [word for name in LOOSE for word in self._root.objects(name)]
        self._words = [segment.objects("words") for segment in self._segments]
        self._apart = [word for word in self._loose if _times(word) is not None]
        self._middles = [sum(_times(word)) / 2 for word in self._apart]
        if self._middles != sorted(self._middles):
            self._middles = []
        cues = [self._cue(at) for at in range(len(self._segments))]
        self.cues: Sequence[Cue] = [*cues, *map(_one_word, self._apart)]

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(value.said for value in self._names()))

    def rename(self, names: Mapping[str, str]) -> str:
        edits = [
            (value.start, value.end, self._literal(names[value.said], value))
            for value in self._names()
            if value.said in names
        ]
        return edited(self._text, edits)

    def label(self, said: Sequence[Said]) -> str:
        edits: list[Edit] = []
        segments, loose = said[: len(self._segments)], said[len(self._segments) :]
        counted = self._are_counted() and any(len(pieces) > 1 for pieces in segments)
        number = round(self._segments[0].number("id")) if counted else 0
        for at, pieces in enumerate(segments):
            segment, after = self._segments[at], self._between(at)
            written = after.join(
                self._piece(at, piece, n, len(pieces), number + n if counted else None)
                for n, piece in enumerate(pieces)
            )
            edits.append((segment.start, segment.end, written))
            number += len(pieces)
        for word, (piece,) in zip(self._apart, loose, strict=True):
            edits += self._speaker(word, piece.label)
        return edited(self._text, edits)

    # ------------------------------------------------------------ reading

    def _cue(self, at: int) -> Cue:
        segment = self._segments[at]
        start_s, end_s = _times(segment) or (math.nan, math.nan)
        text = segment.string("text") or ""
        name = segment.string(SPEAKER)
        known = self._words[at]
        if known:
            words = _located(text, known)
            if words is None:  # the text is something else than the words: it cannot be cut
                return Cue(start_s, end_s, text, tuple(_word(word, 0, 0) for word in known), name, whole=True)
            return Cue(start_s, end_s, text, words, name)
        words = words_of(text)
        inside = self._apart[bisect_left(self._middles, start_s) : bisect_right(self._middles, end_s)]
        if self._middles and inside and (located := _located(text, inside)) is not None:
            words = located
        return Cue(start_s, end_s, text, words, name)

    def _names(self) -> Iterator[Value]:
        for owner in (*self._segments, *(word for words in self._words for word in words), *self._loose):
            if owner.string(SPEAKER) is not None:
                yield owner.members[SPEAKER]

    def _are_counted(self) -> bool:
        ids = [segment.number("id") for segment in self._segments]
        return None not in ids and bool(ids) and ids == [ids[0] + n for n in range(len(ids))]

    def _between(self, at: int) -> str:
        """What stands between two segments."""
        near = at if at + 1 < len(self._segments) else at - 1
        if near < 0:
            first = before = self._segments[at].start
            while first and self._text[first - 1].isspace():
                first -= 1
            return f",{self._text[first:before] or ' '}"
        return self._text[self._segments[near].end : self._segments[near + 1].start]

    # ------------------------------------------------------------ writing

    def _piece(self, at: int, piece: Piece, n: int, of: int, number: int | None) -> str:
        segment, cue, words = self._segments[at], self.cues[at], self._words[at]
        base, edits = segment.start, []
        for word, label in zip(
            words[piece.first : piece.last], piece.labels or [piece.label] * len(words), strict=False
        ):
            edits += self._speaker(word, label)
        edits += self._speaker(segment, piece.label, cue)
        if number is not None:
            edits.append((segment.members["id"].start, segment.members["id"].end, str(number)))
        if of > 1:
            edits += self._cut(segment, cue, piece, first=n == 0, last=n == of - 1)
            if words:
                start, end = words[piece.first].start, words[piece.last - 1].end
                others = [(words[0].start, start, ""), (end, words[-1].end, "")]
                edits += [edit for edit in others if edit[0] < edit[1]]
        return edited(self._text[base : segment.end], [(a - base, b - base, new) for a, b, new in edits])

    def _cut(self, segment: Value, cue: Cue, piece: Piece, *, first: bool, last: bool) -> Iterator[Edit]:
        """The edits of text and times of a segment of which this is a part."""
        begin = 0 if first else cue.words[piece.first - 1].last
        text = cue.text[begin : len(cue.text) if last else cue.words[piece.last - 1].last]
        if not first and not cue.text[:1].isspace():
            text = text.lstrip()
        yield _put(segment.members["text"], self._literal(text, segment.members["text"]))
        for is_outer, name, time_s in ((first, "start", piece.start_s), (last, "end", piece.end_s)):
            if not is_outer:
                yield from self._time(segment, name, time_s)
        for name in OF_ALL:
            if not first and (found := segment.members.get(name)) is not None and found.kind == "list":
                yield found.start, found.end, "[]"

    def _time(self, segment: Value, name: str, time_s: float) -> Iterator[Edit]:
        if not self._cpp:
            yield _put(segment.members[name], repr(round(time_s, 3)))
            return
        key = {"start": "from", "end": "to"}[name]
        yield _put(segment.members["offsets"].members[key], str(round(1000 * time_s)))
        shown = segment.members.get("timestamps")
        if shown is not None and (like := shown.string(key)) is not None:
            yield _put(shown.members[key], self._literal(clock_like(like, time_s), shown.members[key]))

    def _speaker(self, owner: Value, label: object, cue: Cue | None = None) -> list[Edit]:
        said = cue or Cue(0.0, 0.0, "", (), owner.string(SPEAKER))
        name = new_name(said, label)
        if name is None:
            return []
        like = owner.members.get(SPEAKER) or owner.members.get("text") or owner.members.get("word")
        return [set_member(self._text, owner, SPEAKER, self._literal(name, like))]

    def _literal(self, said: str, like: Value | None) -> str:
        return string_literal(said, self._text[like.start : like.end] if like else "")


def _segments(root: Value) -> tuple[list[Value], bool]:
    """The segments, and whether they are whisper.cpp's. Raises KeyError if there are none."""
    for found, cpp in (
        (root.objects("segments"), False),
        (root.objects("transcription"), True),
        (root.items if all(item.kind == "object" for item in root.items) else [], False),
    ):
        if found and all(_times(one) is not None and one.string("text") is not None for one in found):
            return found, cpp
    raise KeyError("segments")


def _times(owner: Value) -> tuple[float, float] | None:
    """Beginning and end in seconds; None without."""
    scale, names = 1.0, ("start", "end")
    if (offsets := owner.members.get("offsets")) is not None and offsets.kind == "object":
        owner, scale, names = offsets, 1000.0, ("from", "to")
    start, end = (owner.number(name) for name in names)
    if start is None or end is None or not (math.isfinite(start) and math.isfinite(end)):
        return None
    return start / scale, end / scale


def _word(word: Value, first: int, last: int) -> Word:
    start_s, end_s = _times(word) or (None, None)
    return Word(first, last, start_s, end_s)


def _one_word(word: Value) -> Cue:
    """A word beside the segments as a cue of its own."""
    return Cue(*_times(word), "", (_word(word, 0, 0),), word.string(SPEAKER))


def _located(text: str, words: Sequence[Value]) -> tuple[Word, ...] | None:
    """Where the words stand in a text, in order; None if one of them does not."""
    found, at = [], 0
    for word in words:
        said = (word.string("word") or word.string("text") or "").strip()
        start = text.find(said, at)
        if not said or start < 0 or not re.fullmatch(r"\W*", text[at:start]):
            return None
        at = start + len(said)
        found.append(_word(word, start, at))
    return tuple(found)


def _put(value: Value, literal: str) -> Edit:
    return value.start, value.end, literal
