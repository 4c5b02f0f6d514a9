"""``python -m app voices {seal,unseal,passphrase}``: everybody's data, encrypted on the disk."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.cli.progress import progress_bar
from app.sealing.passphrase import ask_new
from app.sealing.unlocking import home_of, key_of
from app.voiceprints.conversion import unseal_data
from app.voiceprints.sealing import change_passphrase, refuse_plain, refuse_sealed, seal_by_keyring, seal_by_passphrase
from utils import data_dir

ACTIONS = ("seal", "unseal", "passphrase")
LOST = "A forgotten passphrase cannot be found out by anybody: recordings and voiceprints are lost with it."
LOST_WITH_KEYRING = (
    "The key is in this system's keyring: if that is lost, so are recordings and voiceprints."
    " `python -m app voices passphrase` adds a passphrase that opens them, too."
)


def add_parsers(actions, everywhere: argparse.ArgumentParser) -> None:
    """The command lines of these verbs."""
    seal = actions.add_parser(
        "seal", parents=[everywhere], help="encrypt recordings, voiceprints and names on the disk"
    )
    seal.add_argument("--passphrase", action="store_true", help="ask for one even where the system has a keyring")
    _add_file_option(seal)
    actions.add_parser("unseal", parents=[everywhere], help="keep them as plain files again")
    change = actions.add_parser("passphrase", parents=[everywhere], help="another passphrase for what is sealed")
    change.add_argument("--no-keyring", action="store_true", help="and the system's keyring opens it no more")
    _add_file_option(change)


def obey(options: argparse.Namespace) -> None:
    """Do what one of ``ACTIONS`` says. Raises HeardError, BadInput and OSError: then everything is as it was."""
    data = data_dir(options.data)
    match options.action:
        case "seal":
            _seal(data, options)
        case "unseal":
            files = unseal_data(data, progress_bar("unsealing"))
            print(f"{data} is not sealed any more: {files} files of people can be read by whoever may read the folder.")
        case "passphrase":
            _change(data, options)


def _seal(data: Path, options: argparse.Namespace) -> None:
    refuse_sealed(data)
    track, files = progress_bar("sealing"), None
    if not (options.passphrase or options.passphrase_file):
        files = seal_by_keyring(data, track)
    by_keyring = files is not None
    if not by_keyring:
        print(LOST)
        files = seal_by_passphrase(data, ask_new(f"for {data}", options.passphrase_file), track)
    print(f"{data} is sealed: {files} files of people and all voiceprints are encrypted.")
    if by_keyring:
        print(LOST_WITH_KEYRING)


def _change(data: Path, options: argparse.Namespace) -> None:
    refuse_plain(data)
    key_of(home_of(data))  # whoever cannot open it need not think of another passphrase
    print(LOST)
    passphrase = ask_new(f"for {data}", options.passphrase_file)
    lock = change_passphrase(data, passphrase, keyring=not options.no_keyring)
    print(f"{data} has another passphrase." + (" The keyring opens it, too." if lock.by_keyring else ""))


def _add_file_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--passphrase-file", type=Path, metavar="F", help="the new passphrase is the first line of this file"
    )
