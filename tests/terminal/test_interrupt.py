"""Ctrl-C in the terminal: noted between two blocks while it listens, at once elsewhere."""

from __future__ import annotations

import signal

import pytest

from app.terminal.view import Interrupt


@pytest.fixture
def interrupt():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield Interrupt()
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_is_noted_while_it_listens_and_the_second_time_it_is_raised(interrupt, number):
    interrupt.gently = True
    assert not interrupt.is_set()
    signal.raise_signal(number)
    assert interrupt.is_set()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)


def test_elsewhere_it_is_raised_at_once(interrupt):
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert not interrupt.is_set()
