"""Check scripts as texts: what cannot be read in them, and every hazard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.catalog import Catalog
from migdocs.core.changes.reading import read_changes
from migdocs.core.hazards.judging import judge
from migdocs.core.model import Finding
from migdocs.core.sql import parser
from migdocs.core.sql.script import split

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from migdocs.core.model import Change, Hazard, Script
    from migdocs.core.sql.parser import Parsed

SYNTAX_ERROR = "syntax-error"


def check_script(
    text: str,
    path: str,
    *,
    postgres: int,
    schema_text: str = "",
    schema_path: str = "",
) -> tuple[Finding, ...]:
    """List what is wrong with one script that has no project around it, in the order of its lines.

    Args:
        text: of the script.
        path: that its findings name.
        postgres: the major version that it will run on, 10 to 18.
        schema_text: a script that makes the schema that it meets; empty where that is not known.
        schema_path: that errors in it name.
    """
    parsed = parser.parse_all(split(text), path)
    before: Catalog | None = None
    errors: tuple[Finding, ...] = ()
    if schema_text:
        made = parser.parse_all(split(schema_text), schema_path)
        errors = tuple(unreadable(made))
        before = Catalog()
        before.apply_all(read_changes(made, schema_path))
    hazards = judge(
        parsed,
        postgres=postgres,
        before=before,
        path=path,
        whole_schema=before is not None and not errors,
    )
    found = (*unreadable(parsed), *hazards)
    return (*errors, *sorted(found, key=lambda finding: finding.line))


def unreadable(statements: Iterable[Parsed]) -> Iterator[Finding]:
    """Give a finding for each statement that PostgreSQL's parser refuses."""
    for error in (parsed.error for parsed in statements):
        if error is not None:
            yield Finding(
                SYNTAX_ERROR,
                "error",
                f"{error.message}, at column {error.column}",
                error.path,
                error.line,
                error.hint or "PostgreSQL refuses the script at this place.",
                "42601",
            )


def unread(script: Script | None) -> tuple[Finding, ...]:
    """List the statements of a migration's script that PostgreSQL's parser refuses."""
    if script is None or script.language != "sql":
        return ()
    return tuple(unreadable(parser.parse_all(split(script.text, script.line), script.path)))


def check_part(
    script: Script | None,
    migration: str,
    before: Catalog,
    postgres: int,
    changes: Sequence[Change] | None = None,
) -> tuple[Finding | Hazard, ...]:
    """List what is wrong with one script of a migration where it stands; nothing of other code.

    Args:
        script: its forward script or its rollback.
        migration: its id.
        before: the schema that the script meets.
        postgres: the major version that it will run on, 10 to 18.
        changes: what the script does, where that has been read already.
    """
    if script is None or script.language != "sql":
        return ()
    parsed = parser.parse_all(split(script.text, script.line), script.path)
    hazards = judge(
        parsed,
        postgres=postgres,
        before=before,
        transaction=script.transaction,
        path=script.path,
        migration=migration,
        changes=changes,
    )
    return (*unreadable(parsed), *hazards)
