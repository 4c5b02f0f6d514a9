"""Who is speaking now, and since when: evidence over time.

Speech is cut into turns by whoever speaks. Neither the cuts nor the speakers are known, so every likely *start* of the
present turn is kept. The speech since a start is one voice, an embedding, which has log odds for each person; and a new
turn is likelier after a pause than in running speech. All starts together, each with its weight, tell how probable
every person is at this moment. So the evidence of a turn is pooled as long as it goes on, a change of voice is noticed
as soon as it explains what is heard better than no change does, and overlapping windows are never counted twice.

This is the forward recursion of a hidden semi-Markov model (Yu 2010, "Hidden semi-Markov models", Artificial
Intelligence 174) in which a stretch of speech has the likelihood ratio of its one embedding; the most likely path
(Viterbi) tells which turns were heard.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from app.audio.vad import CHUNK_S
from app.diarisation.hypothesis import OnsetHypothesis, log_sum
from app.diarisation.runs import SpeechRuns
from app.diarisation.session_speakers import EmbeddedTurn, SessionSpeakers
from app.scoring.cohort import unit
from app.scoring.identification import UNKNOWN, is_numbered, is_unknown, plain


@dataclass(frozen=True)
class ForwardFilterConfig:
    windows_s: tuple[float, ...] = (0.256, 0.384, 0.768, 1.536, 3.072)
    """Lengths of speech that are embedded, as far as a start needs them. Of a longer turn the newest two of the longest
    are pooled: with all of it, another voice would take ever longer to be noticed."""
    shortest_s: float = 0.35
    """Speech that a turn usually has ..."""
    short: float = 0.2
    """... and the chance that it has less."""
    pause_s: float = 0.16
    """Silence from which on a start is looked for where it ends, and not only where a hop does."""
    piece_s: float = 0.3
    """Silence that parts a turn in the timeline."""
    change_per_s: float = 0.15
    """Chance that the speaker changes, for each second of running speech."""
    change_after: tuple[tuple[float, float], ...] = ((0.15, 0.03), (0.3, 0.2), (1.0, 0.5), (2.0, 0.7))
    """(seconds of silence, chance that somebody else speaks after it), in order of the seconds."""
    sharpness: float = 1.4
    """Log odds count so many times: turns are of one voice more surely than single pairs of recordings show."""
    show: float = 0.5
    """Probability from which on a label is shown ..."""
    name: float = 0.4
    """... or from which on a name takes the place of "unknown" ..."""
    switch: float = 0.7
    """... or anything that of a name ..."""
    keep: float = 0.15
    """... and down to which it stays where nothing takes its place."""
    settle_s: float = 0.4
    """Speech before which a voice is not called unknown."""
    over_s: float = 1.0
    """Time after which a turn that ended counts as over: nothing but hindsight will change it."""
    longest_s: float = 15.0
    """Speech without a pause after which the first part of a turn counts as over, too."""
    kept_s: float = 5.0
    """Speech for which a pause stays a place where a turn that goes on may be parted: longer than ``over_s`` by what a
    slow machine hears at once."""
    compared_s: float = 0.7
    """Speech from which on the newest is compared with that before it, to tell one stranger from the next."""
    link_cosine: float = 0.42
    """From this cosine on, two unknown turns without a pause between them are of one voice."""
    hold_s: float = 1.0
    """Silence for which the label stays on the screen, so that it does not flicker with every breath."""
    most_starts: int = 40
    least: float = 1e-5
    """Starts of a smaller weight than this part of the greatest are dropped."""


@dataclass(frozen=True)
class ShownTurn:
    """What is known of the present turn."""

    label: str | None = None
    speaker: str | None = None
    confidence: float = 0.0
    scores: dict[str, float] = field(default_factory=dict)
    threshold: float | None = None
    """The score that a name needs with so much speech, after what was heard before; None when nothing is known."""
    reason: str = ""
    embedding: np.ndarray | None = None
    """(D,) unit length: the turn's voice, or None when nothing is known of it."""
    speech_s: float = 0.0


