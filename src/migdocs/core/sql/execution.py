"""Decide how a script may be run: in one transaction, in several, in none, or not at all.

The rules are those of ``reference/apply.md``; what PostgreSQL refuses inside a transaction block is
stated on the manual's page of each command.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from migdocs.core.sql import psql_commands
from migdocs.core.sql.script import split

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migdocs.core.sql.script import Statement

Mode = Literal["transaction", "transactions", "autocommit", "psql", "refused"]


def _words(pattern: str) -> re.Pattern[str]:
    """Compile a pattern whose spaces stand for any white space, at the start of a statement."""
    return re.compile(pattern.replace(" ", r"\s+"), re.IGNORECASE | re.DOTALL)


# Statements that PostgreSQL refuses inside a transaction block (SQLSTATE 25001), and their names.
NOT_IN_TRANSACTION = tuple(
    (name, _words(pattern))
    for name, pattern in (
        ("CREATE INDEX CONCURRENTLY", r"create (?:unique )?index concurrently\b"),
        ("DROP INDEX CONCURRENTLY", r"drop index concurrently\b"),
        ("REINDEX CONCURRENTLY", r"reindex\b[^;]*?\bconcurrently\b"),
        ("REINDEX of a schema or database", r"reindex\b[^;]*?\b(?:schema|database|system)\b"),
        ("DETACH PARTITION CONCURRENTLY", r"alter table\b.*\bdetach partition\b.*\bconcurrently\b"),
        ("VACUUM", r"vacuum\b"),
        ("CLUSTER of every table", r"cluster(?: verbose)?\s*\Z"),
        ("CREATE DATABASE", r"create database\b"),
        ("DROP DATABASE", r"drop database\b"),
        ("ALTER DATABASE SET TABLESPACE", r"alter database\b.*\bset tablespace\b"),
        ("CREATE TABLESPACE", r"create tablespace\b"),
        ("DROP TABLESPACE", r"drop tablespace\b"),
        ("CREATE SUBSCRIPTION", r"create subscription\b"),
        ("DROP SUBSCRIPTION", r"drop subscription\b"),
        ("ALTER SYSTEM", r"alter system\b"),
        ("DISCARD ALL", r"discard all\b"),
    )
)
ENDS_TRANSACTIONS = _words(r"do\b.*\b(?:commit|rollback)(?: and (?:no )?chain)?\s*;")
# What only looks like code inside of a DO block's body: strings and comments.
NO_CODE = re.compile(
    r"'(?:[^']|''|(?!))*+'|--[^\n]*|/\*(?:[^*]|\*(?!/)|(?!))*+(?:\*/|\Z)", re.DOTALL
)
BODY_IN_QUOTES = _words(r"do (?:language \w+ )?e?'")
# Settings that last as long as a transaction: a part that is one of its own needs them again.
LOCAL = _words(r"set (?:local|constraints|transaction)\b")
# What lasts as long, and cannot be said again in another part.
LASTING = tuple(
    (name, _words(pattern))
    for name, pattern in (
        ("LOCK", r"lock\b"),
        ("SAVEPOINT", r"savepoint\b"),
        ("DECLARE", r"declare\b(?!.*\bwith hold\b)"),
        (
            "set_config(…, true)",
            r".*\bset_config\s*\([^;]{0,500},\s*(?:is_local => )?(?:true|'t\w*')",
        ),
        ("ON COMMIT DROP", r"create\b.*\bon commit (?:drop|delete)\b"),
    )
)
CONTROL = _words(
    r"(?:begin|start transaction|commit|end|abort|rollback(?! (?:(?:work|transaction) )?to\b)"
    r"|prepare transaction)\b"
)
# A pair with modes of its own (ISOLATION LEVEL …, AND CHAIN) is more than a transaction of ours.
PLAIN_BEGIN = _words(r"(?:begin(?: (?:work|transaction))?|start transaction)\Z")
PLAIN_COMMIT = _words(r"(?:commit|end)(?: (?:work|transaction))?(?: and no chain)?\Z")
COPY_WITHOUT_DATA = _words(r"copy\b.*\bfrom stdin\b")
COPY_OUT = _words(r"copy\b.*\bto stdout\b")
ADD_VALUE = _words(
    r"alter type (?P<type>\S+) add value (?:if not exists )?(?P<value>'(?:[^']|'')*')"
)


class Refusal(Struct, frozen=True):
    """Why a statement cannot be sent to a server, and where it stands; ``psql``: it can run it."""

    line: int
    reason: str
    psql: bool = False


class Execution(Struct, frozen=True):
    """How a script may be run.

    Attributes:
        mode: ``transaction``: everything in one; ``transactions``: each batch in one of its own;
            ``autocommit``: statement by statement, with no transaction of the runner's around them;
            ``psql``: the whole file by psql, whose commands it holds; ``refused``: nothing may be
            run.
        batches: the statements to send, in order; an outer BEGIN … COMMIT is left out. In
            ``autocommit`` each statement is a batch.
        reason: why it is not one transaction, in plain words; empty where it is.
        line: of the statement that decided it; 0 where none did.
        refusals: every statement that cannot be sent; empty unless refused.
    """

    mode: Mode
    batches: tuple[tuple[Statement, ...], ...]
    reason: str = ""
    line: int = 0
    refusals: tuple[Refusal, ...] = ()

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Every statement to send, in order."""
        return tuple(chain.from_iterable(self.batches))


