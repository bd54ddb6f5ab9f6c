"""A place on a server where scripts may do what they like: databases and a role that go again.

Scripts work as a role that is no superuser, so that they cannot read or write files or run programs
there. It may make roles and databases, because scripts do; those are noticed, and dropped. Before
version 16 who may make roles may change those of others: there it may only where there are none.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit, urlunsplit

from migdocs.adapters.database import errors, session
from migdocs.core.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

PREFIX = "migdocs_try_"  # of all databases and roles of ours
TEMPORARY_FILES = "1GB"
PATIENCE = 0.1  # seconds until the server is left to wait for who is still in a database
BETWEEN_LOOKS = 0.001  # seconds
SESSIONS = "SELECT FROM pg_catalog.pg_stat_activity WHERE datname = %s LIMIT 1"
END_SESSIONS = """
SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
WHERE datname LIKE %s
"""
ABILITIES = """
SELECT current_setting('is_superuser') = 'on' AS may_all,
       -- Where checkpoints cost nothing, files are copied quicker than by the log.
       CASE WHEN current_setting('fsync') = 'off' AND version >= 150000
            THEN ' STRATEGY file_copy' ELSE '' END AS strategy,
       version >= 160000 OR NOT EXISTS (
           SELECT FROM pg_catalog.pg_roles
           WHERE NOT rolsuper AND rolname !~ '^pg_'
                 AND NOT starts_with(rolname, %s)) AS makes_roles
