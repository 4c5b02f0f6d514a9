"""What to expect of voiceprints, in plain lines."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial

from app.enrolment.expected_errors import ExpectedErrors
from app.names import shown_name
from app.terminal.tables import table
from utils import percent


def expectation_lines(expected: ExpectedErrors, names: Collection[str], shown: Sequence[str] = ()) -> list[str]:
    """Lines about ``names``, among everybody in ``expected``; none if the model's card says too little.

    ``shown``: lines that stand above; two people who sound alike and are named in one of them get no line here.
    """
    people = [person for person in expected.people if person.name in names]
    if not people:
        return []
    seconds = [f"{errors.speech_s:g} s" for errors in people[0].errors]
    rows = [
        (shown_name(person.name), *(_percent(errors.false_rejects) for errors in person.errors)) for person in people
    ]
    rates = ((1 - (1 - errors.false_accepts) ** len(expected.people), errors.speech_s) for errors in people[0].errors)
    strangers = ", ".join(f"{_percent(rate)} ({speech_s:g} s)" for rate, speech_s in rates)
    lines = [
        "",
        "To expect of one piece of speech of this length, half of them in noise (longer turns are surer):",
        *table(("called unknown", *seconds), rows, numbers=tuple(range(1, len(seconds) + 1))).splitlines(),
        f"A stranger's speech gets somebody's name in about {strangers}.",
    ]
    for pair in expected.alike:
        both = (f"{pair.one} and {pair.other} ", f"{pair.other} and {pair.one} ")
        if (pair.one in names or pair.other in names) and not any(line.startswith(both) for line in shown):
            lines.append(
                f"{pair.one} and {pair.other} sound alike: of what one says about {_percent(pair.confused)} would pass"
                " for the other."
            )
    return lines


_percent = partial(percent, digits=0, least=0.01)
