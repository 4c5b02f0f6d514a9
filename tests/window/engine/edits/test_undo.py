"""Deeds are undone in the reverse of their order; what erases does so when its undo is over, and is tried again."""

from __future__ import annotations

import pytest

from app.window.engine.edits.undo import MOST_DEEDS, UndoStack
from utils import BadInput, HeardError


class Board:
    """What was published, and what was undone and erased."""

    def __init__(self) -> None:
        self.deed, self.owed = None, False
        self.log: list[str] = []
        self.stack = UndoStack(self.publish)

    def publish(self, deed, owed) -> None:
        self.deed, self.owed = deed, owed

    def noted(self, what: str):
        return lambda: self.log.append(what)

    def rename(self, what: str):
        return self.stack.did(what, self.noted(f"undo {what}"))

    def delete(self, what: str):
        return self.stack.did(what, self.noted(f"undo {what}"), self.noted(f"erase {what}"))


@pytest.fixture
def board() -> Board:
    return Board()


def test_nothing_was_done_yet(board):
    assert board.stack.undo() is None
    board.stack.end()
    assert board.log == []


def test_deeds_are_undone_newest_first(board):
    first, second = board.rename("a"), board.rename("b")
    assert board.deed == second
    assert board.stack.undo() == second
    assert board.deed == first
    assert board.stack.undo(first.number) == first
    assert board.deed is None
    assert board.log == ["undo b", "undo a"]


def test_a_deed_that_is_not_the_newest_cannot_be_undone(board):
    first, _ = board.rename("a"), board.rename("b")
    assert board.stack.undo(first.number) is None
    assert board.log == []


def test_what_was_undone_is_not_erased(board):
    deed = board.delete("Clara")
    assert board.deed.erases
    assert board.owed
    assert board.stack.undo(deed.number) == deed
    board.stack.end()
    assert board.log == ["undo Clara"]
    assert not board.owed


def test_the_end_of_its_undo_erases_once_and_for_all(board):
    deed = board.delete("Clara")
    board.stack.end(deed.number)
    board.stack.end()
    assert board.log == ["erase Clara"]
    assert board.stack.undo() is None
    assert not board.owed


def test_the_next_deed_ends_it_too_and_earlier_ones_can_be_undone_still(board):
    earlier = board.rename("a")
    board.delete("Clara")
    later = board.rename("b")
    assert board.log == ["erase Clara"]
    assert board.stack.undo() == later
    assert board.stack.undo() == earlier


def test_the_end_of_a_toast_takes_no_undo_that_erases_nothing(board):
    deed = board.rename("a")
    board.stack.end(deed.number)
    assert board.stack.undo() == deed


def test_an_old_toast_does_not_end_a_new_deed(board):
    old, new = board.rename("a"), board.delete("Clara")
    board.stack.end(old.number)
    assert board.log == []
    assert board.stack.undo() == new


def test_erasing_that_fails_is_owed_and_tried_again(board):
    full = [True]

    def erase() -> None:
        if full:
            raise HeardError("the disk is full")
        board.log.append("erased")

    board.stack.did("Clara", board.noted("undo"), erase)
    with pytest.raises(HeardError):
        board.stack.end()
    assert board.owed
    assert board.deed is None  # half erased: nothing brings it back
    assert board.stack.undo() is None
    full.clear()
    board.rename("a")
    assert board.log == ["erased"]
    assert not board.owed


@pytest.mark.parametrize(
    ("error", "stays"), [(BadInput("there is an Ana already"), False), (OSError(28, "full"), True)]
)
def test_an_undo_that_fails_can_be_tried_again_if_that_can_help(board, error, stays):
    def undo() -> None:
        raise error

    earlier, deed = board.rename("a"), board.stack.did("b", undo)
    with pytest.raises(type(error)):
        board.stack.undo()
    assert board.deed == (deed if stays else earlier)


def test_the_oldest_deeds_are_forgotten(board):
    for number in range(MOST_DEEDS + 5):
        board.rename(str(number))
    undone = 0
    while board.stack.undo():
        undone += 1
    assert undone == MOST_DEEDS
