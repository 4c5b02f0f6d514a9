"""The page of an opened file: progress, its whole timeline, playing with a cursor, corrections, export."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.diarisation.timeline import Turn
from app.names import shown_name
from app.scoring.labels import person
from app.window import strings
from app.window.engine.file_analysis import FileAnalysis, FileFacts, Stage
from app.window.engine.spectrogram import MelSpectrogram
from app.window.view.timeline import timeline_scene
from app.window.widgets import painting
from app.window.widgets.elided_label import ElidedLabel
from app.window.widgets.inputs.channel_menu import ChannelMenu
from app.window.widgets.learn_bar import LearnBar
from app.window.widgets.playback import LEAD_S, Playback
from app.window.widgets.theme import GRID, Theme, restyle, scaled
from app.window.widgets.timeline_panel import TimelinePanel

FRAME_MS = 33


class FilePage(QWidget):
    """``closed``: back to the microphone; ``stopped``: the analysis is to end."""

    closed = Signal()
    progressed = Signal(str)
    """What the window's title says of the analysis; empty when there is none going on."""
    stopped = Signal()
    channel_wanted = Signal(object)
    """Analyse the file again, with this channel: its number, "each", or None for all together."""
    name_wanted = Signal(object)
    """A turn is somebody's who is not on the list."""
    corrected = Signal(object, object)
    """(what changed, label): a correction was made."""
    learn = Signal(object, object)
    """(turns, name): enrol or extend this person from these."""

    def __init__(self, theme: Theme, playback: Playback, parent: QWidget | None = None):
        super().__init__(parent)
        self._theme, self._playback = theme, playback
        self.analysis: FileAnalysis | None = None
        self._facts: FileFacts | None = None
        self._from_s = 0.0
        self.title = ElidedLabel()
        self.title.setFont(scaled(self.font(), 1.3, QFont.Weight.DemiBold))
        self.note = QLabel()
        self.note.setProperty("role", "muted")
        self.note.setWordWrap(True)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(6)
        self.progress.setAccessibleName(strings.ANALYSING)
        self.stop_button = QPushButton(strings.STOP)
        self.play_button = QPushButton(strings.PLAY)
        self.play_button.setMinimumWidth(13 * GRID)
        self.close_button = QPushButton(strings.BACK_TO_LIVE)
        self.channel_menu = ChannelMenu(strings.FILE_CHANNEL_TIP, each=True)
        self.channel_menu.chosen.connect(self.channel_wanted)
        self.stop_button.clicked.connect(self.stop)
        self.play_button.clicked.connect(self.toggle)
        self.close_button.clicked.connect(self.closed)
        self.panel = TimelinePanel(theme, MelSpectrogram())
        self.panel.name_button.setText(strings.LABEL_AS)
        self.panel.name_button.setToolTip(strings.LABEL_AS_TIP)
        self.panel.latest_button.setText(strings.ZOOM_ALL)
        self.panel.play.connect(self._play_turn)
        self.panel.named.connect(self._name)
        self.panel.timeline.sought.connect(self._seek)
        self.learn_bar = LearnBar()
        self.learn_bar.accepted.connect(self.learn)
        self._build()
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self.draw_frame)
        theme.changed.connect(self._show_play)
        self._show_play()

    def _build(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.title)
        words.addWidget(self.note)
        top = QHBoxLayout()
        top.setSpacing(GRID)
        top.addLayout(words, 1)
        for button in (self.channel_menu, self.play_button, self.stop_button, self.close_button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            top.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(top)
        column.addWidget(self.progress)
        column.addWidget(self.learn_bar)
        column.addWidget(self.panel, 1)

    # ------------------------------------------------------------ orders

    def open(self, analysis: FileAnalysis) -> None:
        """Show this file from now on."""
        self._playback.stop()
        self.analysis, self._facts, self._from_s = analysis, None, 0.0
        self.learn_bar.hide()
        self.panel.timeline.select(None)
        self.panel.timeline.show_mel(analysis.mel)
        self.panel.timeline.viewport.follow = False
        self.title.setText(analysis.facts.path.name)
        self._timer.start()
        self.draw_frame()

    def close_file(self) -> None:
        self._timer.stop()
        self._playback.stop()
        self.analysis = None
        self.progressed.emit("")

    def stop(self) -> None:
        """Analyse no further: what was heard stays."""
        self.stopped.emit()

    def toggle(self) -> None:
        """Play from the cursor, or be silent."""
        if self._playback.cursor_s is not None:
            self._from_s = self._playback.cursor_s
            self._playback.stop()
        elif self.analysis is not None:
            at_end = self._from_s > self.analysis.facts.duration_s - 0.3
            self._play(0.0 if at_end else self._from_s, self.analysis.facts.duration_s)

    def _play_turn(self, turn: Turn | None) -> None:
        if turn is None:
            self._playback.stop()
        else:
            self._play(max(0.0, turn.start_s - LEAD_S), turn.end_s + LEAD_S, turn)

    def _seek(self, time_s: float) -> None:
        playing = self._playback.cursor_s is not None
        self._playback.stop()
        self._from_s = time_s
        if playing:
            self.toggle()

    def _play(self, start_s: float, end_s: float, turn: Turn | None = None) -> None:
        analysis = self.analysis
        self._from_s = start_s
        self._playback.play(lambda: analysis.sound(start_s, end_s, turn), start_s)

    def _name(self, turn: Turn, name: str | None) -> None:
        if name is None:
            self.name_wanted.emit(turn)
        else:
            self.relabel(turn, name)

    def relabel(self, turn: Turn, name: str) -> None:
        """Correct whose voice it is, and offer to learn that voice from it."""
        if self.analysis is None or not self.analysis.over:
            return
        correction = self.analysis.relabel(turn, person(name))
        if not correction.now:
            return
        self.corrected.emit(correction, name)
        if not self.analysis.facts.fixed_people:
            self.learn_bar.offer(correction.now, name, known=name in self.analysis.facts.people)

    # ------------------------------------------------------------ showing

    def draw_frame(self) -> None:
        if self.analysis is None:
            return
        facts = self.analysis.facts
        if facts is not self._facts:
            self._show(facts)
        cursor_s = self._playback.cursor_s
        self.panel.show_playing(cursor_s)
        timeline = self.panel.timeline
        timeline.cursor_s = self._from_s if cursor_s is None else cursor_s
        timeline.advance(0.0, running=False)
        self._show_play()

    def _show(self, facts: FileFacts) -> None:
        """What changed; while a file is analysed that is a hundred times a second little more than its progress."""
        before, self._facts = self._facts, facts
        self.progress.setValue(round(1000 * (facts.share or 0.0)))
        self.note.setText(describe(facts))
        self.progressed.emit(window_title(facts))
        if before is None or (before.stage, before.share is None) != (facts.stage, facts.share is None):
            self._show_stage(facts)
        if before is None or _on_timeline(before) != _on_timeline(facts):
            self.panel.show_scene(timeline_scene(facts.shown, facts.duration_s, facts.inks, facts.overlaps))
        if before is None or before.duration_s != facts.duration_s:
            self.panel.timeline.viewport.update(facts.duration_s)
            self.panel.timeline.viewport.show_all()
        self.panel.show_people(facts.people, can_name=self.analysis.over)
        self.channel_menu.offer(facts.channels, facts.channel)

    def _show_stage(self, facts: FileFacts) -> None:
        busy, failed = facts.stage in (Stage.WAITING, Stage.ANALYSING), facts.stage is Stage.FAILED
        self.progress.setVisible(busy and not (facts.stage is Stage.ANALYSING and facts.share is None))
        self.stop_button.setVisible(busy)
        self.play_button.setEnabled(facts.stage is not Stage.WAITING and not failed)
        self.panel.setEnabled(not failed)
        self.note.setProperty("role", "error" if failed else "muted")
        restyle(self.note)

    def _show_play(self) -> None:
        playing = self._playback.cursor_s is not None
        if self.play_button.property("playing") == (playing, self._theme.colours.dark):
            return
        self.play_button.setProperty("playing", (playing, self._theme.colours.dark))
        self.play_button.setText(strings.PLAY_STOP if playing else strings.PLAY)
        draw = painting.stop_sign if playing else painting.start_sign
        self.play_button.setIcon(painting.icon(draw, QColor(self._theme.colours.text), self.devicePixelRatioF()))


def _on_timeline(facts: FileFacts) -> tuple[object, ...]:
    return facts.turns, facts.labels, facts.overlaps, facts.inks, facts.duration_s


def window_title(facts: FileFacts) -> str:
    """How far the analysis is, for who looks at another window; empty when it is over or nothing can be said."""
    if facts.stage is not Stage.ANALYSING or facts.share is None:
        return ""
    form = strings.FILE_TITLE if facts.left_s is None else strings.FILE_TITLE_LEFT
    left = strings.time_left(facts.left_s or 0.0)
    return form.format(file=shown_name(facts.path.name), percent=round(100 * facts.share), left=left)


def describe(facts: FileFacts) -> str:
    """How the analysis stands, in one line."""
    match facts.stage:
        case Stage.WAITING:
            return strings.FILE_WAITING
        case Stage.ANALYSING if facts.share is None:
            return strings.FILE_ANALYSING_ON.format(done=strings.clock(facts.done_s))
        case Stage.ANALYSING:
            analysing = strings.FILE_ANALYSING.format(
                done=strings.clock(facts.done_s),
                total=strings.clock(facts.duration_s),
                percent=round(100 * facts.share),
            )
            if facts.left_s is None:
                return analysing
            return strings.FILE_LEFT.format(analysing=analysing, left=strings.time_left(facts.left_s))
        case Stage.FAILED:
            return strings.capitalised(facts.error)
    speakers = len({turn.label for turn in facts.shown})
    form = strings.FILE_DONE if facts.stage is Stage.DONE else strings.FILE_STOPPED
    if facts.stage is Stage.STOPPED and facts.said_s is None:
        form = strings.FILE_STOPPED_AT
    text = form.format(
        total=strings.clock(facts.duration_s), done=strings.clock(facts.done_s), speakers=strings.voices(speakers)
    )
    text = " ".join([*(strings.capitalised(notice) for notice in facts.notices), text])
    if not facts.corrections:
        return text
    return f"{text} {strings.FILE_CORRECTED.format(count=strings.corrections(facts.corrections))}"
