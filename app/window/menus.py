"""The menu bar: every command of the window, with its keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from app.names import shown_name
from app.window import strings
from app.window.widgets.theme import Appearance


@dataclass(frozen=True)
class MenuCommands:
    """What the menus can ask for."""

    open_file: Callable[[], None]
    export: Callable[[], None]
    copy: Callable[[], None]
    label_transcript: Callable[[], None]
    merge_gaps: Callable[[bool], None]
    close: Callable[[], None]
    undo: Callable[[], None]
    forget_corrections: Callable[[], None]
    toggle: Callable[[], None]
    deny: Callable[[], None]
    threshold: Callable[[], None]
    use_model: Callable[[str], None]
    open_model: Callable[[], None]
    add_person: Callable[[], None]
    rebuild: Callable[[], None]
    sealing: Callable[[], None]
    show_part: Callable[[str, bool], None]
    appearance: Callable[[Appearance], None]
    zoom: Callable[[float], None]
    full_screen: Callable[[], None]
    shortcuts: Callable[[], None]
    data_folder: Callable[[], None]
    about: Callable[[], None]


class Menus:
    """``bar`` is the menu bar; the actions whose state changes are attributes."""

    def __init__(
        self,
        window: QWidget,
        commands: MenuCommands,
        *,
        models: list[str],
        model: str,
        shown: Callable[[str], bool],
        merges_gaps: bool,
    ):
        self.bar = QMenuBar(window)
        self._commands = commands
        file = self.bar.addMenu(strings.MENU_FILE)
        self._add(file, strings.OPEN, commands.open_file, QKeySequence.StandardKey.Open)
        self.export = self._add(file, strings.EXPORT_ACTION, commands.export, "Ctrl+E")
        self.copy = self._add(file, strings.COPY_ACTION, commands.copy, "Ctrl+Shift+C")
        merge = file.addAction(strings.MERGE_GAPS)
        merge.setCheckable(True)
        merge.setChecked(merges_gaps)
        merge.toggled.connect(commands.merge_gaps)
        self.label_transcript = self._add(file, strings.TRANSCRIPT_ACTION, commands.label_transcript)
        self.exports = QMenu(window)
        """What the buttons on the timelines offer: of the file menu, what is about saving."""
        self.exports.addActions([self.export, self.copy, merge])
        file.addSeparator()
        self._add(file, strings.QUIT, commands.close).setShortcuts(closing_keys())

        edit = self.bar.addMenu(strings.MENU_EDIT)
        self.undo = self._add(edit, strings.UNDO_ACTION, commands.undo, QKeySequence.StandardKey.Undo)
        self.undo.setEnabled(False)
        self.forget_corrections = self._add(edit, strings.FORGET_CORRECTIONS, commands.forget_corrections)

        listen = self.bar.addMenu(strings.MENU_LISTEN)
        self._add(listen, strings.START_STOP, commands.toggle, "Space")
        self.deny = self._add(listen, strings.DENY_NOBODY, commands.deny, "Ctrl+D")
        self.deny.setEnabled(False)
        self._add(listen, strings.THRESHOLD, commands.threshold, "Ctrl+T")
        self._models(listen.addMenu(strings.MODEL_MENU), models, model)

        people = self.bar.addMenu(strings.MENU_PEOPLE)
        self.add_person = self._add(people, strings.ADD_PERSON, commands.add_person, "Ctrl+N")
        self.rebuild = self._add(people, strings.REBUILD, commands.rebuild)
        people.addSeparator()
        self._add(people, strings.SEALING_ACTION, commands.sealing)

        view = self.bar.addMenu(strings.MENU_VIEW)
        for part, text in (
            ("timeline", strings.SHOW_TIMELINE),
            ("spectrogram", strings.SHOW_SPECTROGRAM),
            ("gender", strings.SHOW_GENDER),
        ):
            action = view.addAction(text)
            action.setCheckable(True)
            action.setChecked(shown(part))
            action.toggled.connect(lambda wanted, part=part: commands.show_part(part, wanted))
        view.addSeparator()
        self._add(view, strings.ZOOM_IN, lambda: commands.zoom(0.7), QKeySequence.StandardKey.ZoomIn)
        self._add(view, strings.ZOOM_OUT, lambda: commands.zoom(1 / 0.7), QKeySequence.StandardKey.ZoomOut)
        view.addSeparator()
        self._themes(view.addMenu(strings.THEME_MENU))
        self._add(view, strings.FULL_SCREEN, commands.full_screen, "F11")

        about = self.bar.addMenu(strings.MENU_HELP)
        self._add(about, strings.SHORTCUTS, commands.shortcuts, "F1")
        self._add(about, strings.DATA_FOLDER, commands.data_folder)
        self._add(about, strings.ABOUT, commands.about)

    def show_appearance(self, appearance: Appearance) -> None:
        self._appearances[appearance].setChecked(True)

    def keys(self) -> list[tuple[str, str]]:
        """(keys, what they do) of every action that has some."""
        actions = [action for menu in self.bar.findChildren(QMenu) for action in menu.actions()]
        return [
            (
                action.shortcut().toString(QKeySequence.SequenceFormat.NativeText),
                action.text().replace("&", "").rstrip(strings.ELLIPSIS),
            )
            for action in actions
            if not action.shortcut().isEmpty()
        ]

    def show_last(self, name: str | None) -> None:
        """Who was named last, and can be denied; None for nobody."""
        shown = shown_name(name).replace("&", "&&") if name else ""
        self.deny.setText(strings.DENY.format(name=shown) if name else strings.DENY_NOBODY)
        self.deny.setEnabled(name is not None)

    def _models(self, menu: QMenu, models: list[str], model: str) -> None:
        group = QActionGroup(menu)
        for name in models:
            action = menu.addAction(strings.MODEL_NAMES.get(name, name))
            action.setCheckable(True)
            action.setChecked(name == model)
            action.triggered.connect(lambda _, name=name: self._commands.use_model(name))
            group.addAction(action)
        menu.addSeparator()
        menu.addAction(strings.MODEL_FILE, self._commands.open_model)

    def _themes(self, menu: QMenu) -> None:
        group, self._appearances = QActionGroup(menu), {}
        for appearance in Appearance:
            action = menu.addAction(strings.THEMES[appearance.value])
            action.setCheckable(True)
            action.triggered.connect(lambda _, chosen=appearance: self._commands.appearance(chosen))
            group.addAction(action)
            self._appearances[appearance] = action

    @staticmethod
    def _add(menu: QMenu, text: str, command: Callable[[], None], keys: object = None) -> QAction:
        action = menu.addAction(text)
        action.triggered.connect(lambda _: command())
        if keys is not None:
            action.setShortcut(QKeySequence(keys))
        return action


def closing_keys() -> list[QKeySequence]:
    """Ctrl+Q and Ctrl+W, and whatever the platform's own are."""
    keys = {"Ctrl+Q": None, "Ctrl+W": None}
    for standard in (QKeySequence.StandardKey.Quit, QKeySequence.StandardKey.Close):
        keys |= dict.fromkeys(binding.toString() for binding in QKeySequence.keyBindings(standard))
    return [QKeySequence(text) for text in keys]
