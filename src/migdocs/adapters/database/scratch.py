"""A place on a server where scripts may do what they like: databases and roles that go again.

Scripts work as a role that is no superuser and may make no roles, so that they cannot read or write
files or run programs there, nor become somebody who can. What they ask of roles is done for them
from outside. Once a script has written to a database, no superuser enters it: it is read by a role
that may only read, and that scripts cannot change.
"""

from __future__ import annotations

import contextlib
import itertools
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit, urlunsplit

from migdocs.adapters.database import accounts, authority, errors, session
from migdocs.adapters.database.outside import Outside
from migdocs.core.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from migdocs.adapters.database.outside import Roles

PREFIX = "migdocs_try_"  # of all databases and roles of ours
PATIENCE = 0.1  # seconds until the server is left to wait for who is still in a database
BETWEEN_LOOKS = 0.001  # seconds
SESSIONS = "SELECT FROM pg_catalog.pg_stat_activity WHERE datname = %s LIMIT 1"
END_SESSIONS = """
SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
WHERE datname LIKE %s
"""
ABILITIES = """
SELECT r.rolsuper AS may_all, r.rolsuper OR r.rolcreaterole AS makes_roles,
       -- Where checkpoints cost nothing, files are copied quicker than by the log.
       CASE WHEN pg_catalog.current_setting('fsync') = 'off' AND version >= 150000
            THEN ' STRATEGY file_copy' ELSE '' END AS strategy
FROM (SELECT pg_catalog.current_setting('server_version_num')::int AS version) v,
     pg_catalog.pg_roles r
WHERE r.rolname = current_user
"""
CLUSTER_OBJECTS = """
SELECT 'role', rolname::text FROM pg_catalog.pg_roles
UNION ALL SELECT 'database', datname::text FROM pg_catalog.pg_database
UNION ALL SELECT 'tablespace', spcname::text FROM pg_catalog.pg_tablespace
"""
OWNED = """
SELECT 'database', d.datname::text FROM pg_catalog.pg_database d
JOIN pg_catalog.pg_roles r ON r.oid = d.datdba WHERE r.rolname = ANY (%s)
"""


@dataclass(slots=True)
class Scratch:
    """Databases of ours on a server.

    Attributes:
        admin: a connection to the server's own database, used by one thread at a time.
        base: the URL of the server.
        before: what the server had at first besides what is ours: kind and name.
        private: the server is ours alone.
        role: that scripts work as; empty for the one of the URL.
        reader: the role that reads what scripts made; empty for the scripts' own.
        password: of both.
        skips_triggers: the scripts' role may put rows in without triggers and foreign keys.
        strategy: how databases are copied, as a part of CREATE DATABASE.
        roles: what was made for scripts; None where they work with the URL's own rights.
        ready: extensions that only a superuser may make, made before any script ran.
        pristine: the database that all begin with.
        stayed: what could not be dropped: kind, name, and why.
        changed: what scripts changed of what was there: kind, name, and what of it.
        ended: nothing more is wanted here.
        ours: the names of databases made here.
    """

    admin: psycopg.Connection[Any]
    base: str = field(repr=False)
    prefix: str
    before: frozenset[tuple[str, str]]
    private: bool = False
    role: str = ""
    reader: str = ""
    password: str = field(default="", repr=False)
    skips_triggers: bool = False
    strategy: str = ""
    roles: Roles | None = None
    ready: frozenset[str] = frozenset()
    pristine: str = "template0"
    stayed: list[tuple[str, str, str]] = field(default_factory=list)
    changed: list[tuple[str, str, str]] = field(default_factory=list)
    ended: bool = False
    ours: set[str] = field(default_factory=set)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def create(self, template: str = "") -> str:
        """Make a database, empty or as a copy, and give its name."""
        from psycopg import sql

        self.must_go_on()
        template = template or self.pristine
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
            self.admin.execute("SELECT pg_catalog.pg_terminate_backend(%s)", [process])

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
            found = self.admin.execute("SELECT pg_catalog.pg_database_size(%s)", [name]).fetchone()
        return found[0] if found else 0

    def url(self, name: str, *, reading: bool = False) -> str:
        """Give a database's URL, for the scripts' role or for the one that reads.

        A session that begins there begins as every other, whatever a script set for it.
        """
        with self.lock, errors.translated(self.base):
            accounts.forget(self)
        parts = urlsplit(self.base)
        host = parts.netloc.rpartition("@")[2]
        role = (self.reader or self.role) if reading else self.role
        user = f"{role}:{self.password}@{host}" if role else parts.netloc
        return urlunsplit(parts._replace(netloc=user, path="/" + quote(name)))

    def outside(self, hidden: set[str]) -> Outside:
        """Give what one script's run asks of the server."""
        return Outside(self.roles, hidden, self.ready)

    def made(self) -> frozenset[tuple[str, str]]:
        """List what scripts made outside of their databases: kind and name.

        Roles are made by us, and a database has an owner: nothing of others is among them. Where
        scripts work with rights of the URL's role, it is what the server did not have before.
        """
        if self.roles is None:
            with self.lock:
                return frozenset(self.admin.execute(CLUSTER_OBJECTS).fetchall()) - self._known()
        names = {self.role, *self.roles.made}
        with self.lock:
            owned = frozenset(self.admin.execute(OWNED, [list(names)]).fetchall())
        return (owned - self._known()) | {("role", name) for name in self.roles.made}

    def _known(self) -> frozenset[tuple[str, str]]:
        """Give what was there before, and what is ours."""
        ours = {("database", name) for name in (*self.ours, self.pristine)}
        return self.before | ours | {("role", self.role), ("role", self.reader)}

    def is_certain(self) -> bool:
        """Tell whether nobody but a script can have made what is new on the server."""
        return self.private or self.roles is not None

    def clean(self, left: frozenset[tuple[str, str]]) -> None:
        """Drop what scripts made outside of their databases."""
        from psycopg import sql

        for kind, name in sorted(left):  # databases before the roles that own them
            if not self.is_certain():
                continue
            force = " WITH (FORCE)" if kind == "database" else ""
            drop = sql.SQL("DROP {} IF EXISTS {}" + force).format(
                sql.SQL(kind.upper()), sql.Identifier(name)
            )
            with self.lock, self.telling(kind, name):
                self.admin.execute(drop)
                if self.roles and kind == "role":
                    self.roles.made.discard(name)

    @contextlib.contextmanager
    def telling(self, kind: str, name: str) -> Iterator[None]:
        """Go on where something cannot be dropped, and note it; in a server of ours, all goes."""
        import psycopg

        try:
            yield
        except psycopg.Error as error:
            if not self.private:
                self.stayed.append((kind, name, errors.message_of(error)))


