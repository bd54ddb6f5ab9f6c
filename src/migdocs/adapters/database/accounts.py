"""The roles of a scratch place: who runs scripts, and who reads what they made."""

from __future__ import annotations

import contextlib
import secrets
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

from migdocs.adapters.database import session
from migdocs.adapters.database.outside import Roles

if TYPE_CHECKING:
    from migdocs.adapters.database.scratch import Scratch

TEMPORARY_FILES = "1GB"
READS_ALL = "pg_read_all_data"
READS_ALL_SINCE = 140000  # of a server's version: pg_read_all_data
GRANTS_SETTINGS_SINCE = 150000  # GRANT SET ON PARAMETER
OTHERS_DATABASES = "SELECT datname FROM pg_catalog.pg_database WHERE datallowconn"
# Settings that begin with each session of a role or in a database, and outlive those who made them.
LASTING = """
SELECT r.rolname::text, d.datname::text, s.setconfig
FROM pg_catalog.pg_db_role_setting s
LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
WHERE r.rolname = %s OR d.datname = ANY (%s)
"""
LIMITED = """
SELECT datname::text FROM pg_catalog.pg_database WHERE datname = ANY (%s) AND datconnlimit <> -1
"""
WITHOUT_TRIGGERS = "session_replication_role"


def make(place: Scratch, *, may_all: bool) -> None:
    """Make the role that scripts work as and the one that reads, as far as the URL's role may.

    Neither makes roles. The reader's only right is to read; scripts can neither change it nor
    become a member of it.
    """
    place.role, place.password = place.prefix, secrets.token_hex(16)
    made = "CREATE ROLE {} LOGIN CREATEDB PASSWORD {}"
    _run(place, made, place.role, password=_verifier(place, place.role))
    place.roles = Roles(place.admin, place.role, place.lock)
    if not may_all:
        _run(place, "GRANT {} TO CURRENT_USER", place.role)
        return
    _limit(place)
    reader = f"{place.prefix}_reader"
    made = "CREATE ROLE {} LOGIN BYPASSRLS PASSWORD {}"
    _run(place, made, reader, password=_verifier(place, reader))
    place.reader = reader
    version = place.admin.info.server_version
    rights = READS_ALL if version >= READS_ALL_SINCE else place.role
    _run(place, "GRANT {} TO {}", rights, reader)
    place.skips_triggers = version >= GRANTS_SETTINGS_SINCE
    if place.skips_triggers:
        _run(place, f"GRANT SET ON PARAMETER {WITHOUT_TRIGGERS} TO {{}}", place.role)
    if place.private:
        for (name,) in place.admin.execute(OTHERS_DATABASES).fetchall():
            _run(place, "REVOKE CONNECT ON DATABASE {} FROM PUBLIC", name)


def _verifier(place: Scratch, role: str) -> str:
    """Give what a server keeps of a role's password: no log of statements gets the password."""
    made: bytes = place.admin.pgconn.encrypt_password(
        place.password.encode(), role.encode(), b"scram-sha-256"
    )
    return made.decode()


def _limit(place: Scratch) -> None:
    """Limit the files of the scripts' sessions; they cannot undo it."""
    _run(place, f"ALTER ROLE {{}} SET temp_file_limit = '{TEMPORARY_FILES}'", place.role)


def forget(place: Scratch) -> None:
    """Undo what scripts set for sessions to come: one trial's is not the next one's."""
    if not place.role and not place.private:
        return  # the URL's own role has settings of its own
    if place.role and not place.private:
        again = _verifier(place, place.role)  # each role may change its own
        _run(place, "ALTER ROLE {} PASSWORD {}", place.role, password=again)
    names = [place.pristine, *place.ours]
    found = place.admin.execute(LASTING, [place.role, names]).fetchall()
    kept = (place.role, None, [f"temp_file_limit={TEMPORARY_FILES}"])
    for role, database, config in found:
        if (role, database, config) == kept:
            continue
        if role and database:
            _run(place, "ALTER ROLE {} IN DATABASE {} RESET ALL", role, database)
        elif database:
            _run(place, "ALTER DATABASE {} RESET ALL", database)
        else:
            _run(place, "ALTER ROLE {} RESET ALL", role)
            if place.reader:
                _limit(place)
    for (name,) in place.admin.execute(LIMITED, [names]).fetchall():
        _run(place, "ALTER DATABASE {} CONNECTION LIMIT -1", name)


def drop(place: Scratch) -> None:
    """Drop both roles; what stays is noted."""
    if place.reader and place.skips_triggers:
        with place.telling("role", place.role):
            _run(place, f"REVOKE SET ON PARAMETER {WITHOUT_TRIGGERS} FROM {{}}", place.role)
    for name in filter(None, (place.reader, place.role)):
        with place.telling("role", name):
            _run(place, "DROP ROLE IF EXISTS {}", name)


def prepare_extensions(place: Scratch, names: frozenset[str]) -> None:
    """Make a database that holds extensions which only a superuser may make, for all to begin with.

    The scripts' role gets them for its own, as if it had made them.
    """
    import psycopg

    place.pristine = place.create()
    place.ours.discard(place.pristine)
    ready = set()
    with session.connect(_as_admin(place, place.pristine), session.NO_PATH) as admin:
        for name in sorted(names):
            with contextlib.suppress(psycopg.Error):  # it is not on this server
                admin.execute(f'CREATE EXTENSION "{name}" SCHEMA public'.encode())
                admin.execute(
                    "UPDATE pg_catalog.pg_extension SET extowner = %s::pg_catalog.regrole"
                    " WHERE extname = %s",
                    [place.role, name],
                )
                if name.endswith("_fdw"):
                    admin.execute(
                        f'GRANT USAGE ON FOREIGN DATA WRAPPER "{name}" TO "{place.role}"'.encode()
                    )
                ready.add(name)
    place.ready = frozenset(ready)


def _as_admin(place: Scratch, name: str) -> str:
    """Give the URL of a database in which no script has written yet, for the URL's own role."""
    return urlunsplit(urlsplit(place.base)._replace(path="/" + quote(name)))


def _run(place: Scratch, statement: str, name: str, *more: str, password: str = "") -> None:
    """Run a statement about a role or a database."""
    from psycopg import sql

    values: list[sql.Composable] = [sql.Identifier(part) for part in (name, *more)]
    values += [sql.Literal(password)] if password else []
    place.admin.execute(sql.SQL(statement).format(*values))
