"""Why a script, or a part of it, was not read: what it does there is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.sql import placeholders

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from migdocs.core.model import Change, Migration, Script

# Languages whose names are not their identifier's with a capital.
_LANGUAGES = {
    "csharp": "C#",
    "javascript": "JavaScript",
    "php": "PHP",
    "typescript": "TypeScript",
}
_DIALECTS = {"mysql": "MySQL", "sqlite": "SQLite", "mssql": "SQL Server", "mariadb": "MariaDB"}
# Findings about scripts that lie in the folder, and are no migration as it is read.
NOT_MIGRATIONS = frozenset({"unread-script", "nested-scripts"})
_MANY = 3  # reasons of one script that are said; the others are counted


def foreign(migration: Migration, script: Script | None) -> str:
    """Say why nothing of a script is read: its language or its dialect; empty where it is."""
    if script is None:
        return ""
    if script.language != "sql":
        return f"it is written in {language(script.language)}"
    if migration.dialect != "postgresql":
        return f"it is written for {_DIALECTS.get(migration.dialect, migration.dialect)}"
    return ""


def language(name: str) -> str:
    """Give what people call a language."""
    return _LANGUAGES.get(name, name.capitalize())


def of_script(
    migration: Migration, script: Script | None, changes: Iterable[Change]
) -> tuple[str, ...]:
    """Say why a script of a migration, or a part of it, is not read; empty where all of it is.

    Args:
        migration: that it belongs to.
        script: forward or rollback; of None there is nothing to read.
        changes: what was read of it.
    """
    if script is None:
        return ()
    if whole := foreign(migration, script):
        return (whole,)
    if named := placeholders.found(script.text):
        return _few([f"'{name}' is filled in by something else" for name in named])
    return _few(list(_parts(changes)))


def _parts(changes: Iterable[Change]) -> Iterator[str]:
    """Yield the reasons that single statements give."""
    for change in changes:
        if change.verb == "unread":
            yield f"line {change.line}: {change.after or 'it cannot be read'}"
        elif change.opaque:
            yield f"line {change.line}: the SQL is put together at run time"


def _few(reasons: Sequence[str]) -> tuple[str, ...]:
    """Keep the first reasons, and count the others."""
    told = tuple(dict.fromkeys(reasons))
    more = len(told) - _MANY
    return (*told[:_MANY], f"{more} more like these") if more > 0 else told
