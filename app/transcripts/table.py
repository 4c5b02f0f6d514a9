"""Tables of words or of segments with their times: TSV with a heading or without one, and CTM (NIST)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from app.diarisation.rttm import label_token, read_token
from app.transcripts.columns import CLOCK, ctm, headed, in_ms, plain, seconds
from app.transcripts.cues import Cue, Piece, Said, Word, new_name, words_of
from app.transcripts.encoding import Edit, edited

LINE = re.compile(r"([^\r\n]*)(\r\n|\n|\r|\Z)")
COLUMN = "speaker"


class Table:
    """See ``Transcript``. Raises ValueError for a text that is no such table."""

    media_type = "text/tab-separated-values"

    def __init__(self, text: str):
        self._text = text
        self._lines = [(match.start(), match[1], match[2]) for match in LINE.finditer(text) if match[0]]
        rows = [n for n, (_, line, _) in enumerate(self._lines) if line.strip() and not line.startswith((";;", "#"))]
        if not rows:
            raise ValueError("no rows")
        self._heading: int | None = None
        columns = headed(self._lines[rows[0]][1])
        if columns is not None:
            self._heading, rows = rows[0], rows[1:]
            columns = in_ms(columns, self._lines[self._heading][1], [self._lines[n][1] for n in rows])
        elif (columns := ctm([self._lines[n][1] for n in rows])) is not None:
            self.media_type = "text/plain"
        else:
            columns = plain([self._lines[n][1] for n in rows])
        if columns is None or not rows:
            raise ValueError("no columns")
        self._columns, self._rows = columns, rows
        self.kind, self.suffix = ("ctm", ".ctm") if columns.lasts else ("tsv", ".tsv" if columns.tabs else ".txt")
        self.cues: Sequence[Cue] = [self._cue(n) for n in rows]

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(cue.name for cue in self.cues if cue.name))

    def rename(self, names: Mapping[str, str]) -> str:
        edits: list[Edit] = []
        for n, cue in zip(self._rows, self.cues, strict=True):
            if cue.name in names:
                start, (first, last) = self._lines[n][0], self._spans(n)[self._columns.speaker]
                edits.append((start + first, start + last, self._cell(names[cue.name])))
        return edited(self._text, edits)

    def label(self, said: Sequence[Said]) -> str:
        edits: list[Edit] = []
        if self._heading is not None and self._columns.speaker is None:
            start, line, _ = self._lines[self._heading]
            edits.append((start + len(line), start + len(line), f"\t{COLUMN}"))
        ending = next((end for _, _, end in self._lines if end), "\n")
        for n, cue, pieces in zip(self._rows, self.cues, said, strict=True):
            start, line, _ = self._lines[n]
            rows = [self._row(n, cue, piece, at, len(pieces)) for at, piece in enumerate(pieces)]
            edits.append((start, start + len(line), ending.join(rows)))
        return edited(self._text, edits)

    # ------------------------------------------------------------ rows

    def _spans(self, n: int) -> list[tuple[int, int]]:
        """(from, to) of each cell of a line."""
        return _spans(self._lines[n][1], tabs=self._columns.tabs)

    def _cue(self, n: int) -> Cue:
        line, columns = self._lines[n][1], self._columns
        cells = [line[a:b] for a, b in self._spans(n)]
        try:
            start_s = seconds(cells[columns.start]) / columns.scale
            end_s = seconds(cells[columns.end]) / columns.scale + (start_s if columns.lasts else 0.0)
            text = cells[columns.said]
        except (IndexError, ValueError):
            raise ValueError(f"line {n + 1}") from None
        named = columns.speaker is not None and columns.speaker < len(cells)
        name = cells[columns.speaker].strip() if named else ""
        if not columns.tabs and name:
            name = str(read_token(name))
        words = words_of(text)
        if len(text.split()) == 1 or not words:
            words = (Word(0, len(text), start_s, end_s),)
        return Cue(start_s, end_s, text, words, None if name in ("", "NA", "<NA>") else name, whole=columns.lasts)

    def _row(self, n: int, cue: Cue, piece: Piece, at: int, of: int) -> str:
        line, columns, spans = self._lines[n][1], self._columns, self._spans(n)
        edits: list[Edit] = []
        if of > 1:
            first, last = cue.words[piece.first].first, cue.words[piece.last - 1].last
            edits.append((*spans[columns.said], cue.text[first:last]))
            if at > 0:
                edits.append((*spans[columns.start], self._time(line[slice(*spans[columns.start])], piece.start_s)))
            if at < of - 1:
                edits.append((*spans[columns.end], self._time(line[slice(*spans[columns.end])], piece.end_s)))
        name = new_name(cue, piece.label)
        if columns.speaker is not None and columns.speaker < len(spans):
            if name is not None:
                edits.append((*spans[columns.speaker], self._cell(name)))
        elif columns.lasts:  # CTM has a confidence and a type before the speaker
            missing = ["NA", "lex"][len(spans) - 5 :] if len(spans) >= 5 else []
            end = spans[-1][1]
            edits.append((end, end, "".join(f" {cell}" for cell in [*missing, self._cell(name or "NA")])))
        elif columns.tabs:
            width = columns.speaker if columns.speaker is not None else self._width()
            edits.append((len(line), len(line), "\t" * (width - len(spans) + 1) + (self._cell(name) if name else "")))
        else:
            end = spans[-1][1]
            edits.append((end, end, f" {self._cell(name or 'NA')}"))
        return edited(line, edits)

    def _width(self) -> int:
        """How many cells the heading has, or the longest row."""
        if self._heading is not None:
            return len(self._spans(self._heading))
        return max(len(self._spans(n)) for n in self._rows)

    def _cell(self, name: str) -> str:
        return name if self._columns.tabs else label_token(name)

    def _time(self, like: str, time_s: float) -> str:
        if (clock := CLOCK.fullmatch(like.strip())) is not None:
            digits = len(clock[4] or "")
            units = round(time_s * 10**digits)
            whole, part = divmod(units, 10**digits)
            head = f"{whole // 3600:0{len(clock[1])}d}:" if clock[1] is not None else ""
            minutes = whole // 60 % 60 if head else whole // 60
            return f"{head}{minutes:02d}:{whole % 60:02d}" + (f".{part:0{digits}d}" if digits else "")
        value = time_s * self._columns.scale
        digits = len(like.replace(",", ".").partition(".")[2])
        return str(round(value)) if not digits and self._columns.scale > 1 else f"{value:.{max(digits, 2)}f}"


def _spans(line: str, *, tabs: bool) -> list[tuple[int, int]]:
    if not tabs:
        return [match.span() for match in re.finditer(r"\S+", line)]
    spans, at = [], 0
    for cell in line.split("\t"):
        spans.append((at, at + len(cell)))
        at += len(cell) + 1
    return spans
