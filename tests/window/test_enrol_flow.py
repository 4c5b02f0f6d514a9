"""Enrolment in the real window, on a microphone that a tape plays: what may go otherwise than three good sentences."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.enrolment.sentences import read_language
from app.voiceprints.recordings import read_note, samples_of
from app.voiceprints.store import VoiceprintStore
from app.window import strings
from app.window.dialogs.enrol_dialog import EnrolDialog
from app.window.engine.enrol.facts import Step
from app.window.engine.levels import Level
from app.window.settings import Settings
from app.window.view.enrol_view import Scene, enrol_view
from app.window.widgets.enrol.chime import chime
from app.window.widgets.playback import Playback
from tests.window.conftest import endless, enrol
from tools.screenshots import NOBODY, SHOTS, Still
from utils import HeardError

LONG = 180_000


def click(qtbot, button) -> None:
    assert button.isVisible()
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def begin(qtbot, window, name: str) -> EnrolDialog:
    """The dialog about somebody, at the moment before the first sentence."""
    window.people_controller.add()
    dialog = window.people_controller.dialog
    qtbot.keyClicks(dialog.names.edit, name)
    click(qtbot, dialog.names.next_button)
    qtbot.waitUntil(lambda: bool(dialog.view and dialog.view.can_begin), timeout=LONG)
    return dialog


def until(qtbot, dialog, scene: Scene) -> None:
    qtbot.waitUntil(lambda: dialog.view.scene in (scene, Scene.FAILED), timeout=LONG)
    assert dialog.view.scene is scene, dialog.view


def known(window) -> list[str]:
    with VoiceprintStore(window.engine.options.data) as store:
        return store.people()


def test_each_sentence_ends_with_a_tick_and_a_chime_and_at_last_the_name_lights_up(
    qtbot, window, voice, player, tmp_path
):
    shown = window(voice("Ana"))
    dialog = begin(qtbot, shown, "Ana")
    scenes, counts = [], set()

    def look() -> bool:
        view = enrol_view(dialog.enrolment.facts)
        counts.add(view.count)
        if not scenes or scenes[-1] is not view.scene:
            scenes.append(view.scene)
        return dialog.view.scene is Scene.DONE

    click(qtbot, dialog.record.go_button)
    qtbot.waitUntil(look, timeout=LONG)
    assert len(player.pieces) == 3
    assert all(np.array_equal(piece, chime()) for piece in player.pieces)
    assert [read_note(path).position for path in samples_of(tmp_path, "Ana")] == ["near", "back", "soft"]
    assert dialog.record.dots.accessibleName() == "3 of 3 recorded"
    qtbot.waitUntil(lambda: dialog.view.lit == "Ana", timeout=LONG)
    assert dialog.record.scenes.currentWidget().accessibleDescription() == "Ana. That is you"
    assert shown.engine.facts.turns == ()  # nothing of the try is kept
    dialog.accept()


def test_silence_is_told_of_and_is_no_sample(qtbot, window, tmp_path):
    hiss = 1e-3 * np.random.default_rng(0).standard_normal(60 * 16_000).astype(np.float32)
    tape = endless(hiss, realtime=True)
    shown = window(hiss, open_source=lambda _: tape)
    dialog = begin(qtbot, shown, "Ana")
    click(qtbot, dialog.record.go_button)
    qtbot.waitUntil(lambda: dialog.view.hint == strings.ENROL_UNHEARD, timeout=20_000)
    assert dialog.view.severity == "warning"
    assert 2.9 <= dialog.enrolment.facts.quality.sound_s <= 4.5
    dialog.reject()


def test_nobody_there_leads_back_to_the_start(qtbot, window, tmp_path):
    hiss = 1e-3 * np.random.default_rng(0).standard_normal(60 * 16_000).astype(np.float32)
    dialog = begin(qtbot, window(hiss), "Ana")
    click(qtbot, dialog.record.go_button)
    qtbot.waitUntil(lambda: dialog.view.hint == strings.ENROL_NOBODY, timeout=LONG)
    assert dialog.enrolment.facts.step is Step.READY
    assert not dialog.view.can_finish
    dialog.reject()
    assert samples_of(tmp_path, "Ana") == []


@pytest.mark.parametrize("same", [True, False])
def test_a_voice_that_has_a_name_can_be_added_to_it(same, qtbot, window, voice, encoder, tmp_path):
    sound = voice("Ana")
    enrol(tmp_path, encoder, "Zoe", [sound[start * 80_000 : (start + 1) * 80_000] for start in range(3)])
    shown = window(sound)
    dialog = begin(qtbot, shown, "Ana")
    click(qtbot, dialog.record.go_button)
    until(qtbot, dialog, Scene.QUESTION)
    assert dialog.view.heading == "This is already Zoe"
    qtbot.keyClick(dialog, Qt.Key.Key_Return)  # answers nothing by itself
    assert dialog.view.scene is Scene.QUESTION
    assert dialog.record.go_button.text() == "Add to Zoe"
    click(qtbot, dialog.record.go_button if same else dialog.record.anyway_button)
    until(qtbot, dialog, Scene.DONE)
    assert known(shown) == (["Zoe"] if same else ["Ana", "Zoe"])
    assert len(samples_of(tmp_path, "Zoe")) == (6 if same else 3)
    assert len(samples_of(tmp_path, "Ana")) == (0 if same else 3)
    dialog.accept()


def test_two_of_three_are_amber_and_the_third_can_follow(qtbot, window, voice, tmp_path):
    shown = window(voice("Ana"))
    dialog = begin(qtbot, shown, "Ana")
    dialog.enrolment.begin()
    qtbot.waitUntil(lambda: dialog.enrolment.facts.kept == 2, timeout=LONG)
    dialog.enrolment.finish()
    until(qtbot, dialog, Scene.DONE)
    assert dialog.view.heading == "Ana, 2 of 3"
    assert dialog.record.hint.property("role") == "warning"
    click(qtbot, dialog.record.more_button)
    qtbot.waitUntil(lambda: bool(dialog.view and dialog.view.can_begin), timeout=LONG)
    assert dialog.view.position == "soft"
    click(qtbot, dialog.record.go_button)
    until(qtbot, dialog, Scene.DONE)
    assert dialog.view.heading == "Ana is enrolled"
    assert [read_note(path).position for path in samples_of(tmp_path, "Ana")] == ["near", "back", "soft"]
    dialog.accept()


def test_the_microphone_is_changed_in_the_dialog_and_stays_changed(qtbot, window, voice, tmp_path):
    asked = []

    def open_source(options):
        asked.append(options.device)
        if options.device == "Broken":
            raise HeardError("Broken cannot be opened.")
        return endless(voice("Ana"), realtime=True)

    shown = window(voice("Ana"), open_source=open_source, find=lambda: ["Headset", "Broken"])
    dialog = begin(qtbot, shown, "Ana")
    menu = dialog.record.device_menu
    qtbot.waitUntil(lambda: menu.findData("Headset") > 0, timeout=LONG)
    assert menu.findText(strings.COMPUTER_DEVICE) < 0  # one person is recorded

    def choose(name: str) -> None:
        menu.setCurrentIndex(menu.findData(name))
        menu.activated.emit(menu.currentIndex())

    click(qtbot, dialog.record.go_button)
    qtbot.waitUntil(lambda: dialog.enrolment.facts.quality.speech_s > 0.5, timeout=LONG)
    choose("Headset")
    qtbot.waitUntil(lambda: asked == [None, "Headset"], timeout=LONG)
    qtbot.waitUntil(lambda: dialog.enrolment.facts.step is Step.RECORDING, timeout=LONG)
    assert dialog.enrolment.facts.number == 1
    assert shown.live.device_menu.device == "Headset"
    choose("Broken")
    qtbot.waitUntil(lambda: asked[-2:] == ["Broken", "Headset"], timeout=LONG)  # the one before is heard on
    qtbot.waitUntil(lambda: dialog.enrolment.facts.quality.speech_s > 0.5, timeout=LONG)
    dialog.reject()


def test_language_and_talking_are_chosen_and_remembered(qtbot, window, voice, tmp_path):
    shown = window(voice("Ana"))
    shown.people_controller._settings = settings = Settings(tmp_path)
    settings.keep_language("de")
    dialog = begin(qtbot, shown, "Ana")
    record = dialog.record
    assert dialog.enrolment.facts.prompt.sentence == read_language("de").sentences[0]
    menu = record.language_menu
    menu.setCurrentIndex(menu.findData("ar"))
    menu.activated.emit(menu.currentIndex())
    qtbot.waitUntil(lambda: dialog.enrolment.facts.prompt.sentence == read_language("ar").sentences[0], timeout=LONG)
    click(qtbot, record.talk_box)
    dialog.draw_frame()
    record.scenes.reading.show_view(dialog.view, record.language, record.talk_box.isChecked())
    reading = record.scenes.reading
    assert [label.text() for label in reading.questions] == list(read_language("ar").cards[0])
    assert reading.sentence.layoutDirection() is Qt.LayoutDirection.RightToLeft
    assert reading.sentence.isHidden()
    dialog.reject()
    again = Settings(tmp_path)
    assert (again.language, again.just_talk) == ("ar", True)


@pytest.mark.parametrize("language", ["tlh", "../en", ""])
def test_a_language_that_is_not_there_is_not_remembered(language, tmp_path):
    settings = Settings(tmp_path)
    settings.keep_language(language)
    assert settings.language is None


def test_the_dialog_never_changes_its_size(qtbot, qapp, theme):
    dialog = EnrolDialog(Still(NOBODY, Level()), theme)
    qtbot.addWidget(dialog)
    dialog.show()
    size = dialog.size()
    dialog.show_recording()
    for shot in (shot for shot in SHOTS if shot.enrolling):
        dialog.show_view(enrol_view(shot.enrolling))
        dialog.show_level(shot.enrolling.level_db)
        qapp.processEvents()  # what was hidden gives its place up
        assert dialog.size() == size
        assert dialog.minimumSizeHint().width() <= size.width(), shot.name
        assert dialog.minimumSizeHint().height() <= size.height(), shot.name


def test_nobody_is_told_that_a_chime_cannot_be_heard_and_everybody_that_a_piece_cannot(player):
    playback = Playback(lambda: player)
    for wanted, told in ((False, ""), (True, "no loudspeaker was found.")):
        playback.play(chime(), 0.0, wanted=wanted)
        player.error = "no loudspeaker was found."
        assert playback.take_error() == told
        assert playback.take_error() == ""


def test_the_chime_is_short_and_soft():
    sound = chime()
    assert 0.3 <= len(sound) / 16_000 <= 0.6
    assert 0.05 <= np.abs(sound).max() <= 0.35
    assert abs(sound[-1]) < 0.01
