"""The timeline: what is where, what the mouse and the keys do. Values first, then the widget without a screen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from app.diarisation.timeline import Turn
from app.scoring.certainty import Certainty
from app.window import strings
from app.window.engine.spectrogram import MelSpectrogram
from app.window.view.timeline import Viewport, scene, tick_step_s
from app.window.widgets.timeline_panel import TimelinePanel

TURNS = (
    Turn(1.0, 4.0, "Ana"),
    Turn(4.5, 6.5, "unknown"),
    Turn(7.0, 8.0, "Ben"),
    Turn(9.0, 12.0, "Ana"),
    Turn(13.0, 14.0, "Unknown 1"),
)
INKS = {"Ana": 1, "Ben": 2}


def test_lanes_have_the_shares_and_strangers_come_last():
    shown = scene(TURNS, 15.0, INKS)
    assert [lane.label for lane in shown.lanes] == ["Ana", "Ben", "unknown", "Unknown 1"]
    assert [lane.ink for lane in shown.lanes] == [1, 2, None, None]
    assert [round(lane.share, 1) for lane in shown.lanes] == [0.6, 0.1, 0.2, 0.1]
    assert sum(lane.share for lane in shown.lanes) == pytest.approx(1)
    assert [number for number, _ in shown.turns] == [0, 2, 1, 0, 3]
    assert "Ana 60" in shown.spoken
    assert scene((), 0.0, {}).spoken


def test_the_view_fills_from_the_left_and_then_follows():
    view = Viewport(span_s=60)
    for end_s, start_s in ((10, 0), (60, 0), (75, 15)):
        view.update(end_s)
        assert view.start_s == start_s
    view.pan(-10)
    view.update(80)
    assert (view.start_s, view.follow) == (5, False)
    view.pan(1000)
    assert view.follow
    view.update(100)
    assert view.start_s == 40


def test_zooming_keeps_what_is_under_the_pointer():
    view = Viewport(span_s=60, follow=False)
    view.update(600)
    view.pan(100)
    under = view.start_s + 0.25 * view.span_s
    view.zoom(0.5, 0.25)
    assert view.span_s == 30
    assert view.start_s + 0.25 * view.span_s == pytest.approx(under)
    for _ in range(50):
        view.zoom(0.5, 0.5)
    assert view.span_s == view.shortest_s
    for _ in range(50):
        view.zoom(2, 0.5)
    assert (view.start_s, view.span_s) == (0, 600)


def test_what_is_chosen_is_brought_into_view():
    view = Viewport(span_s=10)
    view.update(100)
    view.reveal(20, 25)
    assert view.start_s <= 20
    assert view.start_s + view.span_s >= 25
    assert not view.follow
    view.reveal(20, 90)  # longer than the view: its beginning
    assert view.start_s <= 20 < view.start_s + view.span_s


@pytest.mark.parametrize(
    ("span_s", "room", "step"), [(60, 10, 10), (60, 12, 5), (3600, 8, 600), (5, 10, 1), (1e6, 1, 3600)]
)
def test_marks_on_the_ruler_have_room(span_s, room, step):
    assert tick_step_s(span_s, room) == step


@pytest.fixture
def panel(qtbot, theme):
    panel = TimelinePanel(theme, MelSpectrogram())
    qtbot.addWidget(panel)
    panel.resize(900, 260)
    panel.show_people(("Ana", "Ben"))
    panel.show_scene(scene(TURNS, 15.0, INKS))
    panel.timeline.viewport.span_s = 15.0
    panel.timeline.follow()
    panel.show()
    return panel


def test_a_turn_with_two_people_at_once_is_told_so(panel):
    panel.show_scene(scene(TURNS, 15.0, INKS, overlaps=((9.5, 11.0),)))
    assert panel.timeline.describe(TURNS[3]) == f"Ana, 0:09 to 0:12, {strings.OVERLAP}"
    assert panel.timeline.describe(TURNS[0]) == "Ana, 0:01 to 0:04"
    assert not panel.grab().isNull()


def test_a_turn_whose_name_is_likely_is_paler_and_says_so(panel):
    before = panel.timeline.grab().toImage()
    unsure = tuple(replace(turn, certainty=Certainty.LIKELY) for turn in TURNS)
    panel.show_scene(scene(unsure, 15.0, INKS))
    spot = place(panel.timeline, TURNS[0])
    assert panel.timeline.tip_at(QPointF(spot)) == "Ana?, 0:01 to 0:04"
    ratio = before.devicePixelRatio()
    sure, pale = (image.pixelColor(spot * ratio) for image in (before, panel.timeline.grab().toImage()))
    assert pale.lightness() > sure.lightness() + 40


def place(timeline, turn: Turn) -> QPoint:
    number = next(n for n, t in timeline.scene.turns if t == turn)
    return QPointF(timeline.x_of((turn.start_s + turn.end_s) / 2), timeline.lane_rects()[number].center().y()).toPoint()


@pytest.mark.parametrize("turn", TURNS)
def test_a_click_plays_the_piece_under_it(turn, panel, qtbot):
    with qtbot.waitSignal(panel.play) as heard:
        qtbot.mouseClick(panel.timeline, Qt.MouseButton.LeftButton, pos=place(panel.timeline, turn))
    assert heard.args == [turn]
    assert panel.timeline.selected == turn
    assert panel.name_button.isVisible()
    assert panel.title.text().startswith("Unknown voice" if turn.label == "unknown" else turn.label)


def test_a_click_beside_them_chooses_nothing(panel, qtbot):
    qtbot.mouseClick(panel.timeline, Qt.MouseButton.LeftButton, pos=place(panel.timeline, TURNS[0]))
    nowhere = QPoint(round(panel.timeline.x_of(8.5)), round(panel.timeline.lane_rects()[0].center().y()))
    with qtbot.waitSignal(panel.timeline.sought) as sought:
        qtbot.mouseClick(panel.timeline, Qt.MouseButton.LeftButton, pos=nowhere)
    assert sought.args[0] == pytest.approx(8.5, abs=0.05)
    assert panel.timeline.selected is None
    assert not panel.name_button.isVisible()


def test_the_menu_says_who_it_was(panel, qtbot):
    panel.timeline.select(TURNS[1])
    actions = {action.text(): action for action in panel.name_menu.actions()}
    assert list(actions)[:2] == ["Ana", "Ben"]
    with qtbot.waitSignal(panel.named) as named:
        actions["Ben"].trigger()
    assert named.args == [TURNS[1], "Ben"]


def test_dragging_looks_back_and_a_button_returns(panel, qtbot):
    timeline = panel.timeline
    timeline.show_scene(scene(TURNS, 100.0, INKS))
    timeline.follow()
    before = timeline.viewport.start_s
    qtbot.mousePress(timeline, Qt.MouseButton.LeftButton, pos=QPoint(500, 40))
    for x in (520, 560, 600):
        qtbot.mouseMove(timeline, QPoint(x, 40))
        QApplication.sendEvent(timeline, _moved(x))
    qtbot.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=QPoint(600, 40))
    assert timeline.viewport.start_s < before
    assert panel.latest_button.isVisible()
    assert timeline.selected is None
    qtbot.mouseClick(panel.latest_button, Qt.MouseButton.LeftButton)
    assert timeline.viewport.start_s == pytest.approx(before)
    assert not panel.latest_button.isVisible()


def _moved(x: int) -> QMouseEvent:
    left = Qt.MouseButton.LeftButton
    return QMouseEvent(
        QEvent.Type.MouseMove, QPointF(x, 40), QPointF(x, 40), left, left, Qt.KeyboardModifier.NoModifier
    )


def test_the_wheel_zooms(panel):
    timeline, none = panel.timeline, Qt.KeyboardModifier.NoModifier
    for delta, smaller in ((120, True), (-120, False)):
        before = timeline.viewport.span_s
        event = QWheelEvent(
            QPointF(500, 50), QPointF(500, 50), QPoint(), QPoint(0, delta), Qt.MouseButton.NoButton, none,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(timeline, event)
        assert (timeline.viewport.span_s < before) is smaller


def test_the_keyboard_reaches_every_piece(panel, qtbot):
    timeline = panel.timeline
    chosen = []
    for _ in range(7):
        qtbot.keyClick(timeline, Qt.Key.Key_Right)
        chosen.append(timeline.selected)
    assert chosen[:5] == list(TURNS)
    assert chosen[6] == TURNS[-1]
    with qtbot.waitSignal(panel.play) as heard:
        qtbot.keyClick(timeline, Qt.Key.Key_Return)
    assert heard.args == [TURNS[-1]]


def test_what_is_chosen_stays_chosen_while_it_grows(panel):
    panel.timeline.select(TURNS[-1])
    grown = Turn(13.0, 15.0, "Ana")
    panel.show_scene(scene((*TURNS[:-1], grown), 16.0, INKS))
    assert panel.timeline.selected == grown
    assert panel.title.text().startswith("Ana")
    panel.show_scene(scene(TURNS[:-1], 16.0, INKS))
    assert panel.timeline.selected is None


def test_more_voices_than_room_share_a_lane(panel, qtbot):
    crowd = [Turn(float(i), i + 0.9, f"Person {i}") for i in range(40)]
    panel.show_scene(scene(crowd, 40.0, {}))
    panel.timeline.viewport.span_s = 40.0
    panel.timeline.follow()
    rects = panel.timeline.lane_rects()
    assert 2 < len(rects) < 40
    last = QPointF(panel.timeline.x_of(39.4), rects[-1].center().y())
    assert panel.timeline.turn_at(last) == crowd[-1]
    panel.grab()


def test_old_sound_is_said_to_be_gone(panel):
    panel.timeline.playable_from_s = 8.0
    assert "too long ago" in panel.timeline.describe(TURNS[0])
    assert "too long ago" not in panel.timeline.describe(TURNS[3])
