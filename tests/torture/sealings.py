"""What can be done to a data folder as a whole: it is sealed and unsealed, gets another passphrase, people leave it in
a file and come in one. And the same household changes while it is sealed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from app.sealing import unlocking
from app.sealing.lock import Lock
from app.sealing.passphrase import Scrypt
from app.sealing.unlocking import Locked, home_of, is_sealed
from app.voiceprints.conversion import seal_data, unseal_data
from app.voiceprints.people_file import read_people
from app.voiceprints.sealing import change_passphrase
from app.voiceprints.store import VoiceprintStore
from app.voiceprints.transfer import Model, export_people, import_people
from tests.torture.household import MODEL, OPERATIONS, make_household, open_and, record, secrets_of

PASSPHRASES = ("correct horse battery", "another correct horse")
"""The first one seals; the second may take its place. One of them must open whatever a kill leaves."""
PEOPLE = ("Ana", "Ben", "Cal", "Dee", "Eve", "Fay")
"""Everybody whose bytes are looked for."""
CHEAP = Scrypt(b"0123456789abcdef", log2_n=14)
PLAIN, SEALED = "plain", "sealed"


def let_in(data: Path) -> None:
    """Open a sealed folder as a user does who has just started a program; a plain one needs nothing."""
    unlocking.forget_all()
    home = home_of(data)
    if not is_sealed(home):
        return
    for passphrase in PASSPHRASES:
        try:
            unlocking.unlock(home, passphrase)
        except Locked:
            continue
        return
    raise Locked(f"{home}: no passphrase opens it")


def beside(data: Path) -> Path:
    """Where people who leave a data folder are written, and come from."""
    return data.with_name(f"{data.name}-out")


def seal(data: Path) -> None:
    lock, key = Lock.fresh()
    seal_data(data, lock.with_passphrase(key, PASSPHRASES[0], CHEAP), key)


def export(data: Path) -> None:
    with VoiceprintStore(data) as store:
        export_people(store, ["Ana", "Ben"], beside(data) / "leaving", PASSPHRASES[0])


def arrive(data: Path) -> None:
    def embed(*_: object):
        raise AssertionError("nothing is to be made again")

    with VoiceprintStore(data) as store:
        import_people(store, beside(data) / "coming", PASSPHRASES[0], Model(*MODEL, embed))


def make_templates(folder: Path) -> None:
    """The household plain and sealed, with a file of two others beside each."""
    Scrypt.fresh = classmethod(lambda cls: CHEAP)  # half a second a passphrase would be most of the time
    for kind in (PLAIN, SEALED):
        data = folder / kind
        make_household(data)
        with VoiceprintStore(folder / f"{kind}-others") as store:
            for name in ("Eve", "Fay"):
                record(store, name, built=True)
            beside(data).mkdir()
            export_people(store, ["Eve", "Fay"], beside(data) / "coming", PASSPHRASES[0])
    seal(folder / SEALED)


def _opened(act: Callable[[Path], object], data: Path) -> None:
    Scrypt.fresh = classmethod(lambda cls: CHEAP)
    let_in(data)
    act(data)


DEEDS: dict[str, tuple[str, Callable[[Path], None]]] = {
    name: (kind, partial(_opened, act))
    for name, kind, act in (
        ("seal", PLAIN, seal),
        ("unseal", SEALED, unseal_data),
        ("another passphrase", SEALED, lambda data: change_passphrase(data, PASSPHRASES[1])),
        ("export", PLAIN, export),
        ("export of sealed people", SEALED, export),
        ("import", PLAIN, arrive),
        ("import into a sealed folder", SEALED, arrive),
        *(
            (f"{name}, sealed", SEALED, partial(lambda operation, data: open_and(data, operation), OPERATIONS[name]))
            for name in ("rename", "delete", "enrol", "remove and erase", "offer", "accept", "dismiss", "withdraw")
        ),
    )
}
"""Name -> what it begins with, and what is done to it."""


def problems_with_sides(data: Path) -> list[str]:
    """What is wrong with the sides of a data folder that a program has opened, and with what lies beside it."""
    found = []
    if is_sealed(home_of(data)):
        if (left := sorted(path.name for path in data.iterdir())) != ["sealed"]:
            found.append(f"sealed, and beside it are {left}")
        found += _plain_bytes(data)
    elif (data / "sealed").exists():
        found.append("a sealed side is left, and does not count")
    if beside(data).is_dir():
        found += _plain_bytes(beside(data))
        for path in beside(data).glob("[!.]*"):
            for _, samples, *_ in read_people(path, PASSPHRASES[0]):  # whole, or it raises
                list(samples)
    return found


def _plain_bytes(folder: Path) -> list[str]:
    content = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    return [
        f"bytes of {name} can be read in {folder.name}"
        for name in PEOPLE
        if any(secret in content for secret in secrets_of(name))
    ]
