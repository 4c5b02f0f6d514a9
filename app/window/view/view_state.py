"""Facts -> what each part of the window shows. Plain values and pure functions: no clock, no thread."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from app.audio.source import SourceState
from app.enrolment.pooled_gender import SURE
from app.names import shown_name
from app.scoring.certainty import Certainty, marked
from app.scoring.decision import DecisionRule, probability
from app.scoring.identification import Identification
from app.scoring.labels import Kind
from app.voiceprints.looks.colours import colours_for
from app.window import strings
from app.window.engine.facts import Facts, Phase
from app.window.strings import percent, sentence
from app.window.view.names import alphabetical, initials
from app.window.view.status import StatusView, status_view
from app.window.view.timeline import TimelineScene, side, timeline_scene

SPEECH = 0.5
"""Speech probability from which somebody counts as speaking."""


class Mood(Enum):
    """What the large picture is about; each has a shape of its own, so that colour is not the only signal."""

    OFF = "off"
    BUSY = "busy"
    QUIET = "quiet"
    VOICE = "voice"
    NAMED = "named"
    UNKNOWN = "unknown"
    TROUBLE = "trouble"


@dataclass(frozen=True)
class SpeakerView:
    """What the large picture shows: who is speaking now, or why that is not shown."""

    mood: Mood
    title: str
    detail: str = ""
    """How sure a name is in a word, or why there is none; then what else is known of the voice."""
    hint: str = ""
    """What makes the answer less sure; empty for good sound."""
    certainty: Certainty | None = None
    """How sure the name is; None where nobody is named."""
    numbers: str = ""
    """What is behind the words, in percent: for whoever asks."""
    ink: int | None = None
    """The speaker's colour in the palette."""
    initials: str = ""
    progress: float | None = None
    """How much of a download is done, 0 to 1."""

    @property
    def text(self) -> str:
        """The title with the mark of a name that is likely."""
        return marked(self.title, self.certainty)

    @property
    def likely(self) -> bool:
        """Whether the name is to be seen as one that may be wrong."""
        return self.certainty is Certainty.LIKELY

    @property
    def spoken(self) -> str:
        """The same for a screen reader."""
        title = self.text if self.likely else f"{self.text}."
        return f"{title} {self.detail}{'. ' * bool(self.detail and self.hint)}{self.hint}".strip()


@dataclass(frozen=True)
class MatchView:
    """The bar: how well the voice fits the closest person, and what a name needs. Shares are 0 to 1."""

    share: float
    needed: float
    caption: str
    explanation: str
    """The figures: percent, and the engine's own."""
    ink: int | None = None
    """Colour of the person named; None for an unknown voice."""

    @property
    def spoken(self) -> str:
        return f"{self.caption}: {percent(self.share)}, {strings.NEEDS.format(percent=percent(self.needed))}"


@dataclass(frozen=True)
class PersonView:
    """One row of the list."""

    name: str
    ink: int
    initials: str
    share: float | None
    """How well the voice fits this person, 0 to 1; None while nobody speaks."""
    note: str
    """Text at the right: the share, or why there is none."""
    speaking: bool = False
    stale: bool = False
    """No voiceprint, or another model's: not compared."""
    offers: int = 0
    """Recordings that are offered to be added to their voiceprint."""
    last_s: float = -1.0
    """When they were heard last, on the turns' clock; -1 for never."""
    talk_s: float = 0.0
    """How long they have spoken."""

    @property
    def title(self) -> str:
        """The name as it is shown."""
        return shown_name(self.name)

    @property
    def spoken(self) -> str:
        form = strings.STATUS_SPEAKS if self.speaking else strings.STATUS_SCORE
        said = form.format(name=self.title, score=self.note) if self.note else self.title
        return f"{said}. {strings.offers(self.offers)}" if self.offers else said


@dataclass(frozen=True)
class ViewState:
    """The whole window but for the moving level."""

    speaker: SpeakerView
    match: MatchView | None
    people: tuple[PersonView, ...]
    nobody: bool
    """The list is known to be empty: show how to enrol."""
    needed: float
    """Place of the threshold's marks, 0 to 1."""
    status: StatusView
    running: bool
    model: str
    scene: TimelineScene = TimelineScene()
    can_change: bool = True
    """Whether people can be added, renamed and deleted."""

    @property
    def downloading(self) -> bool:
        return self.speaker.progress is not None


