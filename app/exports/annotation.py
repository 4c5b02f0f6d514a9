"""Labels to lay over the sound in other programs: Audacity's label track and Praat's TextGrid."""

from __future__ import annotations

from collections.abc import Iterable

from app.diarisation.timeline import Turn
from app.exports.document import Document, ticks
from app.exports.subtitles import line


def to_audacity(document: Document) -> str:
    """Audacity's label track (File > Import > Labels): start, end and name between tabs, seconds with six decimals."""
    rows = ((*ticks(turn), line(turn.label)) for turn in document.turns)
    return "".join(f"{start / 1000:.6f}\t{end / 1000:.6f}\t{name}\n" for start, end, name in rows)


def to_textgrid(document: Document) -> str:
    """Praat's TextGrid, long text format: an interval tier for each speaker, in the order in which they were first
    heard, of each channel if there are several. A tier covers all of the sound: its intervals follow one another
    without gaps, those in which the speaker is silent are empty, as Praat wants it."""
    end = max([round(document.end_s * 1000), 1, *(ticks(turn)[1] for turn in document.turns)])
    tiers = [(name, _intervals(turns, end)) for name, turns in _tiers(document.turns)]
    tiers = tiers or [("speech", [(0, end, "")])]
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', ""]
    lines += ["xmin = 0 ", f"xmax = {_s(end)} ", "tiers? <exists> ", f"size = {len(tiers)} ", "item []: "]
    for number, (name, intervals) in enumerate(tiers, 1):
        lines += [f"    item [{number}]:", '        class = "IntervalTier" ', f"        name = {_quoted(name)} "]
        lines += ["        xmin = 0 ", f"        xmax = {_s(end)} ", f"        intervals: size = {len(intervals)} "]
        for at, (start, stop, text) in enumerate(intervals, 1):
            lines += [
                f"        intervals [{at}]:",
                f"            xmin = {_s(start)} ",
                f"            xmax = {_s(stop)} ",
            ]
            lines += [f"            text = {_quoted(text)} "]
    return "\n".join(lines) + "\n"


def _tiers(turns: Iterable[Turn]) -> list[tuple[str, list[Turn]]]:
    """(name, turns) of each speaker and channel; the channel is named where there are several."""
    tiers: dict[tuple[str, int], list[Turn]] = {}
    for turn in turns:
        tiers.setdefault((line(turn.label), turn.channel), []).append(turn)
    several = len({channel for _, channel in tiers}) > 1
    return [(f"{name} ({channel})" if several else name, found) for (name, channel), found in tiers.items()]


def _intervals(turns: Iterable[Turn], end: int) -> list[tuple[int, int, str]]:
    """(start, end, text) in milliseconds from 0 to ``end``, without gaps; turns that overlap are one interval."""
    spans: list[tuple[int, int, str]] = []
    for turn in turns:
        start, stop = ticks(turn)
        before = spans[-1][1] if spans else 0
        if spans and start < before:
            spans[-1] = (spans[-1][0], max(before, stop), spans[-1][2])
            continue
        if start > before:
            spans.append((before, start, ""))
        spans.append((start, stop, line(turn.label)))
    before = spans[-1][1] if spans else 0
    return spans if before == end else [*spans, (before, end, "")]


def _s(ms: int) -> str:
    return f"{ms / 1000:.3f}".rstrip("0").rstrip(".")


def _quoted(text: str) -> str:
    """A string of Praat's: a quotation mark in it is doubled."""
    return '"' + text.replace('"', '""') + '"'
