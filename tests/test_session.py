"""A session's runs: each has a recogniser of its own, and orders are obeyed in it."""

from __future__ import annotations

import numpy as np
import pytest

from app.session import Session, SessionOptions
from tests.support.array_source import ArraySource
from utils import BadInput

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


def test_only_those_expected_get_a_name(encoder):
    """Of the demo's three, two are expected: the third is as any stranger."""
    everybody = Session(SessionOptions(demo=True), encoder).open().gallery.people
    expected, (left_out, *_) = everybody[1:], everybody
    session = Session(SessionOptions(demo=True, expect=expected), encoder)
    labels = {said.label for said in session.run()}
    assert set(expected) <= labels
    assert left_out not in labels


def test_who_is_expected_must_be_enrolled(encoder, tmp_path):
    with pytest.raises(BadInput, match="nobody is enrolled as Anna"):
        Session(SessionOptions(data=tmp_path, expect=("Anna",)), encoder).open()
