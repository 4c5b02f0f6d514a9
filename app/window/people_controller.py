"""What the user does to people, from the window's side: which dialog opens, and what is asked of the engine."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QDialog, QWidget

from app.diarisation.timeline import Turn
from app.enrolment.sentences import matching_language
from app.window import strings
from app.window.dialogs import questions
from app.window.dialogs.enrol_dialog import EnrolDialog
from app.window.dialogs.person_dialog import PersonDialog
from app.window.dialogs.sealing_dialog import SealingDialog
from app.window.engine.edits import turns
from app.window.engine.engine import Engine
from app.window.engine.rebuilding import Rebuild
from app.window.engine.sealing import sealed, sealing_lacks
from app.window.interruption import Interruption
from app.window.settings import Settings
from app.window.view.status import Severity, StatusView
from app.window.widgets.inputs.device_search import Inputs
from app.window.widgets.playback import Playback
from app.window.widgets.theme import Theme
from utils import install_command


class PeopleController:
    """``microphone``: what an enrolment listens to, a device and the only channel of it that is heard.

    ``use_microphone`` is called with another device that was chosen in it.
    """

    def __init__(
        self,
        window: QWidget,
        engine: Engine,
        theme: Theme,
        playback: Playback,
        interruption: Interruption,
        microphone: Callable[[], tuple[str | None, int | None]],
        settings: Settings,
        *,
        find_microphones: Callable[[], Inputs] = list,
        use_microphone: Callable[[str | None], None] = lambda _: None,
    ):
        self._window, self._engine, self._theme, self._playback = window, engine, theme, playback
        self._interruption, self._microphone, self._settings = interruption, microphone, settings
        self._find_microphones, self._use_microphone = find_microphones, use_microphone
        self._rebuild: Rebuild | None = None
        self.dialog: QDialog | None = None
        """The one that was opened last."""

    def add(self, name: str = "") -> None:
        """Enrol somebody, or record more of somebody."""
        facts = self._engine.facts
        if facts.fixed_people:
            self._engine.notify(strings.DEMO_PEOPLE, good=False)
            return
        self._interruption.begin()
        self.dialog = EnrolDialog(
            self._engine,
            self._theme,
            microphone=self._microphone(),
            find_microphones=self._find_microphones,
            playback=self._playback,
            name=name,
            people=facts.people or (),
            language=self._settings.language or matching_language(QLocale.system().uiLanguages()),
            just_talk=self._settings.just_talk,
            parent=self._window,
        )
        self.dialog.device_chosen.connect(self._use_microphone)
        self.dialog.language_chosen.connect(self._settings.keep_language)
        self.dialog.talk_chosen.connect(self._settings.keep_just_talk)
        # Listening goes on, or begins, to see that it works.
        self.dialog.finished.connect(lambda _: self._interruption.end(begin=self.dialog.enrolled))
        if not facts.people:  # the first one
            self.dialog.finished.connect(lambda _, dialog=self.dialog: self._offer_sealing(dialog))
        self.dialog.open()

    def open(self, name: str) -> None:
        """A person's recordings."""
        self.dialog = PersonDialog(self._engine, self._theme, name, self._playback, self._window)
        self.dialog.record_more.connect(self.add)
        self.dialog.open()

    def name_turn(self, turn: Turn | None, name: str | None) -> None:
        """Learn that this turn was ``name``'s; None asks who it was."""
        if turn is None:
            return
        if name is None:
            people = self._engine.facts.people or ()
            self.dialog = questions.ask_for_name(self._window, lambda new: self.name_turn(turn, new), people=people)
        else:
            self._engine.submit(turns.enrol_from_turn(turn, name))

    @property
    def shows_toast(self) -> bool:
        """Whether a dialog shows what can be undone."""
        return isinstance(self.dialog, PersonDialog) and self.dialog.isVisible()

    def open_sealing(self) -> None:
        """Whether everybody's data are encrypted on the disk; where that cannot be, what to install."""
        if packages := sealing_lacks():
            detail = strings.SEALING_LACKS_DETAIL.format(command=install_command("sealed"))
            self.dialog = questions.show_message(self._window, strings.SEALING_LACKS.format(packages=packages), detail)
            return
        self.dialog = SealingDialog(self._engine, self._window)
        self.dialog.open()

    def _offer_sealing(self, dialog: EnrolDialog) -> None:
        if dialog.enrolled and not sealing_lacks() and not sealed(self._engine.context.data):
            self._engine.notify(strings.OFFER_SEALING)

    def rebuild(self) -> None:
        """Voiceprints for the present model, of those who have another model's."""
        self._interruption.begin()
        self._rebuild = Rebuild()
        self._engine.begin(self._rebuild)

    def follow_rebuild(self) -> StatusView | None:
        """How far making voiceprints is, to be shown; when it is over, listening goes on."""
        if self._rebuild is None:
            return None
        facts = self._rebuild.facts
        if facts.over:
            self._rebuild = None
            if facts.error:
                self._engine.notify(facts.error, good=False)
            self._interruption.end()
        elif facts.person:
            text = strings.REBUILDING.format(person=facts.person, done=facts.done, of=facts.of)
            return StatusView(Severity.BUSY, text)
        return None
