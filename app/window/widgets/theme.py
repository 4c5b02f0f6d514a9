"""The look: colours that follow the system's light or dark, one grid, one style sheet for the few stock controls."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget

from app.window.view.palette import DARK, LIGHT, Colours, ink_of, pattern_of

GRID = 8
"""Distances are multiples of this, in device-independent pixels."""
RADIUS = 10


class Appearance(Enum):
    """What the user may choose."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


PALER = 0.3
"""How far a colour goes towards the ground where a name is only likely: large letters keep a contrast of 3 to 1."""


TEXTURES = (
    Qt.BrushStyle.BDiagPattern,
    Qt.BrushStyle.Dense6Pattern,
    Qt.BrushStyle.VerPattern,
    Qt.BrushStyle.DiagCrossPattern,
    Qt.BrushStyle.HorPattern,
    Qt.BrushStyle.FDiagPattern,
    Qt.BrushStyle.CrossPattern,
)


class Theme(QObject):
    """The colours in use. ``changed`` is emitted when the system, ``choose`` or ``use`` switches them."""

    changed = Signal()

    def __init__(self, app: QApplication):
        super().__init__(app)
        self._app = app
        app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(self._follow)
        self.colours = LIGHT
        self.appearance = Appearance.SYSTEM
        self._heat: tuple[Colours, list[int]] | None = None
        self._follow()

    def choose(self, appearance: Appearance) -> None:
        """Follow the system, or be light or dark whatever it is."""
        self.appearance = appearance
        self._follow()

    def _follow(self) -> None:
        dark = self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        wanted = {Appearance.LIGHT: LIGHT, Appearance.DARK: DARK}.get(self.appearance, DARK if dark else LIGHT)
        self.use(wanted)

    def use(self, colours: Colours) -> None:
        """Show everything in these colours."""
        self.colours = colours
        self._app.setPalette(_palette(colours))
        self._app.setStyleSheet(_style_sheet(colours))
        self.changed.emit()

    def heat(self) -> list[int]:
        """Colours for the values 0 to 255 of a spectrogram: from the surface, by the accent, to the text."""
        if self._heat is None or self._heat[0] is not self.colours:
            c = self.colours
            stops = [QColor(c.surface), QColor(c.track), QColor(c.accent), QColor(c.text)]
            self._heat = c, [_between(stops, value / 255).rgb() for value in range(256)]
        return self._heat[1]

    def ink(self, number: int | None) -> QColor:
        """The colour of a person's number; None is nobody's."""
        return QColor(self.colours.edge if number is None else self.colours.inks[ink_of(number)])

    def texture(self, number: int | None) -> QBrush | None:
        """What is painted over it, from the tenth person on, since the colours come again."""
        pattern = 0 if number is None else pattern_of(number)
        if not pattern:
            return None
        colour = QColor(self.colours.surface)
        colour.setAlphaF(0.6)
        return QBrush(colour, TEXTURES[pattern - 1])

    def paler(self, ink: QColor) -> QColor:
        """A colour as it is on what may be wrong: nearer to the ground it stands on, and still to be read."""
        return _between([ink, QColor(self.colours.surface)], PALER)


def _between(stops: list[QColor], share: float) -> QColor:
    """The colour at 0 to 1 of the way along the stops."""
    place = share * (len(stops) - 1)
    index = min(int(place), len(stops) - 2)
    one, other, part = stops[index], stops[index + 1], place - index
    mixed = [a + (b - a) * part for a, b in zip(one.getRgb()[:3], other.getRgb()[:3], strict=True)]
    return QColor(*(round(value) for value in mixed))


