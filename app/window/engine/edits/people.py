"""What the user does to people, as jobs for the engine's thread: ``engine.ask(rename("Ana", "Anna"))``."""

from __future__ import annotations

from app.scoring.labels import person
from app.voiceprints.database import DiskFull
from app.voiceprints.looks.appearance import appearance_of, say_gender
from app.voiceprints.people import Removal, delete_person, remove_person, rename_person
from app.voiceprints.people import remove_sample as remove_undoably
from app.voiceprints.store import VoiceprintStore
from app.window import strings
from app.window.engine.activity import Job
from app.window.engine.context import EngineContext
from utils import BadInput, clean_name


def rename(old: str, new: str) -> Job:
    """Another name; it can be undone."""

    def change(context: EngineContext, before: str, after: str) -> None:
        with VoiceprintStore(context.data) as store:
            rename_person(store, before, after)
        context.reload_people()

    def job(context: EngineContext) -> None:
        after = clean_name(new)
        change(context, old, after)
        context.undo.did(strings.RENAMED.format(old=old, new=after), lambda: change(context, after, old))

    return job


def show_gender(name: str, gender: str | None) -> Job:
    """Say this of somebody's voice, one of ``GENDERS``; None: what the model hears. It can be undone."""

    def change(context: EngineContext, to: str | None) -> None:
        with VoiceprintStore(context.data) as store:
            say_gender(store, context.names.now(person(name)).name or name, to)
        context.reload_people()

    def job(context: EngineContext) -> None:
        with VoiceprintStore(context.data) as store:
            before = appearance_of(store, name).gender
        change(context, gender)
        text = strings.VOICE_LINE_CHANGED.format(name=name, said=strings.VOICE_LINES[gender])
        context.undo.did(text, lambda: change(context, before))

    return job


def delete(name: str) -> Job:
    """Delete somebody. It can be undone for a while, unless the disk is full: then it is for good at once."""

    def job(context: EngineContext) -> None:
        try:
            with VoiceprintStore(context.data) as store:
                removal = remove_person(store, name)
        except DiskFull:
            _delete_at_once(context, name)
            return
        done = strings.DELETED.format(name=name, recordings=strings.recordings(removal.recordings))
        removed(context, removal, done)

    return job


def remove_sample(name: str, file: str) -> Job:
    """Remove one recording, and make the voiceprint of the rest; for a while that can be undone.

    The last one cannot go: that is deleting.
    """

    def job(context: EngineContext) -> None:
        from app.enrolment import remove_sample as removing

        try:
            with VoiceprintStore(context.data) as store:
                removal = removing.remove_sample(store, context.encoder(), name, file, remove=remove_undoably)
        except removing.LastSample:
            raise BadInput(strings.LAST_SAMPLE.format(name=name)) from None
        removed(context, removal, strings.SAMPLE_REMOVED.format(name=name))

    return job


def removed(context: EngineContext, removal: Removal, text: str) -> None:
    """Take note of what nobody sees any more; it is erased when the undo is over."""

    def restore() -> None:
        with VoiceprintStore(context.data) as store:
            removal.restore(store)
        context.reload_people()

    def erase() -> None:
        with VoiceprintStore(context.data) as store:
            removal.erase(store)

    context.reload_people()
    context.undo.did(text, restore, erase)


def _delete_at_once(context: EngineContext, name: str) -> None:
    try:
        with VoiceprintStore(context.data) as store:
            recordings = delete_person(store, name)
    finally:  # deleted, perhaps, although something could not be erased yet
        context.reload_people()
    context.notify(strings.DELETED_AT_ONCE.format(name=name, recordings=strings.recordings(recordings)))


def undo(number: int | None = None) -> Job:
    """Undo the newest deed; with a ``number``, only if it is this one."""

    def job(context: EngineContext) -> None:
        deed = context.undo.undo(number)
        if deed is None:
            raise BadInput(strings.UNDO_TOO_LATE)
        context.notify(strings.UNDONE.format(deed=deed.text))

    return job


def end_undo(number: int | None = None) -> Job:
    """The undo of a deed, or of any, is over: what it erases is erased now."""
    return lambda context: context.undo.end(number)
