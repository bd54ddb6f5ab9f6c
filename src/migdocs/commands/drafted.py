"""Read a forward script that somebody has drafted, on the schema that it will meet."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.adapters import files
from migdocs.core import hazards, notes
from migdocs.core.catalog import Catalog
from migdocs.core.changes import reading
from migdocs.core.errors import InputError, raise_all
from migdocs.core.sql import execution, parser, script

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from migdocs.commands.project import Project
    from migdocs.core.catalog import Effect
    from migdocs.core.model import Hazard


class Drafted(Struct, frozen=True):
    """A script as it was read.

    Attributes:
        before: the schema that it meets.
        effects: of its Changes on it.
    """

    text: str
    before: Catalog
    effects: Sequence[Effect]
    hazards: Sequence[Hazard]


def read(project: Project, place: Path) -> Drafted:
    """Read a script: of a migration that is there already on the schema before it, else on all.

    Raises:
        InputError: something in it is no PostgreSQL, or no statement that can be sent to a server.
    """
    text = notes.normalise(files.read(place.resolve().parent, place.name))
    parsed = parser.parse_all(script.split(text), str(place))
    raise_all(item.error for item in parsed if item.error)
    decided = execution.execution([item.statement for item in parsed])
    raise_all(InputError(r.reason, path=str(place), line=r.line) for r in decided.refusals)
    before = schema_before(project, _id_of(project, place))
    changes = reading.read_changes(parsed, str(place), before)
    found = hazards.judge(
        parsed,
        postgres=project.settings.postgres,
        before=before,
        path=str(place),
        changes=changes,
    )
    return Drafted(text, before, before.fork().apply_all(changes), found)


def schema_before(project: Project, migration_id: str) -> Catalog:
    """Give the schema that a migration meets; what all of them leave where there is none of it."""
    sql, before = project.facts.sql, Catalog()
    before.apply_all(sql.base)
    earlier = []
    for migration in project.reading.migrations:
        if migration.id == migration_id:
            break
        earlier.append(sql.changes.get(migration.id, ()))
    before.apply_all(chain.from_iterable(earlier))
    return before


def _id_of(project: Project, place: Path) -> str:
    """Give the id of the migration whose forward script this is; empty where it is none's."""
    there = place.resolve()
    paths = ((m.id, m.forward.path) for m in project.reading.migrations if m.forward)
    return next((id_ for id_, path in paths if (project.root / path).resolve() == there), "")