FROM (SELECT current_setting('server_version_num')::int AS version) v
"""
CLUSTER_OBJECTS = """
SELECT 'role', rolname::text FROM pg_catalog.pg_roles
UNION ALL SELECT 'database', datname::text FROM pg_catalog.pg_database
UNION ALL SELECT 'tablespace', spcname::text FROM pg_catalog.pg_tablespace
"""
# Extensions that only a superuser may make and that neither read files nor run programs.
HARMLESS_EXTENSIONS = frozenset({"postgres_fdw", "pg_stat_statements", "pgaudit", "vector"})
CREATE_EXTENSION = re.compile(
    r'create\s+extension\s+(?P<guard>if\s+not\s+exists\s+)?"?(?P<name>[\w-]+)"?', re.IGNORECASE
)


@dataclass(slots=True)
class Scratch:
    """Databases of ours on a server.

    Attributes:
        admin: a connection to the server's own database, used by one thread at a time.
        base: the URL of the server.
        before: what the server had at first besides databases of ours: kind and name.
        texts: of the scripts, in lower case.
        role: that scripts work as; empty for the one of the URL.
        password: of the role.
        may_all: the role of the URL is a superuser.
        strategy: how databases are copied, as a part of CREATE DATABASE.
        makes_roles: scripts may make roles.
        ended: nothing more is wanted here.
        ours: the names of databases made here.
    """

    admin: psycopg.Connection[Any]
    base: str = field(repr=False)
    prefix: str
    before: frozenset[tuple[str, str]]
    texts: tuple[str, ...]
    role: str = ""
    password: str = field(default="", repr=False)
    may_all: bool = False
    strategy: str = ""
    makes_roles: bool = True
    ended: bool = False
    ours: set[str] = field(default_factory=set)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def create(self, template: str = "template0") -> str:
        """Make a database, empty or as a copy, and give its name."""
        from psycopg import sql

        self.must_go_on()
        with self.lock:
            name = f"{self.prefix}_{next(self.numbers)}"
            owner = sql.SQL(" OWNER {}").format(sql.Identifier(self.role))
            made = sql.SQL("CREATE DATABASE {} TEMPLATE {}" + self.strategy).format(
                sql.Identifier(name), sql.Identifier(template)
            )
            with errors.translated(self.base):
                self._wait_until_left(template)
                self.admin.execute(made + owner if self.role else made)
            self.ours.add(name)
        return name

    def drop(self, name: str) -> None:
        """Drop a database, and end its connections."""
        from psycopg import sql

        with self.lock:
            self._wait_until_left(name)
            self.admin.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )
            self.ours.discard(name)

    def _wait_until_left(self, name: str) -> None:
        """Wait for sessions that were closed: the server itself would look every 100 ms only."""
        until = time.monotonic() + PATIENCE
        while self.admin.execute(SESSIONS, [name]).fetchone() and time.monotonic() < until:
            time.sleep(BETWEEN_LOOKS)

    def terminate(self, process: int) -> None:
        """End a session of the server."""
        with self.lock:
            self.admin.execute("SELECT pg_terminate_backend(%s)", [process])

    def end(self) -> None:
        """End every session in a database of ours, and let no step begin."""
        import psycopg

        self.ended = True
        with self.lock, contextlib.suppress(psycopg.Error):  # the server may be gone
            self.admin.execute(END_SESSIONS, [f"{self.prefix}%"])

    def must_go_on(self) -> None:
        """Refuse a step where nothing more is wanted.

        Raises:
            DatabaseError: work has ended here.
        """
        if self.ended:
            raise DatabaseError("it was interrupted")

    def size(self, name: str) -> int:
        """Give the bytes that a database takes."""
        with self.lock:
            found = self.admin.execute("SELECT pg_database_size(%s)", [name]).fetchone()
        return found[0] if found else 0

    def url(self, name: str, *, admin: bool = False) -> str:
        """Give a database's URL, for the scripts' role or for the one that may all."""
        parts = urlsplit(self.base)
        host = parts.netloc.rpartition("@")[2]
        if self.role and not admin:
            host = f"{self.role}:{self.password}@{host}"
            return urlunsplit(parts._replace(netloc=host, path="/" + quote(name)))
        return urlunsplit(parts._replace(path="/" + quote(name)))

    def made(self) -> frozenset[tuple[str, str]]:
        """List what scripts made outside of their databases: kind and name.

        Others may be at work on the same server: theirs is what no script names.
        """
        with self.lock:
            new = frozenset(self.admin.execute(CLUSTER_OBJECTS).fetchall()) - self.before
        return frozenset(
            (kind, name)
            for kind, name in new
            if not name.startswith(PREFIX) and any(name.lower() in text for text in self.texts)
        )

    def clean(self, left: frozenset[tuple[str, str]]) -> None:
        """Drop what scripts made outside of their databases."""
        import psycopg
        from psycopg import sql

        for kind, name in sorted(left):  # databases before the roles that own them
            force = " WITH (FORCE)" if kind == "database" else ""
            drop = sql.SQL("DROP {} IF EXISTS {}" + force).format(
                sql.SQL(kind.upper()), sql.Identifier(name)
            )
            with self.lock, contextlib.suppress(psycopg.Error):
                self.admin.execute(drop)


@contextlib.contextmanager
def scratch(url: str, *, superuser: bool = False, texts: tuple[str, ...] = ()) -> Iterator[Scratch]:
    """Give a place to try scripts on a server; all that was made there goes.

    Args:
        url: of a role that may make databases.
        superuser: let scripts work as that role, with all its rights.
        texts: of the scripts; what they name and the server did not have goes too.

    Raises:
        MigdocsError: no server answers, or the role may not make databases.
    """
    with session.connect(url) as admin:
        place = Scratch(
            admin,
            url,
            f"{PREFIX}{secrets.token_hex(3)}",
            frozenset(admin.execute(CLUSTER_OBJECTS).fetchall()),
            tuple(text.lower() for text in texts),
        )
        able = admin.execute(ABILITIES, [PREFIX]).fetchall()[0]
        place.may_all, place.strategy, place.makes_roles = able
        if place.may_all and not superuser:
            _make_role(place)
        try:
            yield place
        finally:
            for name in sorted(place.ours):
                place.drop(name)
            place.clean(place.made())
            if place.role:
                place.clean(frozenset({("role", place.role)}))


def _make_role(place: Scratch) -> None:
    """Make the role that scripts work as."""
    from psycopg import sql

    place.role, place.password = place.prefix, secrets.token_hex(16)
    name = sql.Identifier(place.role)
    place.admin.execute(
        sql.SQL("CREATE ROLE {} LOGIN CREATEDB {} PASSWORD {}").format(
            name, sql.SQL("CREATEROLE" if place.makes_roles else "NOCREATEROLE"), place.password
        )
    )
    place.admin.execute(
        sql.SQL("ALTER ROLE {} SET temp_file_limit = {}").format(name, TEMPORARY_FILES)
    )


def install_extensions(place: Scratch, database: str, texts: Iterator[str]) -> None:
    """Make the extensions that a script asks for and that only a superuser may make, if harmless.

    The role gets them for its own, as if it had made them.
    """
    import psycopg

    wanted = {
        found["name"].lower()
        for text in texts
        if (found := CREATE_EXTENSION.match(text)) and found["guard"]
    }
    if not place.role or not wanted & HARMLESS_EXTENSIONS:
        return
    with session.connect(place.url(database, admin=True)) as admin:
        for name in sorted(wanted & HARMLESS_EXTENSIONS):
            with contextlib.suppress(psycopg.Error):
                admin.execute(f'CREATE EXTENSION IF NOT EXISTS "{name}"'.encode())
                admin.execute(
                    "UPDATE pg_extension SET extowner = %s::regrole WHERE extname = %s",
                    [place.role, name],
                )
                if name.endswith("_fdw"):
                    admin.execute(
                        f'GRANT USAGE ON FOREIGN DATA WRAPPER "{name}" TO "{place.role}"'.encode()
                    )
