"""Which clips are done again, and which are not."""

from __future__ import annotations

import pytest

from app.corpus.clips import Clip
from app.extraction.pending import clip_key, pending


def clip(name: str, speaker: str, **facts) -> Clip:
    return Clip("", speaker, name=name, **facts)


A, B = clip("a.wav", "ann"), clip("b.wav", "bob")
BAD = clip("c.wav", "ann", error="start_s and end_s are seconds")


def todo(clips: list[Clip], *done: Clip) -> list[Clip]:
    """The clips that are still to be done when some are."""
    return list(pending(clips, {clip_key(one): one.speaker for one in done}.get))


def test_new_clips_in_their_order():
    assert todo([B, A, BAD]) == [B, A, BAD]


def test_done_clips_are_left_out_wherever_they_stand():
    stretch = clip("a.wav", "ann", start_s=1.0, end_s=2.0)
    assert todo([stretch, A, BAD, B], A, BAD) == [stretch, B]


def test_a_clip_twice_is_a_duplicate_once_each():
    first, again, third = todo([A, A, A])
    assert first == A
    assert (again.error, again.repeat, third.repeat) == ("duplicate", 1, 2)
    assert todo([A, A, A], A, again, third) == []
    assert todo([A, A, A], A, again) == [third]


@pytest.mark.parametrize(("clips", "done"), [([A, clip("a.wav", "bob")], []), ([clip("a.wav", "bob")], [A])])
def test_another_speaker_is_an_error_that_is_not_repeated(clips, done):
    noted = todo(clips, *done)[-1]
    assert noted.error == "this stretch is there with the speaker 'ann'"
    assert todo([clip("a.wav", "bob")], A, noted) == []


def test_a_clip_keeps_its_key():
    """A journal of earlier runs is found by them."""
    assert clip_key(A).hex() == "0ede591f9376b84397b912f84944cb6e"
    assert clip_key(BAD).hex() == "285243949e16fa1dd49685c789774660"
