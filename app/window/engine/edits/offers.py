"""What the user answers to what is offered of a person, as jobs for the engine's thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.diarisation.timeline import Turn
from app.names import shown_name
from app.scoring.labels import Label
from app.voiceprints.offers import Offer, answer_consent, dismiss_offer, unaccept_offer, unlearn_offer
from app.voiceprints.people import Removal
from app.voiceprints.store import VoiceprintStore
from app.window import strings
from app.window.engine.activity import Job
from app.window.engine.context import EngineContext
from app.window.engine.edits.people import removed


def answer(name: str, *, may_keep: bool) -> Job:
    """Whether speech that is surely theirs may be kept. No, or withdrawn, erases what is kept at once."""

    def job(context: EngineContext) -> None:
        with VoiceprintStore(context.data) as store:
            answer_consent(store, name, may_keep=may_keep)
        form = strings.CONSENT_NOTED if may_keep else strings.CONSENT_ERASED
        context.reload_people()
        context.notify(form.format(name=shown_name(name)))

    return job


def accept(offer: Offer) -> Job:
    """Add an offer to the person's samples. It can be undone: then it is an offer again."""

    def job(context: EngineContext) -> None:
        from app.enrolment.offering.answers import accept

        with VoiceprintStore(context.data) as store:
            sample = accept(store, context.encoder(), offer.id)

        def undo() -> None:
            with VoiceprintStore(context.data) as store:
                unaccept_offer(store, offer)
            context.reload_people()

        context.reload_people()
        text = strings.THAT_WAS_EXTENDED.format(name=shown_name(offer.name), seconds=sample.speech_s)
        context.undo.did(text, undo)

    return job


def dismiss(offer: Offer) -> Job:
    """Erase an offer; for a while that can be undone."""

    def job(context: EngineContext) -> None:
        with VoiceprintStore(context.data) as store:
            removal = dismiss_offer(store, offer.id, undoable=True)
        removed(context, removal, strings.OFFER_DISMISSED.format(name=shown_name(offer.name)))

    return job


@dataclass(frozen=True)
class Unlearned:
    """Offers, or samples that were offers, which are gone since their turns are somebody else's."""

    undo: Callable[[], None]
    erase: Callable[[], None] | None
    """None if there were none: then nothing is erased."""


def unlearn(context: EngineContext, turns: Sequence[Turn], label: Label) -> Unlearned:
    """Remove what was kept of these turns for anybody but ``label``; until it is erased that can be undone."""
    removals: list[Removal] = []
    with VoiceprintStore(context.data) as store:
        names = store.names()
        for kept in list(context.session.kept):
            touched = any(map(kept.touched_by, turns))
            if touched and names.get(kept.person_id) != label.name and (gone := unlearn_offer(store, kept.offer)):
                removals.append(gone)
    if removals:
        context.reload_people()

    def each(what: Callable[[Removal, VoiceprintStore], None]) -> Callable[[], None]:
        def act() -> None:
            if removals:
                with VoiceprintStore(context.data) as store:
                    for removal in removals:
                        what(removal, store)
                context.reload_people()

        return act

    return Unlearned(each(Removal.restore), each(Removal.erase) if removals else None)