def scaled(font: QFont, factor: float, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """A font ``factor`` times as large: sizes follow the one the user chose for the system."""
    out = QFont(font)
    if font.pointSizeF() > 0:
        out.setPointSizeF(font.pointSizeF() * factor)
    else:
        out.setPixelSize(max(1, round(font.pixelSize() * factor)))
    out.setWeight(weight)
    return out


def restyle(widget: QWidget) -> None:
    """Apply the style sheet again: it looks at a widget's properties only when it is applied."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def row_of(*widgets: QWidget | None) -> QHBoxLayout:
    """Widgets side by side; None is what stretches."""
    row = QHBoxLayout()
    row.setSpacing(GRID)
    for widget in widgets:
        row.addStretch(1) if widget is None else row.addWidget(widget)
    return row


def _palette(colours: Colours) -> QPalette:
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, colour in (
        (roles.Window, colours.background),
        (roles.Base, colours.surface),
        (roles.AlternateBase, colours.raised),
        (roles.Button, colours.surface),
        (roles.ToolTipBase, colours.raised),
        (roles.WindowText, colours.text),
        (roles.Text, colours.text),
        (roles.ButtonText, colours.text),
        (roles.ToolTipText, colours.text),
        (roles.PlaceholderText, colours.muted),
        (roles.Highlight, colours.accent),
        (roles.HighlightedText, colours.on_accent),
        (roles.Accent, colours.accent),
    ):
        palette.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(colours.muted))
    return palette


def _style_sheet(c: Colours) -> str:
    return f"""
    QFrame#card {{ background: {c.surface}; border: 1px solid {c.outline}; border-radius: {RADIUS}px; }}
    QFrame#toast {{ background: {c.raised}; border: 1px solid {c.edge}; border-radius: {RADIUS}px; }}
    QLabel[role="muted"] {{ color: {c.muted}; }}
    QLabel[role="command"] {{ background: {c.raised}; border-radius: 6px; padding: 8px; }}
    QPushButton {{ background: {c.surface}; color: {c.text}; border: 1px solid {c.edge}; border-radius: 8px;
        padding: 7px 16px; }}
    QPushButton::menu-indicator {{ image: none; width: 0; }}
    QPushButton:checked {{ background: {c.track}; border: 2px solid {c.accent}; padding: 6px 15px; }}
    QPushButton:hover {{ background: {c.raised}; }}
    QPushButton[primary="true"] {{ background: {c.accent}; color: {c.on_accent}; border-color: {c.accent}; }}
    QPushButton:focus, QComboBox:focus {{ border: 2px solid {c.text}; padding: 6px 15px; }}
    QComboBox {{ background: {c.surface}; color: {c.text}; border: 1px solid {c.edge}; border-radius: 8px;
        padding: 7px 12px; }}
    QComboBox:focus {{ padding: 6px 11px; }}
    QComboBox:disabled {{ color: {c.muted}; border-color: {c.outline}; }}
    QComboBox::drop-down {{ border: none; width: 28px; }}
    QComboBox::down-arrow {{ image: none; }}
    QComboBox {{ combobox-popup: 0; }}
    QComboBoxPrivateContainer {{ background: {c.surface}; border: 1px solid {c.edge}; }}
    QComboBox QAbstractItemView {{ background: {c.surface}; color: {c.text}; border: none; outline: none; }}
    QComboBox QAbstractItemView::item {{ padding: 6px 11px; }}
    QComboBox QAbstractItemView::item:selected {{ background: {c.accent}; color: {c.on_accent}; }}
    QListView#names {{ background: {c.surface}; color: {c.text}; border: 1px solid {c.edge}; padding: 4px;
        outline: none; }}
    QListView#names::item {{ padding: 5px 8px; }}
    QListView#names::item:selected {{ background: {c.accent}; color: {c.on_accent}; }}
    QToolButton {{ background: transparent; color: {c.text}; border: 1px solid {c.outline}; border-radius: 6px;
        padding: 3px 9px; }}
    QToolButton:hover {{ background: {c.raised}; border-color: {c.edge}; }}
    QToolButton:focus {{ border-color: {c.text}; }}
    QToolButton:disabled {{ color: {c.edge}; }}
    QToolButton::menu-indicator {{ image: none; width: 0; }}
    QToolButton[popupMode="1"] {{ padding-right: 30px; }}
    QToolButton::menu-button {{ border: none; border-left: 1px solid {c.outline}; width: 22px; }}
    QPushButton:disabled {{ color: {c.edge}; border-color: {c.outline}; }}
    QPushButton[primary="true"]:disabled {{ background: {c.track}; color: {c.muted}; border-color: {c.track}; }}
    QPushButton[danger="true"] {{ color: {c.error}; border-color: {c.error}; }}
    QLabel[role="error"] {{ color: {c.error}; }}
    QLabel[role="warning"] {{ color: {c.warning}; }}
    QLabel[role="good"] {{ color: {c.good}; }}
    QDialog {{ background: {c.background}; }}
    QLineEdit {{ background: {c.surface}; color: {c.text}; border: 1px solid {c.edge}; border-radius: 8px;
        padding: 7px 10px; selection-background-color: {c.accent}; selection-color: {c.on_accent}; }}
    QLineEdit:focus {{ border: 2px solid {c.accent}; padding: 6px 9px; }}
    QMenuBar {{ background: transparent; color: {c.text}; }}
    QMenuBar::item {{ background: transparent; padding: 4px 10px; border-radius: 6px; }}
    QMenuBar::item:selected {{ background: {c.track}; }}
    QMenu {{ background: {c.surface}; color: {c.text}; border: 1px solid {c.edge}; padding: 4px; }}
    QMenu::item {{ padding: 6px 28px 6px 26px; border-radius: 5px; }}
    QMenu::item:selected {{ background: {c.accent}; color: {c.on_accent}; }}
    QMenu::item:disabled {{ color: {c.edge}; }}
    QMenu::separator {{ height: 1px; background: {c.outline}; margin: 4px 8px; }}
    QListWidget {{ background: {c.surface}; border: 1px solid {c.outline}; border-radius: 8px; padding: 4px;
        outline: none; }}
    QListWidget:focus {{ border-color: {c.accent}; }}
    QListWidget::item {{ padding: 7px 8px; border-radius: 5px; color: {c.text}; }}
    QListWidget::item:selected {{ background: {c.raised}; color: {c.text}; border: 1px solid {c.edge}; }}
    PeopleList {{ background: transparent; border: none; }}
    PeopleList:focus {{ border: 1px solid {c.accent}; border-radius: 6px; }}
    QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
    QScrollBar::handle:vertical {{ background: {c.edge}; border-radius: 3px; min-height: 32px; margin: 2px; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; }}
    QToolTip {{ background: {c.raised}; color: {c.text}; border: 1px solid {c.edge}; padding: 4px; }}
    """
