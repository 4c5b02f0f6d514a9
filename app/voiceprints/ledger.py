"""Database and files that change together: transactions, the orders that follow them, and what a kill has left."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from app.sealing.unlocking import home_of
from app.voiceprints import sweep
from app.voiceprints.conditions import forget_old_offers, note_conditions
from app.voiceprints.database import Database, DiskFull
from app.voiceprints.orders import Order, carry_out, erase_all, find_order, is_final, marked_samples, touched, waiting
from app.voiceprints.recordings import recorded_people
from app.voiceprints.sides import DATABASE, erase_other_side, forget_naming_settings, other_side
from utils import HeardError, explain_os_error

Answer = TypeVar("Answer")

_swept: set[Path] = set()
"""Data folders in which this process has cleared away what others left."""


def forget_sweeps() -> None:
    """Look after what others left at the next opening again, as a program that has just started does: for tests."""
    _swept.clear()


class Ledger:
    """``voiceprints.db`` in a data folder, and the folder.

    The first to look into a data folder in a process finishes what killed programs have left, before anything is read.
    """

    def __init__(self, data: Path, *, busy_timeout_s: float = 10.0):
        """``busy_timeout_s``: seconds to wait for another program that is just writing."""
        self._given, self._busy_timeout_s = Path(data), busy_timeout_s
        self._home = self._began_at = home_of(self._given)
        self._database = self._opened()

    @property
    def data(self) -> Path:
        """Where everybody is: the data folder, or its sealed part."""
        self._follow()
        return self._home

    @property
    def path(self) -> Path:
        """The database."""
        return self.data / DATABASE

    def _follow(self) -> None:
        """Go along when another program has sealed the folder, or unsealed it."""
        if not self._database.in_transaction and (home := home_of(self._given)) != self._home:
            self._database.close()
            self._home = home
            self._database = self._opened()

    def _opened(self) -> Database:
        return Database(self._home / DATABASE, self._busy_timeout_s)

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def read_only(self) -> bool:
        """Whether nothing can be written here."""
        return self._database.read_only

    def read(self, query: str, arguments: tuple = ()) -> list[tuple]:
        """The rows of a query; none without a file. Raises HeardError if the file cannot be read."""
        self._begin()
        return self._database.read(query, arguments)

    def version(self) -> object:
        """A value that changes whenever another store, of this program or another one, has written; 0 for no file."""
        self._begin()
        version = self._database.version()
        return (self.data.name, version) if self.data != self._given else version

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is written inside the ``with`` or, on any error, nothing. What must follow on disk follows at once.

        Inside another transaction it is a part of that. Raises HeardError if the store cannot be written.
        """
        self._begin()
        if self._database.in_transaction:
            with self._database.write() as db:
                yield db
            return
        with self._database.write() as db:
            if home_of(self._given) != self._began_at:
                raise HeardError("the data folder was sealed or unsealed meanwhile: nothing was changed; do it again.")
            for order in waiting(db):  # nobody writes while an order waits
                with contextlib.suppress(OSError):
                    carry_out(db, self.data, order)
            yield db
        self.finish_orders()

    def finish_orders(self) -> list[str]:
        """Carry out what must follow on disk. Returns a line about each thing that could not be done; it stays ordered.

        Each order has a transaction of its own: on a full disk the first may make room for the next.
        """
        problems: list[str] = []
        try:
            if not self._database.read("SELECT 1 FROM orders LIMIT 1"):
                return problems
            for (number,) in self._database.read("SELECT id FROM orders ORDER BY id"):
                with self._database.write() as db:
                    if order := find_order(db, number):  # nobody else has carried it out meanwhile
                        self._try(db, order, problems)
        except HeardError as error:  # the transaction itself stands
            problems.append(str(error))
        return problems

    def _try(self, db: sqlite3.Connection, order: Order, problems: list[str]) -> None:
        try:
            carry_out(db, self.data, order)
        except OSError as error:
            problems.append(explain_os_error(error))

    def erase_removed(self) -> list[str]:
        """Finish all deletions, down to the last byte: rows, pages, the log, and what earlier ones left on disk.

        Returns a line about each thing that is left. On a full disk it goes in small steps.
        """
        problems = self.finish_orders()
        if problems and self._database.use_reserve():
            problems = self._erase_in_steps() or self.finish_orders()
        problems += [explain_os_error(error) for error in sweep.clear_leftovers(self.data, self._spoken_of)]
        if self.path.exists():
            self._database.empty_log()
            self._database.keep_reserve()
        return problems

    def _erase_in_steps(self) -> list[str]:
        """Erase rows sample by sample, so that the log stays short."""
        try:
            with self._database.write() as db:
                orders = [order.id for order in waiting(db) if is_final(self.data, order)]
                samples = [sample for order in orders for sample in marked_samples(db, order)]
            for sample in samples:
                with self._database.write() as db:
                    db.execute("DELETE FROM samples WHERE id = ?", (sample,))
                self._database.reuse_log()
        except DiskFull as error:
            return [str(error)]
        return []

    def empty_log(self) -> None:
        """Empty SQLite's log, which still holds what was deleted. Raises HeardError while another program reads."""
        self._database.empty_log()

    def prepare(self) -> None:
        """Make the database, if it is not there yet, so that there will be room for what is recorded now."""
        with self.transaction():
            pass

    def despite_full_disk(self, act: Callable[[], Answer]) -> Answer:
        """Do something that must be possible on a full disk, too: there is some room that is kept for it."""
        try:
            return act()
        except DiskFull:
            if not self._database.use_reserve():
                raise
            return act()

    # ------------------------------------------------------------ the first look

    def _begin(self) -> None:
        if self._database.in_transaction or self.data in _swept:
            return
        _swept.add(self.data)
        speakers = self.data / "speakers"
        there = self.path.exists() or speakers.is_dir() or other_side(self._given)
        if not there or self.read_only:
            return
        try:
            self._sweep()
        except (OSError, DiskFull):
            _swept.discard(self.data)  # the next one may succeed
        except HeardError:
            _swept.discard(self.data)
            raise

    def _sweep(self) -> None:
        """Finish and clear away what killed programs left; take in people whom only their recordings know."""
        if other_side(self._given):
            with self._database.write():  # nobody seals or unseals meanwhile
                if home_of(self._given) == self.data:
                    erase_other_side(self._given)
        if self.data != self._given:
            forget_naming_settings(self._given)
        self.finish_orders()
        sweep.mend_permissions(self.data)
        sweep.clear_leftovers(self.data, self._spoken_of)
        self._sweep_samples()
        names = self._names()
        recorded = recorded_people(self.data, names)
        if not (set(recorded) - names or sweep.half_written(self.data) or sweep.nameless(self.data, recorded)):
            return
        with self._database.write() as db:  # nobody else changes files meanwhile
            erase_all(sweep.half_written(self.data))
            for folder in sweep.nameless(self.data, recorded_people(self.data, self._names())):
                sweep.take_over(self.data, folder)
            for name in sorted(set(recorded_people(self.data, names)) - self._names()):
                db.execute("INSERT INTO people (name) VALUES (?)", (name,))

    def _sweep_samples(self) -> None:
        """Note the days and devices of older versions' samples, and let offers go that are old or nobody's."""
        if not self.path.exists():
            return
        unseen = self._database.read("SELECT 1 FROM samples WHERE day IS NULL LIMIT 1")
        offered = self._database.read("SELECT 1 FROM offers LIMIT 1") or sweep.orphaned_offers(self.data, ())
        if not (unseen or offered):
            return
        with self._database.write() as db:
            note_conditions(db, self.data)
            forget_old_offers(db, self.data)
            kept = {file for (file,) in db.execute("SELECT recording FROM offers WHERE recording NOT NULL")}
            erase_all(sweep.orphaned_offers(self.data, kept, touched(waiting(db))))
        self.finish_orders()

    def _names(self) -> set[str]:
        return {name for (name,) in self._database.read("SELECT name FROM people WHERE removed IS NULL")}

    def _spoken_of(self) -> set[str]:
        """Paths that orders speak of, and the folders they are in."""
        if not self.path.exists():
            return set()
        with self._database.write() as db:
            paths = touched(waiting(db))
        return paths | {path.rpartition("/")[0] for path in paths}
