"""The commands that a project's operators type, as its documents print them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

# `-X` keeps the reader's own `.psqlrc` out of it.
PSQL = 'psql "$DATABASE_URL" -X -v ON_ERROR_STOP=1 -f {path}'


@dataclass(frozen=True, slots=True)
class Runner:
    """What applies a project's migrations; ``{version}`` and ``{id}`` are filled in.

    Attributes:
        name: as people call it.
        query: gives what stands applied in a database; empty where no table says it.
        apply_to: empty where the runner has no such command; so the others.
        rollback_one: undoes the last migration; for a runner without ``rollback_to``.
        new: makes a migration, with ``{name}``, where ``migdocs new`` cannot.
        by_hand: whether each script is a file that ``psql -f`` can run.
        record: notes in its table that a script was run by hand, with ``{id}`` and ``{value}``;
            empty where there is no such command.
        note: what applies them, one sentence for where there is no command to.
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
    record: str = ""
    note: str = ""

    def filled(self, name: str, target: str) -> str:
        """Give a command for a version or a migration's id; empty where the runner has none."""
        command: str = getattr(self, name)
        return command.replace("{version}", quoted(target))


def quoted(text: str) -> str:
    """Give a word that a shell takes as it is written."""
    return shlex.quote(text)


def psql(path: str, variable: str = "DATABASE_URL") -> str:
    """Give the command that runs one script by hand, and stops at the first error.

    Args:
        path: of the script.
        variable: that holds the database's URL.
    """
    return PSQL.replace("DATABASE_URL", variable).replace("{path}", quoted(path))
