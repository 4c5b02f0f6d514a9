"""What the window remembers from one start to the next: size, device, looks. A small file in the data folder."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from app.window.theme import Appearance


class Settings:
    """``window.ini`` in the data folder; a folder that cannot be written to is borne in silence."""

    def __init__(self, data: Path):
        self._store = QSettings(str(data / "window.ini"), QSettings.Format.IniFormat)

    @property
    def geometry(self) -> QByteArray | None:
        value = self._store.value("geometry")
        return value if isinstance(value, QByteArray) and not value.isEmpty() else None

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._store.setValue("geometry", value)

    @property
    def device(self) -> str | None:
        value = self._store.value("device")
        return value if isinstance(value, str) and value else None

    @device.setter
    def device(self, value: str | None) -> None:
        self._store.setValue("device", value or "")

    @property
    def appearance(self) -> Appearance:
        value = self._store.value("appearance", "system")
        return Appearance(value) if value in {a.value for a in Appearance} else Appearance.SYSTEM

    @appearance.setter
    def appearance(self, value: Appearance) -> None:
        self._store.setValue("appearance", value.value)

    def shown(self, part: str) -> bool:
        """Whether a part of the window ("gender", "timeline", "spectrogram") is wanted: all are, at first."""
        return self._store.value(f"show_{part}", "true") in (True, "true")

    def show(self, part: str, wanted: bool) -> None:
        self._store.setValue(f"show_{part}", "true" if wanted else "false")

    @property
    def folder(self) -> str:
        """Where a file was opened or saved last."""
        value = self._store.value("folder", "")
        return value if isinstance(value, str) else ""

    @folder.setter
    def folder(self, value: str) -> None:
        self._store.setValue("folder", value)