def execution(
    statements: Sequence[Statement], *, transaction: bool = True, psql: bool = False
) -> Execution:
    """Decide how a script may be run.

    Args:
        statements: of the script, from ``script.split``.
        transaction: False where a marker of the project's layout asks for no transaction.
        psql: whether a script that holds psql's commands may be handed to psql.
    """
    refusals = tuple(chain.from_iterable(_refusals(statement) for statement in statements))
    if refusals:
        if psql and all(refusal.psql for refusal in refusals):
            return Execution("psql", (), refusals[0].reason, refusals[0].line)
        return Execution("refused", (), refusals[0].reason, refusals[0].line, refusals)
    asked = _asked_for_none(statements, transaction=transaction)
    sent = tuple(statement for statement in statements if statement.kind != "blank")
    plain = sent if asked else _without_outer_pair(sent)
    decided = asked or _own_control(plain) or _refuses_transaction(plain)
    if decided:
        return Execution("autocommit", tuple((s,) for s in sent), decided.reason, decided.line)
    return _in_transactions(plain)


def alone_in_one(text: str, *, transaction: bool = True) -> bool:
    """Tell whether ``psql -1`` may run a script: in one transaction, and it has none of its own."""
    statements = split(text)
    found = execution(statements, transaction=transaction)
    return found.mode == "transaction" and not any(CONTROL.match(s.text) for s in statements)


def _refusals(statement: Statement) -> Iterator[Refusal]:
    """Say what in a statement no server understands."""
    if statement.kind == "psql":
        command, untold = psql_commands.untold(statement.text)
        said = f"'{command or _first_word(statement.text)}' {untold or 'is a command of psql'}"
        yield Refusal(statement.line, said, psql=not untold)
    for variable in statement.variables:
        yield Refusal(variable.line, f"'{variable.name}' is a variable of psql", psql=True)
    if "\0" in statement.source:
        line, _ = statement.place(statement.text.find("\0"))
        yield Refusal(line, "a NUL byte cannot be sent to PostgreSQL")
    if statement.kind == "sql" and COPY_WITHOUT_DATA.match(statement.text):
        yield Refusal(statement.line, "COPY … FROM STDIN has no data in the script, ended by '\\.'")
    if statement.kind == "sql" and COPY_OUT.match(statement.text):
        yield Refusal(statement.line, "COPY … TO STDOUT has nowhere to write to", psql=True)


def _first_word(text: str) -> str:
    """Give a psql command's name; its arguments may hold a password."""
    return text.split(maxsplit=1)[0]


def _asked_for_none(statements: Sequence[Statement], *, transaction: bool) -> Refusal | None:
    """Find what asks for no transaction: the layout's marker or ours."""
    if not transaction:
        return Refusal(0, "a marker of the layout asks for no transaction")
    for statement in statements:
        for marker in statement.markers:
            if marker.word == "no-transaction":
                return Refusal(marker.line, "'migdocs: no-transaction' asks for no transaction")
    return None


def _without_outer_pair(statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """Drop the pair of a script that is exactly BEGIN … COMMIT."""
    if (
        len(statements) > 1
        and PLAIN_BEGIN.match(statements[0].text)
        and PLAIN_COMMIT.match(statements[-1].text)
        and not _own_control(statements[1:-1])
    ):
        return statements[1:-1]
    return statements


def _own_control(statements: Sequence[Statement]) -> Refusal | None:
    """Find the first statement that begins or ends a transaction; savepoints live inside one."""
    for statement in statements:
        if CONTROL.match(statement.text):
            name = _first_word(statement.text).upper()
            return Refusal(statement.line, f"{name}: the script controls its own transactions")
    return None


def _refuses_transaction(statements: Sequence[Statement]) -> Refusal | None:
    """Find the first statement that PostgreSQL refuses inside a transaction."""
    for statement in statements:
        text = statement.text
        code = text if BODY_IN_QUOTES.match(text) else NO_CODE.sub("''", text)
        if ENDS_TRANSACTIONS.match(code):
            reason = "a DO block that ends transactions is refused inside a transaction"
            return Refusal(statement.line, reason)
        for name, pattern in NOT_IN_TRANSACTION:
            if pattern.match(statement.text):
                return Refusal(statement.line, f"{name} is refused inside a transaction")
    return None


def _in_transactions(statements: tuple[Statement, ...]) -> Execution:
    """Run everything in one transaction, or part it where a new enum value is used (55P04).

    Each part begins with the settings that hold in the one before it until its end.
    """
    batches: list[tuple[Statement, ...]] = []
    start = line = 0
    cause = ""
    local: tuple[Statement, ...] = ()
    added: dict[str, str] = {}
    for position, statement in enumerate(statements):
        found = ADD_VALUE.match(statement.text)
        if found:
            added[found["value"]] = found["type"]
            continue
        used = next((value for value in added if value in statement.text), None)
        if used:
            if lost := _lost_by_parting(statements[:position]):
                return Execution("refused", (), lost.reason, lost.line, (lost,))
            batches.append((*local, *statements[start:position]))
            local = tuple(each for each in statements[:position] if LOCAL.match(each.text))
            cause = cause or f"{used} is used after it was added to {added[used]}"
            start, line = position, line or statement.line
            added.clear()
    batches.append((*local, *statements[start:]))
    if cause:
        return Execution("transactions", tuple(batches), cause, line)
    return Execution("transaction", tuple(batch for batch in batches if batch))


def _lost_by_parting(statements: tuple[Statement, ...]) -> Refusal | None:
    """Find what would not hold any more in a second transaction."""
    for statement in statements:
        for name, pattern in LASTING:
            if pattern.match(statement.text):
                reason = (
                    f"{name} ends with its transaction, and a new enum value is used further down,"
                    " which needs a second one: write two scripts"
                )
                return Refusal(statement.line, reason)
    return None
