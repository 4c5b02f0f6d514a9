"""A person's voiceprint and recordings at once: another name, and deleting. All of it or nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from app.names import new_name
from app.voiceprints.recordings import (
    finish_deletions,
    rename_samples,
    sample_file,
    samples_dir,
    set_aside,
)
from app.voiceprints.store import VoiceprintStore
from utils import BadInput, clean_name


def rename_person(store: VoiceprintStore, old: str, new: str) -> None:
    """Give a person another name; their recordings move along, and their notes say so.

    Raises BadInput for nobody or a name in use, HeardError or OSError if it cannot be written.
    """
    old, new = clean_name(old), clean_name(new)
    if old == new:
        return
    new = new_name(new)
    people, source, target = store.people(), samples_dir(store.data, old), samples_dir(store.data, new)
    if old not in people and not source.exists():
        raise BadInput(_nobody(store, old))
    if new in people or target.exists():
        raise BadInput(f"there is a {new} already; choose another name.")
    try:
        with store.transaction() if old in people else contextlib.nullcontext():
            if old in people:
                store.rename_rows(old, new, sample_file(store.data, source), sample_file(store.data, target))
            rename_samples(store.data, old, new)
    except BaseException:
        with contextlib.suppress(OSError):
            rename_samples(store.data, new, old)
        raise


def delete_person(store: VoiceprintStore, name: str) -> int:
    """Delete a person for good: voiceprint and recordings. Returns how many recordings went.

    The database overwrites what it frees (secure_delete) and its log is emptied. Raises BadInput for nobody, and
    HeardError or OSError if it cannot be written.
    """
    name = clean_name(name)
    folder = samples_dir(store.data, name)
    known = name in store.people()
    if not known and not folder.exists():
        raise BadInput(_nobody(store, name))
    recordings = len(list(folder.glob("*.wav")))
    with set_aside(folder):
        if known:
            store.delete_rows(name)
    finish_deletions(store.data)
    if known:
        store.empty_log()
    return recordings


def delete_sample(store: VoiceprintStore, name: str, file: str, meanwhile: Callable[[], None] | None = None) -> None:
    """Delete one of a person's samples for good: recording, note and embeddings; ``file`` as in ``EmbeddedSample``.

    The person stays, even without samples. ``meanwhile`` may write to the store, in the same transaction. Raises
    BadInput if there is no such sample, HeardError or OSError if it cannot be written, and what ``meanwhile`` raises.
    """
    wav, folder = store.data / file, samples_dir(store.data, name)
    known = store.has_sample(name, file)
    if not known and not (wav.parent == folder and wav.exists()):
        raise BadInput(f"{name} has no sample {wav.stem}.")
    own = [path for path in (wav, wav.with_suffix(".json")) if path.parent == folder]
    with set_aside(*own), store.transaction() if known or meanwhile else contextlib.nullcontext():
        if known:
            store.delete_sample_rows(name, file)
        if meanwhile:
            meanwhile()
    with contextlib.suppress(OSError):
        folder.rmdir()  # if that was the last
    if known:
        store.empty_log()


def _nobody(store: VoiceprintStore, name: str) -> str:
    names = store.people()
    return f"nobody is called {name}; enrolled: {', '.join(names)}." if names else "nobody is enrolled yet."
