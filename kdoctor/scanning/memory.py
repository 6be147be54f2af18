"""What earlier scans found, in an SQLite file: reports by content, and the content of each file as its status tells it.

Whoever may write the file may make a scan say anything: it is to be trusted like kdoctor itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from kdoctor.errors import UsageError
from kdoctor.scanning.files import EXTENSIONS

APPLICATION: Final = 0x6B646F63  # "kdoc", at a place of its own in the header of an SQLite file
VERSION: Final = 2  # of the tables
WAIT_SECONDS = 30.0  # for another scan that writes
COMMIT_SECONDS = 1.0
KEPT_SECONDS = 90 * 86_400  # what no scan has asked for since then is forgotten
NOTED_SECONDS = 86_400  # how often it is noted that a scan has asked: writing takes longer than all that a small scan asks for
_TABLES = (
    "CREATE TABLE IF NOT EXISTS circumstances (number INTEGER PRIMARY KEY, words TEXT UNIQUE, used REAL)",
    "CREATE TABLE IF NOT EXISTS files "
    "(circumstances INTEGER, path TEXT, signature TEXT, content TEXT, PRIMARY KEY (circumstances, path)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS reports "
    "(circumstances INTEGER, content TEXT, report TEXT, PRIMARY KEY (circumstances, content)) WITHOUT ROWID",
)
_OLD_TABLES = tuple(f"DROP TABLE IF EXISTS {name}" for name in ("circumstances", "files", "reports"))
_BY_STATUS = (
    "SELECT path, signature, report FROM files JOIN reports USING (circumstances, content) WHERE circumstances = ? AND path IN (%s)"
)
_BY_CONTENT = "SELECT report FROM reports WHERE circumstances = ? AND content = ?"


class Memory:
    """The reports that were made in the same circumstances (see `kdoctor.scanning.identity`). Several scans may share a file.

    One that is damaged is put aside and begun anew, one that cannot be written is done without; ``tell`` receives the sentence that says so.
    Raises `UsageError` for a file that is none of kdoctor's.
    """

    def __init__(self, path: Path, circumstances: str, tell: Callable[[str], None]) -> None:
        self.path = path
        self.circumstances = circumstances
        self._tell = tell
        self._committed = time.monotonic()
        if path.is_dir():
            raise UsageError(f"{path} cannot be a cache: it is a folder")
        if path.suffix.lower() in EXTENSIONS:
            raise UsageError(f"{path} cannot be a cache: it is named like a model")
        self._number = 0  # of the circumstances
        self._database = self._opened()

    def __enter__(self) -> Memory:
        return self

    def __exit__(self, *_: object) -> None:
        if self._database is not None:
            with contextlib.suppress(sqlite3.Error):
                self._database.commit()
            self._database.close()

    def by_status(self, signatures: Mapping[str, str]) -> dict[str, str]:
        """The reports of those files, given by path, whose status is what it was. Up to some hundred are asked for at once."""
        paths = [path for path in signatures if _is_text(path)]
        rows = self._found(_BY_STATUS % ",".join("?" * len(paths)), *paths)
        return {path: _beginning(path) + rest for path, signature, rest in rows if signatures[path] == signature}

    def by_content(self, path: str, content: str) -> str | None:
        """The report of content that was seen before, under whatever path."""
        rows = self._found(_BY_CONTENT, content)
        return _beginning(path) + rows[0][0] if rows else None

    def keep(self, path: str, signature: str | None, content: str, report: str) -> None:
        """Remember a report; not that of a file whose name is no text."""
        if self._database is None or not _is_text(path):
            return
        try:
            rest = report.removeprefix(_beginning(path))
            self._database.execute("INSERT OR REPLACE INTO reports VALUES (?, ?, ?)", (self._number, content, rest))
            if signature is not None:
                self._database.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", (self._number, path, signature, content))
            if time.monotonic() - self._committed > COMMIT_SECONDS:  # seldom: each waits for the disk
                self._database.commit()
                self._committed = time.monotonic()
        except sqlite3.Error as error:
            self._give_up(error)

    def forget(self) -> None:
        """Remove the file: its work is done."""
        self.__exit__()
        self._database = None
        for name in (self.path, *(self.path.with_name(self.path.name + more) for more in ("-journal", "-wal", "-shm"))):
            name.unlink(missing_ok=True)

    def _found(self, query: str, *values: str) -> list[tuple[str, ...]]:
        if self._database is None:
            return []
        try:
            return self._database.execute(query, (self._number, *values)).fetchall()
        except sqlite3.Error as error:
            self._give_up(error)
            return []

    def _opened(self) -> sqlite3.Connection | None:
        try:
            return self._connected()
        except sqlite3.OperationalError as error:  # locked for long, no permission, no room
            self._tell(f"the cache {self.path} cannot be used: {error}")
            return None
        except sqlite3.DatabaseError as error:
            aside = self.path.with_name(self.path.name + ".damaged")
            try:
                os.replace(self.path, aside)
                self._tell(f"the cache {self.path} is damaged ({error}): begun anew, the old one is now {aside.name}")
                return self._connected()
            except (OSError, sqlite3.Error) as second:
                self._tell(f"the cache {self.path} is damaged, and cannot be begun anew: {second}")
                return None

    def _connected(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=WAIT_SECONDS, isolation_level=None)
        try:
            number = _lately_used(database, self.circumstances)
            if number is None:
                database.execute("BEGIN IMMEDIATE")  # another scan may be making it at this moment
                number = _prepare(database, self.path, self.circumstances)
                database.execute("COMMIT")
            self._number = number
            database.isolation_level = "DEFERRED"
        except BaseException:
            database.close()
            raise
        return database

    def _give_up(self, error: Exception) -> None:
        self._tell(f"the cache {self.path} fails, going on without it: {error}")
        if self._database is not None:
            self._database.close()
        self._database = None


def _beginning(path: str) -> str:
    """How the text of a report object begins: everything that follows depends on the content alone."""
    return f'{{"path": {json.dumps(path)}, '


def _is_text(path: str) -> bool:
    """Whether SQLite can hold the path: the bytes of a name need not be text."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _lately_used(database: sqlite3.Connection, circumstances: str) -> int | None:
    """The number of these circumstances, if a scan in them has prepared the file within a day."""
    if _header(database) != (APPLICATION, VERSION):
        return None
    number, used = database.execute("SELECT number, used FROM circumstances WHERE words = ?", (circumstances,)).fetchone() or (None, 0.0)
    return number if 0 <= time.time() - used < NOTED_SECONDS else None


