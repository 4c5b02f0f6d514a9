"""Names for a transcript of the file that is open: which transcript, and where to, is asked for."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QWidget

from app.window import strings
from app.window.dialogs import questions
from app.window.engine.edits import transcripts as jobs
from app.window.engine.engine import Engine
from app.window.file_page import FilePage
from app.window.settings import Settings
from utils import BadInput


class TranscriptController:
    """Of the file that ``page`` shows, with what the user corrected there."""

    def __init__(self, window: QWidget, engine: Engine, page: FilePage, settings: Settings):
        self._window, self._engine, self._page, self._settings = window, engine, page, settings

    def label(self) -> None:
        """Ask for a transcript, then where to, and save it with names."""
        if self._page.analysis is None or not self._page.analysis.over:
            self._engine.notify(strings.TRANSCRIPT_WAIT, good=False)
            return
        questions.ask_for_transcript(self._window, self._settings.folder, self._ask_where_to)

    def _ask_where_to(self, transcript: Path) -> None:
        self._settings.folder = str(transcript.parent)
        proposed = transcript.with_name(f"{transcript.stem}.speakers{transcript.suffix}")
        questions.ask_where_to_label(self._window, proposed, lambda out: self._check(transcript, out))

    def _check(self, transcript: Path, out: Path) -> None:
        if (analysis := self._page.analysis) is None:
            return  # it was closed meanwhile
        facts = analysis.facts
        try:
            jobs.check(out, transcript, facts.path, self._engine.options)
        except BadInput as error:
            self._engine.notify(str(error), good=False)
            return

        def save() -> None:
            self._engine.submit(jobs.label(transcript, out, facts.shown, facts.path, facts.people))

        if not out.exists():
            save()
            return
        question = strings.REPLACE_QUESTION.format(file=out.name)
        words = {"go": strings.REPLACE, "stay": strings.CANCEL}
        questions.ask(self._window, question, strings.REPLACE_DETAIL, **words, then=save)
