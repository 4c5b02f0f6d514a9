"""What must follow on disk when the database has changed: orders, kept in it until they are carried out.

Files and database cannot change in one step. So the transaction that changes rows writes down what has to happen to
files, too; the files follow at once, and what a kill or a power cut has left to do is done at the next start, before
anything else. Each order can be carried out again from any point where it was cut off. All of it happens in a writing
transaction: two programs never carry out the same order at once, and nobody writes while one waits.

``move``: files and folders get another place, and their notes another name.
``remove``: files are put aside, out of everybody's sight. If a living program may still undo that, it ends there; else
they are erased, and with them the rows that the order has marked.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sqlite3
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.sealing.private_files import move_private
from app.sealing.unlocking import sealed_home_of
from app.voiceprints.database import Damaged
from app.voiceprints.lease import NAME, is_over
from app.voiceprints.recordings import write_name
from utils import make_private_dir

MOVE, REMOVE = "move", "remove"
DELETED = ".deleted-"


@dataclass(frozen=True)
class Order:
    """One order as the database keeps it; ``what`` holds paths relative to the data folder, with "/"."""

    id: int
    kind: str
    what: dict


def give_move(db: sqlite3.Connection, moves: Sequence[tuple[str, str]], name: str | None = None) -> int:
    """Order that (from, to) change places; ``name``: what the notes of moved recordings say from then on."""
    return _give(db, MOVE, {"moves": [list(move) for move in moves], "name": name})


def give_remove(db: sqlite3.Connection, paths: Sequence[str], lease: str | None) -> int:
    """Order that files, or one whole folder, go; ``lease``: the program that may undo it, None if nobody may."""
    aside = f"speakers/{DELETED}{uuid.uuid4().hex}"
    return _give(db, REMOVE, {"paths": list(paths), "aside": aside, "lease": lease, "hidden": False})


def _give(db: sqlite3.Connection, kind: str, what: dict) -> int:
    _check(kind, what)
    cursor = db.execute("INSERT INTO orders (kind, what) VALUES (?, ?)", (kind, json.dumps(what)))
    return int(cursor.lastrowid or 0)


def waiting(db: sqlite3.Connection) -> list[Order]:
    """All orders that are not carried out, oldest first. Raises Damaged for one that this program did not give."""
    rows = db.execute("SELECT id, kind, what FROM orders ORDER BY id").fetchall()
    return [Order(number, kind, _read(kind, what)) for number, kind, what in rows]


def _read(kind: object, what: object) -> dict:
    try:
        found = json.loads(what) if isinstance(what, str) else None
    except (ValueError, RecursionError):
        raise Damaged("an order cannot be read") from None
    _check(kind, found)
    return found


def _check(kind: object, what: object) -> None:
    """Raise Damaged for an order whose paths lead anywhere but to people's folders, or that says nothing sensible.

    A data folder may come from somebody else: what stands in it must not move or erase files of one's own.
    """
    match kind, what:
        case (_, {"moves": [*moves], "name": str() | None}) if kind == MOVE:
            pairs = [move for move in moves if isinstance(move, list) and len(move) == 2]
            well = len(pairs) == len(moves) and all(map(_is_place, [path for pair in pairs for path in pair]))
        case (_, {"paths": [*paths], "aside": aside, "lease": lease, "hidden": bool()}) if kind == REMOVE:
            hidden = _is_place(aside) and aside.startswith(f"speakers/{DELETED}")
            well = hidden and all(map(_is_place, paths)) and (lease is None or bool(NAME.fullmatch(str(lease))))
        case _:
            well = False
    if not well:
        raise Damaged("an order is none of this program's")


def _is_place(path: object) -> bool:
    """Whether this is the path of a person's folder, or of a file in one."""
    if not isinstance(path, str):
        return False
    top, *parts = path.split("/")
    inside = all(part not in {"", ".", ".."} and not set(part) & set("\\:\0") for part in parts)
    return top == "speakers" and len(parts) in (1, 2) and inside


def find_order(db: sqlite3.Connection, number: int) -> Order | None:
    """The order of this number; None if it is carried out."""
    return next((order for order in waiting(db) if order.id == number), None)


def touched(orders: Sequence[Order]) -> set[str]:
    """The paths that orders will still move or have put aside: nobody else may take them."""
    paths = set()
    for order in orders:
        if order.kind == MOVE:
            paths |= {path for move in order.what["moves"] for path in move}
        else:
            paths |= {*order.what["paths"], order.what["aside"]}
    return paths


