"""The voices of a session: who of those enrolled was heard, and strangers who are told apart and known again.

A voiceprint was recorded at another time, often in another place. What a voice sounded like a minute ago, through this
microphone and this noise, is the better thing to compare with: each voice heard for long enough gets a centroid for the
session, beside the voiceprint of its owner or, if it has none, under a number of its own. The voiceprints themselves
never change, and at the end of the session all of this is forgotten.

Turns are kept with their embeddings. When a voice becomes better known, earlier turns are decided again: hindsight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from app.diarisation.unknowns import UnknownSpeaker
from app.scoring.cohort import unit
from app.scoring.decision import Decision, DecisionRule, decide
from app.scoring.gallery import Gallery, best, best_of_each
from app.scoring.identification import UNKNOWN, is_unknown
from utils import SAMPLE_RATE


@dataclass(frozen=True)
class SessionSpeakersConfig:
    needed_llr: float = 1.2
    """The natural log-likelihood ratio that a name needs. With a quarter of the speech by strangers and five people
    enrolled, a name is then clearly more likely right than not; a threshold chosen by hand is taken as it is."""
    learn_s: float = 1.5
    """Speech of a turn before it counts towards a voice of the session; shorter ones are told from what is known."""
    new_voice_s: float = 2.0
    """Speech of an unknown voice before it gets a number."""
    session_penalty: float = 0.06
    """Taken from scores with centroids of this session: through one microphone, all voices sound more alike."""
    learn_above: float = 0.04
    """How far above the threshold a turn must be for an enrolled person's centroid to learn from it."""
    voiceprint_floor: float = 0.12
    """How far below the threshold the score with the voiceprint itself may be for a centroid of the session to speak
    for an enrolled person: it refines what was enrolled, it does not replace it."""
    most_unknown: int = 20
    """Unknown voices told apart; the one not heard for longest makes room for a new one."""
    most_turns: int = 400
    """The newest turns, which hindsight may still change."""
    scores: int = 100
    """Of so many people scores are told, those with the highest: a gallery may hold a hundred thousand."""
    kept_s: float = 60.0
    """Speech in memory of each unknown voice: the newest."""


def live_rule(rule: DecisionRule, llr: float) -> DecisionRule:
    """How a model's ``rule`` decides live: by the odds, where it goes by the length of speech; a threshold that was
    chosen by hand is taken as it is."""
    return rule.with_llr_threshold(llr) if rule.by_speech else rule


@dataclass
class EmbeddedTurn:
    """A turn that is over."""

    start_s: float
    end_s: float
    voice: np.ndarray
    """(D,) of unit length."""
    speech_s: float
    label: str | None = None
    speech: np.ndarray | None = None
    """int16 (n,) while its voice is unknown."""


@dataclass
class _Centroid:
    """The sum of the embeddings of a voice's turns, each weighted by its seconds of speech."""

    total: np.ndarray
    speech_s: float
    last_s: float


@dataclass(frozen=True)
class SessionDecision:
    """Whose voice it is."""

    decision: Decision
    """About the people enrolled."""
    label: str | None
    """A name, "Unknown 1", "unknown"."""
    scores: dict[str, float] = field(default_factory=dict)
    """Enrolled name -> score."""


@dataclass(frozen=True)
class Evidence:
    """What an embedding says."""

    odds: dict[str, float]
    """Name, or "Unknown 1" -> natural log odds that it is this voice, against one never heard: 0 at the threshold."""
    scores: dict[str, float]
    """Enrolled name -> score."""


