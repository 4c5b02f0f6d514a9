"""EnrolFacts -> what the enrolment dialog shows. Plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from app.enrolment.take import Reading
from app.window import strings
from app.window.engine.enrol.facts import SAMPLES, SPEECH_S, EnrolFacts, Step


class Scene(Enum):
    """What stands in the middle."""

    BUSY = "busy"
    POSITION = "position"
    """A large picture of where to be, and the count."""
    READING = "reading"
    KEPT = "kept"
    QUESTION = "question"
    DONE = "done"
    FAILED = "failed"


class Dot(Enum):
    """One of the recordings, as a dot."""

    OPEN = "open"
    HERE = "here"
    KEPT = "kept"


@dataclass(frozen=True)
class EnrolView:
    scene: Scene
    heading: str
    instruction: str = ""
    position: str = ""
    """Which picture: "near", "back" or "soft"."""
    count: int = 0
    """3, 2 or 1 while it is counted; 0 while it is not."""
    sentence: str = ""
    questions: tuple[str, ...] = ()
    dots: tuple[Dot, ...] = ()
    ring: str = ""
    """Text in the ring."""
    ring_note: str = ""
    """Text below the one in the ring."""
    share: float = 0.0
    hint: str = ""
    severity: str = ""
    """How the hint is coloured: "", "good", "warning" or "error"."""
    twice: str = ""
    """Who has this voice already."""
    lit: str = ""
    """Whose name shines, since this voice was just recognised."""
    go_on: str = ""
    """Text of the button that goes on; without any there is none."""
    missing: int = 0
    """Recordings that are still wanted of somebody who is enrolled."""
    can_begin: bool = False
    can_redo: bool = False
    can_finish: bool = False
    can_choose: bool = False
    """Whether microphone and language may be changed."""
    busy: bool = False
    done: bool = False
    failed: bool = False


def enrol_view(facts: EnrolFacts) -> EnrolView:
    """What to show for these facts."""
    match facts.step:
        case Step.PREPARING:
            return EnrolView(Scene.BUSY, strings.ENROL_PREPARING, strings.LOADING_HINT, busy=True)
        case Step.FAILED:
            return EnrolView(
                Scene.FAILED,
                strings.ENROL_FAILED,
                hint=strings.capitalised(facts.error),
                severity="error",
                failed=True,
                can_redo=True,
            )
        case Step.TWICE:
            return EnrolView(
                Scene.QUESTION,
                strings.ENROL_TWICE.format(name=facts.twice),
                strings.ENROL_TWICE_DETAIL.format(name=facts.name, other=facts.twice),
                dots=_dots(facts),
                twice=facts.twice,
            )
        case Step.BUILDING:
            return EnrolView(
                Scene.BUSY, strings.ENROL_BUILDING.format(name=facts.name), dots=_dots(facts), share=1.0, busy=True
            )
        case Step.DONE:
            return _done(facts)
    return _session(facts)


def _session(facts: EnrolFacts) -> EnrolView:
    scene = {
        Step.READY: Scene.POSITION,
        Step.POSITION: Scene.POSITION,
        Step.COUNTDOWN: Scene.POSITION,
        Step.KEPT: Scene.KEPT,
    }.get(facts.step, Scene.READING)
    hint, severity = _hint(facts)
    position = facts.prompt.position.name if facts.prompt else ""
    waits = facts.step in (Step.READY, Step.POSITION, Step.COUNTDOWN)
    started = facts.step is not Step.READY or facts.unheard
    return EnrolView(
        scene,
        facts.name,
        strings.ENROL_KEPT_ONE if scene is Scene.KEPT else strings.POSITIONS.get(position, ""),
        position,
        facts.count if facts.step is Step.COUNTDOWN else 0,
        facts.prompt.sentence if facts.prompt else "",
        facts.prompt.questions if facts.prompt else (),
        _dots(facts),
        strings.SECONDS.format(seconds=min(facts.quality.speech_s, SPEECH_S)),
        strings.OF_SECONDS.format(seconds=SPEECH_S),
        1.0 if scene is Scene.KEPT else facts.share,
        hint,
        severity,
        go_on=strings.BEGIN if facts.step is Step.READY else strings.BEGIN_NOW if waits else "",
        can_begin=waits,
        can_redo=started and (facts.kept > 0 or (facts.step is Step.RECORDING and facts.quality.speech_s > 0)),
        can_finish=facts.kept > 0 and facts.step in (Step.READY, Step.POSITION, Step.COUNTDOWN, Step.RECORDING),
        can_choose=waits or facts.step is Step.RECORDING,
        busy=facts.step is Step.CHECKING,
    )


def _done(facts: EnrolFacts) -> EnrolView:
    missing = max(0, SAMPLES - facts.known_by)
    if facts.warnings:
        hint, severity = " ".join(facts.warnings), "warning"
    elif missing:
        hint, severity = strings.ENROL_FEW.format(count=facts.known_by, of=SAMPLES), "warning"
    else:
        hint, severity = strings.ENROL_GOOD, "good"
    heading = strings.ENROL_SHORT if missing else strings.ENROL_DONE
    lit = facts.heard or ""
    return EnrolView(
        Scene.DONE,
        heading.format(name=facts.name, count=facts.known_by, of=SAMPLES),
        strings.ENROL_HEARD if lit == facts.name else strings.ENROL_SAY_SOMETHING,
        dots=_dots(facts),
        share=1.0,
        ring_note=strings.ENROL_KEPT.format(count=strings.recordings(facts.kept), seconds=facts.speech_s),
        hint=hint,
        severity=severity,
        lit=lit,
        go_on=strings.CLOSE,
        missing=missing,
        done=True,
    )


def _dots(facts: EnrolFacts) -> tuple[Dot, ...]:
    """The recordings of this enrolment; when it is over, those that the person should have."""
    if facts.step is Step.DONE:
        return tuple(Dot.KEPT if n < facts.known_by else Dot.OPEN for n in range(max(SAMPLES, facts.kept)))
    here = facts.kept if facts.step is not Step.BUILDING else -1
    return tuple(
        Dot.KEPT if n < facts.kept else Dot.HERE if n == here else Dot.OPEN for n in range(max(facts.samples, 1))
    )


def _hint(facts: EnrolFacts) -> tuple[str, str]:
    """The one thing that the person should know now."""
    if facts.message:
        return facts.message, "warning"
    if facts.problems:
        text = strings.capitalised(facts.problems[0].text)
        return (strings.ENROL_AGAIN.format(reason=text) if facts.again else text), "warning"
    match facts.step:
        case Step.READY if facts.unheard:
            return strings.ENROL_NOBODY, "warning"
        case Step.READY:
            return strings.ENROL_READY, ""
        case Step.POSITION | Step.COUNTDOWN:
            return "", ""
        case Step.KEPT:
            return "", "good"
        case Step.CHECKING:
            return strings.ENROL_CHECKING, ""
    if facts.reading is Reading.UNHEARD:
        return (strings.ENROL_UNHEARD if facts.quality.speech_s < 0.5 else strings.ENROL_GO_ON), "warning"
    if facts.quality.speech_s < 0.3:
        return strings.ENROL_SPEAK, ""
    return (strings.ENROL_ENOUGH if facts.share >= 1 else strings.ENROL_GOOD_SO_FAR), "good"
