"""An unknown voice of a session gets a name: one way for the window, the command line and the server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.scoring.labels import Label, person, read_label
from utils import BadInput, clean_name

if TYPE_CHECKING:
    from app.diarisation.recogniser import Recogniser
    from app.scoring.gallery import Gallery


@dataclass(frozen=True)
class Enrolled:
    """Somebody who was enrolled, or whose voiceprint was extended."""

    name: str
    speech_s: float
    """Seconds of speech that were added to the voiceprint."""


class NoSuchVoice(BadInput):
    """The session has no unknown voice of this label."""

    def __init__(self, label: str, labels: Sequence[str]):
        super().__init__(f"there is no voice {label}; there are: {', '.join(sorted(labels)) or 'none'}.")


def unknown_labels(recogniser: Recogniser | None) -> list[Label]:
    """Labels of the voices of a session that have no name; none if nothing is listening."""
    return [voice.label for voice in recogniser.unknowns()] if recogniser else []


def name_unknown(
    recogniser: Recogniser | None,
    label: str,
    name: str,
    enrol: Callable[[str, np.ndarray], Enrolled],
    load_gallery: Callable[[], Gallery],
) -> Enrolled:
    """Enrol an unknown voice of a session: from then on, and back to its first turn, it has the name.

    ``enrol(name, speech)`` makes it a person's, or extends the person who has the name; ``speech``: (n,) float32 at
    16 kHz, what is in memory of the voice. ``load_gallery`` gives the people with the new one among them. Raises
    NoSuchVoice, BadInput for a name that cannot be, and what ``enrol`` raises: then nothing changes.
    """
    label, labels = read_label(label), unknown_labels(recogniser)
    if recogniser is None or label not in labels:
        raise NoSuchVoice(label, labels)
    enrolled = enrol(clean_name(name), recogniser.unknown_speech(label))
    recogniser.relabel(label, person(enrolled.name))  # before it becomes one of the gallery's
    recogniser.gallery = load_gallery()
    return enrolled
