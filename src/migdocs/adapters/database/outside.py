"""Do from outside what a tried script asks of the whole server: roles that it may not make itself.

A role that is made here has no right of its own but the membership that scripts need to use it: no
login, no password, no predefined role. What nobody may have here is refused as the server would,
and leaves the script untried.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from migdocs.core.errors import DatabaseError
from migdocs.core.sql import privileged

if TYPE_CHECKING:
    import threading

    import psycopg

    from migdocs.core.sql.privileged import Asked
    from migdocs.core.sql.script import Statement

REFUSED, EXISTS, MISSING = "42501", "42710", "42704"
IS_THERE = "SELECT FROM pg_catalog.pg_roles WHERE rolname = %s"


@dataclass(slots=True)
class Roles:
    """The roles that were made for scripts on a server.

    Attributes:
        admin: a connection to the server's own database; ``lock`` is held while it is used.
        user: the role that scripts work as.
    """

    admin: psycopg.Connection[tuple[object, ...]]
    user: str
    lock: threading.Lock
    made: set[str] = field(default_factory=set)

    def is_there(self, name: str) -> bool:
        """Tell whether the server has a role."""
        with self.lock:
            return self.admin.execute(IS_THERE, [name]).fetchone() is not None

    def make(self, name: str) -> None:
        """Make a role that nobody can log in as, and that scripts may use and pass on."""
        self._run("CREATE ROLE {} NOLOGIN", name)
        self.made.add(name)
        self._run("GRANT {} TO {} WITH ADMIN OPTION", name, self.user)

    def join(self, group: str, member: str) -> None:
        """Make a role a member of another; both were made here."""
        self._run("GRANT {} TO {}", group, member)

    def rename(self, name: str, to: str) -> None:
        """Rename a role that was made here."""
        self._run("ALTER ROLE {} RENAME TO {}", name, to)
        self.made ^= {name, to}

    def drop(self, name: str) -> None:
        """Drop a role that was made here."""
        self._run("DROP ROLE {}", name)
        self.made.discard(name)

    def _run(self, statement: str, *names: str) -> None:
        """Run a statement about roles.

        Raises:
            DatabaseError: the server refuses.
        """
        import psycopg
        from psycopg import sql

        text = sql.SQL(statement).format(*map(sql.Identifier, names))
        try:
            with self.lock:
                self.admin.execute(text)
        except psycopg.Error as error:
            said = error.diag.message_primary or "the server is gone"
            raise DatabaseError(said, sqlstate=error.sqlstate or "") from None


@dataclass(slots=True)
class Outside:
    """What one run of a script asks of the whole server.

    A role is dropped when the script has ended: what depends on it is gone only then.

    Attributes:
        roles: of the server; None where scripts make their own.
        hidden: the extensions that are there and that no script made yet.
        ready: all that were there before any script ran.
        made: the roles that this run made; ``dropped`` those that it drops.
    """

    roles: Roles | None
    hidden: set[str]
    ready: frozenset[str] = frozenset()
    made: list[str] = field(default_factory=list)
    dropped: set[str] = field(default_factory=set)

    def meet(self, statement: Statement) -> str:
        """Do what a statement asks from outside; give what is left of it to send.

        Raises:
            DatabaseError: it asks for what nobody may have here.
        """
        if self.ready and (made := privileged.extension(statement)) and made.name in self.ready:
            self.hidden.discard(made.name)
            name, space = (part.replace('"', '""') for part in (made.name, made.schema))
            return f'ALTER EXTENSION "{name}" SET SCHEMA "{space}"' if space else ""
        if self.roles is None:
            return statement.text
        wanted, text = privileged.in_body(statement.text)
        for name in wanted:
            if not self.roles.is_there(name):
                self._make(self.roles, name)
        if wanted:
            return text
        asked = privileged.asked(statement)
        return statement.text if asked is None or self._is_sent(self.roles, asked) else ""

    def settle(self, *, undone: bool) -> None:
        """Drop what a script dropped; where it was undone as a whole, what it made instead.

        Raises:
            DatabaseError: something still depends on a role.
        """
        if self.roles is None:
            return
        for name in self.made if undone else sorted(self.dropped):
            if name in self.roles.made:
                self.roles.drop(name)

    def _is_sent(self, server: Roles, asked: Asked) -> bool:
        """Do what is asked; tell whether the statement is to be sent all the same."""
        for name in asked.names[:1] if asked.verb == "rename" else asked.names:
            if asked.verb != "create" and name not in server.made and name not in self.dropped:
                return self._is_strange(server, asked, name)
        if asked.verb == "create":
            self._create(server, asked)
        elif asked.verb == "rename":
            server.rename(*asked.names)
        elif asked.verb == "drop":
            self.dropped |= {*asked.names}
        return False

    def _is_strange(self, server: Roles, asked: Asked, name: str) -> bool:
        """Pass over or refuse what is about a role that was not made here."""
        if asked.verb != "drop" or server.is_there(name):
            return True  # the server refuses it
        if asked.guarded:
            return False
        raise DatabaseError(f'role "{name}" does not exist', sqlstate=MISSING)

    def _create(self, server: Roles, asked: Asked) -> None:
        """Make a role, with its memberships among those that were made here."""
        (name,) = asked.names
        known = server.made | {server.user}
        for other in (*asked.groups, *asked.members):
            if other not in known:
                raise DatabaseError(
                    f'permission denied: "{other}" is not a role of these scripts', sqlstate=REFUSED
                )
        if name in self.dropped:
            self.dropped.discard(name)
        elif name in server.made:
            raise DatabaseError(f'role "{name}" already exists', sqlstate=EXISTS)
        elif server.is_there(name):
            raise DatabaseError(
                f'permission denied: the server has a role "{name}" already', sqlstate=REFUSED
            )
        else:
            self._make(server, name)
        for group in asked.groups:
            server.join(group, name)
        for member in asked.members:
            server.join(name, member)

    def _make(self, server: Roles, name: str) -> None:
        """Make a role, and note it."""
        if name.startswith("pg_"):
            raise DatabaseError(f'role name "{name}" is reserved', sqlstate="42939")
        server.make(name)
        self.made.append(name)