def _header(database: sqlite3.Connection) -> tuple[int, int]:
    (application,) = database.execute("PRAGMA application_id").fetchone()
    (version,) = database.execute("PRAGMA user_version").fetchone()
    return application, version


def _prepare(database: sqlite3.Connection, path: Path, circumstances: str) -> int:
    """Make the tables where there are none, note that a scan asks, forget what none has asked for. Returns the number of the circumstances."""
    application, version = _header(database)
    (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables and application != APPLICATION:
        raise UsageError(f"{path} is the database of another program")
    old = _OLD_TABLES if tables and version != VERSION else ()
    for statement in (*old, f"PRAGMA application_id = {APPLICATION}", f"PRAGMA user_version = {VERSION}", *_TABLES):
        database.execute(statement)
    note = "INSERT INTO circumstances (words, used) VALUES (?, ?) ON CONFLICT (words) DO UPDATE SET used = excluded.used"
    database.execute(note, (circumstances, time.time()))
    (number,) = database.execute("SELECT number FROM circumstances WHERE words = ?", (circumstances,)).fetchone()
    database.execute("DELETE FROM circumstances WHERE used < ?", (time.time() - KEPT_SECONDS,))
    for table in ("files", "reports"):
        database.execute(f"DELETE FROM {table} WHERE circumstances NOT IN (SELECT number FROM circumstances)")
    return int(number)
