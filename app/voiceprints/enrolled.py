"""Everybody who is enrolled or recorded, as lists show them: what they are known by, and what they allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from app.voiceprints.recordings import Condition, recorded_people


@dataclass(frozen=True)
class Consent:
    """What somebody, or who speaks for them, said to keeping speech that is surely theirs (offers.py)."""

    may_keep: bool
    answered_on: str
    """The day of the answer, such as "2026-01-31"."""


@dataclass(frozen=True)
class EnrolledPerson:
    """Somebody enrolled or recorded, as lists show them."""

    name: str
    enrolled_at: str
    """Time of enrolment, UTC to the second: "2026-01-31 12:34:56"."""
    samples: int
    """Samples in the voiceprint; 0 for somebody who is recorded, but not built yet."""
    speech_s: float
    """Seconds of speech in these samples."""
    models: tuple[str, ...]
    """The models that made the voiceprint."""
    recordings: int = 0
    """Recordings on disk."""
    conditions: tuple[Condition, ...] = ()
    """The days and devices that the voiceprint is of, in order; without what nobody knows."""
    consent: Consent | None = None
    """None before they were asked."""
    offers: int = 0
    """Recordings that are offered to be added."""
    colour: int | None = None
    """The number of their colour (looks/colours.py). None for somebody who is recorded, but unknown to the database."""
    gender: str | None = None
    """What is said of the voice by hand: "female", "male" or "hidden"; None leaves it to the model."""


def enrolled_people(read: Callable[[str], list[tuple]], data: Path) -> list[EnrolledPerson]:
    """Everybody in a database, which ``read`` asks, or with recordings in ``data``, in alphabetical order."""
    rows = read(
        "SELECT p.name, p.enrolled_at, count(s.id), total(s.speech_s), p.may_keep, p.answered_on, p.colour, p.gender,"
        " (SELECT count(*) FROM offers o WHERE o.person_id = p.id AND o.removed IS NULL AND o.recording NOT NULL),"
        " (SELECT group_concat(model_id, char(10)) FROM (SELECT DISTINCT e.model_id FROM samples t"
        "  JOIN embeddings e ON e.sample_id = t.id WHERE t.person_id = p.id AND t.removed IS NULL"
        "  ORDER BY e.model_id))"
        " FROM people p LEFT JOIN samples s ON s.person_id = p.id AND s.removed IS NULL WHERE p.removed IS NULL"
        " GROUP BY p.id ORDER BY p.name COLLATE NOCASE"
    )
    recorded, conditions = recorded_people(data, [row[0] for row in rows]), _conditions(read)
    everybody = [
        EnrolledPerson(
            name,
            enrolled_at,
            samples,
            speech_s,
            tuple(models.split("\n") if models else ()),
            len(recorded.get(name, ())),
            conditions.get(name, ()),
            None if may_keep is None else Consent(bool(may_keep), answered_on or ""),
            offers,
            colour,
            gender,
        )
        for name, enrolled_at, samples, speech_s, may_keep, answered_on, colour, gender, offers, models in rows
    ]
    known = {person.name for person in everybody}
    everybody += [EnrolledPerson(n, "", 0, 0.0, (), len(wavs)) for n, wavs in recorded.items() if n not in known]
    return sorted(everybody, key=lambda person: person.name.casefold())


def _conditions(read: Callable[[str], list[tuple]]) -> dict[str, tuple[Condition, ...]]:
    found: dict[str, list[Condition]] = {}
    for name, day, device in read(
        "SELECT DISTINCT p.name, s.day, s.device FROM people p JOIN samples s ON s.person_id = p.id"
        " WHERE p.removed IS NULL AND s.removed IS NULL ORDER BY s.day, s.device"
    ):
        if day or device:
            found.setdefault(name, []).append(Condition(day or "", device or ""))
    return {name: tuple(conditions) for name, conditions in found.items()}


def days_of_devices(conditions: Iterable[Condition]) -> dict[str, list[str]]:
    """Device -> the days of it, in order; without what nobody knows."""
    days: dict[str, set[str]] = {}
    for condition in conditions:
        if condition.device:
            days.setdefault(condition.device, set()).update([condition.day] if condition.day else ())
    return {device: sorted(found) for device, found in days.items()}
