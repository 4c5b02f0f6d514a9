"""The file that a list means: as it is written, else as the same name is written on another system."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator


def locate(folder: str | os.PathLike, name: str) -> str:
    """Where the file lies that a list calls ``name``; relative names start in ``folder``.

    Of a name that is not there as it is written, backslashes are tried as separators, accents in their other form
    (macOS writes them apart), and bytes that are not UTF-8 as Windows' Western letters. Without a file that fits it is
    the name as it is written.
    """
    path = os.path.join(folder, name)
    if (name.isascii() and "\\" not in name) or os.path.exists(path):
        return path
    for spelling in _spellings(name):
        if os.path.exists(found := os.path.join(folder, spelling)):
            return found
    return path


def western(name: str) -> str:
    """A name, read as Windows' Western letters, which spreadsheets save in, if its bytes are not UTF-8."""
    if any("\udc80" <= c <= "\udcff" for c in name):
        return name.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
    return name


def _spellings(name: str) -> Iterator[str]:
    names = [name]
    if (other := western(name)) != name:
        names.append(other)
    for one in names:
        for separated in dict.fromkeys((one, one.replace("\\", "/"))):
            yield from dict.fromkeys((separated, *(unicodedata.normalize(form, separated) for form in ("NFC", "NFD"))))
