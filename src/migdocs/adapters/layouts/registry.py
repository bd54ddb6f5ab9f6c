"""Every convention there is, found in ``conventions``: one module, one value ``LAYOUT``."""

from __future__ import annotations

import pkgutil
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.adapters.layouts import conventions
from migdocs.adapters.layouts.convention import Layout, below
from migdocs.adapters.layouts.runners import noted, without_row
from migdocs.core.errors import UsageError
from migdocs.core.ledger.trackers import OTHERS, Tracker, ranked
from migdocs.core.runner import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.adapters.layouts.table import Tracking
    from migdocs.core.runner import Runner


def _found() -> Iterator[Layout]:
    """Yield the value of each module, by the module's name."""
    for module in sorted(pkgutil.iter_modules(conventions.__path__), key=lambda m: m.name):
        layout = import_module(f"{conventions.__name__}.{module.name}").LAYOUT
        if not isinstance(layout, Layout):  # a mistake in this package, not a user's
            raise TypeError(module.name)
        yield layout


def _trackers(layout: Layout) -> Iterator[Tracker]:
    """Yield what the tables of a convention's runner are known by; rows stand in the first."""
    table = layout.tracking
    if table is None:
        return
    command = table.command or layout.runner.apply
    for place, mark in enumerate(table.marks):
        left = None if place else table.unfinished
        yield Tracker(layout.name, layout.runner.name, mark, command, left)


LAYOUTS: tuple[Layout, ...] = tuple(_found())
TRACKERS = ranked((*OTHERS, *(one for layout in LAYOUTS for one in _trackers(layout))))
_BY_NAME = {layout.name: layout for layout in LAYOUTS}
NATIVE, PLAIN, UNKNOWN = (_BY_NAME[name] for name in ("native", "plain", "unknown"))

_UNFINISHED = "SELECT * FROM {} WHERE {}"
_SHOWS = (
    "SELECT EXISTS (SELECT 1 FROM ({}) AS recorded (value) WHERE value = '{{value}}'{}) AS done"
)


def runner(layout: Layout, folder: str) -> Runner:
    """Give the commands that operators of a project with this layout type."""
    commands, table = layout.runner, layout.tracking
    table = table and replace(table, asks=for_folder(table.query, folder))
    both = layout.split is not None or layout.unfold is not None
    one_row = table is not None and not table.latest_only and not table.checksums
    unrecord = commands.unrecord
    if table is not None and one_row and not unrecord:
        unrecord = without_row(table.table, table.column)
    left = table.unfinished if table else None
    found = replace(
        commands,
        status=filled_at(layout, commands.status, folder),
        apply=filled_at(layout, commands.apply, folder),
        rollback_one=filled_at(layout, commands.rollback_one, folder),
        record=filled_at(layout, commands.record, folder),
        apply_to=filled_at(layout, commands.apply_to, folder),
        rollback_to=filled_at(layout, commands.rollback_to, folder),
        unrecord=filled_at(layout, unrecord, folder),
        new=filled_at(layout, layout.naming.command, folder),
        # A file that holds both ways would run both.
        by_hand=commands.by_hand and not both,
        query=table.query if table else commands.query,
        shows=_shows(table) if table else "",
        unfinished=_UNFINISHED.format(table.table, left.condition) if table and left else "",
        dirty=f"{left.means}. To go on, {left.ends}" if left else "",
    )
    return noted(found, table.table if table else "", both=both)


def _shows(table: Tracking) -> str:
    """Give the statement that asks whether ``{value}`` stands applied, as the tool counts."""
    # Flyway's table has the names of files, in their folders.
    alike = "" if table.id_of is str else " OR value LIKE '%{value}.%'"
    return _SHOWS.format(table.query, alike)


def filled(command: str, folder: str) -> str:
    """Put a folder into a command: whole, its last piece, the piece above, or the tool's project.

    The project of a tool that is run beside ``migrations/DATABASE`` is the folder above both.
    """
    pieces = _pieces(folder)
    base = quoted(pieces[-1] if pieces else "default")
    # Older projects of one database have no folder of it: migrations/TIME_name.
    of_one = pieces[-1:] == ["migrations"]
    project = "/".join(pieces[: -1 if of_one else -2])
    workdir = "/".join(pieces[:-2])
    return (
        command.replace("{folder}", quoted(folder))
        .replace("{base}", base)
        .replace("{database}", "" if of_one else f" --database-name {base}")
        .replace("{project}", quoted(project or "."))
        .replace("{workdir}", f" --workdir {quoted(workdir)}" if workdir else "")
        .replace("{app}", quoted(_app(pieces)))
    )


def filled_at(layout: Layout, command: str, folder: str) -> str:
    """Fill in a command as it is typed at the root, from which it goes where its tool stands."""
    home = layout.home
    rest = "." if folder == home else below(folder, home) if home else None
    if rest is None or not command or command.startswith(("echo ", "psql ")):
        return filled(command, folder)
    return f"(cd {quoted(home)} && {filled(command, rest)})"


def for_folder(query: str, folder: str) -> str:
    """Put the part of the application that a folder is of into a query, as a literal."""
    app = _app(_pieces(folder)).replace("'", "''")
    return query.replace("{app}", f"'{app}'")


def _pieces(folder: str) -> list[str]:
    return [piece for piece in folder.split("/") if piece not in ("", ".")]


def _app(pieces: list[str]) -> str:
    return pieces[-2] if pieces[1:] else "APP"


def layout_named(name: str) -> Layout:
    """Give the layout that the setting ``layout`` names.

    Raises:
        UsageError: there is none of that name; the hint says which there are.
    """
    if name in _BY_NAME:
        return _BY_NAME[name]
    choices = sorted(name for name in _BY_NAME if name != UNKNOWN.name)
    close = get_close_matches(name, choices, n=1)
    meant = f"did you mean '{close[0]}'? " if close else ""
    raise UsageError(
        f"there is no layout '{name}'", hint=f"{meant}Known are: auto, {', '.join(choices)}."
    )
