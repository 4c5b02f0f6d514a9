"""``python -m app voices {export --out,import}``: people in one encrypted file, from one machine to another."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.cli.options import add_model_option
from app.embedding.model_files import resolve
from app.outputs import check_outputs
from app.sealing.passphrase import ask, ask_new, read_passphrase
from app.voiceprints.store import VoiceprintStore
from app.voiceprints.transfer import Model, export_people, import_people
from utils import BadInput, clean_name, file_sha256


def add_export_options(parser: argparse.ArgumentParser) -> None:
    """What ``voices export`` takes besides ``--faiss``."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="of the people for --out")
    parser.add_argument("--out", type=Path, metavar="FILE", help="one encrypted file, with recordings and voiceprints")
    parser.add_argument("--voiceprints-only", action="store_true", help="without the recordings")
    parser.add_argument("--all", action="store_true", help="everybody")
    _add_file_option(parser)


def add_import_parser(actions, everywhere: argparse.ArgumentParser) -> None:
    """The command line of ``voices import``."""
    parser = actions.add_parser("import", parents=[everywhere], help="take in people of a file that export wrote")
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--as", dest="new_name", metavar="NAME", help="what the one person of the file is called here")
    _add_file_option(parser)
    add_model_option(parser)


def export(store: VoiceprintStore, options: argparse.Namespace) -> None:
    """Write people into an encrypted file. Raises HeardError, BadInput and OSError."""
    if bool(options.names) == options.all:
        raise BadInput("name the people to export, or say --all.")
    names = [person.name for person in store.overview()] if options.all else options.names
    if not names:
        raise BadInput("nobody is enrolled yet: there is nothing to export.")
    check_outputs([("--out", options.out)], data=options.data)
    if options.out.exists():
        raise BadInput(f"{options.out} is there already; choose another name.")
    passphrase = ask_new(f"for {options.out}", options.passphrase_file)
    recordings = export_people(store, names, options.out, passphrase, sound=not options.voiceprints_only)
    people = ", ".join(dict.fromkeys(map(clean_name, names)))
    print(f"{people}: written to {options.out}, with {_count(recordings, 'recording')}.")
    print("Whoever has the file and its passphrase has these voices. Without the passphrase nobody can open it.")


def import_file(store: VoiceprintStore, options: argparse.Namespace) -> None:
    """Take in the people of a file. Raises HeardError, BadInput and OSError: then nobody came."""
    if not options.file.is_file():
        raise BadInput(f"{options.file}: no such file.")
    if options.passphrase_file:
        passphrase = read_passphrase(options.passphrase_file)
    else:
        instead = "there is no terminal to ask for the file's passphrase at: give --passphrase-file F."
        passphrase = ask(f"Passphrase of {options.file}: ", instead)
    came = import_people(
        store,
        options.file,
        passphrase,
        _model(options.model),
        new_name=options.new_name,
        on_bad=lambda line: print(f"not used: {line}", file=sys.stderr),
    )
    for person in came:
        built = f"{_count(person.samples, 'sample')} in the voiceprint"
        again = f", {person.rebuilt} of them made again for this model" if person.rebuilt else ""
        print(f"{person.name} came with {_count(person.recordings, 'recording')}: {built}{again}.")


def _model(name: str) -> Model:
    """The model, loaded only when a voiceprint must be made again."""
    weights = resolve(name)
    loaded = []

    def embed(sound, what):
        from app.audio.vad import keep_speech
        from app.embedding.load import load_encoder
        from app.enrolment.build import embed_sample

        if not loaded:
            loaded.append(load_encoder(name))
        return embed_sample(loaded[0], keep_speech(sound), what)

    return Model(weights.model_id, file_sha256(weights.path), embed)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _add_file_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--passphrase-file", type=Path, metavar="F", help="the file's passphrase is the first line of F"
    )