def view_state(facts: Facts, *, gender: bool = True) -> ViewState:
    """What to show for these facts. ``gender``: whether its estimate is wanted."""
    people = tuple(sorted({*(facts.people or ()), *facts.stale, *facts.unbuilt}, key=alphabetical))
    inks = colours_for(people, facts.colours)
    identification = facts.identification if facts.phase is Phase.LISTENING else None
    rule = facts.rule
    if rule and identification:  # what the engine asked for: live it asks for less than the card
        rule = replace(rule.at(identification.speech_s), threshold=identification.threshold)
    return ViewState(
        speaker=_speaker_view(facts, identification, inks, gender=gender),
        match=_match_view(identification, rule, inks) if identification and rule else None,
        people=_heard(tuple(_person_view(name, facts, identification, rule, inks[name]) for name in people), facts),
        nobody=facts.people is not None and not people,
        needed=probability(rule.threshold, rule) if rule else 1.0,
        status=status_view(facts),
        running=facts.running,
        model=strings.MODEL.format(model=facts.model) if facts.model else "",
        scene=timeline_scene(facts.turns, facts.clock_s, inks, facts.overlaps, pauses=facts.pauses, sides=facts.sides),
        can_change=not facts.fixed_people,
    )


def _speaker_view(
    facts: Facts, identification: Identification | None, inks: dict[str, int], *, gender: bool
) -> SpeakerView:
    match facts.phase:
        case Phase.STOPPED:
            return SpeakerView(Mood.OFF, strings.STOPPED, strings.STOPPED_HINT)
        case Phase.LOADING if facts.download and facts.download[1]:
            done, total = facts.download
            hint = strings.DOWNLOADED.format(done=done / 1e6, total=total / 1e6)
            return SpeakerView(Mood.BUSY, strings.DOWNLOADING, hint, progress=done / total)
        case Phase.LOADING:
            return SpeakerView(Mood.BUSY, strings.LOADING, strings.LOADING_HINT)
        case Phase.NO_INPUT if facts.lacks_channel:
            return SpeakerView(Mood.TROUBLE, strings.NO_CHANNEL, f"{sentence(facts.error)} {strings.NO_CHANNEL_HINT}")
        case Phase.NO_INPUT:
            return SpeakerView(
                Mood.TROUBLE, strings.NO_MICROPHONE, f"{sentence(facts.error)} {strings.NO_MICROPHONE_HINT}"
            )
        case Phase.ENDED:
            return SpeakerView(Mood.OFF, strings.ENDED, strings.ENDED_HINT)
        case Phase.FAILED:
            return SpeakerView(Mood.TROUBLE, strings.FAILED, sentence(facts.error))
    source = facts.source
    if source and source.state is SourceState.LOST:
        return SpeakerView(Mood.TROUBLE, strings.LOST, sentence(source.message))
    if source and source.state is SourceState.SILENT:
        return SpeakerView(Mood.TROUBLE, strings.MUTED, sentence(source.message) or strings.MUTED_HINT)
    if facts.pausing:
        return SpeakerView(Mood.QUIET, strings.PAUSED, strings.PAUSED_HINT)
    if identification is None:
        opening = not facts.file and (source is None or source.state is SourceState.WAITING)
        return (
            SpeakerView(Mood.BUSY, strings.OPENING, strings.OPENING_HINT)
            if opening
            else SpeakerView(Mood.QUIET, strings.LISTENING)
        )
    return _identified(facts, identification, inks, gender=gender)


def _gender(facts: Facts, identification: Identification) -> str | None:
    """What is said of the voice: of a person the same at every moment; of a stranger only what is all but sure."""
    if identification.speaker is not None:
        return facts.genders.get(identification.speaker)
    return identification.gender if identification.gender_confidence >= SURE else None


