"""The window's tests draw without a screen."""

from __future__ import annotations

import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from collections.abc import Callable, Iterator

import pytest

from app.session import SessionOptions
from app.window.worker import Listener


@pytest.fixture
def listener() -> Iterator[Callable[..., Listener]]:
    """Makes listeners, and sees to it that their threads end."""
    made: list[Listener] = []

    def make(options: SessionOptions, **changes: object) -> Listener:
        made.append(Listener(options, **changes))
        return made[-1]

    yield make
    for one in made:
        one.close()
    for one in made:
        assert one.join(20), "the thread did not end"
