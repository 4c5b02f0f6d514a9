"""Facts -> the status line: the one thing that is most worth knowing now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from app.audio.source import SourceState
from app.window import strings
from app.window.engine.facts import Facts, Phase


class Severity(Enum):
    """Each is drawn with a sign of its own besides its colour."""

    NEUTRAL = "neutral"
    BUSY = "busy"
    GOOD = "good"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class StatusView:
    severity: Severity
    text: str


def status_view(facts: Facts) -> StatusView:
    """The most important of what is to be said: what the user just asked for, then the worst."""
    if facts.notice is not None:
        return StatusView(
            Severity.GOOD if facts.notice.good else Severity.WARNING, strings.capitalised(facts.notice.text)
        )
    match facts.phase:
        case Phase.FAILED:
            return StatusView(Severity.ERROR, strings.STATUS_FAILED)
        case Phase.NO_INPUT:
            waiting = strings.STATUS_WAITING_CHANNEL if facts.lacks_channel else strings.STATUS_WAITING
            return StatusView(Severity.BUSY, waiting)
        case Phase.LOADING if facts.download and facts.download[1]:
            percent = 100 * facts.download[0] // facts.download[1]
            return StatusView(Severity.BUSY, strings.STATUS_DOWNLOADING.format(percent=percent))
        case Phase.LOADING:
            return StatusView(Severity.BUSY, strings.STATUS_LOADING)
        case Phase.STOPPED | Phase.ENDED:
            return _enrolment(facts) or StatusView(Severity.NEUTRAL, strings.STATUS_STOPPED)
    if facts.pausing:
        return StatusView(Severity.NEUTRAL, strings.STATUS_PAUSED)
    return _input_trouble(facts) or _enrolment(facts) or _channels(facts) or _all_well(facts)


def _input_trouble(facts: Facts) -> StatusView | None:
    state = facts.source.state if facts.source else SourceState.WAITING
    device = _device(facts)
    if state is SourceState.WAITING and not facts.file:
        return StatusView(Severity.BUSY, strings.STATUS_OPENING.format(device=device))
    if state is SourceState.LOST:
        return StatusView(Severity.WARNING, strings.STATUS_LOST)
    if state is SourceState.SILENT:
        return StatusView(Severity.WARNING, strings.STATUS_MUTED.format(device=device))
    if facts.source and facts.source.message:  # of two inputs one is in trouble
        return StatusView(Severity.WARNING, strings.capitalised(facts.source.message))
    if facts.skipped_s > 0:
        return StatusView(Severity.WARNING, strings.STATUS_BEHIND.format(seconds=facts.skipped_s))
    if facts.resumed:
        return StatusView(Severity.GOOD, strings.STATUS_RESUMED.format(device=device))
    return None


def _enrolment(facts: Facts) -> StatusView | None:
    if facts.unbuilt:
        return StatusView(Severity.WARNING, strings.STATUS_UNBUILT.format(names=", ".join(facts.unbuilt)))
    if facts.stale:
        return StatusView(Severity.WARNING, strings.STATUS_STALE.format(names=", ".join(facts.stale)))
    if facts.people is not None and not facts.people:
        return StatusView(Severity.NEUTRAL, strings.STATUS_NOBODY)
    return None


def _channels(facts: Facts) -> StatusView | None:
    """How the channels of the input were mixed, if there is something to say of it."""
    notice = facts.source.notice if facts.source else ""
    return StatusView(Severity.NEUTRAL, f"{_device(facts)}: {notice}.") if notice else None


def _all_well(facts: Facts) -> StatusView:
    if facts.file:
        return StatusView(Severity.GOOD, strings.STATUS_LISTENING_FILE.format(device=facts.file))
    rate = facts.source.rate / 1000 if facts.source else 0
    return StatusView(Severity.GOOD, strings.STATUS_LISTENING.format(device=_device(facts), rate=rate))


def _device(facts: Facts) -> str:
    return (facts.source and facts.source.device) or strings.MICROPHONE
