"""``python -m app voices {consent,offers}``: speech that was surely somebody's, kept if they allow it, to be added."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from app.cli.options import add_model_option
from app.names import shown_name
from app.terminal.tables import table
from app.voiceprints.enrolled import EnrolledPerson, days_of_devices
from app.voiceprints.offers import answer_consent, consent_of, dismiss_offer, find_offer, offers_of
from app.voiceprints.recordings import read_recording
from app.voiceprints.store import VoiceprintStore
from utils import BadInput, HeardError

ACTIONS = ("consent", "offers")


def add_parsers(actions, everywhere: argparse.ArgumentParser) -> None:
    """The command lines of these verbs."""
    consent = actions.add_parser(
        "consent", parents=[everywhere], help="whether speech that is surely a person's may be kept, to be offered"
    )
    consent.add_argument("name", metavar="NAME")
    consent.add_argument("answer", nargs="?", choices=("yes", "no"), help="no, or withdrawn: what is kept is erased")
    offers = actions.add_parser(
        "offers", parents=[everywhere], help="recordings that are offered to be added to somebody's voiceprint"
    )
    offers.add_argument("name", nargs="?", metavar="NAME", help="of this person alone")
    answers = offers.add_mutually_exclusive_group()
    answers.add_argument("--play", type=int, metavar="N", help="hear this one")
    answers.add_argument("--accept", type=int, metavar="N", help="add this one to the voiceprint")
    answers.add_argument("--dismiss", type=int, metavar="N", help="erase this one, and do not offer its like again")
    add_model_option(offers)


def obey(store: VoiceprintStore, options: argparse.Namespace, meant: Callable[[str], str]) -> None:
    """Do what one of ``ACTIONS`` says; ``meant``: whom a typed name means. Raises BadInput and HeardError."""
    if options.action == "consent":
        _consent(store, meant(options.name), options.answer)
    elif options.play is not None:
        _play(store, options.play)
    elif options.accept is not None:
        _accept(store, options.accept, options.model)
    elif options.dismiss is not None:
        name = find_offer(store, options.dismiss).name
        dismiss_offer(store, options.dismiss)
        print(f"Offer {options.dismiss} of {shown_name(name)} is erased.")
    else:
        _list(store, None if options.name is None else meant(options.name))


def known_on(person: EnrolledPerson) -> str:
    """The devices that a voiceprint is of, with their days if there are several: "USB mic (2 days), file"."""
    devices = days_of_devices(person.conditions)
    return ", ".join(device + (f" ({len(days)} days)" if len(days) > 1 else "") for device, days in devices.items())


def _consent(store: VoiceprintStore, name: str, answer: str | None) -> None:
    shown = shown_name(name)
    if answer is None:
        if store.find(name) is None:
            raise BadInput(f"nobody is called {shown}; see `python -m app voices list`.")
        consent = consent_of(store, name)
        if consent is None:
            print(f"Whether speech that is surely {shown}'s may be kept was never answered: it is not.")
        else:
            print(f"Speech that is surely {shown}'s may {_not(consent.may_keep)}be kept ({consent.answered_on}).")
        return
    answer_consent(store, name, may_keep=answer == "yes")
    if answer == "yes":
        print(f"From now on some speech that is surely {shown}'s is kept, to be offered; `voices offers` lists it.")
    else:
        print(f"Speech of {shown} is not kept; what was kept and not added is erased.")


def _not(may: bool) -> str:
    return "" if may else "not "


def _list(store: VoiceprintStore, name: str | None) -> None:
    if name is not None and store.find(name) is None:
        raise BadInput(f"nobody is called {shown_name(name)}; see `python -m app voices list`.")
    rows = [
        (str(offer.id), shown_name(offer.name), offer.condition.day, offer.condition.device, f"{offer.speech_s:.1f}")
        for offer in offers_of(store, name)
    ]
    print(table(("offer", "person", "day", "device", "speech s"), rows, (0, 4)) if rows else "Nothing is offered.")


def _play(store: VoiceprintStore, number: int) -> None:
    from app.audio.player import Player

    sound, player = read_recording(find_offer(store, number).path), Player()
    player.play(sound)
    while player.playing:
        time.sleep(0.05)
    if player.error:
        raise HeardError(player.error)


def _accept(store: VoiceprintStore, number: int, model: str) -> None:
    from app.embedding.load import load_encoder
    from app.enrolment.offering.answers import accept

    name = find_offer(store, number).name  # before the model, which takes its time
    sample = accept(store, load_encoder(model), number)
    print(f"{shown_name(name)} is known better now: {sample.speech_s:.1f} s of speech were added.")
