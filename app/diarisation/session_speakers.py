"""The speakers of a session: those enrolled, as they sound here, and strangers, who are told apart and known again.

A voiceprint was recorded at another time, often in another place. What a voice sounded like a minute ago, through this
microphone and this noise, is the better thing to compare with: each speaker heard for long enough gets a centroid for
the session, beside the voiceprint of an enrolled person or, for a stranger, under a number. The voiceprints themselves
never change, and at the end of the session all of this is forgotten.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from app.diarisation.session_centroids import SessionCentroids
from app.scoring.certainty import Certainty
from app.scoring.decision import Decision, DecisionRule, decide
from app.scoring.gallery import Gallery, best, best_of_each
from app.scoring.labels import Kind, Label, label_of, person


@dataclass(frozen=True)
class SessionSpeakersConfig:
    """What a session learns of its speakers, and when it trusts it. Scores are cosines, or normalised to look so."""

    needed_llr: float = 1.7
    """Natural log-likelihood ratio that a name needs. With a quarter of the speech by strangers and five people
    enrolled, a name is then clearly more likely right than not. A threshold chosen by hand takes its place."""
    voice_llr: float = 1.2
    """The same for an unknown voice to be known again."""
    learn_s: float = 1.5
    """Speech that a turn needs for a speaker's centroid to learn from it."""
    new_speaker_s: float = 2.0
    """Speech that a turn, or all turns of an unknown voice, need to be a speaker of the session: to get a number, and
    to be compared with the others."""
    session_penalty: float = 0.06
    """Amount taken from scores with centroids: through one microphone, all voices sound more alike."""
    learn_above: float = 0.04
    """Score above the threshold that a turn needs, besides being certain, for the centroid of an enrolled person to
    learn from it."""
    voiceprint_floor: float = 0.12
    """Score below the threshold that an enrolled person's voiceprint may have at most where the person's centroid is to
    count: the centroid refines what was enrolled, it does not replace it."""
    max_unknown: int = 20
    """Unknown voices told apart; the one not heard for longest makes room for a new one."""
    max_scores: int = 100
    """People whose scores are given, the highest ones: a gallery may hold a hundred thousand."""


def live_rule(rule: DecisionRule, llr: float) -> DecisionRule:
    """The rule by which a session decides, given a model's ``rule``: the log-likelihood ratio ``llr`` is needed where
    the model's threshold goes by the length of speech. A threshold that was chosen by hand is taken as it is."""
    return rule.with_llr_threshold(llr) if rule.by_speech else rule


class _RuleBySpeech:
    """A rule that remembers what it is for so much speech: the same lengths come again and again."""

    most = 10_000

    def __init__(self, rule: DecisionRule):
        self._rule = rule
        self._known: dict[float, DecisionRule] = {}

    def at(self, speech_s: float) -> DecisionRule:
        """See ``DecisionRule.at``."""
        if (known := self._known.get(speech_s)) is None:
            if len(self._known) >= self.most:
                self._known.clear()
            known = self._known[speech_s] = self._rule.at(speech_s)
        return known


@dataclass(frozen=True)
class SessionDecision:
    """Which speaker of the session an embedding is from."""

    decision: Decision
    """The decision among the people enrolled."""
    label: Label
    """A name, "Unknown 1", "unknown"."""
    scores: dict[str, float] = field(default_factory=dict)
    """Enrolled name -> score."""
    certainty: Certainty = Certainty.UNKNOWN
    """How sure a name is, by the voiceprint alone."""
    confidence: float = 0.0
    """0 to 1: how probable ``label`` is, unknown voices as one another's equals, if each speaker of the session was as
    likely as one never heard where a score is at its threshold."""


@dataclass(frozen=True)
class SpeakerEvidence:
    """What an embedding says about each speaker of the session."""

    log_odds: dict[Label, float]
    """Name, or "Unknown 1" -> natural log odds of this speaker against one never heard: 0 at the threshold."""
    scores: dict[str, float]
    """Enrolled name -> score."""
    by_voiceprint: dict[str, float]
    """Enrolled name -> score of the voiceprint alone, whatever the session has learned."""


