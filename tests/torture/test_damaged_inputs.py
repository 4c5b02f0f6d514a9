"""A small sample of ``make torture``: a few damaged inputs of every kind."""

from __future__ import annotations

import pytest

from tests.torture import damaged_commands
from tests.torture.inputs import SUBJECTS, requests
from tests.torture.subjects import tried

EACH = 6


@pytest.fixture(scope="module", autouse=True)
def no_server_is_left():
    yield
    requests.stop()


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.kind)
def test_a_damaged_input_is_told_or_read(subject, tmp_path):
    problems = [problem for number in range(EACH) if (problem := tried(subject, 1, number, tmp_path / "in"))]
    assert not problems


def test_commands_are_given_damaged_files():
    """The first few kinds of file; a command starts a program, which takes seconds."""
    counts = damaged_commands.run(5, 8)
    assert counts.tried.total() == 5
    assert not counts.failures
