"""Look into the files that a script of psql's includes, before psql runs it."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from migdocs.adapters import files
from migdocs.core.errors import InputError, MigdocsError
from migdocs.core.sql import psql_commands, script

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from migdocs.core.sql.psql_commands import Include

HINT = "Take it out: what a script includes must run to its end, in the database that is meant."


def problems(
    root: Path, path: str, text: str, seen: set[str] | None = None
) -> Iterator[InputError]:
    """Say what in a script's included files would let it count as applied when it is not.

    Args:
        root: of the project, where psql is started.
        path: of the script, from the root.
        text: of the script.
        seen: the files that were looked into already.
    """
    seen = {path} if seen is None else seen
    for include in psql_commands.includes(script.split(text)):
        if not include.name:
            yield InputError(
                "only psql knows which file this includes, and so whether it ends half way",
                path=path,
                line=include.line,
                hint="Write its name out: '\\ir name.sql' beside the script.",
            )
            continue
        inner = _place(path, include)
        if inner in seen:
            continue
        seen.add(inner)
        yield from _inside(root, path, inner, include, seen)


def _place(path: str, include: Include) -> str:
    """Give the path of an included file, from the root."""
    folder = posixpath.dirname(path) if include.relative else ""
    return posixpath.normpath(posixpath.join(folder, include.name))


def _inside(
    root: Path, path: str, inner: str, include: Include, seen: set[str]
) -> Iterator[InputError]:
    """Say what is wrong in one included file, and in those that it includes."""
    try:
        text = files.read(root, inner)
    except MigdocsError as error:
        yield InputError(
            f"the included file '{include.name}' cannot be read: {error.message}",
            path=path,
            line=include.line,
            hint=error.hint
            or "psql is started in the project's root; '\\ir' begins at the script.",
        )
        return
    for statement in script.split(text):
        command, why = (
            psql_commands.untold(statement.text) if statement.kind == "psql" else ("", "")
        )
        if why:
            said = f"'{command}' {why}, and {path}:{include.line} includes this file"
            yield InputError(said, path=inner, line=statement.line, hint=HINT)
    yield from problems(root, inner, text, seen)