class SessionSpeakers:
    """Tells whose voice an embedding is, learns from turns that are over, and corrects earlier ones."""

    def __init__(self, gallery: Gallery, rule: DecisionRule, config: SessionSpeakersConfig = SessionSpeakersConfig()):
        self.config = config
        self.rule = rule
        self.turns: list[EmbeddedTurn] = []
        self._gallery = gallery
        self._centroids: dict[str, _Centroid] = {}
        self._next = 1
        self._session: Gallery | None = None

    # ------------------------------------------------------------ who is known

    @property
    def rule(self) -> DecisionRule:
        """How it decides, as it was given."""
        return self._given_rule

    @rule.setter
    def rule(self, rule: DecisionRule) -> None:
        self._given_rule, self._own_rule = rule, rule.with_llr_threshold(self.config.needed_llr)
        self._rule = live_rule(rule, self.config.needed_llr)  # a threshold chosen by hand is for names

    def threshold(self, speech_s: float) -> float:
        """The score that a name needs with so much speech."""
        return self._rule.at(speech_s).threshold

    @property
    def gallery(self) -> Gallery:
        """The people enrolled; whoever is gone from a new one is forgotten."""
        return self._gallery

    @gallery.setter
    def gallery(self, gallery: Gallery) -> None:
        self._gallery, self._session = gallery, None
        known = set(gallery.names)
        for label in [label for label in self._centroids if not is_unknown(label) and label not in known]:
            del self._centroids[label]
        self.look_back()

    def _session_gallery(self) -> Gallery:
        if self._session is None:
            labels = tuple(self._centroids)
            rows = [unit(centroid.total) for centroid in self._centroids.values()]
            vectors = np.stack(rows).astype(np.float32) if rows else self._gallery.vectors[:0]
            self._session = Gallery(labels, vectors, self._gallery.cohort)
        return self._session

    # ------------------------------------------------------------ telling

    def tell(self, voice: np.ndarray, speech_s: float) -> SessionDecision:
        """Whose voice (D,) of unit length it is, with ``speech_s`` seconds of speech behind it."""
        return self._decide(*self._best(voice[None])[0], speech_s)

    def _best(self, voices: np.ndarray) -> list[tuple[dict[str, float], dict[str, float]]]:
        """Of each of ``voices`` (n, D): the highest scores with voiceprints and with centroids of the session."""
        galleries = (self._gallery, self._session_gallery())
        return list(zip(*(best_of_each(voices, gallery, self.config.scores) for gallery in galleries), strict=True))

    def labels(self) -> list[str]:
        """All that may be told without hearing anything: the people of a small gallery, and the unknown voices."""
        names = self._gallery.people if len(self._gallery.people) <= self.config.scores else ()
        return [*names, *(label for label in self._centroids if is_unknown(label))]

    def evidence(self, voices: np.ndarray, speech_s: Sequence[float]) -> list[Evidence]:
        """What each of the voices (n, D) of unit length says, with so many seconds of speech (n,) behind it."""
        out = []
        rules = {seconds: (self._rule.at(seconds), self._own_rule.at(seconds)) for seconds in set(speech_s)}
        for (enrolled, session), seconds in zip(self._best(voices), speech_s, strict=True):
            rule, own = rules[seconds]
            scores, unknown = self._together(enrolled, session, rule)
            worth = own.discount(seconds)
            odds = {name: worth * rule.scale * (value - rule.threshold) for name, value in scores.items()}
            odds |= {label: worth * own.scale * (value - own.threshold) for label, value in unknown.items()}
            out.append(Evidence(odds, scores))
        return out

    def alike(self, a: np.ndarray, b: np.ndarray, speech_s: Sequence[float]) -> np.ndarray:
        """Log-likelihood ratios (n,) that two voices are one, of pairs of ``a`` and ``b`` (n, D) of unit length.

        ``speech_s``: seconds of speech behind the one with less.
        """
        cosines, cohort = np.einsum("nd,nd->n", a, b), self._gallery.cohort
        scores = cosines if cohort is None else cohort.normalise_pairs(cosines, *map(cohort.statistics, (a, b)))
        rules = [self._own_rule.at(seconds) for seconds in speech_s]
        worth = [rule.discount(seconds) for rule, seconds in zip(rules, speech_s, strict=True)]
        return np.array([w * (r.scale * s + r.offset) for w, r, s in zip(worth, rules, scores, strict=True)])

    def reason(self, scores: dict[str, float], speech_s: float) -> str:
        """Why a voice with such scores is called unknown."""
        return decide(scores, self._rule.at(speech_s)).reason or "too early to tell"

    def _together(
        self, enrolled: dict[str, float], session: dict[str, float], rule: DecisionRule
    ) -> tuple[dict[str, float], dict[str, float]]:
        """Scores of the people enrolled, by the better of voiceprint and session; and of the unknown voices."""
        heard = {label: value - self.config.session_penalty for label, value in session.items()}
        scores = dict(enrolled)
        for name, value in heard.items():
            own = enrolled.get(name)
            if own is not None and own >= rule.threshold - self.config.voiceprint_floor:
                scores[name] = max(own, value)
        return scores, {label: value for label, value in heard.items() if is_unknown(label)}

    def _decide(self, enrolled: dict[str, float], session: dict[str, float], speech_s: float) -> SessionDecision:
        rule = self._rule.at(speech_s)
        scores, unknown = self._together(enrolled, session, rule)
        decision = decide(scores, rule)
        nearest = max(unknown, key=unknown.__getitem__, default=None)
        if nearest is not None:
            needed = self._own_rule.at(speech_s).threshold
            if decision.speaker is not None:
                needed = max(needed, scores[decision.speaker])
            if unknown[nearest] >= needed:
                return SessionDecision(replace(decision, speaker=None), nearest, scores)
        return SessionDecision(decision, decision.speaker or UNKNOWN, scores)

    # ------------------------------------------------------------ learning

    def learn(self, turn: EmbeddedTurn) -> None:
        """Take in a turn that is over, and look back at the earlier ones."""
        told = self.tell(turn.voice, turn.speech_s)
        turn.label = told.label
        if told.label == UNKNOWN:
            if turn.speech_s >= self.config.new_voice_s:
                turn.label = self._new_unknown(turn)
        elif turn.speech_s >= self.config.learn_s and self._sure(turn, told):
            self._add(turn.label, _centroid_of(turn))
        self.turns.append(turn)
        del self.turns[: -self.config.most_turns]
        self.look_back()
        self._limit_speech()

    def _sure(self, turn: EmbeddedTurn, told: SessionDecision) -> bool:
        speaker = told.decision.speaker
        if speaker is None:
            return True
        return told.scores[speaker] >= self._rule.at(turn.speech_s).threshold + self.config.learn_above

    def _new_unknown(self, turn: EmbeddedTurn) -> str:
        unknown = [label for label in self._centroids if is_unknown(label)]
        if len(unknown) >= self.config.most_unknown:
            self.forget(min(unknown, key=lambda label: self._centroids[label].last_s))
        label = self.next_unknown
        self._next += 1
        self._add(label, _centroid_of(turn))
        return label

    @property
    def next_unknown(self) -> str:
        """What the next new voice will be called."""
        return f"Unknown {self._next}"

    def _add(self, label: str, more: _Centroid) -> None:
        if known := self._centroids.get(label):
            known.total = known.total + more.total
            known.speech_s += more.speech_s
            known.last_s = max(known.last_s, more.last_s)
        else:
            self._centroids[label] = more
        self._session = None

    # ------------------------------------------------------------ hindsight

    def look_back(self) -> None:
        """Unknown voices that have turned out to be somebody, or each other, and the turns since decided again."""
        while (pair := self._same_voice()) is not None:
            self._merge(*pair)
        if not self.turns:
            return
        voices = np.stack([turn.voice for turn in self.turns])
        for turn, found in zip(self.turns, self._best(voices), strict=True):
            told = self._decide(*found, turn.speech_s)
            if told.label != UNKNOWN:
                turn.label = told.label
            elif not is_unknown(turn.label):
                turn.label = UNKNOWN

    def _same_voice(self) -> tuple[str, str] | None:
        """(unknown label, the label that it should have), or None."""
        for label, centroid in self._centroids.items():
            if not is_unknown(label) or centroid.speech_s < self.config.new_voice_s:
                continue
            voice = unit(centroid.total).astype(np.float32)
            named = decide(best(voice, self._gallery), self._rule.at(centroid.speech_s))
            if (name := named.speaker) is not None:
                return label, name
            others = {k: v for k, v in best(voice, self._session_gallery()).items() if k != label and is_unknown(k)}
            nearest = max(others, key=others.__getitem__, default=None)
            needed = self._own_rule.at(centroid.speech_s).threshold
            if nearest is not None and others[nearest] - self.config.session_penalty >= needed:
                return max(label, nearest, key=_number), min(label, nearest, key=_number)
        return None

    def _merge(self, old: str, new: str) -> None:
        self._add(new, self._centroids.pop(old))
        for turn in self.turns:
            if turn.label == old:
                turn.label = new

    # ------------------------------------------------------------ unknown voices

    def unknowns(self) -> list[UnknownSpeaker]:
        """The unknown voices of the session, in the order of their numbers."""
        labels = sorted((label for label in self._centroids if is_unknown(label)), key=_number)
        return [
            UnknownSpeaker(
                label,
                self._centroids[label].speech_s,
                len(self.speech_of(label)) / SAMPLE_RATE,
                self._centroids[label].last_s,
            )
            for label in labels
        ]

    def speech_of(self, label: str) -> np.ndarray:
        """(n,) float32: the kept speech of a voice, oldest first; empty for a label that nobody has."""
        parts = [turn.speech for turn in self.turns if turn.label == label and turn.speech is not None]
        return np.concatenate(parts).astype(np.float32) / 32768 if parts else np.zeros(0, np.float32)

    def relabel(self, old: str, new: str) -> None:
        """Give a voice and its turns another label: the name it was enrolled under. KeyError if there is no such."""
        if old not in self._centroids:
            raise KeyError(old)
        self._merge(old, new)

    def forget(self, label: str) -> None:
        """An unknown voice is not known again; its turns stay as "unknown", its speech is dropped."""
        self._centroids.pop(label, None)
        self._session = None
        for turn in self.turns:
            if turn.label == label:
                turn.label, turn.speech = UNKNOWN, None

    def _limit_speech(self) -> None:
        left: dict[str | None, float] = {}
        for turn in reversed(self.turns):
            if turn.speech is None:
                continue
            so_far = left.get(turn.label, 0.0)
            if so_far >= self.config.kept_s or (turn.label is not None and not is_unknown(turn.label)):
                turn.speech = None
            else:
                left[turn.label] = so_far + len(turn.speech) / SAMPLE_RATE


def _centroid_of(turn: EmbeddedTurn) -> _Centroid:
    return _Centroid(turn.voice * turn.speech_s, turn.speech_s, turn.end_s)


def _number(label: str) -> int:
    return int(label.rpartition(" ")[2])
