"""Whose voice a recording holds: the same as in the person's other samples, or that of somebody already enrolled?

The model takes seconds to load. A thread loads it while the person reads the first prompt. Until it is there the
questions have no answer, and nobody waits for one.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.audio.vad import keep_speech
from app.enrolment.quality import SimilarityThresholds, SpeakerMatch
from app.enrolment.segments import embed_segments, pool_embeddings
from app.scoring.cohort import similarities, unit
from app.scoring.gallery import Gallery, score
from app.voiceprints.recordings import read_recording
from app.voiceprints.store import VoiceprintStore
from utils import HeardError

if TYPE_CHECKING:
    from app.embedding.encoder import Encoder

COMPARED_SAMPLES = 6
"""A new recording is compared with this many of the person's samples, the newest."""


class SpeakerCheck:
    """Compares recordings of one person with each other, and with everybody else enrolled. One thread at a time."""

    def __init__(self, encoder: Encoder, others: Gallery):
        self.encoder, self.others = encoder, others
        self.thresholds = SimilarityThresholds.of(encoder.rule())
        self._own: list[np.ndarray] = []  # one embedding per sample of the person

    @classmethod
    def load(
        cls,
        data: Path,
        name: str,
        recordings: list[Path],
        *,
        model: str = "embedded",
        progress: Callable[[int, int], None] | None = None,
        encoder: Encoder | None = None,
    ) -> SpeakerCheck:
        """Read the voiceprints in ``data`` of all but ``name``, and the person's newest ``recordings``.

        ``encoder``: the model, if it is loaded already; else ``model`` is, with its ``progress``. Raises BadInput or
        HeardError if the model or the voiceprints cannot be read.
        """
        if encoder is None:
            from app.embedding.load import load_encoder

            encoder = load_encoder(model, progress=progress)
        with VoiceprintStore(data) as store:
            known = store.gallery(encoder.sha256, encoder.cohort)
        return cls.of(encoder, known, name, recordings)

    @classmethod
    def of(cls, encoder: Encoder, known: Gallery, name: str, recordings: Sequence[Path]) -> SpeakerCheck:
        """A check against everybody in ``known`` but ``name``, and the newest of this person's ``recordings``.

        ``recordings``: oldest first; one that cannot be read is passed over.
        """
        others = [index for index, other in enumerate(known.names) if other != name]
        check = cls(
            encoder, Gallery(tuple(known.names[index] for index in others), known.vectors[others], known.cohort)
        )
        for path in recordings[-COMPARED_SAMPLES:]:
            with contextlib.suppress(HeardError):  # a damaged one is building's to report
                check.add(keep_speech(read_recording(path)))
        return check

    def check(self, speech: np.ndarray) -> SpeakerMatch | None:
        """Say whose voice ``speech`` (n,) is. None for less than a second of it."""
        embedding = self._embed(speech)
        if embedding is None:
            return None
        same = None
        if self._own:
            own = unit(np.sum(self._own, axis=0))
            same = float(similarities(own[None], embedding[None], self.encoder.cohort)[0, 0])
        scores = score(embedding, self.others)
        nearest = max(scores, key=scores.__getitem__, default=None)
        return SpeakerMatch(self.thresholds, same, nearest, scores.get(nearest))

    def add(self, speech: np.ndarray) -> None:
        """Compare the next samples with ``speech`` (n,), too: it is the person's."""
        embedding = self._embed(speech)
        if embedding is not None:
            self._own.append(embedding)

    def forget_last(self) -> None:
        """Take back what was added last."""
        if self._own:
            self._own.pop()

    def _embed(self, speech: np.ndarray) -> np.ndarray | None:
        vectors, seconds = embed_segments(self.encoder, speech)
        return pool_embeddings(vectors, seconds) if len(vectors) else None


class LoadingSpeakerCheck:
    """A SpeakerCheck that a thread loads. Until it is there, questions have no answer.

    If it cannot be loaded they never have one: ``problem`` says why, and recording goes on without.
    """

    def __init__(self, load: Callable[[], SpeakerCheck]):
        self._future: Future[SpeakerCheck] = Future()
        self._load = load

    def start(self) -> None:
        """Begin to load. The thread does not keep the program from ending."""
        threading.Thread(target=self._run, name="loading the model", daemon=True).start()

    @property
    def ready(self) -> bool:
        """Whether loading is over, well or not."""
        return self._future.done()

    @property
    def problem(self) -> Exception | None:
        """Why the check could not be loaded. None if it was, or is still being loaded."""
        return self._future.exception() if self.ready else None

    def check(self, speech: np.ndarray, final: bool = False) -> SpeakerMatch | None:
        """See ``SpeakerCheck.check``. A ``final`` question waits for the model."""
        loaded = self._loaded(wait=final)
        return loaded.check(speech) if loaded else None

    def add(self, speech: np.ndarray) -> None:
        """See ``SpeakerCheck.add``. Waits for the model."""
        loaded = self._loaded(wait=True)
        if loaded:
            loaded.add(speech)

    def _run(self) -> None:
        try:
            self._future.set_result(self._load())
        except Exception as error:  # ``problem`` says so
            self._future.set_exception(error)

    def _loaded(self, *, wait: bool) -> SpeakerCheck | None:
        if not (wait or self.ready) or self._future.exception():
            return None
        return self._future.result()
