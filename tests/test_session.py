"""A session's runs: each has a recogniser of its own, and orders are obeyed in it."""

from __future__ import annotations

import numpy as np
import pytest

from app.session import Session, SessionOptions
from tests.support.array_source import ArraySource

SOUND = np.zeros(16000, np.float32)


@pytest.fixture
def session(encoder, tmp_path) -> Session:
    return Session(SessionOptions(data=tmp_path), encoder)


def test_the_recogniser_is_there_from_open_to_the_end_of_the_run(session: Session):
    assert session.recogniser is None
    opened = session.open()
    assert session.recogniser is opened
    found = {session.recogniser for _ in session.run(source=ArraySource(SOUND))}
    assert found == {opened}
    assert session.recogniser is None
    assert session.unknowns() == []


def test_a_run_opens_the_session_and_the_clock_goes_on_in_the_next(session: Session):
    first = [said.time_s for said in session.run(source=ArraySource(SOUND))]
    second = [said.time_s for said in session.run(source=ArraySource(SOUND))]
    assert first[-1] == pytest.approx(1.0)
    assert [time_s - first[-1] for time_s in second] == pytest.approx(first)


def test_orders_are_obeyed_between_the_blocks_of_a_run(session: Session):
    orders = []
    said = list(session.run(source=ArraySource(SOUND), between_blocks=lambda: orders.append(session.recogniser.rule)))
    assert len(orders) >= len(said)
