"""The real window, drawn without a screen: what is shown, keys and clicks, sizes and colours."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QFontMetricsF, QImage
from PySide6.QtWidgets import QApplication, QWidget

from app.audio.file_source import FileSource
from app.demo import DEMO
from app.session import SessionOptions
from app.window import strings
from app.window.engine.facts import Phase
from app.window.engine.levels import Level
from app.window.main_window import MainWindow
from app.window.view.palette import DARK, LIGHT
from app.window.view.view_state import view_state
from app.window.widgets.inputs.device_menu import DeviceMenu
from app.window.widgets.people_list import VIEW_ROLE
from tests.support.array_source import ArraySource
from tests.support.window_engine import play_demo
from tools.screenshots import LIVE, SHOTS, Still, stage

SILENCE = Level()
NOISE = np.random.default_rng(0).normal(0, 0.01, 480_000).astype(np.float32)


@pytest.fixture
def still(qtbot, theme):
    """Makes windows that show given facts and do not move."""

    def make(facts, level: Level = SILENCE, size: tuple[int, int] = (1040, 680)) -> MainWindow:
        window = MainWindow(Still(facts, level), theme, find_microphones=list)
        qtbot.addWidget(window)
        window.resize(*size)
        window.show()
        return window

    return make


@pytest.fixture
def running(qtbot, theme, make_engine, tmp_path):
    """A window on a real engine that hears noise."""

    def make(**changes) -> MainWindow:
        options = changes.pop("options", SessionOptions(data=tmp_path))
        engine = make_engine(options, **{"open_source": lambda _: ArraySource(NOISE, realtime=True), **changes})
        window = MainWindow(engine, theme, find_microphones=lambda: ["USB headset", "Built-in microphone"])
        qtbot.addWidget(window)
        window.show()
        return window

    return make


def press(qtbot, window: QWidget, key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, key, modifier)


def colours_in(window: QWidget) -> set[str]:
    image: QImage = window.grab().toImage()
    return {image.pixelColor(x, y).name() for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)}


# ---------------------------------------------------------------------------- live


def test_the_demo_shows_the_right_name(qtbot, running):
    window = running(
        options=SessionOptions(demo=True), open_source=lambda _: FileSource(DEMO / "conversation.flac", realtime=True)
    )
    window.start()
    assert window.state.speaker.title == strings.LOADING
    qtbot.waitUntil(lambda: window.state.speaker.title == "Ana", timeout=60_000)
    qtbot.waitUntil(lambda: not window.state.speaker.likely, timeout=60_000)
    assert window.live.speaker_card.accessibleDescription().startswith("Ana. certain")
    index = window.live.people.list.model().index(0, 0)
    assert index.data(VIEW_ROLE).speaking
    assert (
        QAccessible.queryAccessibleInterface(window.live.people.list)
        .child(0)
        .text(QAccessible.Text.Name)
        .startswith("Ana, ")
    )
    assert window.live.match.accessibleDescription().startswith("Match with Ana: ")


def test_a_whole_file_comes_to_its_end(qtbot, running):
    window = running(options=SessionOptions(demo=True), open_source=play_demo)
    window.start()
    qtbot.waitUntil(lambda: window.state.speaker.title == strings.ENDED, timeout=60_000)
    assert window.live.button.text() == strings.START


def test_space_and_the_button_start_and_stop(qtbot, running):
    window = running()
    assert window.live.button.text() == strings.START
    press(qtbot, window, Qt.Key.Key_Space)
    assert window.live.button.text() == strings.STOP
    qtbot.waitUntil(lambda: window.engine.facts.identification is not None, timeout=30_000)
    qtbot.mouseClick(window.live.button, Qt.MouseButton.LeftButton)
    assert window.state.speaker.title == strings.STOPPED
    assert window.live.button.text() == strings.START
    qtbot.keyClick(window.live.button, Qt.Key.Key_Space)  # also while the button has the focus: once, not twice
    assert window.live.button.text() == strings.STOP


@pytest.mark.parametrize("key", [Qt.Key.Key_Q, Qt.Key.Key_W])
def test_keys_that_close(key, qtbot, running):
    window = running()
    window.start()
    press(qtbot, window, key, Qt.KeyboardModifier.ControlModifier)
    assert not window.isVisible()
    assert window.engine.join(20)


def test_closing_while_it_listens_ends_the_thread(qtbot, running):
    window = running()
    window.start()
    qtbot.waitUntil(lambda: window.engine.facts.identification is not None, timeout=30_000)
    window.close()
    assert window.engine.join(2)
    window.draw_frame()  # a frame that was already due does no harm


# ---------------------------------------------------------------------------- the menu of microphones


ALWAYS = [strings.DEFAULT_DEVICE, strings.COMPUTER_DEVICE, strings.BOTH_DEVICE]


def items(menu: DeviceMenu) -> list[str]:
    return [text for i in range(menu.count()) if (text := menu.itemText(i))]  # a separator has none


def test_the_menu_never_waits_for_the_sound_system(qtbot, theme):
    answer = threading.Event()
    asking_threads = []

    def find():
        asking_threads.append(threading.current_thread())
        answer.wait(10)
        return ["USB headset", "Built-in microphone"]

    menu = DeviceMenu(theme, find=find)
    qtbot.addWidget(menu)
    menu.show()
    menu.showPopup()
    menu.refresh()  # one look at a time
    assert items(menu) == ALWAYS
    assert not answer.is_set()
    answer.set()
    qtbot.waitUntil(lambda: len(items(menu)) == 5)
    assert items(menu) == [*ALWAYS, "USB headset", "Built-in microphone"]
    assert asking_threads != [threading.main_thread()]
    assert len(asking_threads) == 1
    assert menu.view().isVisible()
    menu.hidePopup()


def test_the_menu_follows_plugging_and_keeps_the_choice(qtbot, theme):
    there = [["USB headset"], ["USB headset", "Webcam"], [], ["USB headset"]]
    menu = DeviceMenu(theme, device="usb", find=lambda: there.pop(0))
    qtbot.addWidget(menu)
    assert (menu.currentText(), menu.device) == ("usb", "usb")
    for expected in (
        [*ALWAYS, "USB headset"],
        [*ALWAYS, "USB headset", "Webcam"],
        [*ALWAYS, "USB headset"],
        [*ALWAYS, "USB headset"],
    ):
        menu.refresh()
        qtbot.waitUntil(lambda: not menu.searching)
        assert items(menu) == expected
        assert menu.device == "USB headset"


def test_the_computer_and_both_are_chosen_by_what_they_mean(qtbot, theme):
    menu = DeviceMenu(theme, device="both", find=lambda: ["Both ears", "Computer microphone"])
    qtbot.addWidget(menu)
    assert (menu.currentText(), menu.device) == (strings.BOTH_DEVICE, "both")
    menu.refresh()
    qtbot.waitUntil(lambda: not menu.searching)
    assert (menu.currentText(), menu.device) == (strings.BOTH_DEVICE, "both")
    assert menu.microphone is None  # whoever is enrolled sits here
    menu.setCurrentIndex(1)
    assert (menu.device, menu.microphone) == ("computer", "computer")


def test_a_microphone_by_its_number(theme, qtbot):
    menu = DeviceMenu(theme, device="3", find=list)
    qtbot.addWidget(menu)
    assert (menu.currentText(), menu.device) == ("Input 3", "3")


def test_choosing_a_microphone_changes_over(qtbot, running):
    asked = []

    def open_source(options):
        asked.append(options.device)
        return ArraySource(NOISE, realtime=True)

    window = running(open_source=open_source)
    menu = window.live.device_menu
    qtbot.waitUntil(lambda: menu.findText("USB headset") > 0)
    window.start()
    qtbot.waitUntil(lambda: window.engine.facts.identification is not None, timeout=30_000)
    menu.setCurrentIndex(menu.findText("USB headset"))
    menu.activated.emit(menu.currentIndex())
    qtbot.waitUntil(lambda: asked == [None, "USB headset"])
    window.toggle()
    menu.setCurrentIndex(menu.count() - 1)
    menu.activated.emit(menu.currentIndex())
    assert window.engine.facts.phase is Phase.STOPPED  # choosing does not start it
    window.close()
    window.live.device_menu.close_search(5)


def test_a_file_has_no_menu(qtbot, running, tmp_path):
    window = running(options=SessionOptions(data=tmp_path, file=DEMO / "conversation.flac"))
    assert window.live.device_menu.currentText() == "File: conversation.flac"
    assert not window.live.device_menu.isEnabled()


# ---------------------------------------------------------------------------- look


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
@pytest.mark.parametrize("size", [(720, 480), (1920, 1080)])
def test_every_state_can_be_drawn_at_every_size(shot, size, still, theme, qtlog):
    theme.use(DARK if shot.dark else LIGHT)
    window = still(shot.facts, shot.level, size)
    assert window.size() == QSize(*size)  # nothing forces it to be larger
    drawn = colours_in(window)
    assert theme.colours.background in drawn
    assert theme.colours.surface in drawn
    assert not [record for record in qtlog.records if "QPainter" in record.message]


@pytest.mark.parametrize("shot", [shot for shot in SHOTS if shot.enrolling or shot.file], ids=lambda shot: shot.name)
def test_dialogs_and_files_can_be_drawn(shot, theme, qtbot, qtlog):
    window, shown = stage(shot, theme)
    qtbot.addWidget(window)
    qtbot.addWidget(shown)
    assert {theme.colours.background, theme.colours.text} <= colours_in(shown)
    assert not [record for record in qtlog.records if "QPainter" in record.message]


def test_the_speaker_is_drawn_in_a_colour_of_their_own(still, theme):
    window = still(LIVE)
    ana, *others = (theme.ink(person.ink).name() for person in view_state(LIVE).people)
    share = {}
    image = window.live.speaker_card.grab().toImage()
    for x in range(0, image.width(), 2):
        for y in range(0, image.height(), 2):
            name = image.pixelColor(x, y).name()
            share[name] = share.get(name, 0) + 1
    assert share[ana] > 1000
    assert not any(other in share for other in others)


def test_light_and_dark_follow_the_system(still, theme, qapp):
    window = still(LIVE)
    assert LIGHT.background in colours_in(window)
    qapp.styleHints().setColorScheme(Qt.ColorScheme.Dark)
    try:
        if qapp.styleHints().colorScheme() != Qt.ColorScheme.Dark:
            theme.use(DARK)  # this platform cannot be told
        drawn = colours_in(window)
        assert DARK.background in drawn
        assert not drawn & {LIGHT.background, LIGHT.surface, LIGHT.raised}
    finally:
        qapp.styleHints().unsetColorScheme()


def test_nobody_enrolled_says_what_to_do(still, qtbot):
    window = still(replace(LIVE, people=(), identification=None))
    assert window.live.people.first_button.isVisible()
    assert not window.live.people.list.isVisible()
    qtbot.mouseClick(window.live.people.first_button, Qt.MouseButton.LeftButton)
    assert window.people_controller.dialog.isVisible()
    window.people_controller.dialog.reject()
    window.show_state(view_state(LIVE))
    assert window.live.people.list.isVisible()


def test_a_long_name_is_cut_and_told_in_full(still):
    name = "Maximiliane Freifrau von Hohenstein-Wittgenberg und zu Altenburg " * 2
    identification = replace(LIVE.identification, label=name, speaker=name, scores={name: 0.8})
    window = still(replace(LIVE, people=(name,), identification=identification), size=(720, 480))
    font = window.live.speaker_card.title_font()
    assert (
        QFontMetricsF(font).height() > QFontMetricsF(window.live.speaker_card.font()).height()
    )  # still the largest text
    assert window.live.speaker_card.toolTip().startswith(f"{name}\n")
    assert name in window.live.speaker_card.accessibleDescription()
    assert window.width() == 720


def test_twice_the_font_size_still_fits(still, qapp):
    font = qapp.font()
    large = qapp.font()
    large.setPointSizeF(2 * font.pointSizeF())
    qapp.setFont(large)
    try:
        window = still(LIVE, size=(720, 480))
        assert window.width() <= 1024
        assert window.height() <= 600
    finally:
        qapp.setFont(font)


def test_everything_has_a_name_for_a_screen_reader_and_the_keyboard_gets_everywhere(still, qtbot):
    window = still(LIVE)
    for widget in (
        window.live.speaker_card,
        window.live.match,
        window.live.meter,
        window.live.people.list,
        window.live.button,
        window.live.device_menu,
    ):
        assert widget.accessibleName(), widget
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    visited = []
    for _ in range(4):
        qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Tab)
        visited.append(QApplication.focusWidget())
    assert visited[:3] == [window.live.button, window.live.device_menu, window.live.people.list]


def test_hints_of_the_level_meter(still):
    window = still(LIVE, Level(-1.0, -0.2, clipping=True))
    assert window.live.meter.accessibleDescription() == strings.CLIPPING
    window.live.meter.show_level(Level(-50.0, -48.0, too_quiet=True), running=True)
    assert window.live.meter.accessibleDescription() == strings.TOO_QUIET
    window.live.meter.show_level(Level(-50.0, -48.0, too_quiet=True), running=False)
    assert window.live.meter.accessibleDescription() == ""
    assert QColor(LIGHT.good).name() not in colours_in(window.live.meter)


def test_the_bar_glides_to_its_value(still):
    window = still(LIVE)
    window.live.match.show_view(None)
    window.live.match.show_view(view_state(LIVE).match)
    widths = []
    for _ in range(60):
        window.live.match.advance(1 / 30)
        widths.append(window.live.match.shown_share)
    assert widths == sorted(widths)
    assert widths[0] < 0.5
    assert widths[-1] == view_state(LIVE).match.share


def test_only_rows_that_changed_are_drawn_again(still, qtbot):
    window = still(LIVE)
    model = window.live.people.list.model()
    people = view_state(LIVE).people
    changed = []
    model.dataChanged.connect(lambda first, last, roles: changed.append(first.row()))
    model.modelReset.connect(partial(changed.append, "all"))
    model.show_people(people)
    assert changed == []
    model.show_people((people[0], replace(people[1], share=0.5), *people[2:]))
    assert changed == [1]
    model.show_people(people[:2])
    assert changed == [1, "all"]
    assert model.rowCount() == 2
