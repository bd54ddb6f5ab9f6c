"""What databases are called in paths, names and manifests."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

POSTGRESQL = "postgresql"

_NAMES = {
    POSTGRESQL: ("postgresql", "postgres", "pgsql", "psql", "pg", "pglite"),
    "sqlite": ("sqlite", "sqlite3", "better-sqlite3", "libsql", "turso"),
    "mysql": ("mysql", "mysql2", "mariadb"),
    "cockroachdb": ("cockroachdb", "cockroach", "crdb"),
    "mssql": ("mssql", "sqlserver"),
    "oracle": ("oracle", "oracledb"),
    "h2": ("h2",),
    "clickhouse": ("clickhouse",),
    "cassandra": ("cassandra",),
    "mongodb": ("mongodb",),
    "snowflake": ("snowflake",),
    "spanner": ("spanner",),
}
_OF_NAME = {name: dialect for dialect, names in _NAMES.items() for name in names}
# A pattern for whatever a database is called.
ANY = f"(?:{'|'.join(sorted(_OF_NAME, reverse=True))})"
# What may stand between a database and the end of a name: x.sqlite3.autocommit.up.sql.
_REST = r"(?:_rollback)?(?:\.(?:autocommit|up|down|do|undo|rollback|revert))*\.[a-z]+"
_IN_FILE = re.compile(rf"(?P<stem>.*[^/])\.(?P<dialect>{ANY})(?P<rest>{_REST})")
# A pattern for a whole name of a script that is for one database: for guessing.
SPECIAL = rf"[0-9]+_[^/.]*\.{ANY}(?:\.autocommit)?\.(?:up|down)\.sql"
_QUICK = re.compile(rf"\.{ANY}[._]")
# A number alone is no name: of ``0002.mysql.sql``, the word is.
_BARE = re.compile(r"(?:.*/)?[A-Za-z]?[0-9]+(?:[._-][0-9]+)*(?:\.(?:un)?do)?")
# A folder may say what else it holds: ``migrations_sqlite``, ``pg-migrations``.
_COMMON = re.compile(r"migrat|schema|scripts?|sql|db|database")


class Parted(NamedTuple):
    """A path without the database that its file's name says; empty where it says none."""

    dialect: str
    path: str


@cache
def parted(path: str) -> Parted:
    """Take the database out of a file's name: ``x.sqlite3.up.sql`` → sqlite, ``x.up.sql``."""
    match = _IN_FILE.fullmatch(path) if _QUICK.search(path) else None
    if match is None:
        return Parted("", path)
    ways = match["rest"].count(".") > 1
    if not ways and _BARE.fullmatch(match["stem"]):
        return Parted("", path)
    return Parted(named(match["dialect"]), match["stem"] + match["rest"])


def of_script(path: str) -> str:
    """Give the database that a script's path says: in its name, or in a folder's."""
    return parted(path).dialect or of_path(path.rpartition("/")[0])


def named(word: str) -> str:
    """Give the database that a word names, as settings write it; empty where it names none."""
    return _OF_NAME.get(word.lower(), "")


def known() -> tuple[str, ...]:
    """List the databases that have a name here."""
    return tuple(_NAMES)


def of_piece(piece: str) -> str:
    """Give the database that a folder's own name says; empty where it says none."""
    whole = named(piece)
    if whole:
        return whole
    words = re.split(r"[-_.]", piece.lower())
    found = [dialect for word in words if (dialect := named(word))]
    others = [word for word in words if not named(word)]
    return found[0] if len(found) == 1 and all(map(_COMMON.match, others)) else ""


def of_path(folder: str) -> str:
    """Give the database that a folder's path names; empty where it names none."""
    found = [dialect for piece in folder.split("/") if (dialect := of_piece(piece))]
    return POSTGRESQL if POSTGRESQL in found else next(iter(found), "")
