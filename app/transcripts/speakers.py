"""Turns and cues -> who says which words of each cue.

A word that says when it is said is whose speech fills most of that time. Other cues are cut where the speaker changes:
in time in the middle of the pause, in the text between two words near the same share of speech, preferably where a
sentence ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from app.diarisation.timeline import Turn
from app.scoring.labels import Label
from app.transcripts.borders import ends_sentence, find_borders
from app.transcripts.cues import Cue, Piece, Said, Word
from app.transcripts.voices import Run, Voices, joined

NEAR_WORD_S, NEAR_CUE_S = 0.5, 0.3
"""A word, or a cue, in which nobody is heard is whose turn lies so near."""
LEAST_S = 0.4
"""Shorter speech of somebody else in a cue without times of words is no change: the cue's own times are no better."""
LEAST_WORDS_S = 0.15
"""The same of words."""
SLACK_S = 0.4
"""So far from the change of speakers the end of a sentence is it, for the times of words are no better."""
TICK_S = 0.001


def speakers(cues: Sequence[Cue], turns: Sequence[Turn]) -> list[Said]:
    """The pieces of each cue."""
    voices = Voices(turns)
    labels = _label_words(cues, voices)
    return [
        _by_words(cue, labels[number]) if number in labels else _by_turns(cue, voices)
        for number, cue in enumerate(cues)
    ]


# ---------------------------------------------------------------------------- cues whose words have times


def _label_words(cues: Sequence[Cue], voices: Voices) -> dict[int, list[Label | None]]:
    """Number of a cue -> the label of each of its words, of those that have times."""
    places = [(number, at) for number, cue in enumerate(cues) if cue.timed for at in range(len(cue.words))]
    words = [cues[number].words[at] for number, at in places]
    labels: list[Label | None] = []
    for word in words:
        before = labels[-1] if labels else None
        labels.append(before if word.start_s is None else _who(word, voices, before))
    _fill(labels, places)
    _end_sentences(labels, words, [(number, cues[number].text) for number, _ in places], voices)
    _without_blips(labels, words)
    found: dict[int, list[Label | None]] = {}
    for (number, _), label in zip(places, labels, strict=True):
        found.setdefault(number, []).append(label)
    return found


def _who(word: Word, voices: Voices, before: Label | None) -> Label | None:
    end_s = max(word.end_s if word.end_s is not None else word.start_s, word.start_s + TICK_S)
    return voices.most(word.start_s, end_s, before) or voices.nearest(word.start_s, end_s, NEAR_WORD_S)


def _fill(labels: list[Label | None], places: Sequence[tuple[int, int]]) -> None:
    """Words of a cue in which nobody is heard are whose the words before them are, or after."""
    for numbers in (range(1, len(labels)), range(len(labels) - 2, -1, -1)):
        step = -1 if numbers.step > 0 else 1
        for at in numbers:
            if labels[at] is None and places[at][0] == places[at + step][0]:
                labels[at] = labels[at + step]


def _end_sentences(
    labels: list[Label | None], words: Sequence[Word], cues: Sequence[tuple[int, str]], voices: Voices
) -> None:
    """Where a sentence ends a word before or after the change of speakers, that is the change. ``cues``: of each word
    the number and the text of its cue."""
    texts = [text for _, text in cues]
    for at in range(1, len(labels)):
        one, other = labels[at - 1], labels[at]
        if one == other or None in (one, other) or cues[at - 1][0] != cues[at][0]:
            continue
        if ends_sentence(texts[at - 1], words[at - 1]):
            continue
        if at + 1 < len(labels) and labels[at + 1] == other and ends_sentence(texts[at], words[at]):
            if _is_near(words[at], voices, other, begins=True):
                labels[at] = one
        elif (
            at > 1
            and labels[at - 2] == one
            and ends_sentence(texts[at - 2], words[at - 2])
            and _is_near(words[at - 1], voices, one, begins=False)
        ):
            labels[at - 1] = other


def _is_near(word: Word, voices: Voices, label: Label, *, begins: bool) -> bool:
    """Whether so little of a word is its speaker's that the change may as well lie on its other side."""
    if word.start_s is None or word.end_s is None:
        return False
    turns = [turn for turn in voices.within(word.start_s, word.end_s) if turn.label == label]
    if begins:
        return word.end_s - min((turn.start_s for turn in turns), default=word.end_s) <= SLACK_S
    return max((turn.end_s for turn in turns), default=word.start_s) - word.start_s <= SLACK_S


