"""Which clips are done again, and which are not."""

from __future__ import annotations

from app.corpus.clips import Clip
from app.extraction.pending import Ledger
from app.extraction.shard import ClipResult


def clip(name: str, speaker: str, **facts) -> Clip:
    return Clip("", speaker, name=name, **facts)


A, B = clip("a.wav", "ann"), clip("b.wav", "bob")
BAD = clip("c.wav", "ann", error="start_s and end_s are seconds")


def done(*clips: Clip) -> Ledger:
    ledger = Ledger()
    for one in clips:
        ledger.add(ClipResult(one, f"error: {one.error}" if one.error else "ok"))
    return ledger


def test_new_clips_in_their_order():
    assert list(Ledger().todo([B, A, BAD])) == [B, A, BAD]


def test_done_clips_are_left_out_wherever_they_stand():
    stretch = clip("a.wav", "ann", start_s=1.0, end_s=2.0)
    assert list(done(A, BAD).todo([stretch, A, BAD, B])) == [stretch, B]


def test_a_clip_twice_is_a_duplicate_once_each():
    first, again, third = Ledger().todo([A, A, A])
    assert first == A
    assert (again.error, again.repeat, third.repeat) == ("duplicate", 1, 2)
    assert list(done(A, again, third).todo([A, A, A])) == []
    assert list(done(A, again).todo([A, A, A])) == [third]


def test_another_speaker_is_told():
    for ledger, clips in ((Ledger(), [A, clip("a.wav", "bob")]), (done(A), [clip("a.wav", "bob")])):
        told = list(ledger.todo(clips))[-1]
        assert told.error == "this stretch is there with the speaker 'ann'"
    assert list(done(A, told).todo([clip("a.wav", "bob")])) == []


def test_what_is_forgotten_is_done_again():
    ledger = done(A, BAD)
    ledger.forget(ClipResult(BAD, "error: x"))
    assert list(ledger.todo([A, BAD])) == [BAD]
