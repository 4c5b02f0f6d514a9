"""Naming an unknown voice: enrolled first, then named back to its first turn, then known like everybody else."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from app.enrolment.name_unknown import Enrolled, NoSuchVoice, name_unknown, unknown_labels
from utils import BadInput, HeardError

SPEECH = np.ones(16_000, np.float32)


class Listening:
    """What naming needs of a recogniser; ``done`` is what happened to it, in order."""

    def __init__(self) -> None:
        self.done: list[tuple] = []

    def __setattr__(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)
        if name == "gallery":
            self.done.append(("gallery", value))

    def unknowns(self):
        return [SimpleNamespace(label="Unknown 1"), SimpleNamespace(label="Unknown 2")]

    def unknown_speech(self, label):
        return SPEECH if label == "Unknown 2" else None

    def relabel(self, old, new):
        self.done.append(("relabel", old, new))


def test_a_voice_is_enrolled_then_named_then_known():
    listening = Listening()

    def enrol(name, speech):
        assert speech is SPEECH
        listening.done.append(("enrol", name))
        return Enrolled("Ana B", 1.0)  # the server's people may be meant by their id

    assert name_unknown(listening, "Unknown 2", " Ana   B ", enrol, lambda: "everybody") == Enrolled("Ana B", 1.0)
    assert listening.done == [("enrol", "Ana B"), ("relabel", "Unknown 2", "Ana B"), ("gallery", "everybody")]


@pytest.mark.parametrize(
    ("label", "name", "error", "text"),
    [
        ("Unknown 3", "Ana", NoSuchVoice, "there is no voice Unknown 3; there are: Unknown 1, Unknown 2"),
        ("Ana", "Ana", NoSuchVoice, "no voice Ana"),
        ("Unknown 2", " ", BadInput, None),
        ("Unknown 2", "Ana", HeardError, "disk is full"),
    ],
)
def test_what_cannot_be_changes_nothing(label, name, error, text):
    listening = Listening()

    def enrol(*_):
        raise HeardError("the disk is full")

    with pytest.raises(error, match=text):
        name_unknown(listening, label, name, enrol, lambda: None)
    assert listening.done == []


def test_nothing_listens_no_voice_is_there():
    assert unknown_labels(None) == []
    with pytest.raises(NoSuchVoice, match="there are: none"):
        name_unknown(None, "Unknown 1", "Ana", lambda *_: None, lambda: None)