class SessionSpeakers:
    """Scores embeddings against the people enrolled and the centroids of the session, and keeps these centroids."""

    def __init__(self, gallery: Gallery, rule: DecisionRule, config: SessionSpeakersConfig = SessionSpeakersConfig()):
        self.config = config
        self.centroids = SessionCentroids()
        """What the speakers sound like here."""
        self._gallery = gallery
        self._denied: set[tuple[Label, Label]] = set()  # (unknown voice, whom the user says it is not)
        self.rule = rule

    # ------------------------------------------------------------ who is known, and how it is decided

    @property
    def rule(self) -> DecisionRule:
        """How it decides, as it was given."""
        return self._given_rule

    @rule.setter
    def rule(self, rule: DecisionRule) -> None:
        self._given_rule = rule
        self._apply()

    def _apply(self) -> None:
        rule = self._given_rule.among(self._gallery)
        one = replace(rule, crowd=rule.crowd._replace(people=1))  # unknown voices are told apart one from one
        self._own_rule = _RuleBySpeech(one.with_llr_threshold(self.config.voice_llr))
        self._rule = _RuleBySpeech(live_rule(rule, self.config.needed_llr))  # a threshold chosen by hand is for names

    def threshold(self, speech_s: float) -> float:
        """The score that a name needs with so much speech."""
        return self._rule.at(speech_s).threshold

    @property
    def gallery(self) -> Gallery:
        """The people enrolled. The centroid of whoever is gone from a new gallery is forgotten."""
        return self._gallery

    @gallery.setter
    def gallery(self, gallery: Gallery) -> None:
        self._gallery = gallery
        self.centroids.keep_people(gallery.people)
        self._apply()

    def labels(self) -> list[Label]:
        """The labels that are possible whatever is heard: the people of a small gallery, and the unknown voices."""
        names = self._gallery.people if len(self._gallery.people) <= self.config.max_scores else ()
        return [*map(person, names), *self.centroids.unknown_labels()]

    # ------------------------------------------------------------ embeddings

    def identify(self, embeddings: np.ndarray, speech_s: Sequence[float]) -> list[SessionDecision]:
        """Whose each of the embeddings (n, D) of unit length is, with so many seconds of speech (n,) behind it."""
        scores = zip(self._best(embeddings), speech_s, strict=True)
        return [self._decide(*found, seconds) for found, seconds in scores]

    def evidence(self, embeddings: np.ndarray, speech_s: Sequence[float]) -> list[SpeakerEvidence]:
        """What each of the embeddings (n, D) of unit length says, with so many seconds of speech (n,) behind it."""
        out = []
        rules = {seconds: (self._rule.at(seconds), self._own_rule.at(seconds)) for seconds in set(speech_s)}
        for (enrolled, session), seconds in zip(self._best(embeddings), speech_s, strict=True):
            rule, own = rules[seconds]
            scores, unknown = self._joined(enrolled, session, rule)
            out.append(SpeakerEvidence(_log_odds(scores, unknown, rule, own, own.discount(seconds)), scores, enrolled))
        return out

    def same_speaker_llr(self, a: np.ndarray, b: np.ndarray, speech_s: Sequence[float]) -> np.ndarray:
        """Natural log-likelihood ratios (n,) of one speaker against two, of pairs of ``a`` and ``b`` (n, D) of unit
        length. ``speech_s``: seconds of speech (n,) behind the one with less."""
        cohort = self._gallery.cohort
        scores = np.einsum("nd,nd->n", a, b) if cohort is None else cohort.pair_scores(cohort.side(a), cohort.side(b))
        rules = [self._own_rule.at(seconds) for seconds in speech_s]
        discounts = [rule.discount(seconds) for rule, seconds in zip(rules, speech_s, strict=True)]
        return np.array([d * (r.scale * s + r.offset) for d, r, s in zip(discounts, rules, scores, strict=True)])

    def certainty(
        self, label: Label | None, by_voiceprint: dict[str, float], speech_s: float, slack: float = 0.0
    ) -> Certainty | None:
        """How sure a label is; None for none. ``by_voiceprint``: what voiceprints score, for a session that has taken a
        stranger for somebody would be ever surer of it. ``slack``: added to the score, where it was certain before."""
        if label is None:
            return None
        if label.kind is not Kind.PERSON:
            return Certainty.UNKNOWN
        sure = self._rule.at(speech_s).certainty(by_voiceprint.get(label.name, -1.0) + slack)
        return Certainty.CERTAIN if sure is Certainty.CERTAIN else Certainty.LIKELY

    def reason(self, scores: dict[str, float], speech_s: float) -> str:
        """Why a voice with such scores is called unknown."""
        told = decide(scores, self._rule.at(speech_s)).reason if scores or not self._gallery.people else ""
        return told or "too early to tell"

    def _best(self, embeddings: np.ndarray) -> list[tuple[dict[str, float], dict[Label, float]]]:
        """The highest scores of each of the embeddings (n, D): (with voiceprints, with centroids of the session)."""
        galleries, cohort = (self._gallery, self.centroids.gallery(self._gallery)), self._gallery.cohort
        side = None
        if cohort is not None and len(embeddings) and embeddings.shape[1] == cohort.vectors.shape[1]:
            side = cohort.side(embeddings)
        found = (best_of_each(embeddings, gallery, self.config.max_scores, side) for gallery in galleries)
        return list(zip(*found, strict=True))

    def _joined(
        self, enrolled: dict[str, float], session: dict[Label, float], rule: DecisionRule
    ) -> tuple[dict[str, float], dict[Label, float]]:
        """Scores of the people enrolled, by the better of voiceprint and centroid; and of the unknown voices. Where
        somebody was denied, the voice that it is explains what is about as near to it as to the person."""
        lowered = {label: value - self.config.session_penalty for label, value in session.items()}
        scores = dict(enrolled)
        for label, value in lowered.items():
            name, own = label.name, enrolled.get(label.name)
            if own is not None and own >= rule.threshold - self.config.voiceprint_floor:
                scores[name] = max(own, value)
        for voice, who in self._denied:
            near, own = session.get(voice, -1.0), scores.get(who.name)
            if own is not None and near >= own - self.config.session_penalty:
                scores[who.name] = min(own, near - 2 * self.config.session_penalty)
        return scores, {label: value for label, value in lowered.items() if label.kind is Kind.VOICE}

    def _decide(self, enrolled: dict[str, float], session: dict[Label, float], speech_s: float) -> SessionDecision:
        rule, own = self._rule.at(speech_s), self._own_rule.at(speech_s)
        scores, unknown = self._joined(enrolled, session, rule)
        decision = decide(scores, rule)
        log_odds = _log_odds(scores, unknown, rule, own, own.discount(speech_s))
        nearest = max(unknown, key=unknown.__getitem__, default=None)
        if nearest is not None:
            needed = own.threshold
            if decision.speaker is not None:
                needed = max(needed, scores[decision.speaker])
            if unknown[nearest] >= needed:
                decision, confidence = replace(decision, speaker=None), _posterior(nearest, log_odds)
                return SessionDecision(decision, nearest, scores, confidence=confidence)
        label = label_of(decision.speaker)
        sure = self.certainty(label, enrolled, speech_s)
        return SessionDecision(decision, label, scores, sure, _posterior(label, log_odds))

    # ------------------------------------------------------------ centroids

    def displaced(self) -> Label | None:
        """The unknown voice that must be forgotten to make room for another; None if there is room."""
        unknown = self.centroids.unknown_labels()
        if len(unknown) < self.config.max_unknown:
            return None
        return min(unknown, key=lambda label: self.centroids[label].last_s)

    def learn(self, found: SessionDecision, embedding: np.ndarray, speech_s: float, end_s: float) -> bool:
        """Let the centroid of whoever was ``found`` learn from a turn's embedding (D,), if there is enough of it and a
        person's voiceprint is certain of it, whatever was learned before. ``end_s``: when the turn ended. Whether it
        learned."""
        speaker, needed = found.decision.speaker, self._rule.at(speech_s).threshold + self.config.learn_above
        certain = found.certainty is Certainty.CERTAIN and found.scores[speaker] >= needed
        if speech_s < self.config.learn_s or not (speaker is None or certain):
            return False
        self.centroids.add(found.label, embedding, speech_s, end_s)
        return True

    def deny(self, voice: Label, name: Label) -> None:
        """An unknown voice is not this person's, by the user's word: the two are never joined, and what is about as
        near to both is the voice's."""
        self._denied.add((voice, name))

    def same_speaker(self) -> tuple[Label, Label] | None:
        """(label of an unknown voice, label of the speaker whom it has turned out to be, another one), or None."""
        for label in self.centroids.unknown_labels():
            centroid = self.centroids[label]
            if centroid.speech_s < self.config.new_speaker_s:
                continue
            embedding = centroid.embedding
            named = decide(best(embedding, self._gallery), self._rule.at(centroid.speech_s))
            if named.speaker is not None and (label, person(named.speaker)) not in self._denied:
                return label, person(named.speaker)
            scores = best(embedding, self.centroids.gallery(self._gallery))
            others = {other: value for other, value in scores.items() if other.kind is Kind.VOICE and other != label}
            nearest = max(others, key=others.__getitem__, default=None)
            needed = self._own_rule.at(centroid.speech_s).threshold
            if nearest is not None and others[nearest] - self.config.session_penalty >= needed:
                older, newer = sorted((label, nearest), key=lambda voice: voice.number)
                self._denied |= {(older, name) for voice, name in self._denied if voice == newer}
                return newer, older
        return None


def _log_odds(
    scores: dict[str, float], unknown: dict[Label, float], rule: DecisionRule, own: DecisionRule, discount: float
) -> dict[Label, float]:
    """Natural log odds of each speaker of the session against one never heard: 0 at the threshold."""
    found = {person(name): discount * rule.scale * (value - rule.threshold) for name, value in scores.items()}
    return found | {label: discount * own.scale * (value - own.threshold) for label, value in unknown.items()}


def _posterior(label: Label, log_odds: dict[Label, float]) -> float:
    """How probable a label is among the speakers of ``log_odds`` and one never heard; unknown voices count as one."""
    finite = {speaker: value for speaker, value in log_odds.items() if math.isfinite(value)}
    highest = max((0.0, *finite.values()))
    odds = {speaker: math.exp(value - highest) for speaker, value in finite.items()}
    total = math.exp(-highest) + sum(odds.values())
    named = sum(value for speaker, value in odds.items() if speaker.kind is Kind.PERSON)
    return odds.get(label, 0.0) / total if label.kind is Kind.PERSON else (total - named) / total
