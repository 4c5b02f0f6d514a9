"""What offers are worth: enrolled from one call, offered speech taken from a second, heard in a third."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from app.audio.file_source import StreamSource
from app.diarisation.recogniser import Recogniser, listen
from app.embedding.encoder import Encoder
from app.enrolment.offering.answers import accept
from app.enrolment.offering.collector import OfferCollector
from app.enrolment.segments import embed_clean_and_noisy, segment_speech
from app.evaluation.conditions.recordings import Recording
from app.evaluation.pairs import ProgressBar
from app.scoring.decision import decide
from app.scoring.gallery import Gallery, best_of_each
from app.voiceprints.offers import answer_consent, offers_of
from app.voiceprints.recordings import Condition
from app.voiceprints.store import EmbeddedSample, VoiceprintStore
from utils import BadInput

ENROLLED = 5
"""People enrolled at once, from one call each; all of them allowed that their speech is kept."""
ENROLLED_ON, HEARD_ON = "2026-01-01", datetime(2026, 1, 2, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Rotation:
    """One person, enrolled from a call, heard in another, and tested on what is left."""

    speaker: str
    enrolment: Recording
    second: Recording
    tests: tuple[Recording, ...]


@dataclass
class Counts:
    """What came of some rotations. Lists are of three moments: before the second call is heard, after every offer of it
    was accepted, and, for comparison, with the whole second call added by hand in place of the offers."""

    rotations: int = 0
    offered: int = 0
    """Rotations in which speech of the second call was offered to its speaker."""
    offers: int = 0
    wrong: int = 0
    """Offers of somebody else's speech."""
    pieces: int = 0
    """Pieces of 3 s of the tests."""
    missed: list[int] = field(default_factory=lambda: [0, 0, 0])
    """Pieces without their speaker's name."""
    offered_pieces: int = 0
    offered_missed: list[int] = field(default_factory=lambda: [0, 0, 0])
    """The same in the rotations with an offer."""
    strangers: int = 0
    """Pieces of 3 s of strangers."""
    named: list[int] = field(default_factory=lambda: [0, 0, 0])
    """Of them, those that get somebody's name."""


