"""What databases are called in paths, names and manifests."""

from __future__ import annotations

POSTGRESQL = "postgresql"

_NAMES = {
    POSTGRESQL: ("postgresql", "postgres", "pgsql", "psql", "pg", "pglite"),
    "sqlite": ("sqlite", "sqlite3", "libsql", "turso"),
    "mysql": ("mysql", "mariadb"),
    "cockroachdb": ("cockroachdb", "cockroach", "crdb"),
    "mssql": ("mssql", "sqlserver"),
    "oracle": ("oracle",),
    "h2": ("h2",),
    "clickhouse": ("clickhouse",),
    "cassandra": ("cassandra",),
    "mongodb": ("mongodb",),
    "snowflake": ("snowflake",),
    "spanner": ("spanner",),
}
_OF_NAME = {name: dialect for dialect, names in _NAMES.items() for name in names}
# Inside a pattern of a file's name: ``x.sqlite3.up.sql``. Short names are words of their own.
IN_NAME = f"(?:{'|'.join(sorted((n for n in _OF_NAME if len(n) > 2), reverse=True))})"  # noqa: PLR2004 - as said


def named(word: str) -> str:
    """Give the database that a word names, as settings write it; empty where it names none."""
    return _OF_NAME.get(word.lower(), "")


def known() -> tuple[str, ...]:
    """List the databases that have a name here."""
    return tuple(_NAMES)


def of_path(folder: str) -> str:
    """Give the database that a folder's path names; empty where it names none."""
    found = [dialect for piece in folder.split("/") if (dialect := named(piece))]
    return POSTGRESQL if POSTGRESQL in found else next(iter(found), "")
