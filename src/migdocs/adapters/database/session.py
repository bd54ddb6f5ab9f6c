"""Connect to a database, see that it can be worked in, and keep the session as it should be."""

from __future__ import annotations

import contextlib
import getpass
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from migdocs import __version__
from migdocs.adapters.database import errors
from migdocs.adapters.database.watch import Watch
from migdocs.core.errors import DatabaseError, MachineError
from migdocs.core.settings import SessionOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import psycopg

CONNECT_TIMEOUT = 10  # seconds
# How soon the server notices that we were killed; without it a script may run on, and commit.
CHECK_INTERVAL = "200ms"
CHECK_INTERVAL_SINCE = 140000
# Time limits of the server's that would end a session of ours, and since when it has them.
NO_LIMITS = {
    "idle_in_transaction_session_timeout": 90600,
    "idle_session_timeout": 140000,
    "transaction_timeout": 170000,
}
# What a script may leave in a session besides its settings; DISCARD ALL would drop the lock too.
FORGET = b"CLOSE ALL; UNLISTEN *; DEALLOCATE ALL; DISCARD SEQUENCES; DISCARD TEMP;"
# A setting is set as any is, but for a list of schemas, which SET would take for the name of one.
SET = {"search_path": "SELECT set_config('search_path', {1}, false);"}
FACTS = """
select pg_backend_pid() as process,
       split_part(current_setting('server_version'), ' ', 1) as server,
       current_setting('server_version_num')::int as number,
       current_user::text as role,
       current_setting('transaction_read_only') = 'on' as read_only,
       pg_is_in_recovery() as standby
"""


# A session in which nothing is found by a path, whatever the database's owner set for it.
NO_PATH = "-c search_path= -c local_preload_libraries= -c statement_timeout=0"
READING = (
    f"{NO_PATH} -c default_transaction_read_only=on -c lock_timeout=10s -c row_security=off"
    " -c jit=off -c extra_float_digits=1 -c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=postgres"
    " -c bytea_output=hex -c xmloption=content"
)
DEFAULTS = SessionOptions()


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a server says of itself and of the session, before anything is done there."""

    process: int
    server: str
    number: int
    role: str
    read_only: bool
    standby: bool


@dataclass(frozen=True, slots=True)
class Origin:
    """Who is at work, from where, with what: the same for every ledger row of a run."""

    by: str
    host: str
    tool: str
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """One connection that may change a database.

    Attributes:
        role: of the database, that the work is done as.
        server: PostgreSQL's version: ``15.18``; ``major`` is its first part.
        settings: of the server's, that make the session as it should be.
        prepare: statements that make the session as it should be.
        notify: takes one line for a person: a warning of the server, a wait, a retry.
        watch: knows who is in the way.
    """

    connection: psycopg.Connection[Any]
    url: str = field(repr=False)
    options: SessionOptions
    origin: Origin
    role: str
    server: str
    major: int
    process: int
    settings: Mapping[str, str]
    prepare: bytes
    notify: Callable[[str], None]
    watch: Watch

    @property
    def is_idle(self) -> bool:
        """Whether no transaction is open, in whatever state."""
        from psycopg.pq import TransactionStatus

        return self.connection.info.transaction_status == TransactionStatus.IDLE

    def roll_back(self) -> None:
        """End whatever transaction is open; a lost connection has ended its own."""
        import psycopg

        with contextlib.suppress(psycopg.Error):
            if not self.is_idle:
                self.connection.execute("ROLLBACK")


def origin(commit: str = "") -> Origin:
    """Say who is at work here."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        user = "unknown"
    return Origin(user, socket.gethostname(), f"migdocs {__version__}", commit)


@contextlib.contextmanager
def connected(
    url: str,
    options: SessionOptions = DEFAULTS,
    *,
    commit: str = "",
    writes: bool = True,
    notify: Callable[[str], None] = lambda _: None,
) -> Iterator[Session]:
    """Give a session in a database that can be worked in.

    Args:
        url: of the database; its password is never shown.
        options: how the session behaves.
        commit: of the project's files, for the ledger.
        writes: whether the database must take changes.
        notify: takes one line for a person.

    Raises:
        MachineError: no server answers there, or the URL is not one.
        DatabaseError: the server refuses, is read-only, or a pooler stands between.
    """
    with connect(url) as connection, errors.translated(url):
        facts = _facts(connection)
        _refuse_pooler(connection, facts)
        if writes:
            _refuse_read_only(facts)
        settings = _settings(connection, options, facts)
        prepare = _preparation(connection, settings)
        connection.execute(prepare)
        connection.add_notice_handler(
            lambda notice: _warn(notice.severity_nonlocalized, notice.message_primary, notify)
        )
        pause = options.lock_timeout * 0.4 if writes else 0
        with Watch(lambda: connect(url), facts.process, pause, notify) as watch:
            yield Session(
                connection,
                url,
                options,
                origin(commit),
                options.role or facts.role,
                facts.server,
                facts.number // 10000,
                facts.process,
                settings,
                prepare,
                notify,
                watch,
            )