class LearningBenchmark:
    """Callers of whom there are several calls, and callers with one, who are the strangers."""

    def __init__(self, recordings: Sequence[Recording], encoder: Encoder, seed: int = 1):
        """Raises BadInput without enough people who were recorded in two sessions."""
        self._encoder, self._rng = encoder, np.random.default_rng(seed)
        calls: dict[str, dict[str, Recording]] = {}
        for recording in recordings:
            if recording.clip.session:
                calls.setdefault(recording.clip.speaker, {}).setdefault(recording.clip.session, recording)
        self.callers = {name: list(own.values()) for name, own in calls.items() if len(own) > 1}
        self.strangers = [next(iter(own.values())) for own in calls.values() if len(own) == 1]
        if len(self.callers) < ENROLLED or not self.strangers:
            raise BadInput(f"{ENROLLED} people with two sessions, and somebody with one, are needed.")
        self._voices: dict[int, EmbeddedSample] = {}
        self._strangers: np.ndarray | None = None

    def groups(self) -> dict[str, list[Rotation]]:
        """Those with three calls and more, each call enrolled once and the next one heard; and those with two, of whom
        one half of the second call is heard and the other tested: the same call, so an upper bound."""
        three, two = [], []
        for name, calls in self.callers.items():
            for place, enrolment in enumerate(calls):
                second, *rest = [*calls[place + 1 :], *calls[:place]]
                if rest:
                    three.append(Rotation(name, enrolment, second, tuple(rest)))
                else:
                    heard, tested = second.halves()
                    two.append(Rotation(name, enrolment, heard, (tested,)))
        return {"three calls and more": three, "two calls, the second halved": two}

    def run(self, rotations: Sequence[Rotation], progress: ProgressBar = iter) -> Counts:
        """Hear and test some rotations."""
        counts = Counts()
        for rotation in progress(rotations):
            self._rotate(rotation, counts)
        return counts

    def hear_strangers(self, progress: ProgressBar = iter) -> tuple[int, int]:
        """(calls of strangers, offers that came of them): each is somebody else's."""
        offers = 0
        for stranger in progress(self.strangers):
            with self._enrolled(self._some(ENROLLED)) as store:
                self._hear(store, stranger)
                offers += len(offers_of(store))
        return len(self.strangers), offers

    # ------------------------------------------------------------ at work

    def _rotate(self, rotation: Rotation, counts: Counts) -> None:
        encoder = self._encoder
        people = {rotation.speaker: rotation.enrolment, **self._some(ENROLLED - 1, but=rotation.speaker)}
        pieces = np.concatenate([self._pieces(test) for test in rotation.tests])
        with self._enrolled(people) as store:
            before = store.gallery(encoder.sha256, encoder.cohort, encoder.dim)
            self._hear(store, rotation.second)
            offers = offers_of(store)
            own = [offer for offer in offers if offer.name == rotation.speaker]
            for offer in offers:
                accept(store, encoder, offer.id)
            after = store.gallery(encoder.sha256, encoder.cohort, encoder.dim)
        with self._enrolled(people) as store:
            whole = replace(self._voice(rotation.second), file="imported/002")
            store.add_sample(rotation.speaker, encoder.model_id, encoder.sha256, whole)
            galleries = before, after, store.gallery(encoder.sha256, encoder.cohort, encoder.dim)
        missed = [sum(name != rotation.speaker for name in self._names(pieces, gallery)) for gallery in galleries]
        named = [sum(name is not None for name in self._names(self._all_strangers(), one)) for one in galleries]
        counts.rotations += 1
        counts.offered += bool(own)
        counts.offers += len(offers)
        counts.wrong += len(offers) - len(own)
        counts.pieces += len(pieces)
        counts.offered_pieces += len(pieces) * bool(own)
        counts.strangers += len(self._all_strangers())
        for when in range(len(galleries)):
            counts.missed[when] += missed[when]
            counts.offered_missed[when] += missed[when] * bool(own)
            counts.named[when] += named[when]

    def _some(self, count: int, but: str = "") -> dict[str, Recording]:
        """Other people, each with the call that they are enrolled from."""
        names = [name for name in self.callers if name != but]
        return {str(name): self.callers[name][0] for name in self._rng.choice(names, count, replace=False)}

    def _enrolled(self, people: dict[str, Recording]) -> _Enrolled:
        return _Enrolled(self._encoder, {name: self._voice(recording) for name, recording in people.items()})

    def _voice(self, recording: Recording) -> EmbeddedSample:
        """A call as a sample of a voiceprint."""
        if id(recording) not in self._voices:
            vectors, seconds = embed_clean_and_noisy(self._encoder, recording.through((), ""))
            condition = Condition(ENROLLED_ON, "call")
            self._voices[id(recording)] = EmbeddedSample("imported/001", vectors, seconds, condition)
        return self._voices[id(recording)]

    def _hear(self, store: VoiceprintStore, recording: Recording) -> None:
        """Listen to a call, on another day, as the program does."""
        gallery = store.gallery(self._encoder.sha256, self._encoder.cohort, self._encoder.dim)
        recogniser = Recogniser(self._encoder, gallery)
        collector = OfferCollector(
            store.data,
            self._encoder,
            recogniser.timeline.turns,
            lambda: gallery,
            lambda channel: "call",
            now=lambda: HEARD_ON,
        )
        source = collector.tap(StreamSource("call", iter([recording.samples]), recorded=True))
        for answer in listen(source, recogniser):
            collector.hear(answer)
        collector.end()
        if collector.problem:
            raise BadInput(collector.problem)

    def _pieces(self, recording: Recording) -> np.ndarray:
        """(n, D): embeddings of the speech in pieces of 3 s."""
        return self._encoder.embed_batch(segment_speech(recording.through((), "")))

    def _all_strangers(self) -> np.ndarray:
        if self._strangers is None:
            self._strangers = np.concatenate([self._pieces(stranger) for stranger in self.strangers])
        return self._strangers

    def _names(self, pieces: np.ndarray, gallery: Gallery) -> Iterator[str | None]:
        """Who is named in each piece, by the rule as shipped."""
        rule = self._encoder.rule().at(3.0)
        for scores in best_of_each(pieces, gallery):
            yield decide(scores, rule).speaker


class _Enrolled:
    """A data folder for a while, with some people enrolled who allowed that their speech is kept."""

    def __init__(self, encoder: Encoder, people: dict[str, EmbeddedSample]):
        self._encoder, self._people = encoder, people
        self._folder = tempfile.TemporaryDirectory(prefix="heard-")
        self._store = VoiceprintStore(Path(self._folder.name))

    def __enter__(self) -> VoiceprintStore:
        for name, sample in self._people.items():
            self._store.add_sample(name, self._encoder.model_id, self._encoder.sha256, sample)
            answer_consent(self._store, name, may_keep=True)
        return self._store

    def __exit__(self, *_: object) -> None:
        self._store.close()
        self._folder.cleanup()
