"""EnrolFacts -> what the enrolment dialog shows. Plain values."""

from __future__ import annotations

from dataclasses import dataclass

from app.window import strings
from app.window.engine.enrolling import SPEECH_S, EnrolFacts, Step


@dataclass(frozen=True)
class EnrolView:
    heading: str
    instruction: str = ""
    sentence: str = ""
    ring: str = ""
    """Text in the ring."""
    ring_note: str = ""
    """Text below the one in the ring."""
    share: float = 0.0
    hint: str = ""
    severity: str = ""
    """How the hint is coloured: "", "good", "warning" or "error"."""
    can_begin: bool = False
    can_redo: bool = False
    can_finish: bool = False
    busy: bool = False
    done: bool = False
    failed: bool = False


def enrol_view(facts: EnrolFacts) -> EnrolView:
    """What to show for these facts."""
    match facts.step:
        case Step.PREPARING:
            return EnrolView(strings.ENROL_PREPARING, strings.LOADING_HINT, busy=True)
        case Step.FAILED:
            return EnrolView(
                strings.ENROL_FAILED,
                hint=strings.capitalised(facts.error),
                severity="error",
                failed=True,
                can_redo=True,
            )
        case Step.BUILDING:
            return EnrolView(strings.ENROL_BUILDING.format(name=facts.name), share=1.0, busy=True)
        case Step.DONE:
            hint = " ".join(facts.warnings) or strings.ENROL_GOOD
            return EnrolView(
                strings.ENROL_DONE.format(name=facts.name),
                strings.ENROL_KEPT.format(count=strings.recordings(facts.kept), seconds=facts.speech_s),
                share=1.0,
                hint=hint,
                severity="warning" if facts.warnings else "good",
                done=True,
            )
    heading = strings.ENROL_SAMPLE.format(name=facts.name, number=facts.number, samples=facts.samples)
    hint, severity = _hint(facts)
    return EnrolView(
        heading,
        facts.prompt.position.instruction if facts.prompt else "",
        facts.prompt.sentence if facts.prompt else "",
        strings.SECONDS.format(seconds=min(facts.quality.speech_s, SPEECH_S)),
        strings.OF_SECONDS.format(seconds=SPEECH_S),
        facts.share,
        hint,
        severity,
        can_begin=facts.step is Step.READY,
        can_redo=facts.step is Step.RECORDING and (facts.quality.speech_s > 0 or facts.kept > 0),
        can_finish=facts.step is Step.RECORDING and facts.kept > 0,
        busy=facts.step is Step.CHECKING,
    )


def _hint(facts: EnrolFacts) -> tuple[str, str]:
    """The one thing that the person should know now."""
    if facts.message:
        return facts.message, "warning"
    if facts.problems:
        text = strings.capitalised(facts.problems[0].text)
        return (strings.ENROL_AGAIN.format(reason=text) if facts.again else text), "warning"
    if facts.step is Step.READY:
        return strings.ENROL_READY, ""
    if facts.step is Step.RECORDING and facts.quality.speech_s < 0.3:
        return strings.ENROL_SPEAK, ""
    return strings.ENROL_GOOD_SO_FAR, "good"
