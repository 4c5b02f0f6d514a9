"""Which speech is so surely somebody's that it may be offered to be added to their voiceprint."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.audio.vad import DetectedSpeech
from app.diarisation.timeline import Turn
from app.embedding.encoder import Encoder
from app.enrolment.quality import Quality, SimilarityThresholds, judge, measure, signal_to_noise_db
from app.enrolment.segments import embed_segments, pool_embeddings
from app.scoring.certainty import Certainty
from app.scoring.decision import decide
from app.scoring.gallery import Gallery, best_of_each
from app.scoring.labels import Kind

CERTAIN = 0.95
"""Confidence in hindsight, 0 to 1, that every turn of an offer has, besides being ``Certainty.CERTAIN``."""
PAUSE_S = 1.5
"""Pause up to which one person's turns, with nobody between them, are one stretch of speech."""


@dataclass(frozen=True)
class Stretch:
    """Neighbouring turns of one label in one channel."""

    turns: tuple[Turn, ...]

    @property
    def start_s(self) -> float:
        return self.turns[0].start_s

    @property
    def end_s(self) -> float:
        return self.turns[-1].end_s

    @property
    def channel(self) -> int:
        return self.turns[0].channel

    @property
    def speech_s(self) -> float:
        """Seconds of its turns."""
        return sum(turn.duration_s for turn in self.turns)

    @property
    def certain(self) -> bool:
        """Whether it is surely one enrolled person's, from its first turn to its last, and not by the user's word."""
        return self.turns[0].label.kind is Kind.PERSON and all(map(_is_certain, self.turns))

    def pieces(self, longest_s: float) -> list[Stretch]:
        """The same in pieces of whole turns, of ``longest_s`` at most where no single turn is longer."""
        groups: list[list[Turn]] = []
        for turn in self.turns:
            if groups and turn.end_s - groups[-1][0].start_s <= longest_s:
                groups[-1].append(turn)
            else:
                groups.append([turn])
        return [Stretch(tuple(group)) for group in groups]


def _is_certain(turn: Turn) -> bool:
    return turn.certainty is Certainty.CERTAIN and turn.confidence is not None and turn.confidence >= CERTAIN


def stretches(turns: Iterable[Turn]) -> list[Stretch]:
    """Turns, in order of time, as stretches, in order of their beginnings."""
    newest: dict[int, list[Turn]] = {}
    groups: list[list[Turn]] = []
    for turn in turns:
        group = newest.get(turn.channel)
        if group and group[-1].label == turn.label and turn.start_s - group[-1].end_s <= PAUSE_S:
            group.append(turn)
        else:
            newest[turn.channel] = group = [turn]
            groups.append(group)
    return [Stretch(tuple(group)) for group in groups]


def is_alone(stretch: Stretch, turns: Iterable[Turn], overlaps: Iterable[tuple[float, float]]) -> bool:
    """Whether nobody else spoke meanwhile: no turn of another channel, no overlap (start_s, end_s) was heard."""
    spans = [*overlaps, *((turn.start_s, turn.end_s) for turn in turns if turn.channel != stretch.channel)]
    return all(end_s <= stretch.start_s or start_s >= stretch.end_s for start_s, end_s in spans)


def good_speech(
    encoder: Encoder, gallery: Gallery, name: str, sound: DetectedSpeech, around: DetectedSpeech
) -> Quality | None:
    """The figures of sound that is good enough for enrolment and surely ``name``'s; None for any other.

    ``around``: the sound with more on either side, for the level of the noise; without that it is not good enough. All
    of it, compared by itself, is named by the rule of verification; each 3 s of it are nearest to this person, and
    more probably theirs than not.
    """
    quality = measure(sound)
    if quality.snr_db is None and (noise_db := measure(around).noise_db) is not None:
        snr_db = signal_to_noise_db(10 ** (quality.level_db / 10), 10 ** (noise_db / 10))
        quality = replace(quality, noise_db=noise_db, snr_db=snr_db)
    if judge(quality) or quality.snr_db is None or name not in gallery.people:
        return None
    vectors, seconds = embed_segments(encoder, sound.speech())
    if not len(vectors):
        return None
    rule = encoder.rule()
    whole, *parts = best_of_each(np.stack([pool_embeddings(vectors, seconds), *vectors]), gallery)
    if decide(whole, rule.at(sum(seconds))).speaker != name:
        return None
    for scores, speech_s in zip(parts, seconds, strict=True):
        needed = SimilarityThresholds.of(rule.at(speech_s)).different
        if next(iter(scores)) != name or scores[name] < needed:
            return None
    return quality


def contradicted(span: tuple[float, float, int], name: str | None, turns: Sequence[Turn]) -> bool:
    """Whether by now some of a stretch (start_s, end_s, channel) is somebody else's than ``name``."""
    return any(turn.label.name != name for turn in turns if touches(span, turn))


def touches(span: tuple[float, float, int], turn: Turn) -> bool:
    """Whether some of a turn is in a stretch (start_s, end_s, channel)."""
    start_s, end_s, channel = span
    return turn.channel == channel and turn.start_s < end_s and turn.end_s > start_s
