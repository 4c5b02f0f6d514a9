"""Which rows are done again, and which are not."""

from __future__ import annotations

from app.corpus.manifest import Row
from app.extraction.ledger import Ledger
from app.extraction.shard import ClipResult

A, B = Row("a.wav", "ann"), Row("b.wav", "bob")
BAD = Row("c.wav", "ann", error="start_s and end_s are seconds")


def done(*rows: Row) -> Ledger:
    ledger = Ledger()
    for row in rows:
        ledger.add(ClipResult(row, f"error: {row.error}" if row.error else "ok"))
    return ledger


def test_new_rows_in_their_order():
    assert list(Ledger().todo([B, A, BAD])) == [B, A, BAD]


def test_done_rows_are_left_out_wherever_they_stand():
    stretch = Row("a.wav", "ann", 1.0, 2.0)
    assert list(done(A, BAD).todo([stretch, A, BAD, B])) == [stretch, B]


def test_a_row_twice_is_a_duplicate_once_each():
    first, again, third = Ledger().todo([A, A, A])
    assert first == A
    assert (again.error, again.repeat, third.repeat) == ("duplicate", 1, 2)
    assert list(done(A, again, third).todo([A, A, A])) == []
    assert list(done(A, again).todo([A, A, A])) == [third]


def test_another_speaker_is_told():
    for ledger, rows in ((Ledger(), [A, Row("a.wav", "bob")]), (done(A), [Row("a.wav", "bob")])):
        told = list(ledger.todo(rows))[-1]
        assert told.error == "this stretch is there with the speaker 'ann'"
    assert list(done(A, told).todo([Row("a.wav", "bob")])) == []


def test_what_is_forgotten_is_done_again():
    ledger = done(A, BAD)
    ledger.forget(ClipResult(BAD, "error: x"))
    assert list(ledger.todo([A, BAD])) == [BAD]
