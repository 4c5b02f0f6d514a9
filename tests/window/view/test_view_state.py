"""What the window shows for which facts: tables of plain values, without Qt."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from app.audio.source import SourceState, SourceStatus
from app.diarisation.timeline import Turn
from app.scoring.condition import Band, Condition
from app.scoring.decision import DecisionRule, decide, probability
from app.scoring.identification import UNKNOWN, Identification
from app.window import strings
from app.window.engine.facts import Facts, Phase
from app.window.strings import percent
from app.window.view.names import initials
from app.window.view.status import Severity
from app.window.view.timeline import timeline_scene
from app.window.view.view_state import Mood, view_state
from utils import ROOT

RULE = DecisionRule(threshold=0.5, margin=0.05, scale=14.0, offset=-5.6)
RUNNING = SourceStatus(SourceState.RUNNING, device="USB headset", rate=48_000)
LIVE = Facts(phase=Phase.LISTENING, people=("Ana", "Ben"), rule=RULE, source=RUNNING, model="embedded")


def identified(scores: dict[str, float], **changes: object) -> Identification:
    answer = decide(scores, RULE)
    values = {
        "time_s": 3.0,
        "label": answer.speaker or UNKNOWN,
        "speaker": answer.speaker,
        "confidence": answer.confidence,
        "scores": scores,
        "threshold": RULE.threshold,
        "reason": answer.reason,
        "certainty": answer.certainty,
        "speech_probability": 0.9,
    }
    return Identification(**{**values, **changes})


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def source(state: SourceState, message: str = "") -> SourceStatus:
    return replace(RUNNING, state=state, message=message)


@pytest.mark.parametrize(
    ("facts", "mood", "title", "in_detail", "severity", "in_status"),
    [
        (Facts(), Mood.OFF, "Not listening", "Start", Severity.NEUTRAL, "Not listening"),
        (Facts(phase=Phase.LOADING), Mood.BUSY, "Getting ready", "Loading", Severity.BUSY, "Loading"),
        (
            Facts(phase=Phase.LOADING, download=(20_000_000, 80_000_000)),
            Mood.BUSY, "Downloading", "20 of 80 MB", Severity.BUSY, "Downloading the model: 25 %",
        ),
        (
            Facts(phase=Phase.NO_INPUT, error="no microphone was found: plug one in."),
            Mood.TROUBLE, "No microphone", "No microphone was found: plug one in. Listening starts by itself",
            Severity.BUSY, "Looking",
        ),
        (
            Facts(phase=Phase.FAILED, error="the disk is full"),
            Mood.TROUBLE, "Cannot listen", "The disk is full.", Severity.ERROR, "try again",
        ),
        (Facts(phase=Phase.ENDED, file="a.wav"), Mood.OFF, "The recording", "again", Severity.NEUTRAL, "Not listening"),
        (replace(LIVE, source=None), Mood.BUSY, "Opening", "allow", Severity.BUSY, "Opening"),
        (LIVE, Mood.QUIET, "Listening", "", Severity.GOOD, "USB headset, 48 kHz"),
        (
            replace(LIVE, source=source(SourceState.LOST, "USB headset was unplugged")),
            Mood.TROUBLE, "Microphone lost", "USB headset was unplugged.", Severity.WARNING, "by itself",
        ),
        (
            replace(LIVE, source=source(SourceState.SILENT, "allow the microphone in System Settings")),
            Mood.TROUBLE, "No sound arrives", "Allow the microphone", Severity.WARNING, "from USB headset",
        ),
        (
            replace(LIVE, source=source(SourceState.SILENT)),
            Mood.TROUBLE, "No sound arrives", "privacy settings", Severity.WARNING, "Nothing but silence",
        ),
        (replace(LIVE, resumed=True), Mood.QUIET, "Listening", "", Severity.GOOD, "is back"),
        (replace(LIVE, skipped_s=1.25), Mood.QUIET, "Listening", "", Severity.WARNING, "1.2 s were skipped"),
        (replace(LIVE, people=()), Mood.QUIET, "Listening", "", Severity.NEUTRAL, "Nobody is enrolled"),
        (replace(LIVE, stale=("Ben",)), Mood.QUIET, "Listening", "", Severity.WARNING, "Ben: voiceprints of another"),
        (Facts(stale=("Ben",)), Mood.OFF, "Not listening", "", Severity.WARNING, "Make voiceprints"),
        (
            replace(LIVE, file="talk.wav", source=replace(RUNNING, device="talk.wav")),
            Mood.QUIET, "Listening", "", Severity.GOOD, "talk.wav",
        ),
        (
            replace(LIVE, identification=Identification(1.0, None, None, 0.0), last_speaker="Ana"),
            Mood.QUIET, "Nobody is speaking", "Last heard: Ana", Severity.GOOD, "Listening",
        ),
        (
            replace(LIVE, identification=Identification(1.0, None, None, 0.0, speech_probability=0.8)),
            Mood.VOICE, "Recognising", "", Severity.GOOD, "Listening",
        ),
    ],
)  # fmt: skip
def test_states_explain_themselves(facts, mood, title, in_detail, severity, in_status):
    state = view_state(facts)
    assert state.speaker.mood is mood
    assert state.speaker.title.startswith(title)
    assert in_detail in plain(state.speaker.detail)
    assert state.status.severity is severity
    assert in_status in plain(state.status.text)
    assert state.match is None


def test_the_worst_is_said_first():
    troubled = replace(LIVE, source=source(SourceState.LOST, "gone"), skipped_s=1.0, stale=("Ben",), people=())
    assert view_state(troubled).status.text == strings.STATUS_LOST
    assert "skipped" in view_state(replace(troubled, source=RUNNING)).status.text
    assert "Ben" in view_state(replace(troubled, source=RUNNING, skipped_s=0.0)).status.text


def test_how_channels_were_mixed_is_said_where_nothing_is_worse():
    two = replace(RUNNING, notice="channel 2 is heard; channel 1 holds only noise")
    status = view_state(replace(LIVE, source=two)).status
    assert (status.severity, plain(status.text)) == (
        Severity.NEUTRAL,
        "USB headset: channel 2 is heard; channel 1 holds only noise.",
    )
    assert "Ben" in view_state(replace(LIVE, source=two, stale=("Ben",))).status.text


def test_a_name_with_all_that_supports_it():
    ana = identified({"Ana": 0.8, "Ben": 0.1}, gender="female", gender_confidence=0.931)
    state = view_state(replace(LIVE, identification=ana, genders={"Ana": "female"}))
    assert (state.speaker.mood, state.speaker.title, state.speaker.initials) == (Mood.NAMED, "Ana", "A")
    assert plain(state.speaker.detail) == "certain  ·  female voice"
    assert plain(state.speaker.numbers) == f"{plain(percent(ana.confidence))} sure"
    assert state.speaker.ink == state.match.ink == state.people[0].ink
    assert state.match.share == probability(0.8, RULE)
    assert state.match.needed == state.needed == probability(0.5, RULE)
    assert state.match.caption == "Match with Ana"
    assert [(p.name, p.speaking) for p in state.people] == [("Ana", True), ("Ben", False)]
    assert state.people[1].share == probability(0.1, RULE)
    assert plain(state.people[1].note) == "1 %"
    assert "speaking" in state.people[0].spoken


@pytest.mark.parametrize(
    ("genders", "moment", "detail"),
    [
        ({}, ("female", 0.999), "certain"),  # a moment says nothing of a person
        ({"Ana": "male"}, ("female", 0.999), "certain  ·  male voice"),  # all of the speech does, or a hand
        ({"Ana": "male"}, (None, 0.0), "certain  ·  male voice"),
        ({"Ana": "hidden"}, ("female", 0.999), "certain"),
    ],
)
def test_the_gender_is_the_persons_and_not_the_moments(genders, moment, detail):
    ana = identified({"Ana": 0.8, "Ben": 0.1}, gender=moment[0], gender_confidence=moment[1])
    facts = replace(LIVE, identification=ana, genders=genders)
    assert plain(view_state(facts).speaker.detail) == detail
    assert plain(view_state(facts, gender=False).speaker.detail) == "certain"


@pytest.mark.parametrize(("sure", "said"), [(0.995, True), (0.98, False)])
def test_of_a_stranger_only_what_is_all_but_sure_is_said(sure, said):
    stranger = identified({"Ana": 0.3, "Ben": 0.1}, gender="male", gender_confidence=sure)
    assert ("male voice" in view_state(replace(LIVE, identification=stranger)).speaker.detail) is said


def test_why_it_is_unknown():
    state = view_state(replace(LIVE, identification=identified({"Ana": 0.34, "Ben": 0.1})))
    assert (state.speaker.mood, state.speaker.title) == (Mood.UNKNOWN, "Unknown voice")
    assert state.speaker.ink is state.match.ink is None
    assert (state.speaker.detail, state.speaker.numbers) == ("the closest is Ana", "")
    assert state.match.caption == "Match with Ana"
    assert plain(state.match.spoken) == "Match with Ana: 30 %, needs 80 %"
    assert plain(state.match.explanation) == (
        "Match with Ana: 30 %; a name needs 80 %.\nClosest: Ana 0.34, needs 0.50."
    )
    assert not any(person.speaking for person in state.people)


def test_two_people_alike():
    state = view_state(replace(LIVE, identification=identified({"Ana": 0.62, "Ben": 0.60})))
    assert state.speaker.title == "Unknown voice"
    assert state.speaker.detail == "Ana or Ben: too close to call"
    assert "0.62 or Ben 0.60" in state.match.explanation


def test_the_name_stands_though_the_confidence_is_below_the_mark():
    """Just above threshold and margin: less sure than the match alone, but the bar must not contradict the name."""
    answer = identified({"Ana": 0.51, "Ben": 0.45})
    state = view_state(replace(LIVE, identification=answer))
    assert answer.confidence < probability(RULE.threshold, RULE)
    assert state.speaker.title == "Ana"
    assert state.match.share >= state.match.needed


def test_little_speech_needs_less_and_the_bar_goes_along():
    rule = replace(RULE, by_speech=((1.0, 0.4), (5.0, 0.5)))
    for seconds, scores in ((1.0, {"Ana": 0.41, "Ben": 0.0}), (5.0, {"Ana": 0.51, "Ben": 0.0})):
        answer = decide(scores, rule.at(seconds))
        needs = rule.at(seconds).threshold  # as the engine tells it
        said = {"label": answer.speaker, "speaker": answer.speaker, "certainty": answer.certainty}
        shown = identified(scores, **said, speech_s=seconds, threshold=needs)
        state = view_state(replace(LIVE, rule=rule, identification=shown))
        assert state.speaker.title == "Ana"
        assert state.match.share == state.people[0].share == pytest.approx(probability(0.51, RULE))
        assert state.needed == state.match.needed == pytest.approx(probability(0.5, RULE))


def test_what_makes_an_answer_less_sure_is_said_below_it():
    answer = replace(identified({"Ana": 0.7}), condition=Condition(Band.TELEPHONE, 3625.0, 31.0))
    speaker = view_state(replace(LIVE, identification=answer)).speaker
    assert speaker.hint == "Telephone quality: less sure"
    assert speaker.spoken.endswith(". Telephone quality: less sure")
    good = replace(answer, condition=Condition())
    assert view_state(replace(LIVE, identification=good)).speaker.hint == ""
    stranger = replace(identified({"Ana": 0.1}), condition=Condition(noisy=True))
    assert view_state(replace(LIVE, identification=stranger)).speaker.hint == "Very noisy: less sure"


def test_unknown_voices_may_be_numbered():
    assert (
        view_state(replace(LIVE, identification=identified({"Ana": 0.1}, label="Unknown 2"))).speaker.title
        == "Unknown 2"
    )


def test_a_name_that_may_be_wrong_has_a_question_mark_and_its_number_is_in_the_tip():
    rule = replace(RULE, certain=0.6)
    certainties = []
    for score in (0.55, 0.65):
        answer = decide({"Ana": score}, rule)
        shown = identified({"Ana": score}, certainty=answer.certainty)
        speaker = view_state(replace(LIVE, identification=shown)).speaker
        certainties.append((speaker.title, speaker.text, speaker.likely, speaker.detail))
        assert "%" not in speaker.detail
        assert "% sure" in plain(speaker.numbers)
    assert certainties == [("Ana", "Ana?", True, "likely"), ("Ana", "Ana", False, "certain")]


def test_at_the_start_of_a_turn_nobody_says_that_nobody_is_enrolled():
    early = identified({}, label=UNKNOWN, reason="too early to tell")
    assert view_state(replace(LIVE, identification=early)).speaker.detail == "too early to tell"
    alone = view_state(replace(LIVE, people=(), identification=identified({}))).speaker
    assert alone.detail == "nobody is enrolled yet"


def test_nobody_enrolled():
    state = view_state(replace(LIVE, people=(), identification=identified({})))
    assert state.nobody
    assert state.speaker.title == "Unknown voice"
    assert state.match is None
    assert not view_state(replace(LIVE, people=None)).nobody  # not known yet is not nobody


def test_people_of_another_model_are_in_the_list_but_not_compared():
    state = view_state(replace(LIVE, stale=("Ben",), identification=identified({"Ana": 0.8})))
    ana, ben = state.people
    assert ana.speaking
    assert not ana.stale
    assert (ben.stale, ben.share, ben.note) == (True, None, "other model")


def test_answers_are_shown_only_while_listening():
    state = view_state(replace(LIVE, phase=Phase.STOPPED, identification=identified({"Ana": 0.8})))
    assert state.match is None
    assert state.people[0].share is None
    assert not state.running


def test_people_are_in_alphabetical_order_whatever_their_accents():
    state = view_state(Facts(people=("Zoe", "ömer", "Álvaro", "bea", "Oda")))
    assert [person.name for person in state.people] == ["Álvaro", "bea", "Oda", "ömer", "Zoe"]


def test_colours_stay_when_scores_change():
    before, after = (
        view_state(replace(LIVE, identification=identified({"Ana": a, "Ben": 0.9 - a}))) for a in (0.9, 0.0)
    )
    assert [person.ink for person in before.people] == [person.ink for person in after.people]
    assert len({person.ink for person in after.people}) == len(after.people)


def test_colours_are_those_of_the_database_whoever_comes_and_goes():
    facts = replace(LIVE, people=("Ana", "Ben", "Zoe"), colours={"Ben": 4, "Zoe": 0})
    assert {one.name: one.ink for one in view_state(facts).people} == {"Ana": 1, "Ben": 4, "Zoe": 0}
    fewer = replace(facts, people=("Ben",), colours={"Ben": 4})
    assert [one.ink for one in view_state(fewer).people] == [4]


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ana", "A"), ("ana lópez", "AL"), ("Ana María López", "AL"), ("Σοφία", "Σ"), ("李小龍", "李"),
        ("김 민수", "김"), ("ليلى الهاشمي", "ل"), ("(Bob) Smith", "BS"),
        ("e\u0301va", "E\u0301"), ("🎤", "🎤"), ("7 of 9", "7"), ("!?", "!"),
    ],
)  # fmt: skip
def test_initials(name, letters):
    assert initials(name) == letters


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "< 1 %"),
        (0.004, "< 1 %"),
        (0.006, "1 %"),
        (0.345, "34 %"),
        (0.994, "99 %"),
        (0.996, "> 99 %"),
        (1.0, "> 99 %"),
    ],
)
def test_no_percentage_claims_certainty(share, text):
    assert plain(percent(share)) == text


def test_view_states_need_neither_qt_nor_torch():
    check = (
        "import app.window.engine.engine, app.window.view.view_state, app.window.launch, sys;"
        " print([m for m in ('PySide6', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stderr


def test_of_a_call_each_side_has_its_lanes_and_the_card_says_which():
    turns = (Turn(0.0, 2.0, "Ana", 2), Turn(1.0, 4.0, "Ana", 1), Turn(5.0, 6.0, "Unknown 1", 1))
    said = identified({"Ana": 0.7, "Ben": 0.1}, channel=2, side="remote")
    facts = replace(LIVE, identification=said, turns=turns, sides=tuple(strings.SIDES.values()), clock_s=9.0)
    state = view_state(facts)
    assert [lane.title for lane in state.scene.lanes] == [
        "Ana \u00b7 here",
        "Unknown 1 \u00b7 here",
        "Ana \u00b7 computer",
    ]
    assert [lane.seconds for lane in state.scene.lanes] == [3.0, 1.0, 2.0]
    assert [number for number, _ in state.scene.turns] == [2, 0, 1]
    assert state.speaker.detail.endswith("computer")


def test_channels_without_names_have_numbers_and_one_alone_has_none():
    assert [lane.title for lane in timeline_scene([Turn(0, 1, "Ana"), Turn(0, 1, "Ben", 2)], 2.0, {}).lanes] == [
        "Ana \u00b7 channel 1",
        "Ben \u00b7 channel 2",
    ]
    assert [lane.title for lane in timeline_scene([Turn(0, 1, "Ana")], 2.0, {}).lanes] == ["Ana"]


def test_while_the_window_plays_something_it_says_that_it_does_not_listen():
    state = view_state(replace(LIVE, pausing=True, pauses=((1.0, 2.0),)))
    assert (state.speaker.mood, state.speaker.title) == (Mood.QUIET, strings.PAUSED)
    assert state.status.text == strings.STATUS_PAUSED
    assert state.scene.pauses == ((1.0, 2.0),)


def test_of_two_inputs_the_one_in_trouble_is_named_while_the_other_is_heard():
    said = identified({"Ana": 0.7, "Ben": 0.1}, channel=2, side="remote")
    facts = replace(LIVE, identification=said, source=source(SourceState.RUNNING, "the microphone is gone"))
    state = view_state(facts)
    assert state.speaker.mood is Mood.NAMED
    assert (state.status.severity, state.status.text) == (Severity.WARNING, "The microphone is gone")