def carry_out(db: sqlite3.Connection, data: Path, order: Order) -> None:
    """Do what an order says, as far as it can be done now, in a transaction. Raises OSError: then it stays an order."""
    if order.kind == MOVE:
        _move(data, order.what)
        db.execute("DELETE FROM orders WHERE id = ?", (order.id,))
        return
    what = order.what
    if not what["hidden"]:
        _put_aside(data, what)
        what["hidden"] = True
        db.execute("UPDATE orders SET what = ? WHERE id = ?", (json.dumps(what), order.id))
    if is_final(data, order):
        erase_tree(data / what["aside"])
        _remove_empty(data, what["paths"])
        db.execute("DELETE FROM people WHERE removed = ?", (order.id,))
        db.execute("DELETE FROM samples WHERE removed = ?", (order.id,))
        db.execute("UPDATE offers SET recording = NULL, removed = NULL WHERE removed = ?", (order.id,))  # not again
        db.execute("DELETE FROM orders WHERE id = ?", (order.id,))


def is_final(data: Path, order: Order) -> bool:
    """Whether an order removes something that nobody can bring back any more."""
    lease = order.what.get("lease")
    return order.kind == REMOVE and order.what["hidden"] and (lease is None or is_over(data, lease))


def marked_samples(db: sqlite3.Connection, order: int) -> list[int]:
    """Rows of the samples that an order removes."""
    rows = db.execute(
        "SELECT s.id FROM samples s JOIN people p ON p.id = s.person_id WHERE s.removed = ? OR p.removed = ?",
        (order, order),
    )
    return [number for (number,) in rows]


def make_final(db: sqlite3.Connection, order: Order) -> None:
    """Let nobody bring back what an order removes, in a transaction."""
    db.execute("UPDATE orders SET what = ? WHERE id = ?", (json.dumps({**order.what, "lease": None}), order.id))


def bring_back(db: sqlite3.Connection, order: Order) -> None:
    """Undo a ``remove`` order, however far it came: rows are there again, and files are ordered back."""
    db.execute("UPDATE people SET removed = NULL WHERE removed = ?", (order.id,))
    db.execute("UPDATE samples SET removed = NULL WHERE removed = ?", (order.id,))
    db.execute("UPDATE offers SET removed = NULL WHERE removed = ?", (order.id,))
    db.execute("DELETE FROM orders WHERE id = ?", (order.id,))
    aside, paths = order.what["aside"], order.what["paths"]
    whole = len(paths) == 1 and not Path(paths[0]).suffix
    give_move(db, [(aside if whole else f"{aside}/{Path(path).name}", path) for path in paths])


def erase_tree(path: Path) -> None:
    """Delete a file or a folder with all in it, as much as can be; then raise OSError if something is left."""
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    if problems := erase_all(list(path.iterdir())):
        raise problems[0]
    path.rmdir()


def erase_all(paths: Iterable[Path]) -> list[OSError]:
    """Erase each of these, whatever becomes of the others. Returns what went wrong."""
    problems = []
    for path in paths:
        try:
            erase_tree(path)
        except OSError as error:
            problems.append(error)
    return problems


def _move(data: Path, what: dict) -> None:
    name, moves = what["name"], [(data / source, data / target) for source, target in what["moves"]]
    for source, target in sorted(moves, key=lambda move: move[0].suffix):  # a note before its recording
        if not os.path.lexists(source):
            continue  # it was moved before
        if name is not None:
            write_name(source, name)
        make_private_dir(target.parent)
        if target.is_dir() and not any(target.iterdir()):
            target.rmdir()
        if sealed_home_of(target) and not any(DELETED in part for part in source.parts[-2:]):  # those are as they were
            _move_sealed(source, target)
            continue
        if target.exists():
            raise FileExistsError(errno.EEXIST, "something else is there already", str(target))
        source.rename(target)
    for source, _ in moves:
        _remove_if_empty(source.parent, data)


def _move_sealed(source: Path, target: Path) -> None:
    """Move a file, or a folder file by file: sealed files are bound to their place, and sealed anew for another one.

    Of a move that was cut off a part may be at ``target``, which nobody else can have taken.
    """
    if not source.is_dir():
        move_private(source, target)
        return
    make_private_dir(target)
    for file in sorted(source.iterdir()):
        if file.suffix == ".part":
            file.unlink()
        else:
            move_private(file, target / file.name)
    source.rmdir()


def _put_aside(data: Path, what: dict) -> None:
    paths, aside = [data / path for path in what["paths"]], data / what["aside"]
    found = [path for path in paths if os.path.lexists(path)]
    if len(found) == 1 and found[0].is_dir():
        found[0].rename(aside)
        return
    if not found:
        return
    try:
        aside.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT) or what["lease"] is not None:
            raise
        for path in found:  # on a full disk there may be no room for a folder; nobody can undo this anyway
            erase_tree(path)
        return
    for path in found:
        path.rename(aside / path.name)


def _remove_empty(data: Path, paths: Sequence[str]) -> None:
    for path in paths:
        _remove_if_empty((data / path).parent, data)


def _remove_if_empty(folder: Path, data: Path) -> None:
    if folder.parent == data / "speakers":
        with contextlib.suppress(OSError):
            folder.rmdir()
