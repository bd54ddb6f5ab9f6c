"""Read bodies in PL/pgSQL with PostgreSQL's own parser: statements, and what is wrong."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.sql.parser import encodable, linked

if TYPE_CHECKING:
    from collections.abc import Iterator


class Inner(Struct, frozen=True):
    """A statement inside a routine's body.

    Attributes:
        text: of the statement; of the expression that makes it where it is dynamic.
        line: in the body, from 1.
        conditional: it stands in a branch, a loop or a block that catches errors.
        dynamic: it is built at run time and cannot be read.
    """

    text: str
    line: int
    conditional: bool
    dynamic: bool


@lru_cache(maxsize=64)  # who reads the changes of a script also judges it
def body(text: str) -> tuple[Inner, ...] | None:
    """Read the statements of a body in PL/pgSQL, in order; None where it cannot be read.

    Args:
        text: of the DO, CREATE FUNCTION or CREATE PROCEDURE that holds it.
    """
    library = linked()
    try:
        functions = library.parse_plpgsql(encodable(text))
        return tuple(
            inner
            for function in functions
            for inner in _inner(function["PLpgSQL_function"].get("action"), 1, conditional=False)
        )
    except (library.PgQueryError, RecursionError, ValueError):
        return None


class BodyError(Struct, frozen=True):
    """What is wrong in a body, with its line in the body, from 1."""

    message: str
    line: int


NEAR_LINE = re.compile(r"near line (\d+)")


@lru_cache(maxsize=64)
def error_in(text: str) -> BodyError | None:
    """Give the syntax error in a body in PL/pgSQL; None where it has none that is sure.

    The library has no catalog: what it says besides syntax may be its own lack.
    """
    library = linked()
    try:
        library.parse_plpgsql(encodable(text))
    except library.PgQueryError as error:
        if error.message.startswith("syntax error"):
            found = NEAR_LINE.search(error.context or "")
            return BodyError(error.message, int(found[1]) if found else 1)
    except (RecursionError, ValueError):
        return None
    return None


@lru_cache(maxsize=16)
def ends_transaction(text: str) -> bool:
    """Tell whether a body in PL/pgSQL surely runs COMMIT or ROLLBACK: not in a branch or loop."""
    library = linked()
    try:
        functions = library.parse_plpgsql(encodable(text))
    except (library.PgQueryError, RecursionError, ValueError):
        return False
    action = functions[0]["PLpgSQL_function"].get("action") if functions else None
    block = action.get("PLpgSQL_stmt_block", {}) if action else {}
    body = () if "exceptions" in block else block.get("body", ())
    return any(not ENDINGS.isdisjoint(statement) for statement in body)


ENDINGS = frozenset({"PLpgSQL_stmt_commit", "PLpgSQL_stmt_rollback"})
# In these a statement may run never, once or often.
BRANCHING = frozenset(
    f"PLpgSQL_stmt_{name}"
    for name in ("if", "case", "loop", "while", "fori", "fors", "forc", "foreach_a", "dynfors")
)
# A PL/pgSQL statement that runs SQL → the part that holds it, and whether it is built at run time.
RUNS_SQL = {
    "PLpgSQL_stmt_execsql": ("sqlstmt", False),
    "PLpgSQL_stmt_perform": ("expr", False),
    "PLpgSQL_stmt_call": ("expr", False),
    "PLpgSQL_stmt_dynexecute": ("query", True),
    "PLpgSQL_stmt_dynfors": ("query", True),
}


def _inner(tree: object, line: int, *, conditional: bool) -> Iterator[Inner]:
    """Give the SQL statements of a part of a body, depth first."""
    if isinstance(tree, list):
        for item in tree:
            yield from _inner(item, line, conditional=conditional)
    elif isinstance(tree, dict):
        for name, part in tree.items():
            yield from _named(name, part, line, conditional=conditional)


def _named(name: str, part: object, line: int, *, conditional: bool) -> Iterator[Inner]:
    """Give the SQL statements of a part of a body that has a name."""
    if isinstance(part, dict):
        line = part.get("lineno", line)
        conditional = conditional or name in BRANCHING or "exceptions" in part
        if name in RUNS_SQL:
            key, dynamic = RUNS_SQL[name]
            yield Inner(part[key]["PLpgSQL_expr"]["query"], line, conditional, dynamic)
    yield from _inner(part, line, conditional=conditional)
