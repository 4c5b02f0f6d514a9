"""The small questions: which file, what name, where to save, whether to go on; and what the Help menu shows.

None of them waits. Where something could be lost, Enter and Esc answer what loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QInputDialog, QLineEdit, QMessageBox, QWidget

from app.about import LICENCE, VERSION, credits_of_models
from app.embedding.model_files import NAMES
from app.exports.formats import SUFFIXES, format_of, with_suffix
from app.names import new_name
from app.transcripts.reading import SUFFIXES as TRANSCRIPT_SUFFIXES
from app.window import strings
from app.window.widgets.inputs.who_is_this import name_completer
from app.window.widgets.theme import restyle
from utils import AUDIO_SUFFIXES, BadInput, clean_name


def models() -> list[str]:
    """Every model that can be chosen by name: those that come with the program, and those to be downloaded."""
    return list(NAMES)


def ask_for_audio(parent: QWidget, folder: str, then: Callable[[Path], None]) -> None:
    patterns = " ".join(f"*{suffix}" for suffix in sorted(AUDIO_SUFFIXES))
    dialog = QFileDialog(parent, strings.OPEN_TITLE, folder, strings.OPEN_FILTER.format(patterns=patterns))
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(lambda path: then(Path(path)))
    dialog.open()


def ask_for_transcript(parent: QWidget, folder: str, then: Callable[[Path], None]) -> None:
    patterns = " ".join(f"*{suffix}" for suffix in TRANSCRIPT_SUFFIXES)
    dialog = QFileDialog(parent, strings.TRANSCRIPT_OPEN, folder, strings.TRANSCRIPT_FILTER.format(patterns=patterns))
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(lambda path: then(Path(path)))
    dialog.open()


def ask_where_to_label(parent: QWidget, proposed: Path, then: Callable[[Path], None]) -> None:
    """Ask where to save a transcript with names. It is not asked here whether a file may be replaced."""
    dialog = QFileDialog(parent, strings.TRANSCRIPT_SAVE, str(proposed.parent))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
    dialog.selectFile(proposed.name)
    dialog.fileSelected.connect(lambda path: then(Path(path)))
    dialog.open()


def ask_for_model(parent: QWidget, then: Callable[[str], None]) -> None:
    dialog = QFileDialog(parent, strings.MODEL_OPEN, "", strings.MODEL_FILTER)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(then)
    dialog.open()


def ask(
    parent: QWidget,
    question: str,
    detail: str,
    *,
    go: str,
    stay: str,
    then: Callable[[], None],
    other: tuple[str, Callable[[], None]] | None = None,
    go_is_safe: bool = False,
) -> QMessageBox:
    """Ask before something is lost: ``then`` is called for ``go`` only, and nothing for ``stay``, which is what Enter,
    Esc and closing the question say. ``go_is_safe``: Enter says ``go``. ``other``: a third answer, and what it does.
    """
    box = QMessageBox(QMessageBox.Icon.Warning, strings.APP, question, parent=parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(detail)
    role = QMessageBox.ButtonRole
    answers = {box.addButton(go, role.AcceptRole if go_is_safe else role.DestructiveRole): then}
    if other is not None:
        answers[box.addButton(other[0], role.DestructiveRole)] = other[1]
    for button in answers:
        button.setProperty("danger", box.buttonRole(button) == role.DestructiveRole)
        restyle(button)
    safe = box.addButton(stay, role.RejectRole)
    box.setDefaultButton(next(iter(answers)) if go_is_safe else safe)
    box.setEscapeButton(safe)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setModal(True)
    box.buttonClicked.connect(lambda button: answers.get(button, lambda: None)())
    box.open()
    return box


def ask_for_name(
    parent: QWidget, then: Callable[[str], None], typed: str = "", people: tuple[str, ...] = ()
) -> QInputDialog:
    """Ask for a name, that of somebody new or of one of ``people``, of whom those that fit are offered.

    One that cannot be is explained, and can be mended.
    """
    dialog = QInputDialog(parent)
    dialog.setTextValue(typed)
    dialog.setWindowTitle(strings.NAME_OF_SPEAKER)
    dialog.setLabelText(strings.NAME_LABEL)
    dialog.setOkButtonText(strings.OK)
    dialog.setCancelButtonText(strings.CANCEL)

    def take(text: str) -> None:
        try:
            name = clean_name(text)
            then(name if name in people else new_name(name))
        except BadInput as error:
            message = show_message(parent, strings.capitalised(str(error)))
            message.finished.connect(lambda _: ask_for_name(parent, then, text, people))

    dialog.textValueSelected.connect(take)
    dialog.open()
    if people and (field := dialog.findChild(QLineEdit)):
        name_completer(people, field)
    return dialog


def ask_where_to_export(
    parent: QWidget, name: str, folder: str, then: Callable[[Path], None], ending: str = ""
) -> QFileDialog:
    """Ask where to save who spoke when. ``then`` gets the path with the ending of a format: of the one chosen in the
    dialog, or of another one if the user types its ending. It is not asked here whether a file may be replaced: only
    the whole name can tell which. ``ending``: of the format that is proposed."""
    filters = strings.EXPORT_FILTERS
    formats = {text: SUFFIXES[f".{one.lower()}"] for one, text in filters.items()}
    first = filters.get(ending, next(iter(filters.values())))
    dialog = QFileDialog(parent, strings.EXPORT_TITLE, folder, ";;".join(filters.values()))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
    dialog.selectNameFilter(first)
    dialog.selectFile(name + formats[first].suffix)

    def follow(chosen: str) -> None:
        typed = Path(dialog.selectedFiles()[0])
        dialog.selectFile(with_suffix(typed, formats[chosen]).name)

    def take(path: str) -> None:
        chosen, typed = formats[dialog.selectedNameFilter()], format_of(path)
        mine = typed is not None and not (typed is formats[first] and chosen is not typed)  # not what was proposed
        then(Path(path) if mine else with_suffix(Path(path), chosen))

    dialog.filterSelected.connect(follow)
    dialog.fileSelected.connect(take)
    dialog.open()
    return dialog


def show_message(parent: QWidget | None, text: str, detail: str = "") -> QMessageBox:
    """Show a message that stays until it is read."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, strings.APP, text, parent=parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(detail)
    box.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    box.addButton(strings.CLOSE, QMessageBox.ButtonRole.AcceptRole)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setModal(True)
    box.open()
    return box


def show_shortcuts(parent: QWidget, keys: Sequence[tuple[str, str]]) -> None:
    rows = "".join(
        f"<tr><td style='padding: 3px 24px 3px 0'><b>{key}</b></td><td style='padding: 3px 0'>{what}</td></tr>"
        for key, what in (*keys, *strings.TIMELINE_KEYS)
    )
    box = QMessageBox(QMessageBox.Icon.NoIcon, strings.SHORTCUTS_TITLE, f"<table>{rows}</table>", parent=parent)
    box.addButton(strings.CLOSE, QMessageBox.ButtonRole.AcceptRole)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()


def show_about(parent: QWidget, data: Path) -> QMessageBox:
    named = {"version": VERSION, "licence": LICENCE, "data": data, "credits": ", ".join(credits_of_models())}
    return show_message(parent, strings.ABOUT_TEXT.format(**named), strings.ABOUT_DETAIL.format(**named))


def open_folder(parent: QWidget, folder: Path) -> None:
    """Show a folder in the system's file manager, or say where it is."""
    if not (folder.exists() and QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))):
        show_message(parent, str(folder))
