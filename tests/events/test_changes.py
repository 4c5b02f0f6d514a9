"""Which answers make events: certain ones, and no flicker."""

from __future__ import annotations

import pytest

from app.events.changes import Changes, EventConfig
from app.events.event import SpeakerEvent
from app.scoring.certainty import Certainty
from app.scoring.identification import Identification
from app.scoring.labels import UNKNOWN, person, unknown_voice

HOP_S = 0.125
CERTAIN, LIKELY = Certainty.CERTAIN, Certainty.LIKELY


def changes(**config: float) -> Changes:
    return Changes("microphone", EventConfig(**config), now=lambda: "2026-01-31T12:00:00.000Z")


def hear(made: Changes, script: list[tuple], from_s: float = 0.0, channel: int | None = None) -> list[SpeakerEvent]:
    """Events of a script of (seconds, name or None or "?", certainty)."""
    events, now_s = [], from_s
    for seconds, name, *sure in script:
        for _ in range(round(seconds / HOP_S)):
            now_s += HOP_S
            known = name not in (None, "?")
            label = person(name) if known else (UNKNOWN if name else None)
            certainty = (sure[0] if sure else CERTAIN) if known else None
            answer = Identification(now_s, label, name if known else None, 0.9, certainty=certainty, channel=channel)
            events += made.hear(answer)
    return events


def told(events: list[SpeakerEvent]) -> list[str]:
    return [f"{event.type} {event.speaker or '+'.join(event.here)}" for event in events]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ([(3, "Ana"), (3, None)], ["began Ana", "here Ana", "ended Ana"]),
        ([(3, "Ana", LIKELY), (3, None)], []),
        ([(0.25, "Ana"), (3, None)], []),  # a flicker
        ([(3, "?"), (3, None)], []),
        ([(2, "Ana", LIKELY), (2, "Ana"), (3, "Ana", LIKELY), (3, None)], ["began Ana", "here Ana", "ended Ana"]),
        ([(2, "Ana"), (1, None), (2, "Ana"), (3, None)], ["began Ana", "here Ana", "ended Ana"]),  # a breath
        ([(2, "Ana"), (0.25, "Ben"), (2, "Ana")], ["began Ana", "here Ana"]),
        ([(2, "Ana"), (2, "Ben")], ["began Ana", "here Ana", "ended Ana", "began Ben", "here Ana+Ben"]),
        ([(2, "Ana"), (2, "Ben", LIKELY)], ["began Ana", "here Ana", "ended Ana"]),
        ([(2, "Ana"), (2, "?")], ["began Ana", "here Ana", "ended Ana"]),
    ],
)
def test_what_is_certain_is_told_once(script: list[tuple], expected: list[str]):
    assert told(hear(changes(), script)) == expected


def test_a_turn_has_its_beginning_and_its_end():
    began, _, ended = hear(changes(), [(1, None), (1, "Ana", LIKELY), (2, "Ana"), (3, None)])
    assert (began.start_s, began.time_s, began.confidence, began.speaking) == (1.0, 2.5, 0.9, ("Ana",))
    assert (ended.start_s, ended.end_s, ended.time_s, ended.speaking) == (1.0, 4.0, 5.5, ())


def test_who_is_silent_for_long_is_here_no_more():
    made = changes(here_s=60)
    assert told(hear(made, [(2, "Ana"), (59, None), (2, "Ben")])) == [
        "began Ana", "here Ana", "ended Ana", "began Ben", "here Ana+Ben", "here Ben",
    ]  # fmt: skip
    assert made.here == ("Ben",)


def test_channels_are_apart_and_here_is_together():
    made = changes()
    events = hear(made, [(2, "Ana")], channel=1) + hear(made, [(2, "Ben")], channel=2)
    assert told(events) == ["began Ana", "here Ana", "began Ben", "here Ana+Ben"]
    assert [event.channel for event in events] == [1, None, 2, None]
    assert made.speaking == ("Ana", "Ben")


def test_when_the_sound_is_lost_nobody_speaks_and_in_time_nobody_is_here():
    made = changes(here_s=60)
    hear(made, [(2, "Ana")])
    assert told(made.pass_time(0.5)) == ["ended Ana"]
    assert made.pass_time(50) == []
    assert told(made.pass_time(20)) == ["here "]


def test_the_end_of_listening_leaves_nobody():
    made = changes()
    hear(made, [(2, "Ana")])
    assert told(made.end()) == ["ended Ana", "here "]
    assert made.end() == []


def test_who_is_deleted_is_forgotten_at_once():
    made = changes()
    hear(made, [(2, "Ana"), (2, "Ben")])
    assert told(made.keep_only(("Ana", "Colin"))) == ["ended Ben", "here Ana"]


def test_skipped_sound_makes_nobody_certain():
    made = changes()
    made.hear(Identification(1.0, None, None, 0.0))
    assert made.hear(Identification(60.0, person("Ana"), "Ana", 0.9, certainty=LIKELY)) == []
    assert made.hear(Identification(60.125, person("Ana"), "Ana", 0.9, certainty=CERTAIN)) == []


def test_what_is_shown_is_told_to_whoever_asks():
    made = Changes("live 1", shown=True)
    events = hear(made, [(1, None), (1, "?"), (1, "Ana", LIKELY), (1, "Ana"), (1, None)])
    events += made.hear(Identification(6.0, unknown_voice(2), None, 0.4))
    shown = [(event.label, event.certainty, event.speaker) for event in events if event.type == "shown"]
    assert shown == [
        ("unknown", "unknown", None),
        ("Ana", "likely", "Ana"),
        ("Ana", "certain", "Ana"),
        (None, None, None),
        ("Unknown 2", "unknown", None),
    ]
