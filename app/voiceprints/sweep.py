"""What killed programs have left in a data folder: found at the next start of any program, and cleared away.

Interrupted deletions, samples that waited for the end of an enrolment that never came, half-written files, numbers that
were taken for a recording which was not made. And what older versions left: folders that others may read, and
recordings of people whom the database does not know.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from app.voiceprints.lease import is_over, sweep_leases
from app.voiceprints.orders import DELETED, erase_all
from app.voiceprints.recordings import Note, samples_dir, write_note

PENDING = ".pending-"
OFFER = "offer-"
"""What the recordings begin with that are offered to be added to a person's samples, beside those."""
SLUG = re.compile(r"[a-z0-9-]+-[0-9a-f]{8}")
"""What utils.slug makes of names."""


def hidden_leftovers(data: Path, spoken_of: Callable[[], Collection[str]]) -> list[Path]:
    """Folders of deletions and enrolments that nobody will finish.

    ``spoken_of``: asks which paths orders still speak of, after looking, since an order comes before its folder.
    """
    hidden = sorted((data / "speakers").glob(".*-*"))
    if not hidden:
        return []
    wanted = spoken_of()
    left = [path for path in hidden if f"speakers/{path.name}" not in wanted]
    deleted = [path for path in left if path.name.startswith(DELETED)]
    waiting = [path for path in left if path.name.startswith(PENDING)]
    return deleted + [path for path in waiting if is_over(data, path.name.removeprefix(PENDING).split("-")[0])]


def half_written(data: Path) -> list[Path]:
    """Parts of files that were being written, and notes of recordings that were never made, in people's folders.

    Only while nobody can be writing there.
    """
    found = list(data.glob(".voiceprints.*.part"))
    for folder in (data / "speakers").glob("[!.]*/"):
        found += folder.glob(".*.part")
        for note in folder.glob("[0-9]*.json"):
            with contextlib.suppress(OSError):
                if not note.stat().st_size and not note.with_suffix(".wav").exists():
                    found.append(note)
    return found


def orphaned_offers(data: Path, known: Collection[str], spoken_of: Collection[str] = ()) -> list[Path]:
    """Recordings and notes of offers that no row speaks of, and no order that still moves them. ``known``: names of the
    recordings that rows speak of; ``spoken_of``: paths that orders do."""
    found = (data / "speakers").glob(f"[!.]*/{OFFER}*.*")
    lost = (path for path in found if f"{path.stem}.wav" not in known)
    return sorted(path for path in lost if path.relative_to(data).as_posix() not in spoken_of)


def clear_leftovers(data: Path, spoken_of: Callable[[], Collection[str]]) -> list[OSError]:
    """Erase ``hidden_leftovers``, and the leases of programs that are gone. Returns what went wrong."""
    problems = erase_all(hidden_leftovers(data, spoken_of))
    sweep_leases(data)
    return problems


def mend_permissions(data: Path) -> None:
    """Make what others may read their owner's alone: the folder of recordings, last, and all in it."""
    speakers = data / "speakers"
    if os.name != "posix" or not speakers.is_dir() or not speakers.stat().st_mode & 0o077:
        return
    for folder, _, files in os.walk(speakers, topdown=False):
        for path in (*(Path(folder) / name for name in files), Path(folder)):
            with contextlib.suppress(OSError):
                if not path.is_symlink():
                    path.chmod(0o700 if path.is_dir() else 0o600)


def nameless(data: Path, recorded: Mapping[str, Sequence[Path]]) -> list[Path]:
    """Folders of recordings without any note, of nobody in ``recorded`` (see ``recorded_people``): whose they are is
    known to nobody any more."""
    known = {wavs[0].parent for wavs in recorded.values()}
    return [
        folder
        for folder in sorted((data / "speakers").glob("[!.]*/"))
        if folder not in known
        and SLUG.fullmatch(folder.name)
        and any(folder.glob("[0-9]*.wav"))
        and not any(note.stat().st_size for note in folder.glob("[0-9]*.json"))
    ]


def take_over(data: Path, folder: Path) -> None:
    """Make a folder of recordings without notes that of a person who is called like the folder: people can see it."""
    for wav in folder.glob("[0-9]*.wav"):
        write_note(wav.with_suffix(".json"), Note(name=folder.name, recorded_at=""))
    target = samples_dir(data, folder.name)
    if not target.exists():
        folder.rename(target)
