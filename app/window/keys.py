"""Keys do what the place where the keyboard is promises, and nothing else."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QWidget

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class ButtonKeys(QObject):
    """Space and Enter press the button that has the keyboard, although Space elsewhere in the window starts and stops.

    Of all buttons and choices of a window ``but`` one, which starts and stops, too.
    """

    def __init__(self, window: QWidget, but: QWidget):
        super().__init__(window)
        for kind in (QAbstractButton, QComboBox):
            for widget in window.findChildren(kind):
                if widget is not but:
                    widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        ):
            if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Space:
                event.accept()  # no shortcut of the window: the key goes to the widget
                return True
            if event.type() == QEvent.Type.KeyPress and event.key() in ENTER and isinstance(watched, QAbstractButton):
                watched.click()
                return True
        return False


class NameEdit(QLineEdit):
    """A field for a name. Ctrl+Z undoes what was typed; once that is all undone, it is left to the window."""

    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.matches(QKeySequence.StandardKey.Undo)
            and not self.isUndoAvailable()
        ):
            event.ignore()
            return False
        return super().event(event)
