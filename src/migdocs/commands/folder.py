"""Read a migrations folder whole, as a database's commands need it: no git, no documents."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.adapters import files, large, layouts
from migdocs.core.errors import InputError, raise_all
from migdocs.core.sql import placeholders, rows, script

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from migdocs.adapters.large import Abridged
    from migdocs.adapters.layouts import Reading
    from migdocs.core.model import Migration, Script
    from migdocs.core.settings import Settings

# What is wrong with a folder so that nobody can tell which script is meant.
UNCLEAR = {
    "ambiguous-rollback",
    "both-ways",
    "contested-layout",
    "duplicate-id",
    "mixed-layouts",
    "rollback-without-forward",
}


def read(root: Path, chosen: Settings) -> Reading:
    """Read the migrations.

    Raises:
        MigdocsError: a script or its name is wrong.
    """
    reading = _read(root, chosen)
    unclear = (f for f in reading.findings if f.rule in UNCLEAR)
    raise_all(InputError(f.message, path=f.path, line=f.line, hint=f.hint) for f in unclear)
    filled = placeholders.fill_all(reading.migrations, chosen.placeholders)
    return replace(reading, migrations=filled)


def _read(root: Path, chosen: Settings) -> Reading:
    """Read the scripts; of those that are too much to hold, not the rows."""
    abridged: dict[str, Abridged] = {}

    def text_of(path: str) -> str:
        """Give a file's text, abridged where that can be undone."""
        if files.size(root, path) > large.LIMIT and (found := _abridged(root, path)):
            abridged[path] = found
            return found.text
        return files.read(root, path)

    paths = files.everything(root, chosen.migrations)
    read_with = functools.partial(
        layouts.read,
        paths,
        chosen.migrations,
        layout=chosen.layout,
        notes_folder=chosen.notes,
        dialect=chosen.dialect,
    )
    reading = read_with(text_of=text_of)
    if not abridged:
        return reading
    migrations = tuple(_with_stored(one, abridged) for one in reading.migrations)
    if _stored_paths(migrations) != abridged.keys():
        # A convention that has both ways in one file: its scripts are parts of what was read.
        whole = functools.partial(files.read, root)
        return read_with(text_of=whole)
    return replace(reading, migrations=migrations)


def _abridged(root: Path, path: str) -> Abridged | None:
    """Read a script without its data, as much of them as can be put back; None for nothing."""
    for rows_only in (False, True):
        found = large.read(files.inside(root, path), path, rows_only=rows_only)
        if rows.fits(script.split(found.text), found.stored):
            return found
        if not found.stored.alike:
            break
    return None


def _with_stored(migration: Migration, abridged: Mapping[str, Abridged]) -> Migration:
    """Give a migration whose scripts know which rows they leave out."""
    forward, rollback = (_storing(one, abridged) for one in (migration.forward, migration.rollback))
    return replace(migration, forward=forward, rollback=rollback)


def _storing(found: Script | None, abridged: Mapping[str, Abridged]) -> Script | None:
    """Give a script that knows which rows it leaves out; the same where it leaves none."""
    short = abridged.get(found.path) if found else None
    if found is None or short is None or found.text != short.text:
        return found
    return replace(found, stored=short.stored)


def _stored_paths(migrations: Iterable[Migration]) -> set[str]:
    """Name the files of the scripts that leave rows out."""
    parts = (part for one in migrations for part in (one.forward, one.rollback))
    return {part.path for part in parts if part and part.stored}
