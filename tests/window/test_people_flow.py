"""People in the window, from the first click to the last: enrolled, heard, extended, renamed, deleted."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.audio.reading.reader import audio_duration_s
from app.diarisation.timeline import Turn
from app.voiceprints.recordings import Note, samples_of
from app.voiceprints.store import EmbeddedSample, VoiceprintStore
from app.window import strings
from app.window.engine.edits.turns import enrol_from_turn
from app.window.engine.enrol.facts import Step
from app.window.engine.facts import Phase
from tests.support.stand_ins import save_sample
from tests.window.conftest import endless
from utils import HeardError

LONG = 180_000


def click(qtbot, button) -> None:
    assert button.isVisible()
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def enrol(qtbot, window, name: str):
    """Through the dialog to its end; returns it, still open."""
    window.people_controller.add()
    dialog = window.people_controller.dialog
    qtbot.keyClicks(dialog.names.edit, name)
    click(qtbot, dialog.names.next_button)
    qtbot.waitUntil(lambda: dialog.view.can_begin, timeout=LONG)
    click(qtbot, dialog.record.go_button)
    qtbot.waitUntil(lambda: dialog.enrolled or dialog.view.failed, timeout=LONG)
    return dialog


def answer(box, text: str):
    """The button of a question that says this."""
    return next(button for button in box.buttons() if button.text() == text)


def known(window) -> list[str]:
    with VoiceprintStore(window.engine.options.data) as store:
        return store.people()


def test_somebody_is_added_and_then_named(qtbot, window, voice, tmp_path):
    shown = window(voice("Ana"))
    dialog = enrol(qtbot, shown, "Ana")
    assert dialog.view.heading == "Ana is enrolled"
    assert len(samples_of(tmp_path, "Ana")) == 3
    click(qtbot, dialog.record.go_button)
    assert shown.engine.facts.running  # to see that it works
    qtbot.waitUntil(lambda: shown.state.speaker.title == "Ana", timeout=LONG)
    assert shown.windowTitle() == "Ana \u2013 Heard"
    assert [person.name for person in shown.state.people] == ["Ana"]


def test_the_ring_fills_and_the_prompts_go_on(qtbot, window, voice):
    shown = window(voice("Ben"))
    shown.people_controller.add()
    dialog = shown.people_controller.dialog
    qtbot.keyClicks(dialog.names.edit, "Ben")
    click(qtbot, dialog.names.next_button)
    qtbot.waitUntil(lambda: dialog.view.can_begin, timeout=LONG)
    seen: list[tuple[int, float]] = []
    sentences = set()

    def look() -> bool:
        facts = dialog.enrolment.facts
        if facts.step is Step.RECORDING:
            seen.append((facts.number, facts.share))
            sentences.add(facts.prompt.sentence)
        return facts.step is Step.DONE

    qtbot.keyClick(dialog, Qt.Key.Key_Space)
    qtbot.waitUntil(look, timeout=LONG)
    assert [number for number, _ in seen] == sorted(number for number, _ in seen)
    for number in (2, 3):
        shares = [share for n, share in seen if n == number]
        assert shares[0] <= shares[-1]
    assert len(sentences) == 3
    dialog.accept()


def test_cancelling_leaves_the_microphone_and_nothing_half_done(qtbot, window, voice, tmp_path):
    shown = window(voice("Ana"))
    shown.start()
    qtbot.waitUntil(lambda: shown.engine.facts.identification is not None, timeout=LONG)
    shown.people_controller.add()
    dialog = shown.people_controller.dialog
    qtbot.keyClicks(dialog.names.edit, "Zoe")
    click(qtbot, dialog.names.next_button)
    qtbot.waitUntil(lambda: dialog.view.can_begin, timeout=LONG)
    assert not shown.engine.facts.running  # one uses the microphone at a time
    click(qtbot, dialog.record.cancel_button)
    qtbot.waitUntil(lambda: shown.engine.facts.phase is Phase.LISTENING, timeout=LONG)  # as before
    assert known(shown) == []
    assert samples_of(tmp_path, "Zoe") == []


def test_once_more_takes_back_the_sample_before(qtbot, window, voice, tmp_path):
    silence = np.zeros(16_000 * 30, np.float32)
    tape = endless(np.concatenate([voice("Ana")[: 9 * 16_000], silence]), realtime=True)
    shown = window(tape, open_source=lambda _: tape)
    shown.people_controller.add()
    dialog = shown.people_controller.dialog
    qtbot.keyClicks(dialog.names.edit, "Ana")
    click(qtbot, dialog.names.next_button)
    dialog.enrolment.begin()
    qtbot.waitUntil(lambda: dialog.enrolment.facts.kept == 1, timeout=LONG)
    qtbot.waitUntil(lambda: dialog.enrolment.facts.step is Step.RECORDING, timeout=LONG)
    click(qtbot, dialog.record.redo_button)
    qtbot.waitUntil(lambda: dialog.enrolment.facts.kept == 0, timeout=LONG)
    qtbot.waitUntil(lambda: dialog.enrolment.facts.number == 1, timeout=LONG)
    dialog.reject()


def test_a_microphone_that_cannot_be_had_is_told_and_tried_again(qtbot, window, voice):
    there = []

    def open_source(options):
        if not there:
            raise HeardError("no microphone was found: plug one in.")
        return endless(voice("Ana"))

    shown = window(voice("Ana"), open_source=open_source)
    shown.people_controller.add(name="Ana")
    dialog = shown.people_controller.dialog
    qtbot.waitUntil(lambda: dialog.view.failed, timeout=LONG)
    assert dialog.record.hint.text() == "No microphone was found: plug one in."
    there.append(True)
    click(qtbot, dialog.record.redo_button)
    qtbot.waitUntil(lambda: dialog.view.can_begin, timeout=LONG)
    dialog.reject()


def test_another_voice_under_the_same_name_is_not_taken(qtbot, window, voice, tmp_path):
    first = window(voice("Ana"))
    enrol(qtbot, first, "Ana").accept()
    first.close()
    other = window(voice("Ben"))
    dialog = enrol(qtbot, other, "Ana")
    assert dialog.view.failed
    assert "somebody else" in dialog.record.hint.text()
    assert len(samples_of(tmp_path, "Ana")) == 3
    dialog.reject()


def test_an_unknown_voice_is_named_from_the_timeline(qtbot, window, voice, player, tmp_path):
    shown = window(voice("Colin"))
    shown.start()
    qtbot.waitUntil(lambda: any(turn.duration_s > 3 for turn in shown.engine.facts.turns), timeout=LONG)
    shown.toggle()
    timeline = shown.live.history.timeline
    turn = next(turn for _, turn in timeline.scene.turns if turn.duration_s > 3)
    timeline.select(turn)
    assert shown.live.history.name_button.isVisible()
    shown.live.history.named.emit(turn, "Colin")
    qtbot.waitUntil(lambda: shown.state.people != (), timeout=LONG)
    assert known(shown) == ["Colin"]
    assert len(samples_of(tmp_path, "Colin")) == 1
    qtbot.waitUntil(lambda: "Colin is enrolled now" in shown.undo.toast.text.text(), timeout=LONG)
    assert "Colin" in {lane.label for lane in shown.state.scene.lanes}
    shown.start()
    qtbot.waitUntil(lambda: shown.state.speaker.title == "Colin", timeout=LONG)


def test_a_numbered_voice_is_learned_from_all_that_it_said(qtbot, window, voice, encoder, monkeypatch, tmp_path):
    shown = window(voice("Ana"))
    engine, sound = shown.engine, voice("Ana")
    engine.context.session.encoder = encoder
    engine.sound.recent.add(sound, 0.0)
    turns = [Turn(start, start + 2.0, "Unknown 1") for start in (0.0, 4.0, 8.0)]
    monkeypatch.setattr(engine.context.session, "turns", lambda: [*turns, Turn(12.0, 13.0, "Unknown 2")])
    engine.submit(lambda context: context.publish_turns())
    qtbot.waitUntil(lambda: len(engine.facts.turns) == 4, timeout=LONG)
    engine.submit(enrol_from_turn(turns[1], "Ana"))
    qtbot.waitUntil(lambda: known(shown) == ["Ana"], timeout=LONG)
    qtbot.waitUntil(lambda: [turn.label for turn in engine.facts.turns] == ["Ana"] * 3 + ["Unknown 2"], timeout=LONG)
    assert audio_duration_s(samples_of(tmp_path, "Ana")[0]) == pytest.approx(6.0)


def test_a_piece_too_short_to_learn_from_is_only_labelled(qtbot, window, voice):
    shown = window(voice("Ana"))
    shown.engine.sound.recent.add(voice("Ana")[:8000], 0.0)
    shown.engine.submit(enrol_from_turn(Turn(0.0, 0.5, "unknown"), "Ana"))
    qtbot.waitUntil(lambda: "too short" in shown.undo.toast.text.text(), timeout=LONG)
    assert known(shown) == []


def test_recordings_are_heard_and_removed(qtbot, person, player, tmp_path):
    _, dialog = person
    dialog.list.setCurrentRow(1)
    click(qtbot, dialog.play_button)
    assert len(player.pieces[0]) == 80_000
    qtbot.waitUntil(lambda: dialog.play_button.text() == strings.PLAY_STOP)
    click(qtbot, dialog.play_button)
    assert not player.playing
    gone = dialog.list.chosen.path
    speech = gone.read_bytes()
    click(qtbot, dialog.remove_button)
    qtbot.waitUntil(lambda: dialog.list.count() == 2, timeout=LONG)
    assert not gone.exists()
    with VoiceprintStore(tmp_path) as store:
        assert store.overview()[0].samples == 2
    qtbot.waitUntil(dialog.toast.isVisible, timeout=LONG)
    click(qtbot, dialog.toast.undo_button)
    qtbot.waitUntil(lambda: dialog.list.count() == 3, timeout=LONG)
    assert gone.read_bytes() == speech
    with VoiceprintStore(tmp_path) as store:
        assert store.overview()[0].samples == 3
    dialog.list.setFocus()
    dialog.list.setCurrentRow(1)
    qtbot.keyClick(dialog.list, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: dialog.list.count() == 2, timeout=LONG)
    click(qtbot, dialog.remove_button)  # the next deed ends the undo of the one before
    qtbot.waitUntil(lambda: dialog.list.count() == 1, timeout=LONG)
    qtbot.waitUntil(lambda: speech not in [wav.read_bytes() for wav in tmp_path.rglob("*.wav")], timeout=LONG)
    assert not dialog.remove_button.isEnabled()  # the last one: that would be deleting


def test_a_new_name_goes_everywhere(qtbot, person, tmp_path):
    shown, dialog = person
    dialog.name_edit.setText("  Ana   López ")
    click(qtbot, dialog.rename_button)
    qtbot.waitUntil(lambda: dialog.name == "Ana López", timeout=LONG)
    assert known(shown) == ["Ana López"]
    assert len(samples_of(tmp_path, "Ana López")) == 3
    qtbot.waitUntil(lambda: [p.name for p in shown.state.people] == ["Ana López"], timeout=LONG)
    assert not dialog.rename_button.isEnabled()


@pytest.mark.parametrize(("sure", "undone"), [(False, False), (True, False), (True, True)])
def test_deleting_says_what_goes_and_it_is_gone_unless_it_is_undone(sure, undone, qtbot, person, tmp_path):
    shown, dialog = person
    click(qtbot, dialog.delete_button)
    box = dialog.question
    assert box.text() == "Delete Ana?"
    assert "3 recordings" in box.informativeText()
    click(qtbot, answer(box, strings.DELETE_YES if sure else strings.CANCEL))
    if not sure:
        assert known(shown) == ["Ana"]
        return
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=LONG)
    assert known(shown) == []
    qtbot.waitUntil(lambda: shown.state.nobody, timeout=LONG)
    toast = shown.undo.toast
    qtbot.waitUntil(toast.isVisible, timeout=LONG)
    assert toast.text.text() == "Ana was deleted, with 3 recordings."
    if undone:
        click(qtbot, toast.undo_button)
        qtbot.waitUntil(lambda: [person.name for person in shown.state.people] == ["Ana"], timeout=LONG)
        assert len(samples_of(tmp_path, "Ana")) == 3
        with VoiceprintStore(tmp_path) as store:
            assert store.overview()[0].samples == 3
        return
    click(qtbot, toast.close_button)
    qtbot.waitUntil(lambda: not shown.engine.facts.owed, timeout=LONG)
    assert not list(tmp_path.rglob("*.wav"))


def test_voiceprints_of_another_model_are_made_again(qtbot, person, tmp_path, encoder):
    shown, dialog = person
    dialog.accept()
    with VoiceprintStore(tmp_path) as store:
        for name in ("Ana", "Zoe"):  # Ana's recordings are there; of them the database knows nothing any more
            sample = EmbeddedSample(f"{name}.wav", np.eye(1, 192, dtype=np.float32), [3.0])
            store.set_samples(name, "other", "0" * 64, [sample])
        assert store.stale(encoder.sha256) == ["Ana", "Zoe"]
    shown.start()
    qtbot.waitUntil(lambda: shown.menus.rebuild.isEnabled(), timeout=LONG)
    assert [person.stale for person in shown.state.people] == [True, True]
    shown.menus.rebuild.trigger()
    assert not shown.engine.facts.running
    qtbot.waitUntil(lambda: shown.engine.facts.phase is Phase.LISTENING, timeout=LONG)  # as before
    assert [(person.name, person.stale) for person in shown.state.people] == [("Ana", False), ("Zoe", True)]
    assert "No usable recordings of Zoe" in shown.status.text


def test_the_demos_people_cannot_be_changed(qtbot, window, voice):
    shown = window(voice("Ana"), demo=True)
    shown.start()
    qtbot.waitUntil(lambda: len(shown.state.people) == 3, timeout=LONG)
    assert not shown.menus.add_person.isEnabled()
    assert not shown.live.people.add_button.isVisible()
    shown.people_controller.add()
    qtbot.waitUntil(lambda: "demo" in shown.status.text, timeout=LONG)


@pytest.mark.parametrize("way", ["Esc", "X"])
def test_closing_after_the_first_sample_leaves_nothing(way, qtbot, window, voice, tmp_path):
    silence = np.zeros(16_000 * 30, np.float32)
    shown = window(np.concatenate([voice("Ana")[: 9 * 16_000], silence]))
    shown.people_controller.add(name="Ana")
    dialog = shown.people_controller.dialog
    dialog.enrolment.begin()
    qtbot.waitUntil(lambda: dialog.enrolment.facts.kept == 1, timeout=LONG)
    assert list(tmp_path.rglob("*.wav"))  # it waits
    assert known(shown) == []
    qtbot.waitUntil(lambda: dialog.view.can_finish, timeout=LONG)
    if way == "Esc":
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    else:
        dialog.close()
    assert dialog.isVisible()
    click(qtbot, answer(dialog.question, strings.DISCARD))
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=LONG)
    qtbot.waitUntil(lambda: not list(tmp_path.rglob("*.wav")), timeout=LONG)
    assert samples_of(tmp_path, "Ana") == []
    assert known(shown) == []


def test_who_is_recorded_but_not_built_is_shown_and_built(qtbot, window, voice, encoder, tmp_path):
    save_sample(tmp_path, voice("Ana")[:160_000], Note("Ana", "2026-01-01T10:00:00+00:00"))
    shown = window(voice("Ana"))
    shown.engine.context.session.encoder = encoder
    shown.start()
    qtbot.waitUntil(lambda: shown.state is not None and shown.state.people != (), timeout=LONG)
    (person,) = shown.state.people
    assert (person.name, person.note) == ("Ana", strings.UNBUILT_PERSON)
    assert person.spoken == "Ana, not built yet"
    qtbot.waitUntil(lambda: "Ana: recorded, but without a voiceprint" in shown.status.text, timeout=LONG)
    click(qtbot, shown.live.people.build_button)
    qtbot.waitUntil(lambda: [p.note == strings.UNBUILT_PERSON for p in shown.state.people] == [False], timeout=LONG)
    assert not shown.live.people.build_button.isVisible()
    qtbot.waitUntil(lambda: shown.state.speaker.title == "Ana", timeout=LONG)


def test_on_a_full_disk_deleting_is_at_once(qtbot, person, monkeypatch, tmp_path):
    from app.voiceprints.database import DiskFull
    from app.window.engine.edits import people

    def full(*_: object) -> None:
        raise DiskFull("the disk is full.")

    monkeypatch.setattr(people, "remove_person", full)
    shown, dialog = person
    click(qtbot, dialog.delete_button)
    click(qtbot, answer(dialog.question, strings.DELETE_YES))
    qtbot.waitUntil(lambda: "gone for good, since the disk is full" in shown.status.text, timeout=LONG)
    assert not list(tmp_path.rglob("*.wav"))
    assert shown.engine.facts.deed is None
