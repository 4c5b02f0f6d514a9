"""A file of several channels in the window: all together, one of them, each by itself."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile

from app.window import strings
from app.window.engine.file_analysis import Stage
from tests.support.call import demo_call
from tests.support.file_pages import LONG, NOISE, drop, labels
from utils import SAMPLE_RATE


@pytest.fixture
def call(demo_dir, tmp_path):
    """A call of 13 s, Ana on channel 1, Ben and Colin on channel 2, and its file."""
    made = demo_call(demo_dir, 13.3)
    soundfile.write(tmp_path / "call.wav", np.stack([made.here, made.remote], axis=1), SAMPLE_RATE)
    return made, tmp_path / "call.wav"


@pytest.fixture
def page(qtbot, window, call):
    """The page of the call, analysed with all channels together."""
    shown = window(NOISE, demo=True)
    drop(shown, call[1])
    qtbot.waitUntil(lambda: shown.file.analysis.over, timeout=LONG)
    shown.file.draw_frame()
    return shown.file


def choose(page, text: str, qtbot) -> list[str]:
    """Choose in the menu; the titles of the lanes once the file is analysed."""
    before = page.analysis
    entry(page, text).trigger()
    qtbot.waitUntil(lambda: page.analysis is not before and page.analysis.over, timeout=LONG)
    page.draw_frame()
    return [lane.title for lane in page.panel.timeline.scene.lanes]


def entry(page, text: str):
    return next(action for action in page.channel_menu.menu_of_channels.actions() if action.text().startswith(text))


def checked(page) -> list[str]:
    return [action.text() for action in page.channel_menu.menu_of_channels.actions() if action.isChecked()]


def piece(call, turn, seconds: float, channel: int) -> np.ndarray:
    sound = call.here if channel == 1 else call.remote
    first = round(turn.start_s * SAMPLE_RATE)
    return sound[first : first + round(seconds * SAMPLE_RATE)]


def test_all_together_one_channel_and_each_by_itself(qtbot, page, call):
    assert sorted(labels(page)) == sorted(["Ana", "Ben", "Colin"])
    assert page.channel_menu.isVisibleTo(page)
    assert page.channel_menu.text() == "All channels \u25be"
    assert checked(page) == ["All together"]

    assert choose(page, "Channel 1", qtbot) == ["Ana"]
    assert choose(page, "Channel 2", qtbot) == ["Ben \u00b7 channel 2", "Colin \u00b7 channel 2"]
    assert checked(page) == ["Channel 2"]
    turn = page.analysis.facts.turns[0]
    assert np.abs(page.analysis.voice(turn, 1.0) - piece(call[0], turn, 1.0, 2)).max() < 1e-4
    assert np.abs(page.analysis.sound(turn.start_s, turn.start_s + 1.0) - piece(call[0], turn, 1.0, 2)).max() < 1e-4

    assert choose(page, "Each", qtbot) == ["Ana \u00b7 channel 1", "Ben \u00b7 channel 2", "Colin \u00b7 channel 2"]
    turn = next(turn for turn in page.analysis.facts.turns if turn.label == "Ben")
    assert np.abs(page.analysis.voice(turn, 1.0) - piece(call[0], turn, 1.0, 2)).max() < 1e-4


def test_a_piece_is_played_from_its_own_channel(qtbot, page, call, player):
    choose(page, "Each", qtbot)
    for name, channel in (("Ana", 1), ("Ben", 2)):
        turn = next(turn for turn in page.analysis.facts.turns if turn.label == name)
        page.panel.timeline.played.emit(turn)
        # 0.15 s before it begins, and after
        own = piece(call[0], turn, turn.duration_s, channel)[: 2 * SAMPLE_RATE]
        played = player.pieces[-1][round(min(0.15, turn.start_s) * SAMPLE_RATE) :][: len(own)]
        assert np.abs(played - own).max() < 1e-3, name
    page.toggle()
    page.draw_frame()
    page.panel.timeline.sought.emit(0.0)
    page.toggle()  # with the moving cursor: all of them
    mixed = page.analysis.sound(0.0, page.analysis.facts.duration_s)
    assert np.array_equal(player.pieces[-1], mixed)


def test_a_correction_of_a_channel_holds_under_each_and_not_of_the_mixture(qtbot, page, tmp_path):
    engine = page.window().engine
    choose(page, "Channel 1", qtbot)
    (ana, *_) = page.analysis.facts.turns
    page.relabel(ana, "Zoe")
    qtbot.waitUntil(lambda: engine.facts.deed is not None, timeout=LONG)
    (kept,) = (tmp_path / "corrections").iterdir()
    assert json.loads(kept.read_text())["corrections"][0]["channel"] == 1
    assert "Zoe \u00b7 channel 1" in choose(page, "Each", qtbot)
    assert page.analysis.facts.corrections == 1
    assert "Zoe" not in " ".join(choose(page, "Channel 2", qtbot))
    assert page.analysis.facts.corrections == 0
    assert "Zoe" not in choose(page, "All", qtbot)

    page.relabel(page.analysis.facts.turns[0], "Yva")
    qtbot.waitUntil(lambda: engine.facts.deed.number == 2, timeout=LONG)
    assert labels(page)[0] == "Yva"
    assert choose(page, "Channel 1", qtbot) == ["Zoe"]
    undo = page.window().menus.undo
    qtbot.waitUntil(undo.isEnabled, timeout=LONG)
    undo.trigger()  # of the mixture, which is not shown
    qtbot.waitUntil(lambda: "Yva" not in kept.read_text(), timeout=LONG)
    assert choose(page, "Each", qtbot)[0] == "Zoe \u00b7 channel 1"
    qtbot.waitUntil(lambda: undo.isEnabled() and engine.facts.deed.number == 1, timeout=LONG)
    undo.trigger()  # made under channel 1, taken back under each
    qtbot.waitUntil(lambda: labels(page)[0] == "Ana", timeout=LONG)
    assert not kept.exists()


def test_another_channel_is_not_chosen_in_the_middle_of_an_analysis_without_a_word(qtbot, window, tmp_path):
    soundfile.write(tmp_path / "long.wav", np.stack([np.tile(NOISE, 60)] * 2, axis=1), SAMPLE_RATE)
    shown = window(NOISE)
    shown.file_controller.open(tmp_path / "long.wav")
    page, first = shown.file, shown.file.analysis
    qtbot.waitUntil(page.channel_menu.isVisible, timeout=LONG)
    entry(page, "Channel 2").trigger()
    box = shown.file_controller.question
    assert box.text() == "Analyse long.wav again?"
    assert checked(page) == ["All together"]
    box.defaultButton().click()
    assert page.analysis is first
    entry(page, "Channel 2").trigger()
    next(b for b in shown.file_controller.question.buttons() if b.text() == strings.ANALYSE_AGAIN).click()
    assert page.analysis is not first
    assert page.channel_menu.isVisible()  # how many there are is known already
    assert checked(page) == ["Channel 2"]
    page.stop_button.click()
    qtbot.waitUntil(lambda: page.analysis.facts.stage is Stage.STOPPED, timeout=LONG)


def test_of_one_channel_there_is_nothing_to_choose(analysed):
    assert not analysed.file.channel_menu.isVisibleTo(analysed)


@pytest.mark.parametrize(("channels", "together", "each"), [(8, True, True), (9, True, False), (40, False, False)])
def test_of_many_channels_one_can_be_heard(channels, together, each, qtbot, window, tmp_path):
    frames = np.zeros((len(NOISE) // 10, channels), np.float32)
    frames[:, -1] = NOISE[: len(frames)]
    soundfile.write(tmp_path / "many.wav", frames, SAMPLE_RATE)
    shown = window(NOISE)
    page = shown.file
    drop(shown, tmp_path / "many.wav")
    qtbot.waitUntil(lambda: page.analysis.over, timeout=LONG)
    page.draw_frame()
    assert (page.analysis.facts.stage is Stage.DONE) is together
    if not together:
        assert page.note.text() == "40 channels are too many to be heard together (at most 32): choose one of them."
    assert entry(page, "All").isEnabled() is together
    assert entry(page, "Each").isEnabled() is each
    assert ("at most 8" in entry(page, "Each").text()) is not each
    choose(page, f"Channel {channels}", qtbot)
    assert page.analysis.facts.stage is Stage.DONE
    assert np.abs(page.analysis.sound(0.0, 1.0) - frames[:, -1]).max() < 1e-4


def test_a_channel_that_is_gone_from_the_file_is_said(qtbot, page, call):
    soundfile.write(call[1], call[0].here, SAMPLE_RATE)  # by another program
    choose(page, "Channel 2", qtbot)
    assert page.analysis.facts.stage is Stage.FAILED
    assert "there is no channel 2" in page.note.text()
    assert choose(page, "All", qtbot) == ["Ana"]
    assert not page.channel_menu.isVisibleTo(page)
