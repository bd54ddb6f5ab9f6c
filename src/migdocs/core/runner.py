"""The commands that a project's operators type, as its documents print them."""

from __future__ import annotations

import re
import shlex
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from migdocs.core import values

# `-X` keeps the reader's own `.psqlrc` out of it.
PSQL = 'psql "$DATABASE_URL" -X -v ON_ERROR_STOP=1 -f {path}'
# `-1` makes one transaction of a script that may run in one, and has none of its own.
PSQL_WHOLE = PSQL.replace(" -f", " -1 -f")
ASK = 'psql "$DATABASE_URL" -X -P pager=off -c {query}'
PG_DUMP = 'pg_dump --format=custom --file=before.dump "$DATABASE_URL"'
PG_RESTORE = (
    'createdb --maintenance-db="$DATABASE_URL" --template=template0 restored'
    ' && pg_restore --exit-on-error --dbname="$RESTORED_URL" before.dump'
)
# What means something inside of double quotes.
_DOUBLE = re.compile(r'["$`\\!]')
_NO_MIGRATION = re.compile(r"\{previous\|([^{}]*)\}")
# An option that is left out where there is no migration.
_PREVIOUS, _LAST = (re.compile(rf"\{{{name}:([^{{}}]*)\}}") for name in ("previous", "last"))


class Runner(Struct, frozen=True):
    """What applies a project's migrations; ``{version}`` and ``{id}`` are filled in.

    Of ``{last: --to }`` comes `` --to ID`` for the migration that stands applied last then, and
    nothing where none does; of ``{previous: --to }`` the same for the one before.

    Attributes:
        name: as people call it.
        query: gives what stands applied in a database; empty where no table says it.
        apply_to: empty where the runner has no such command; so the others.
        rollback_one: undoes the last migration; for a runner without ``rollback_to``.
        new: makes a migration, with ``{name}``, where ``migdocs new`` cannot.
        by_hand: whether each script is a file that ``psql -f`` can run.
        record: notes that a script was run by hand, with ``{id}``, ``{value}`` for what its
            table holds of it, and ``{previous|x}`` for that of the one before, or ``x`` for none.
        unrecord: the same for a rollback that was run by hand.
        hand_note: what the reader of commands by hand must know: one sentence, or none;
            ``back_note`` the same where these roll back.
        forward_by_hand: whether documents tell to run scripts by hand: only where nobody keeps a
            record, or it is kept right; ``back_by_hand`` the same of rollbacks.
        row_in: as ``record``, by SQL alone, where that is a command of the tool's program;
            ``row_out`` as ``unrecord``.
        shows: asks whether ``{value}`` stands applied; empty where no table says it.
        unfinished: finds a migration that failed half way, in its table; empty where it keeps none.
        dirty: what such a row means, and what to do then.
        log: what it writes when it is done; empty where that is not known.
        at_start: whether it is a part of the application, which runs it when it starts.
        is_known: whether anything names the tool.
        in_one: whether it runs all that is pending in one transaction, if it is left as it comes.
        note: what applies them, one sentence for where there is no command to.
        variable: that holds the database's URL.
    """

    name: str = "migdocs"
    status: str = "migdocs status"
    apply: str = "migdocs apply"
    apply_to: str = "migdocs apply --to {version}"
    rollback_to: str = "migdocs rollback --to {version}"
    rollback_one: str = ""
    new: str = ""
    guided: str = "migdocs migrate"
    backup: str = "migdocs backup"
    restore: str = "migdocs restore"
    query: str = (
        "SELECT migration, action, outcome, at FROM migdocs_ledger ORDER BY id DESC LIMIT 5"
    )
    by_hand: bool = True
    record: str = "migdocs baseline --to {id}"
    unrecord: str = ""
    hand_note: str = ""
    back_note: str = (
        "migdocs does not record a rollback that you run by hand: `migdocs status` still says"
        " applied. `migdocs rollback` records it."
    )
    forward_by_hand: bool = True
    back_by_hand: bool = True
    row_in: str = ""
    row_out: str = ""
    shows: str = ""
    unfinished: str = ""
    dirty: str = ""
    log: str = ""
    at_start: bool = False
    is_known: bool = True
    in_one: bool = False
    note: str = ""
    variable: str = "DATABASE_URL"

    def filled(self, name: str, target: str, last: str = "MIGRATION") -> str:
        """Give a command for a version or a migration's id; empty where the runner has none.

        Args:
            name: of the command's attribute.
            target: the version, or the id.
            last: the migration that stands applied last then; empty for none.
        """
        command: str = getattr(self, name)
        command = _LAST.sub(lambda match: match[1] + quoted(last) if last else "", command)
        return command.replace("{version}", quoted(target))

    @property
    def ask(self) -> str:
        """The command that shows what stands applied, by the tool's own table; may be empty."""
        return self.asking(self.query) if self.query else ""

    def asking(self, statement: str) -> str:
        """Give the command that asks the database something."""
        return renamed(ASK.replace("{query}", double_quoted(statement)), self.variable)


def quoted(text: str) -> str:
    """Give a word that a shell takes as it is written."""
    return shlex.quote(text)


def double_quoted(text: str) -> str:
    """Give a word for a shell that reads well where it holds single quotes, as SQL does."""
    return shlex.quote(text) if _DOUBLE.search(text) else f'"{text}"'


def repairing(id_: str, options: str) -> str:
    """Give the command that repairs a migration; an id that looks like an option is none."""
    if id_.startswith("-"):
        return f"migdocs repair {options} -- {quoted(id_)}"
    return f"migdocs repair {quoted(id_)} {options}"


def psql(path: str, variable: str = "DATABASE_URL", *, whole: bool = False) -> str:
    """Give the command that runs one script by hand, and stops at the first error.

    Args:
        path: of the script.
        variable: that holds the database's URL.
        whole: whether the script is to run in one transaction.
    """
    command = PSQL_WHOLE if whole else PSQL
    return command.replace("DATABASE_URL", variable).replace("{path}", quoted(path))


def recording(command: str, id_: str, value: str, previous: str) -> str:
    """Fill in what records a step by hand.

    Args:
        command: a runner's ``record`` or ``unrecord``.
        id_: the migration's.
        value: what the runner's table holds for it.
        previous: for the one that stands applied before it; empty where none does.
    """
    command = _PREVIOUS.sub(lambda m: m[1] + quoted(previous) if previous else "", command)
    command = _NO_MIGRATION.sub(lambda match: quoted(previous or match[1]), command)
    return command.replace("{id}", quoted(id_)).replace("{value}", quoted(value))


def asked(runner: Runner, value: str) -> str:
    """Give the command that asks whether a migration stands applied; empty where no table says."""
    if not runner.shows or "'" in value:
        return ""
    return runner.asking(runner.shows.replace("{value}", value))


def for_variable(runner: Runner, variable: str) -> Runner:
    """Give the same commands with another variable for the database's URL."""
    if variable == "DATABASE_URL":
        return runner
    named: dict[str, Any] = {
        name: renamed(value, variable)
        for name in values.names(Runner)
        if isinstance(value := getattr(runner, name), str)
    }
    return replace(runner, **(named | {"variable": variable}))


def renamed(command: str, variable: str) -> str:
    """Give a command with another variable for the database's URL."""
    return command.replace("$DATABASE_URL", f"${variable}")
