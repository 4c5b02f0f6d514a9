"""Who spoke when, as a file or as text on the clipboard: of the file that is open, or of what was heard live."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from app.diarisation.timeline import Turn
from app.exports.document import Document
from app.exports.formats import FORMATS, format_of
from app.window import strings
from app.window.dialogs import questions
from app.window.engine.edits import turns as jobs
from app.window.engine.engine import Engine
from app.window.file_page import FilePage
from app.window.settings import Settings
from utils import BadInput


@dataclass(frozen=True)
class Subject:
    """What is exported."""

    turns: tuple[Turn, ...]
    name: str
    duration_s: float
    recording: Path | None
    """The file that was analysed; None for what was heard live."""


class ExportController:
    """``showing_file``: whether ``page`` is seen."""

    def __init__(
        self, window: QWidget, engine: Engine, page: FilePage, showing_file: Callable[[], bool], settings: Settings
    ):
        self._window, self._engine, self._page, self._settings = window, engine, page, settings
        self._showing_file = showing_file
        self.merges_gaps = settings.merge_gaps
        """Whether subtitles and text leave out the short pauses of one speaker."""
        self._ending = settings.export_ending

    def merge_gaps(self, wanted: bool) -> None:
        self.merges_gaps = self._settings.merge_gaps = wanted

    def export(self) -> None:
        """Ask where to, and in which format, and save."""
        subject = self._subject()

        def save(file: Path) -> None:
            merge = self.merges_gaps and format_of(file).for_readers
            job = jobs.export(
                file,
                subject.turns,
                subject.name,
                subject.recording,
                duration_s=subject.duration_s,
                merge_gaps=merge,
            )
            self._engine.submit(job)

        def check(file: Path) -> None:
            self._settings.folder = str(file.parent)
            self._ending = self._settings.export_ending = format_of(file).suffix.removeprefix(".")
            try:
                jobs.check_export(file, subject.recording, self._engine.options)
            except BadInput as error:
                self._engine.notify(str(error), good=False)
                return
            if not file.exists():
                save(file)
                return
            question = strings.REPLACE_QUESTION.format(file=file.name)
            words = {"go": strings.REPLACE, "stay": strings.CANCEL}
            questions.ask(self._window, question, strings.REPLACE_DETAIL, **words, then=lambda: save(file))

        questions.ask_where_to_export(self._window, subject.name, self._settings.folder, check, self._ending)

    def copy(self) -> None:
        """Put it on the clipboard, a line for each turn."""
        subject = self._subject()
        document = Document(subject.turns, subject.name).tidy(merge_gaps=self.merges_gaps)
        if not document.turns:
            return
        QGuiApplication.clipboard().setText(FORMATS["text"].write(document))
        self._engine.notify(strings.COPIED.format(turns=strings.turns(len(document.turns))))

    def _subject(self) -> Subject:
        if self._showing_file() and self._page.analysis:
            facts = self._page.analysis.facts
            return Subject(facts.shown, facts.path.stem, facts.duration_s, facts.path)
        facts = self._engine.facts
        return Subject(facts.turns, self._engine.file_id, facts.clock_s, None)