@contextlib.contextmanager
def connect(url: str, options: str = "") -> Iterator[psycopg.Connection[Any]]:
    """Give a plain connection in autocommit; its failures never show the password.

    Args:
        url: of the database.
        options: of the server's, that no setting of the database or the role outweighs.
    """
    import psycopg

    given: dict[str, Any] = {"options": options} if options else {}
    try:
        connection = psycopg.connect(
            url,
            autocommit=True,
            prepare_threshold=None,
            application_name="migdocs",
            client_encoding="UTF8",
            connect_timeout=CONNECT_TIMEOUT,
            **given,
        )
    except psycopg.ProgrammingError:
        # libpq repeats the whole text, password and all.
        raise MachineError(
            "the database URL cannot be read",
            hint=_foreign(url)
            or "Write it as postgresql://user@host:5432/database (special characters as %XX).",
        ) from None
    except psycopg.OperationalError as error:
        raise errors.connection_error(error, url) from None
    try:
        yield connection
    finally:
        connection.close()


def _foreign(url: str) -> str:
    """Name the parameters of a URL that are another driver's; empty where there are none."""
    from psycopg.pq import Conninfo

    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    names = (part.partition("=")[0] for part in url.partition("?")[2].split("&"))
    foreign = sorted({name for name in names if name.isidentifier() and name not in known})
    if not foreign:
        return ""
    schema = " For a schema, set search_path under [database]." if "schema" in foreign else ""
    return f"PostgreSQL knows no '{', '.join(foreign)}': take it out of the URL.{schema}"


def _facts(connection: psycopg.Connection[Any]) -> _Facts:
    """Ask a server what it is."""
    from psycopg.rows import class_row

    with connection.cursor(row_factory=class_row(_Facts)) as cursor:
        return cursor.execute(FACTS).fetchall()[0]


def _refuse_pooler(connection: psycopg.Connection[Any], facts: _Facts) -> None:
    """Refuse a connection that is not the server's own: a lock would outlive or miss us there."""
    greeted = connection.info.backend_pid
    if greeted != facts.process:
        raise DatabaseError(
            f"a connection pooler is in between: process {greeted} greeted us, but"
            f" {facts.process} works for us",
            hint="Give the URL of the server itself; locks and time limits are lost in a pooler.",
        )


def _refuse_read_only(facts: _Facts) -> None:
    """Refuse a database that takes no changes, before anything is tried."""
    if facts.standby:
        raise DatabaseError(
            "this server is a standby, which takes no changes", hint="Give the URL of the primary."
        )
    if facts.read_only:
        raise DatabaseError(
            "this database takes no changes: default_transaction_read_only is on",
            hint="Another role or database may have it off.",
        )


def _settings(
    connection: psycopg.Connection[Any], options: SessionOptions, facts: _Facts
) -> dict[str, str]:
    """Give what the session's settings are to be; those that are not said stay the server's."""
    values = {
        "lock_timeout": f"{round(options.lock_timeout * 1000)}ms",
        "statement_timeout": f"{round(options.statement_timeout * 1000)}ms",
        "search_path": options.search_path,
        "TimeZone": options.timezone,
        "role": options.role,
    }
    # We are idle while a dump is restored, and must not lose the lock meanwhile.
    values |= {name: "0" for name, since in NO_LIMITS.items() if facts.number >= since}
    if facts.number >= CHECK_INTERVAL_SINCE and _can_check_connection(connection):
        values["client_connection_check_interval"] = CHECK_INTERVAL
    return {name: value for name, value in values.items() if value}


def _preparation(connection: psycopg.Connection[Any], settings: Mapping[str, str]) -> bytes:
    """Write the statements that make a session as it should be, whatever ran in it before."""
    from psycopg import sql

    parts: list[sql.Composable] = [sql.SQL("RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL;")]
    parts += [
        sql.SQL(SET.get(name, "SET {} = {};")).format(sql.Identifier(name), value)
        for name, value in settings.items()
    ]
    return sql.SQL(" ").join(parts).as_bytes(connection)


def _can_check_connection(connection: psycopg.Connection[Any]) -> bool:
    """Tell whether the server's system lets it notice that a client is gone."""
    import psycopg

    try:
        connection.execute(f"SET client_connection_check_interval = '{CHECK_INTERVAL}'")
    except psycopg.Error:
        return False
    return True


def _warn(severity: str | None, message: str | None, notify: Callable[[str], None]) -> None:
    """Pass a warning of the server on; its notices are many and say little."""
    if severity == "WARNING" and message:
        notify(f"warning: {message}")
