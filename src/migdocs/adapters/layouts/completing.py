"""A rollback that is written later: where a convention has it, and how it is read back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from migdocs.adapters.layouts import reading
from migdocs.adapters.layouts.markers import Markers
from migdocs.adapters.layouts.naming import TRANSACTION, lay, path_of
from migdocs.core.errors import UsageError
from migdocs.core.sql.script import split

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migdocs.adapters.layouts.convention import Layout
    from migdocs.core.model import Migration


def with_rollback(
    layout: Layout, folder: str, migration: Migration, text: str, rollback: str
) -> dict[str, str]:
    r"""Give the file that a rollback belongs into, with it: path → text.

    Args:
        layout: the project's.
        folder: of the migrations.
        migration: with a forward script, and no rollback in a file of its own.
        text: of the forward script's file, with ``\n`` line ends.
        rollback: the SQL.

    Raises:
        UsageError: the convention has no rollbacks, or none that can be placed.
    """
    naming, forward = layout.naming, migration.forward
    path = forward.path if forward else ""
    if naming.file:
        down = TRANSACTION.sub("", rollback) if naming.wrapped else rollback
        return {path: _in_one_file(layout, migration, text, down)}
    if not naming.rollback:
        raise UsageError(f"{layout.name} has no rollback scripts")
    if path_of(folder, naming.forward, migration.id) != path:
        raise UsageError("where a rollback of this script belongs is not clear")
    second = path_of(folder, naming.rollback, migration.id)
    return {second: lay(layout, folder, migration.id, ("--", rollback))[second]}


def _in_one_file(layout: Layout, migration: Migration, text: str, rollback: str) -> str:
    """Put a rollback into the file that holds both ways."""
    lines, there = text.split("\n"), migration.rollback
    if there:
        start = there.line - 1
        end = start + there.text.rstrip("\n").count("\n") + 1
        return "\n".join((*lines[:start], *rollback.rstrip("\n").split("\n"), *lines[end:]))
    body = rollback.strip("\n").split("\n")
    markers = _markers(layout)
    if markers is None or "{rollback}" not in layout.naming.file:
        raise UsageError(f"a file of {layout.name} is not added to")
    downs = (i for i, line in enumerate(lines) if _is_down(markers, line))
    begin = next(downs, None)
    if begin is not None:
        return "\n".join((*lines[: begin + 1], *body, "", *lines[begin + 1 :])).rstrip("\n") + "\n"
    tail = layout.naming.file.partition("{forward}")[2]
    return (
        text.rstrip("\n") + "\n" + tail.format(rollback="\n".join((*body, "")), name=migration.id)
    )


def _is_down(markers: Markers, line: str) -> bool:
    """Tell whether a line begins the rollback."""
    match = markers.way.match(line)
    return match is not None and match.groupdict().get("up") is None


def _markers(layout: Layout) -> Markers | None:
    """Give the marker lines that part the layout's files; None where it has none."""
    found = layout.split.keywords.get("markers") if isinstance(layout.split, partial) else None
    return found if isinstance(found, Markers) else None


def with_statement_marks(layout: Layout, sql: str) -> str:
    """Put statements with semicolons inside between the marks that the layout's runner needs."""
    markers = _markers(layout)
    begin, end = markers.statement if markers else ("", "")
    for statement in split(sql) if begin else ():
        if ";" in statement.text:
            sql = sql.replace(f"{statement.text};", f"{begin}\n{statement.text};\n{end}")
    return sql


def reads_back(
    layout: Layout, folder: str, migration: Migration, texts: Mapping[str, str], rollback: str
) -> bool:
    """Tell whether a migration's files, as they would be, hold this rollback and its script as is.

    Args:
        layout: the project's.
        folder: of the migrations.
        migration: as it was read.
        texts: of the files that change.
        rollback: the SQL.
    """
    forward = migration.forward
    every = {forward.path: forward.text} if forward else {}
    every.update(texts)
    found = reading.read(
        every, folder, every.__getitem__, layout.name, notes_folder=layout.notes_folder
    )
    read = next((m for m in found.migrations if m.id == migration.id), None)
    if read is None or read.rollback is None:
        return False
    same = read.script_hash == migration.script_hash
    return same and _statements(read.rollback.text) == [
        text for text in _statements(rollback) if not _is_left_out(layout, text)
    ]


def _statements(sql: str) -> list[str]:
    """Give the statements of a script."""
    return [statement.text for statement in split(sql) if statement.kind != "blank"]


def _is_left_out(layout: Layout, text: str) -> bool:
    """Tell whether a statement is left to a runner that opens the transaction itself."""
    return layout.naming.wrapped and TRANSACTION.fullmatch(f"{text};") is not None
