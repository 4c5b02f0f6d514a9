"""The lobby: a crowd without the token drives out itself, and nobody else."""

from __future__ import annotations

import pytest

from app.server.lobby import Lobby


class Visitor:
    def __init__(self):
        self.gone = False

    def dismiss(self):
        self.gone = True


def filled(lobby: Lobby, count: int, address: str = "127.0.0.1", since: float = 0.0) -> list[Visitor]:
    visitors = [Visitor() for _ in range(count)]
    for number, visitor in enumerate(visitors):
        lobby.enter(visitor, address, since + number / 1000)
    return visitors


def gone(visitors: list[Visitor]) -> list[int]:
    return [index for index, visitor in enumerate(visitors) if visitor.gone]


def test_of_too_many_the_oldest_go():
    lobby = Lobby(max_strangers=3, max_known=10)
    visitors = filled(lobby, 5)
    assert lobby.make_room(1.0) is None
    assert gone(visitors) == [0, 1]
    assert len(lobby) == 3


def test_who_came_just_now_may_speak_first():
    """However many come at once: the owner's connection, among them, is read before it can be closed."""
    lobby = Lobby(max_strangers=3, max_known=10)
    assert [lobby.enter(Visitor(), "a", 0.0) for _ in range(3)] == [None] * 3
    late = Visitor()
    assert lobby.enter(late, "a", 0.05) == lobby.PATIENCE_S
    assert lobby.make_room(0.06) == pytest.approx(0.04)
    assert len(lobby) == 4
    assert lobby.recognise(late)
    assert lobby.make_room(0.2) is None
    assert not late.gone


def test_one_address_cannot_drive_out_another():
    lobby = Lobby(max_strangers=4, max_known=10)
    other = filled(lobby, 1, "192.0.2.1")
    crowd = filled(lobby, 9, "192.0.2.2", since=0.01)
    lobby.make_room(1.0)
    assert gone(other) == []
    assert gone(crowd) == list(range(6))


def test_files_are_opened_for_so_many_and_no_more():
    lobby = Lobby(max_strangers=2, max_known=10)
    visitors = filled(lobby, 20)
    assert len(lobby) == lobby.CROWD * 2
    assert gone(visitors) == list(range(8, 20))


def test_who_showed_the_token_is_not_counted_with_the_strangers():
    lobby = Lobby(max_strangers=2, max_known=2)
    owners = filled(lobby, 2)
    assert all(lobby.recognise(owner) for owner in owners)
    filled(lobby, 2, since=1.0)
    assert lobby.make_room(9.0) is None
    assert gone(owners) == []
    third = Visitor()
    assert not lobby.recognise(third)
    lobby.leave(owners[0])
    assert lobby.recognise(third)
    assert lobby.recognise(third)  # a second request on the same connection