def _without_blips(labels: list[Label | None], words: Sequence[Word]) -> None:
    """A moment of somebody else within one's words is theirs."""
    starts = [at for at in range(len(labels)) if at == 0 or labels[at] != labels[at - 1]] + [len(labels)]
    for first, last in pairwise(starts[1:]):
        if last == len(labels) or labels[first - 1] != labels[last] or labels[last] is None:
            continue
        times = [t for word in words[first:last] for t in (word.start_s, word.end_s) if t is not None]
        if times and max(times) - min(times) < LEAST_WORDS_S:
            labels[first:last] = [labels[last]] * (last - first)


def _by_words(cue: Cue, labels: Sequence[Label | None]) -> Said:
    starts = [at for at in range(len(labels)) if at == 0 or labels[at] != labels[at - 1]]
    if cue.whole or len(starts) == 1:
        return [_whole(cue, _majority(cue, labels), labels)]
    ends = [*starts[1:], len(labels)]
    times = [cue.start_s, cue.end_s]
    for at in starts[1:]:
        end_s, start_s = _end_s(cue, at), _start_s(cue, at)
        if end_s is None or start_s is None:
            share = cue.words[at].first / max(1, len(cue.text))
            end_s = start_s = cue.start_s + share * (cue.end_s - cue.start_s)
        times[-1:-1] = [min(end_s, start_s), start_s]
    pieces = [
        Piece(first, last, times[2 * n], times[2 * n + 1], labels[first])
        for n, (first, last) in enumerate(zip(starts, ends, strict=True))
    ]
    return pieces if _rising(pieces) else [_whole(cue, _majority(cue, labels), labels)]


def _end_s(cue: Cue, at: int) -> float | None:
    """When the word before a border ends."""
    return next((w.end_s for w in reversed(cue.words[:at]) if w.end_s is not None), None)


def _start_s(cue: Cue, at: int) -> float | None:
    return next((w.start_s for w in cue.words[at:] if w.start_s is not None), None)


def _majority(cue: Cue, labels: Sequence[Label | None]) -> Label | None:
    """Who says most of a cue, by letters."""
    said: dict[Label | None, int] = {}
    for word, label in zip(cue.words, labels, strict=True):
        said[label] = said.get(label, 0) + max(1, word.last - word.first)
    return max(said, key=lambda label: (label is not None, said[label]))


# ---------------------------------------------------------------------------- cues that have no more than their own


def _by_turns(cue: Cue, voices: Voices) -> Said:
    if not cue.end_s > cue.start_s:
        return [_whole(cue, voices.nearest(cue.start_s, cue.start_s, NEAR_CUE_S))]
    runs = voices.runs(cue.start_s, cue.end_s)
    if not runs:
        return [_whole(cue, voices.nearest(cue.start_s, cue.end_s, NEAR_CUE_S))]
    longest = voices.most(cue.start_s, cue.end_s)
    if cue.whole:
        return [_whole(cue, longest)]
    runs = _without_moments(runs)
    while len(runs) > max(1, len(cue.words)):
        runs = _without(runs, _shortest(runs))
    if len(runs) == 1:
        return [_whole(cue, longest)]
    shares, total_s, before_s = [], sum(b - a for a, b, _ in runs), 0.0
    for a, b, _ in runs[:-1]:
        before_s += b - a
        shares.append(before_s / total_s)
    borders = find_borders(cue.text, cue.words, shares)
    if borders is None:
        return [_whole(cue, longest)]
    changes = [(one[1] + other[0]) / 2 for one, other in pairwise(runs)]
    times, places = [cue.start_s, *changes, cue.end_s], [0, *borders, len(cue.words)]
    pieces = [Piece(places[n], places[n + 1], times[n], times[n + 1], label) for n, (_, _, label) in enumerate(runs)]
    return pieces if _rising(pieces) else [_whole(cue, longest)]


def _without_moments(runs: list[Run]) -> list[Run]:
    """Runs of some length; the longest stays, however short."""
    while len(runs) > 1 and runs[at := _shortest(runs)][1] - runs[at][0] < LEAST_S:
        runs = _without(runs, at)
    return runs


def _shortest(runs: Sequence[Run]) -> int:
    return min(range(len(runs)), key=lambda at: runs[at][1] - runs[at][0])


def _without(runs: list[Run], at: int) -> list[Run]:
    return joined([*runs[:at], *runs[at + 1 :]])


def _whole(cue: Cue, label: Label | None, labels: Sequence[Label | None] = ()) -> Piece:
    piece = Piece(0, len(cue.words), cue.start_s, cue.end_s, label)
    return replace(piece, labels=tuple(labels) or (label,) * len(cue.words))


def _rising(pieces: Sequence[Piece]) -> bool:
    """Whether every piece lasts a moment, after the one before it."""
    times = [round(t, 3) for piece in pieces for t in (piece.start_s, piece.end_s)]
    each = all(b - a >= TICK_S / 2 for a, b in zip(times[::2], times[1::2], strict=True))
    return each and all(a <= b for a, b in pairwise(times))
