"""``python -m app voices {list,rename,delete,offers,export,...}``: the people who are enrolled or recorded."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.cli.options import add_model_option
from app.cli.private import offers, sealing, transfer
from app.cli.program.examples import examples
from app.embedding.model_files import resolve
from app.names import shown_as, shown_name
from app.outputs import check_outputs, model_inputs
from app.terminal.tables import table
from app.voiceprints.faiss_export import export_vectors
from app.voiceprints.people import delete_person, rename_person
from app.voiceprints.store import VoiceprintStore
from utils import BadInput, clean_name, data_dir, file_sha256, stored_name


def run(argv: list[str]) -> int:
    """List, rename, delete, enrol, export, import or seal people, or answer what is offered of them."""
    options = _parse(argv)
    if options.action in sealing.ACTIONS:
        sealing.obey(options)
        return 0
    with VoiceprintStore(data_dir(options.data)) as store:
        match options.action:
            case "list":
                _list(store)
            case "consent" | "offers":
                offers.obey(store, options, lambda text: _meant(store, text))
            case "rename":
                old = _meant(store, options.old)
                rename_person(store, old, options.new)
                print(f"{shown_name(old)} is now called {clean_name(options.new)}.")
            case "delete":
                return _delete(store, options.name, sure=options.yes)
            case "enrol":
                _enrol(store.data, options)
            case "export" if options.out:
                transfer.export(store, options)
            case "export":
                _export(store, options.faiss, options.model)
            case "import":
                transfer.import_file(store, options)
    return 0


def _parse(argv: list[str]) -> argparse.Namespace:
    everywhere = argparse.ArgumentParser(add_help=False)
    everywhere.add_argument(
        "--data", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="the data folder (default: data/)"
    )
    parser = argparse.ArgumentParser(
        prog="python -m app voices", description=__doc__, parents=[everywhere], **examples("voices")
    )
    actions = parser.add_subparsers(
        dest="action", required=True, metavar="{list,rename,delete,enrol,consent,offers,export,import,seal,...}"
    )
    actions.add_parser("list", parents=[everywhere], help="everybody, with samples, speech, model and devices")
    rename = actions.add_parser("rename", parents=[everywhere], help="give a person another name")
    rename.add_argument("old", metavar="OLD")
    rename.add_argument("new", metavar="NEW")
    delete = actions.add_parser("delete", parents=[everywhere], help="delete a person's voiceprint and recordings")
    delete.add_argument("name", metavar="NAME")
    delete.add_argument("--yes", action="store_true", help="do not ask")
    enrol = actions.add_parser(
        "enrol", parents=[everywhere], help="enrol an unknown voice of a recording, as test.py --file calls it"
    )
    enrol.add_argument("name", metavar="NAME")
    enrol.add_argument("--from", dest="file", type=Path, metavar="FILE", required=True, help="an audio file")
    enrol.add_argument("--voice", metavar="LABEL", required=True, help='such as "Unknown 1"')
    add_model_option(enrol)
    export = actions.add_parser(
        "export", parents=[everywhere], help="people in one encrypted file, or vectors for other programs"
    )
    export.add_argument(
        "--faiss", type=Path, metavar="FILE.npy", help="everybody's float32 vectors, and whose they are in FILE.json"
    )
    transfer.add_export_options(export)
    add_model_option(export)
    transfer.add_import_parser(actions, everywhere)
    offers.add_parsers(actions, everywhere)
    sealing.add_parsers(actions, everywhere)
    options = parser.parse_args(argv, argparse.Namespace(data=None))
    if options.action == "export" and bool(options.faiss) == bool(options.out):
        export.error("one of --out FILE, for another machine, and --faiss FILE.npy, for other programs, is needed")
    return options


def _enrol(data: Path, options: argparse.Namespace) -> None:
    """Hear the whole file as ``test.py --file`` does: the voice has the same number then."""
    from app.session import Session, SessionOptions

    session_options = SessionOptions(file=options.file, data=data, model=options.model)
    session_options.check()
    session = Session(session_options)
    done: list[float] = []
    for _ in session.run(on_end=lambda: done.append(session.enrol_unknown(options.voice, options.name))):
        pass
    print(f"{clean_name(options.name)} is enrolled with {done[0]:.1f} s of speech of {options.voice}.")


def _meant(store: VoiceprintStore, text: str) -> str:
    """The name that was typed, or, if nobody has it, the one that is listed so."""
    name = stored_name(text)
    names = store.people()
    return shown_as(name) if name not in names and shown_as(name) in names else name


def _list(store: VoiceprintStore) -> None:
    rows = []
    for person in store.overview():
        if person.samples:
            used = (
                str(person.samples),
                f"{person.speech_s:.1f}",
                ", ".join(person.models),
                offers.known_on(person) or "-",
            )
        else:
            used = ("-", "-", "not built yet: python build_voiceprint.py", "-")
        waiting = str(person.offers) if person.consent and person.consent.may_keep else "-"
        rows.append((shown_name(person.name), str(person.recordings), person.enrolled_at[:10] or "-", *used, waiting))
    if rows:
        header = ("person", "recordings", "enrolled", "samples used", "speech s", "model", "known on", "offers")
        print(table(header, rows, numbers=(1, 3, 4, 7)))
    else:
        print("Nobody is enrolled yet: run `python record_samples.py NAME`.")


def _delete(store: VoiceprintStore, name: str, *, sure: bool) -> int:
    name = _meant(store, name)
    shown = shown_name(name)
    if not sure and store.find(name):  # else deleting says who there is
        if sys.stdin is None or not sys.stdin.isatty():
            raise BadInput(f"nothing was deleted: without a terminal to ask at, say --yes to delete {shown}.")
        answer = input(f"Delete {shown}, voiceprint and recordings, for good? [y/N] ")
        if answer.strip().lower() not in {"y", "yes"}:
            print("Nothing was deleted.")
            return 1
    recordings = delete_person(store, name)
    print(f"{shown} was deleted, with {recordings} recording{'' if recordings == 1 else 's'}.")
    return 0


def _export(store: VoiceprintStore, path: Path, model: str) -> None:
    check_outputs(
        (("--faiss", path), ("the names of --faiss,", path.with_suffix(".json"))), model_inputs(model), data=store.data
    )
    weights = resolve(model)
    sha256 = file_sha256(weights.path)
    gallery = store.gallery(sha256)
    for name in gallery.damaged:
        print(f"warning: {shown_name(name)}: the voiceprint is damaged and left out.", file=sys.stderr)
    beside = export_vectors(gallery, path, weights.model_id, sha256)
    print(f"{len(gallery.names)} voiceprints of {weights.model_id} were written to {path}, their names to {beside}.")