@dataclass(frozen=True)
class _Piece:
    """A stretch of the most likely path: one voice, from the chunk ``first`` until before ``last``."""

    start: OnsetHypothesis
    first: int
    last: int
    label: str


@dataclass(frozen=True)
class FinishedTurn:
    """A turn that has ended."""

    label: str
    """Whose it was, as far as is known from it and its neighbours."""
    pieces: list[tuple[float, float]]
    """(start_s, end_s) of its speech."""
    first: int
    """Chunks of speech before it."""
    last: int
    """Chunks of speech until its end."""
    turn: EmbeddedTurn | None
    """Its voice; None if there is too little speech to tell."""


class ForwardFilter:
    """``hear`` every chunk, make a ``point`` whenever there is something to say, and ask for its ``state``."""

    def __init__(self, voices: SessionSpeakers, config: ForwardFilterConfig = ForwardFilterConfig()):
        self.voices, self.config = voices, config
        self._lengths = sorted(round(length_s / CHUNK_S) for length_s in config.windows_s)
        self._heard = 0  # chunks of speech so far
        self._runs = SpeechRuns()  # what is not over yet
        self._silence_s = math.inf
        self._point = 0  # chunks heard at the last point
        self._told = 0  # chunks of which it was told whose they are
        self._starts = [OnsetHypothesis(0, {UNKNOWN: 0.0}, {})]
        self._path: list[_Piece] = []
        self._state = ShownTurn()

    # ------------------------------------------------------------ sound passes

    @property
    def in_speech(self) -> bool:
        """Whether the newest sound was speech."""
        return self._silence_s == 0

    @property
    def on_screen(self) -> bool:
        """Whether the turn is still shown: it is for a moment after its last speech."""
        return self._silence_s < self.config.hold_s

    @property
    def has_news(self) -> bool:
        """Whether there was speech since the last point."""
        return self._heard > self._point

    @property
    def between_turns(self) -> bool:
        """Whether there is a pause, at the end of which a turn may begin."""
        return self._silence_s >= self.config.pause_s

    def hear(self, seconds: float, *, speech: bool, end_s: float) -> None:
        """Time passes, with speech (one chunk of it) or without."""
        if not speech:
            self._silence_s += seconds
            return
        if self._starts[-1].at == self._heard:
            self._begin(self._starts[-1])
        self._runs.add(self._heard, end_s - seconds, end_s, begins=self._silence_s > 0)
        self._silence_s = 0.0
        self._heard += 1

    def _begin(self, start: OnsetHypothesis) -> None:
        """There is speech after the newest start: now the pause before it is known."""
        pauses, chances = zip(*self.config.change_after, strict=True)
        if self._silence_s < pauses[0]:
            chance = min(self.config.change_per_s * start.after_s, chances[-1])
        else:
            chance = float(np.interp(self._silence_s, pauses, chances))
        start.change = math.log(max(chance, 1e-4))
        start.kept |= self._silence_s >= self.config.piece_s
        if len(self._starts) == 1:  # else the earlier ones stand for: nobody else began
            start.same = math.log1p(-chance)
        for earlier in self._starts[:-1]:
            earlier.stay += math.log1p(-chance)

    # ------------------------------------------------------------ what is heard

    def point(self, embed: Callable[[Sequence[int]], np.ndarray]) -> None:
        """Weigh every start anew, and look for another at this moment.

        ``embed(chunks)`` gives the embeddings (n, D), of unit length, of so many (n,) of the newest chunks of speech.
        """
        if not self.has_news:
            return
        news_s, self._point = (self._heard - self._point) * CHUNK_S, self._heard
        needed = sorted({self._window(start) for start in self._starts} | {self._half(start) for start in self._starts})
        needed = [chunks for chunks in needed if chunks]
        newest = dict(zip(needed, embed(needed), strict=True)) if needed else {}
        for start in self._starts:
            if chunks := self._window(start):
                start.pool(self._heard, newest[chunks], chunks, chunks * CHUNK_S)
        self._compare(newest)
        weights = [{label: start.weight(label) for label in start.odds} for start in self._starts]
        ways = [{label: start.best_way(label)[0] for label in start.odds} for start in self._starts]
        now = _together(weights)
        everything = log_sum(now.values())
        self._say({label: math.exp(weight - everything) for label, weight in now.items()}, _best(ways, self._starts))
        highest = [max(own.values()) for own in weights]
        self._drop(highest, self._next(weights, ways, news_s))

    def _next(self, weights: list[dict[str, float]], ways: list[dict[str, float]], news_s: float) -> OnsetHypothesis:
        """The start of another turn, now: those that are very short have hardly ended."""
        shortest = round(self.config.shortest_s / CHUNK_S)
        for start, own, way in zip(self._starts, weights, ways, strict=True):
            if self._heard - start.at < shortest and start.same == -math.inf:
                for table in (own, way):
                    for label in table:
                        table[label] += math.log(self.config.short)
        return OnsetHypothesis(self._heard, _together(weights), _best(ways, self._starts), news_s)

    def _window(self, start: OnsetHypothesis) -> int:
        """Chunks of the longest window since a start; 0 if none fits."""
        return self._longest(self._heard - start.at)

    def _half(self, start: OnsetHypothesis) -> int:
        """The same for the newer half of the turn, which is compared with the older; 0 if that is too short."""
        chunks = self._longest((self._heard - start.at) // 2)
        return chunks if chunks * CHUNK_S >= self.config.compared_s else 0

    def _longest(self, chunks: int) -> int:
        fitting = bisect_right(self._lengths, chunks)
        return self._lengths[fitting - 1] if fitting else 0

    def _compare(self, newest: Mapping[int, np.ndarray]) -> None:
        """The log odds of each label at each start; the usual ones where there is too little speech."""
        sharpness = self.config.sharpness
        known = [start for start in self._starts if start.pooled]
        if known:
            voices = unit(np.stack([start.pooled[-1].total for start in known])).astype(np.float32)
            seconds = [start.pooled[-1].total_s for start in known]
            one_voice = self._one_voice(known, newest)
            for start, found in zip(known, self.voices.evidence(voices, seconds), strict=True):
                odds = {label: sharpness * odds for label, odds in found.odds.items()}
                odds[UNKNOWN] = sharpness * one_voice.get(start, 0.0)
                start.judge(odds, found.scores, self._heard - 2 * self._lengths[-1])
        labels = {label for start in known for label in start.odds} | set(self.voices.labels())
        usual = sharpness * self.voices.config.needed_llr
        for start in self._starts:
            start.again = usual
            if not start.pooled:
                start.odds = dict.fromkeys(labels, -usual) | {UNKNOWN: 0.0}

    def _one_voice(
        self, starts: Sequence[OnsetHypothesis], newest: Mapping[int, np.ndarray]
    ) -> dict[OnsetHypothesis, float]:
        """Of those long enough: the log odds, 0 at most, that the newest speech is of the same voice as that before it.

        A voice that somebody enrolled is held against its voiceprint; a stranger's only against itself.
        """
        parts = []
        for start in starts:
            chunks = self._half(start)
            if chunks and (before := start.pooled_at(self._heard - chunks)) is not None:
                parts.append((start, newest[chunks], before.total, min(chunks * CHUNK_S, before.total_s)))
        if not parts:
            return {}
        kept, after, before, seconds = zip(*parts, strict=True)
        odds = self.voices.alike(np.stack(after), unit(np.stack(before)).astype(np.float32), seconds)
        return dict(zip(kept, np.minimum(odds, 0.0).tolist(), strict=True))

    def _drop(self, highest: Sequence[float], new: OnsetHypothesis) -> None:
        """Starts that have become unlikely, each with the ``highest`` weight of its labels; and add the ``new`` one."""
        floor = max(highest) + math.log(self.config.least)
        if len(highest) > self.config.most_starts:
            floor = max(floor, sorted(highest)[-self.config.most_starts])
        young = self._heard - 2 * self._lengths[0]  # nothing is known of them yet
        recent = self._heard - round(self.config.kept_s / CHUNK_S)
        self._starts = [
            start
            for start, weight in zip(self._starts, highest, strict=True)
            if weight >= floor or start.at > young or (start.kept and start.at > recent)
        ]
        self._starts.append(new)

    # ------------------------------------------------------------ what is said

    def state(self) -> ShownTurn:
        """The present turn as evidence stands, even if silence has begun."""
        return self._state

    def _say(self, probable: dict[str, float], ways: dict[str, tuple[float, OnsetHypothesis]]) -> None:
        """What is shown, given how probable each label is; unknown voices are one another's equals here."""
        config, shown = self.config, plain(self._state.label)
        chances: dict[str | None, float] = {}
        for label, chance in probable.items():
            chances[plain(label)] = chances.get(plain(label), 0.0) + chance
        best: str | None = max(chances, key=chances.__getitem__)
        likeliest = max((label for label in probable if plain(label) == best), key=probable.__getitem__)
        self._path = self._trace(ways, likeliest)
        needed = config.show if shown in (None, best) else config.name if shown == UNKNOWN else config.switch
        if chances[best] < needed:
            best = shown if chances.get(shown, 0.0) >= config.keep else None
        start = self._path[-1].start
        speech_s = start.pooled[-1].total_s if start.pooled else 0.0
        label = best
        if best == UNKNOWN:
            if speech_s < config.settle_s and shown != UNKNOWN:
                label = None
            elif is_numbered(likeliest):
                label = likeliest
            elif speech_s >= self.voices.config.new_voice_s:
                label = self.voices.next_unknown
        state = self._state
        if start.pooled:
            state = ShownTurn(
                scores=start.scores,
                threshold=self.voices.threshold(speech_s),
                embedding=unit(start.pooled[-1].total).astype(np.float32),
                speech_s=speech_s,
            )
        elif best is None or best != shown:
            state = ShownTurn()
        named = label is not None and not is_unknown(label)
        threshold = state.threshold
        if threshold is not None and named:  # who speaks already needs less, and somebody else more
            threshold = min(threshold, state.scores.get(label, threshold))
        elif threshold is not None and label is not None and state.scores:
            threshold = max(threshold, max(state.scores.values()) + 0.001)
        self._state = replace(
            state,
            label=label,
            threshold=threshold,
            speaker=label if named else None,
            confidence=chances[best] if label is not None else 0.0,
            reason="" if named else self.voices.reason(state.scores, state.speech_s),
        )

    def _trace(self, ways: dict[str, tuple[float, OnsetHypothesis]], label: str) -> list[_Piece]:
        """The most likely turns until now, oldest first, the last of them ``label``'s."""
        path, last, start = [], self._heard, ways[label][1]
        while True:
            path.append(_Piece(start, max(start.at, self._told), last, label))
            _, before = start.best_way(label)
            if before is None or start.at <= self._told:
                return path[::-1]
            last, (label, start) = start.at, before

    # ------------------------------------------------------------ turns

    def turns(self) -> list[tuple[list[tuple[float, float]], str | None]]:
        """The turns that are not over yet, as they now look: (start_s, end_s) of their pieces, and the label."""
        turns = [(self._speech(group[0].first, group[-1].last), group[-1].label) for group in self._grouped()]
        if turns and self._state.label is None and turns[-1][1] == UNKNOWN:
            turns[-1] = (turns[-1][0], None)
        return turns

    def over(self, *, everything: bool = False) -> list[FinishedTurn]:
        """The turns that have ended for long enough, or all; each is told once, in the order in which they were."""
        groups, going_on = self._grouped(), None
        if not everything and self._silence_s < self.config.over_s and groups:
            recent = self._heard - round(self.config.over_s / CHUNK_S)
            going_on = groups[-1]
            groups = [group for group in groups[:-1] if group[-1].last <= recent]
        told = [over for over in map(self._over, groups) if over.pieces]
        if groups:
            self._forget(groups[-1][-1].last)
        elif going_on and (cut := self._cut(going_on[-1], recent)):
            told = [self._over([replace(going_on[-1], last=cut)])]
            self._forget(cut)
            self._path = [_Piece(self._starts[0], cut, self._heard, going_on[-1].label)]
        return told

    def _cut(self, piece: _Piece, recent: int) -> int | None:
        """Where a turn that goes on is over so far: at its last pause, or anywhere if it is very long."""
        if piece is not self._path[0]:
            return None
        if self._heard - piece.first > self.config.longest_s / CHUNK_S:
            self._starts[-1].kept = True
        least = piece.first + self._lengths[-1]
        cuts = [start.at for start in self._starts if start.kept and least <= start.at <= recent]
        return cuts[-1] if cuts and piece.start.pooled_at(cuts[-1]) else None

    def rename(self, old: str, new: str, at: int | None = None) -> None:
        """A label has become another: before the chunk ``at``, or everywhere."""
        for start in self._starts:
            if at is None or start.at == at:
                start.rename(old, new)

    def _grouped(self) -> list[list[_Piece]]:
        """The path, neighbours of one label together; of unknown voices only those that sound alike."""
        groups: list[list[_Piece]] = []
        for piece in self._path:
            before = groups[-1][-1] if groups else None
            if before and before.label == piece.label and (piece.label != UNKNOWN or self._alike(before, piece)):
                groups[-1].append(piece)
            else:
                groups.append([piece])
        return groups

    def _alike(self, a: _Piece, b: _Piece) -> bool:
        one, other = a.start.pooled_at(a.last), b.start.pooled_at(b.last)
        return one is None or other is None or float(unit(one.total) @ unit(other.total)) >= self.config.link_cosine

    def _over(self, group: Sequence[_Piece]) -> FinishedTurn:
        first, last = group[0].first, group[-1].last
        pooled = [row for piece in group if (row := piece.start.pooled_at(piece.last)) is not None]
        pieces, turn = self._speech(first, last), None
        if pooled and pieces:
            voice = unit(sum(row.total for row in pooled)).astype(np.float32)
            speech_s, all_s = sum(row.total_s for row in pooled), (last - first) * CHUNK_S
            speech_s = all_s if speech_s >= 2 * self.config.windows_s[-1] else speech_s
            turn = EmbeddedTurn(pieces[0][0], pieces[-1][1], voice, speech_s)
        return FinishedTurn(group[-1].label, pieces, first, last, turn)

    def _speech(self, first: int, last: int) -> list[tuple[float, float]]:
        return self._runs.between(first, last, self._heard, self.config.piece_s)

    def _forget(self, last: int) -> None:
        """What was before the chunk ``last`` is over: whoever spoke then may only go on."""
        self._told = last
        self._starts = [start for start in self._starts if start.at >= last]
        for start in self._starts:
            later = {who: way for who, way in start.ways.items() if way[1].at >= last}
            start.ways = later or start.ways
            for _, earlier in start.ways.values():
                if earlier.at < last:  # nobody asks what was before it
                    earlier.ways = {}
            if start.at == last:
                start.ways = {}
                if start.change < 0:
                    start.same = math.log(-math.expm1(start.change))
        self._path = [piece for piece in self._path if piece.first >= last]
        self._runs.forget(last, last_too=last == self._heard and self._silence_s > 0)


def _together(weights: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Label -> log weight, all starts together."""
    labels = dict.fromkeys(label for own in weights for label in own)
    return {label: log_sum(own[label] for own in weights if label in own) for label in labels}


def _best(
    ways: Sequence[Mapping[str, float]], starts: Sequence[OnsetHypothesis]
) -> dict[str, tuple[float, OnsetHypothesis]]:
    """Label -> (log weight, start) of the most likely turns that end with it."""
    best: dict[str, tuple[float, OnsetHypothesis]] = {}
    for own, start in zip(ways, starts, strict=True):
        for label, weight in own.items():
            if label not in best or weight > best[label][0]:
                best[label] = (weight, start)
    return best
