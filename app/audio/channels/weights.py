"""From what is known of the channels to how much of each is heard, and to what is said about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.audio.channels.evidence import ChannelEvidence

SOON = 8
"""Looks until levels are believed: 0.25 s."""
VOICE = 10.0
"""A channel holds a voice if the loudest is so many times its noise (10 dB); where none does, less is enough:"""
NEARLY, LEAST_VOICE = 2.5, 2.5
"""as much as the best of them has, but for a factor (4 dB), and 4 dB at least."""
COPY, STILL_COPY = 0.4, 0.3
"""Two channels become copies from this whitened correlation on, and stay so as long as it is above the other."""
CORRELATED, STILL_CORRELATED = 0.6, 0.4
"""The same for the correlation without whitening, at lag 0."""
STEADY_DB, STILL_STEADY_DB = 5.0, 8.0
"""And for the difference in level: of copies it stays the same, not so where each of two people has a microphone."""
ALIGNED = 0.75
"""Copies without a lag: their whitened correlation at lag 0 is at least this part of its peak."""
OPPOSED = 0.3
"""From this correlation on, below 0, a channel is turned; above 0, turned back. Of different sounds it is all one."""
MARGIN = 100.0
"""The noise that all other voices bring along may be so many times weaker than a voice (20 dB)."""
HUSH = 1e5
"""What holds no voice at all may be heard so many times weaker than one (50 dB)."""
CLEAN = 1e4
"""From so much voice over noise on (40 dB) less noise does not count."""
LOYALTY = 2.0
"""Another channel is chosen only if it is so much better (3 dB)."""
DEAD_BAND, TWICE = 0.25, 2.0
"""A weight is left as it is that would change by less than this part of the largest, and by less than this factor."""
SILENT = 3e-9
"""A channel whose loudest is below this power (-85 dB re full scale) is called silent."""
HEARD = 0.1
"""Channels with less weight than this part of the largest are not called heard (20 dB)."""


@dataclass(frozen=True)
class _Sound:
    """Channels that carry one and the same sound."""

    members: list[int]
    """Those that are summed, the best first."""
    weights: np.ndarray
    """Of each member, with its sign: together they have the level of the first."""
    late: list[int]
    """Copies that come earlier or later: a sum with them would be a comb filter."""


class ChannelWeights:
    """Decides the weights, and keeps to a decision while nothing better is known."""

    def __init__(self, channels: int):
        self._channels = channels
        self._mean = np.full(channels, 1 / channels, np.float32)
        self._target = self._mean
        self._chosen: set[int] = set()
        self._signs = np.ones((channels, channels))
        self._copies = np.eye(channels, dtype=bool)
        self._decided = False
        self.notice = ""
        """In words, what was decided; "" where all channels are heard as they are."""

    def all_the_same(self) -> np.ndarray:
        """The weights where all channels carry the same."""
        if self._target is not self._mean:
            self._target, self._decided, self.notice = self._mean, False, ""
        return self._target

    def from_evidence(self, evidence: ChannelEvidence) -> np.ndarray:
        """The weights (channels,) float32, the same object as long as they do not change."""
        voices = np.zeros(self._channels, bool)
        if evidence.looks >= SOON:
            over = evidence.voice / evidence.noise
            voices = over >= max(min(VOICE, over.max() / NEARLY), LEAST_VOICE)
        if not voices.any() and self._decided:
            return self._target  # a long pause
        self._decided = bool(voices.any())
        sounds = self._sounds(evidence, voices if self._decided else np.ones(self._channels, bool))
        self._chosen = {sound.members[0] for sound in sounds}
        weights = self._weigh(evidence, sounds, voices)
        if weights @ self._target < 0:
            weights = -weights  # all of them turned is the same, and no change
        if self._differs(weights):
            self._target = weights
        self.notice = in_words(evidence, sounds, voices, self._target)
        return self._target

    def _sounds(self, evidence: ChannelEvidence, voices: np.ndarray) -> list[_Sound]:
        """What is to be heard, the best first."""
        self._compare(evidence)
        quality = np.minimum(evidence.voice / evidence.noise, CLEAN)
        quality = [quality[index] * (LOYALTY if index in self._chosen else 1.0) for index in range(self._channels)]
        left = sorted(np.flatnonzero(voices).tolist(), key=lambda index: -quality[index])
        sounds: list[_Sound] = []
        while left:
            best = left[0]
            copies = [index for index in left if self._copies[best, index]]
            left = [index for index in left if index not in copies]
            members = [index for index in copies if _in_step(evidence, best, index)]
            weights = _combined(evidence, np.array(members)) * self._signs[best, members]
            if sounds:
                weights *= self._signs[best, sounds[0].members[0]]
            sounds.append(_Sound(members, weights, [index for index in copies if index not in members]))
        return sounds

    def _compare(self, evidence: ChannelEvidence) -> None:
        """Which channels are copies, and which of them are turned; in doubt it stays as it was."""
        plain = np.abs(evidence.correlation)
        self._signs = np.where(plain >= OPPOSED, np.sign(evidence.correlation), self._signs)
        start = ((evidence.peak >= COPY) | (plain >= CORRELATED)) & (evidence.spread_db <= STEADY_DB)
        stay = ((evidence.peak >= STILL_COPY) | (plain >= STILL_CORRELATED)) & (evidence.spread_db <= STILL_STEADY_DB)
        self._copies = start | (self._copies & stay)

    def _weigh(self, evidence: ChannelEvidence, sounds: list[_Sound], voices: np.ndarray) -> np.ndarray:
        weights = np.zeros(self._channels)
        for sound in sounds:
            weights[sound.members] = sound.weights
        if not self._decided:
            return (weights / len(sounds)).astype(np.float32)
        # What holds no voice is heard, too, as far as its noise allows: one may begin to speak there.
        parts = [(sound.members, MARGIN) for sound in sounds]
        parts += [([index], HUSH) for index in np.flatnonzero(~voices).tolist()]
        weights[~voices] = 1.0
        for members, margin in parts:
            others = [evidence.voice[sound.members[0]] for sound in sounds if sound.members is not members]
            if others:
                noise = float(np.sum(weights[members] ** 2 * evidence.noise[members]))
                allowed = min(others) / (margin * (len(parts) - 1))
                weights[members] *= min(1.0, float(np.sqrt(allowed / max(noise, 1e-30))))
        return (weights / max(1.0, np.abs(weights).max())).astype(np.float32)

    def _differs(self, weights: np.ndarray) -> bool:
        before, now = self._target, weights
        if np.abs(now - before).max() > DEAD_BAND * np.abs(now).max():
            return True
        low, high = np.minimum(np.abs(before), np.abs(now)), np.maximum(np.abs(before), np.abs(now))
        return bool(((high > TWICE * low) & (high > 0.01)).any())


def _in_step(evidence: ChannelEvidence, a: int, b: int) -> bool:
    return a == b or bool(abs(evidence.aligned[a, b]) >= ALIGNED * evidence.peak[a, b])


def _combined(evidence: ChannelEvidence, members: np.ndarray) -> np.ndarray:
    """Weights of copies in step that give the best ratio of voice to noise (maximal-ratio combining, Brennan 1959)."""
    amplitude = np.sqrt(evidence.voice[members])
    best = amplitude / np.maximum(evidence.noise[members], amplitude**2 / CLEAN)
    return best * amplitude[0] / np.sum(best * amplitude)


def in_words(evidence: ChannelEvidence, sounds: list[_Sound], voices: np.ndarray, weights: np.ndarray) -> str:
    """What was decided, for the user; "" where all channels are heard as they are."""
    late = {index for sound in sounds for index in sound.late}
    silent = {index for index in range(len(voices)) if evidence.voice[index] <= SILENT}
    turned = [
        m for s in sounds for m, weight in zip(s.members, s.weights * np.sign(s.weights[0]), strict=True) if weight < 0
    ]
    faint = {index for index in range(len(voices)) if abs(weights[index]) < HEARD * np.abs(weights).max()}
    noisy = {index for index in faint - late - silent if not voices[index]} if voices.any() else set()
    loud = faint - late - silent - noisy if voices.any() else set()
    unheard = late | silent | noisy
    parts = []
    if unheard and len(unheard) < len(voices):
        heard = [index for index in range(len(voices)) if index not in unheard]
        parts.append(f"{_names(heard)} {_is(heard)} heard")
    for what, those in (
        (("holds only noise", "hold only noise"), noisy),
        (("is silent", "are silent"), silent if parts else set()),
        (("is the same at another time", "are the same at other times"), late),
        (("is noisy and turned down", "are noisy and turned down"), loud),
        (("is an inverted copy and is turned", "are inverted copies and are turned"), set(turned)),
    ):
        if those:
            parts.append(f"{_names(sorted(those))} {what[len(those) > 1]}")
    return "; ".join(parts)


def _names(channels: list[int]) -> str:
    numbers = [str(index + 1) for index in channels]
    if len(numbers) == 1:
        return f"channel {numbers[0]}"
    return f"channels {', '.join(numbers[:-1])} and {numbers[-1]}"


def _is(channels: list[int]) -> str:
    return "is" if len(channels) == 1 else "are"
