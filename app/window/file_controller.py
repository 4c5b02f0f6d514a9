"""What the user does with files: open, drop, correct, learn from."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData
from PySide6.QtWidgets import QMessageBox, QStackedWidget, QWidget

from app.diarisation.timeline import Turn
from app.window import strings
from app.window.dialogs import questions
from app.window.engine.edits import turns as jobs
from app.window.engine.engine import Engine
from app.window.engine.file_analysis import Correction, FileAnalysis
from app.window.file_page import FilePage
from app.window.interruption import Interruption
from app.window.settings import Settings
from app.window.view.closing import unfinished


class FileController:
    """``pages`` shows ``page`` while a file is open, and what it showed first, otherwise."""

    def __init__(
        self,
        window: QWidget,
        engine: Engine,
        pages: QStackedWidget,
        page: FilePage,
        interruption: Interruption,
        settings: Settings,
    ):
        self._window, self._engine, self._settings = window, engine, settings
        self._pages, self._page, self._interruption = pages, page, interruption
        self.question: QMessageBox | None = None
        """The one that is being asked."""
        page.closed.connect(self.close)
        page.stopped.connect(engine.stop)
        page.channel_wanted.connect(self._choose_channel)
        page.name_wanted.connect(self._ask_for_label)
        page.learn.connect(self._learn)
        page.corrected.connect(self._keep)

    @property
    def showing(self) -> bool:
        return self._pages.currentWidget() is self._page

    def ask(self) -> None:
        """Ask which file to analyse."""
        questions.ask_for_audio(self._window, self._settings.folder, self.open)

    def open(self, path: Path) -> None:
        """Analyse a file, and show it; not without a word if another one is still being analysed."""
        self._begin(FileAnalysis(path), strings.OPEN_QUESTION, strings.OPEN_ANYWAY)

    def _choose_channel(self, channel: int | str | None) -> None:
        """Hear the channels of the file that is open another way; not without a word if something would be lost."""
        if self._page.analysis is not None:
            facts = self._page.analysis.facts
            analysis = FileAnalysis(facts.path, channel, channels=facts.channels)
            self._begin(analysis, strings.AGAIN_QUESTION, strings.ANALYSE_AGAIN)

    def _begin(self, analysis: FileAnalysis, question: str, go: str) -> None:
        if self.question is not None:
            return  # it is being asked
        if self._page.analysis is None or not (lost := unfinished(self._page.analysis.facts)):
            self._show(analysis)
            return
        self.question = questions.ask(
            self._window,
            question.format(file=analysis.facts.path.name),
            lost,
            go=go,
            stay=strings.STAY,
            then=lambda: self._show(analysis),
        )
        self.question.finished.connect(self._answered)

    def _answered(self) -> None:
        self.question = None

    def _show(self, analysis: FileAnalysis) -> None:
        self._settings.folder = str(analysis.facts.path.parent)
        self._interruption.begin()
        self._pages.setCurrentWidget(self._page)
        self._page.open(analysis)
        self._engine.begin(analysis)

    def close(self) -> None:
        """Back to the microphone."""
        self._page.close_file()
        self._engine.stop()
        self._engine.submit(jobs.close_file)
        self._pages.setCurrentIndex(0)
        self._interruption.end()

    def drop(self, data: QMimeData) -> bool:
        """Open what was dropped; whether that was a file."""
        found = dragged_files(data)
        if found:
            self.open(found[0])
        return bool(found)

    def forget_corrections(self) -> None:
        """Of the file that is open; it can be undone."""
        if self._page.analysis is not None and self._page.analysis.over:
            self._engine.submit(jobs.forget_corrections(self._page.analysis))

    def _keep(self, correction: Correction, label: str) -> None:
        self._engine.submit(jobs.keep_correction(self._page.analysis, correction, label))

    def _ask_for_label(self, turn: Turn) -> None:
        people = self._page.analysis.facts.people
        questions.ask_for_name(self._window, lambda name: self._page.relabel(turn, name), people=people)

    def _learn(self, turns: tuple[Turn, ...], name: str) -> None:
        if self._page.analysis is not None:
            self._engine.submit(jobs.enrol_from_file(self._page.analysis, turns, name))


def dragged_files(data: QMimeData) -> list[Path]:
    """The files of this machine that are being dragged."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