def _identified(facts: Facts, identification: Identification, inks: dict[str, int], *, gender: bool) -> SpeakerView:
    if identification.label is None:
        last = strings.LAST_HEARD.format(name=shown_name(facts.last_speaker)) if facts.last_speaker else ""
        if identification.speech_probability >= SPEECH:
            return SpeakerView(Mood.VOICE, strings.A_VOICE, last)
        return SpeakerView(Mood.QUIET, strings.SILENCE, last)
    named, numbers = identification.speaker is not None, []
    details = [strings.CERTAINTY[identification.certainty]] if named else [_why_unknown(identification)]
    if named:  # "unknown, 20 % sure" would puzzle
        numbers.append(strings.SURE.format(percent=percent(identification.confidence)))
    if gender and (voice := strings.GENDER.get(_gender(facts, identification))):
        details.append(voice)
    if identification.channel is not None:
        details.append(side(identification.channel, facts.sides))
    if identification.overlap:
        details.insert(0, strings.OVERLAP)
    detail = strings.DETAILS_SEPARATOR.join(filter(None, details))
    hint = strings.capitalised(identification.condition.hint) if identification.condition else ""
    figures = "\n".join(numbers)
    if not named:
        title = strings.UNKNOWN_VOICE if identification.kind is Kind.UNKNOWN else identification.label
        return SpeakerView(Mood.UNKNOWN, title, detail, hint, initials="?", numbers=figures)
    return SpeakerView(
        Mood.NAMED,
        identification.label,
        detail,
        hint,
        identification.certainty,
        figures,
        inks.get(identification.speaker),
        initials(identification.speaker),
    )


def _why_unknown(identification: Identification) -> str:
    """Without figures: those are on the bar's tip."""
    (best, score), *rest = _ranked(identification) or [("", 0.0)]
    if not best:
        return identification.reason
    if score >= identification.threshold and rest:
        return strings.TOO_CLOSE.format(name=shown_name(best), other=shown_name(rest[0][0]))
    return strings.CLOSEST.format(name=shown_name(best))


def _ranked(identification: Identification) -> list[tuple[str, float]]:
    return sorted(identification.scores.items(), key=lambda item: (-item[1], item[0]))


def _match_view(identification: Identification, rule: DecisionRule, inks: dict[str, int]) -> MatchView | None:
    """The closest person against the threshold; None while there is nothing to compare."""
    if identification.label is None or not identification.scores:
        return None
    best, score = _ranked(identification)[0]
    if identification.speaker is not None:
        best, score = identification.speaker, identification.scores.get(identification.speaker, score)
    share, needed = probability(score, rule), probability(rule.threshold, rule)
    caption = strings.MATCH.format(name=shown_name(best))
    why = sentence(identification.reason) or strings.COSINE.format(score=score, threshold=rule.threshold)
    figures = strings.MATCH_NUMBERS.format(match=caption, percent=percent(share), needed=percent(needed))
    return MatchView(
        share=share,
        needed=needed,
        caption=caption,
        explanation=f"{figures}\n{why}",
        ink=inks.get(best) if identification.speaker is not None else None,
    )


def _heard(people: tuple[PersonView, ...], facts: Facts) -> tuple[PersonView, ...]:
    """The same with when and how long each was heard."""
    last_s: dict[str, float] = {}
    talk_s: dict[str, float] = {}
    for turn in facts.turns:
        if (name := turn.label.name) is not None:
            last_s[name] = max(last_s.get(name, -1.0), turn.end_s)
            talk_s[name] = talk_s.get(name, 0.0) + turn.duration_s
    return tuple(
        replace(one, last_s=last_s[one.name], talk_s=talk_s[one.name]) if one.name in last_s else one for one in people
    )


def _person_view(
    name: str, facts: Facts, identification: Identification | None, rule: DecisionRule | None, ink: int
) -> PersonView:
    offers = facts.offered.get(name, 0)
    if name in facts.unbuilt or name in facts.stale:
        note = strings.UNBUILT_PERSON if name in facts.unbuilt else strings.STALE_PERSON
        return PersonView(name, ink, initials(name), None, note, stale=True, offers=offers)
    if identification is None or identification.label is None or rule is None or name not in identification.scores:
        return PersonView(name, ink, initials(name), None, "", offers=offers)
    share = probability(identification.scores[name], rule)
    speaking = name == identification.speaker
    return PersonView(name, ink, initials(name), share, percent(share), speaking=speaking, offers=offers)
