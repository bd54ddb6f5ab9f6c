"""Runners that are not migdocs: those with commands, and those without."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from migdocs.core.runner import Runner


def without_row(table: str, column: str) -> str:
    """Give the command that takes the row of one migration out of a runner's table."""
    # Both names are those of a convention.
    return by_row(f"DELETE FROM {table} WHERE {column}::text = :'value'")  # noqa: S608


def by_row(change: str) -> str:
    """Give the command that changes a runner's table by one row, with ``:'value'`` in it."""
    sent = 'psql "$DATABASE_URL" -X -v ON_ERROR_STOP=1 -v value={value}'
    return f'echo "{change}" | {sent}'


def noted(runner: Runner, table: str, *, both: bool) -> Runner:
    """Add what the reader of commands by hand must know, where the commands do not say it all.

    Args:
        runner: of the project.
        table: that it remembers what it ran in; empty where none is known.
        both: whether each file holds both ways.
    """
    if both:
        who = runner.name
        note = f"Do not run these files with `psql`: {who} knows which part of each to run."
        return replace(runner, hand_note=note)
    if not runner.by_hand or runner.name == "migdocs":
        return runner
    note = (
        f"{runner.name} does not record what you run by hand:"
        f" correct its table `{table}` yourself before it runs again."
        if table
        else "Nothing is known to record a script that you run by hand."
    )
    return replace(
        runner,
        hand_note="" if runner.record else note,
        back_note="" if runner.unrecord else note,
    )


def foreign_runner(
    name: str,
    *,
    status: str = "",
    apply: str = "",
    by_hand: bool = True,
    in_one: bool = False,
    **more: str,
) -> Runner:
    """Describe a runner that is not migdocs; what it has no command for stays empty."""
    none = ("apply_to", "rollback_to", "guided", "query", "record", "back_note")
    named: dict[str, Any] = dict.fromkeys(none, "") | more
    return Runner(name=name, status=status, apply=apply, by_hand=by_hand, in_one=in_one, **named)


def unknown_runner() -> Runner:
    """Describe what runs migrations of which only the form is known: nobody says how."""
    note = "What runs these scripts is not known: nothing in the project names its tool."
    return replace(foreign_runner("the runner of this project", note=note), is_known=False)


def application_runner(name: str) -> Runner:
    """Describe a runner that is part of the application: it has no commands."""
    note = f"The application runs them when it starts ({name}): there is no command for it."
    return replace(foreign_runner(name, note=note), at_start=True)
