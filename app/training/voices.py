"""Who is heard in training: people with a class, people nobody has named, and voices that nobody has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.training.config import RunConfig
from app.training.corpus import Corpus, load_unlabelled
from app.training.formants import load_shifted


@dataclass(frozen=True)
class Voices:
    """A corpus, each of its speakers at each speed a voice: first all at the first speed, then all at the second."""

    corpus: Corpus
    speeds: tuple[float, ...]
    share: float = 0.0
    """The part of all draws that they get; of those with a class: what the others leave."""
    formants: float = 1.0
    """What the corpus's formants were multiplied by."""

    def __len__(self) -> int:
        return len(self.corpus) * len(self.speeds)


def voices_without_class(config: RunConfig, training: Corpus, progress: Callable | None = None) -> list[Voices]:
    """The voices that the teacher alone knows: unlabelled recordings, then the imagined voices, formant by formant.

    ``progress``: a tqdm-like wrapper for an iterable. Raises BadInput if there are no unlabelled recordings.
    """
    teacher, cache = config.teacher, config.data.cache
    voices, real = [], [training]
    if teacher.unlabelled:
        unlabelled = load_unlabelled(teacher.unlabelled, cache, progress)
        voices.append(Voices(unlabelled, config.data.speeds, teacher.unlabelled_share))
        real.append(unlabelled)
    each = teacher.imagined_share / (len(teacher.formants) * sum(map(len, real))) if teacher.formants else 0.0
    for ratio in teacher.formants:
        for corpus in real:
            shifted = load_shifted(corpus, ratio, cache, progress)
            voices.append(Voices(shifted, teacher.speeds, each * len(corpus), ratio))
    return voices