@contextlib.contextmanager
def scratch(
    url: str,
    *,
    superuser: bool = False,
    private: bool = False,
    extensions: frozenset[str] = frozenset(),
) -> Iterator[Scratch]:
    """Give a place to try scripts on a server; all that was made there goes.

    Args:
        url: of a role that may make databases.
        superuser: let scripts work as that role, with all its rights.
        private: the server is ours alone.
        extensions: that scripts make, and that only a superuser may make; those that are there are
            made before a script runs.

    Raises:
        MigdocsError: no server answers, or the role may not make databases or roles.
    """
    with session.connect(url, session.NO_PATH) as admin:
        place = Scratch(
            admin,
            url,
            f"{PREFIX}{secrets.token_hex(3)}",
            frozenset(admin.execute(CLUSTER_OBJECTS).fetchall()),
            private,
        )
        try:
            with errors.translated(url):
                may_all, makes_roles, place.strategy = admin.execute(ABILITIES).fetchall()[0]
                place.skips_triggers = may_all
                if not superuser:
                    _check_rights(place, may_make_roles=makes_roles)
                    accounts.make(place, may_all=may_all)
                if extensions and place.reader:
                    accounts.prepare_extensions(place, extensions)
                known = {} if place.role or private else authority.read(admin)
            yield place
        finally:
            _leave(place)
        if known:
            place.changed += authority.changed(known, authority.read(admin))


def _check_rights(place: Scratch, *, may_make_roles: bool) -> None:
    """Refuse to let scripts work as the URL's own role: nobody could undo what they do with it.

    Raises:
        DatabaseError: the role may make no other.
    """
    if not may_make_roles:
        user = place.admin.info.user
        raise DatabaseError(
            f"'{user}' may not create roles, so scripts would run with its own rights:"
            " they could change its password or drop its databases",
            hint="name a role with CREATEDB and CREATEROLE; leave '--server' out, so that a"
            " temporary server is used; or accept it with '--superuser'.",
        )


def _leave(place: Scratch) -> None:
    """Drop all that was made; what stays is noted."""
    for name in sorted(place.ours):
        with place.telling("database", name):
            place.drop(name)
    place.clean(place.made())
    if place.pristine != "template0":
        with place.telling("database", place.pristine):
            place.drop(place.pristine)
    if place.role:
        accounts.drop(place)
