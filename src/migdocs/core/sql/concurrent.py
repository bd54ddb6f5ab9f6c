"""Say which index a statement builds or drops concurrently, and what may be run a second time.

CREATE INDEX CONCURRENTLY that fails leaves an invalid index behind, and ``IF NOT EXISTS`` then
calls that a success for ever (PostgreSQL manual: CREATE INDEX, "Building Indexes Concurrently").
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.sql.words import folded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from migdocs.core.sql.script import Statement

NAME = r'(?:"(?:[^"]|"")+"|[\w$]+)'
BUILD = re.compile(
    rf"create\s+(?:unique\s+)?index\s+concurrently\s+(?:if\s+not\s+exists\s+)?(?P<name>{NAME})\s+"
    rf"on\s+(?:only\s+)?(?P<table>{NAME}(?:\s*\.\s*{NAME})?)",
    re.IGNORECASE,
)
DROP = re.compile(
    rf"drop\s+index\s+concurrently\s+(?:if\s+exists\s+)?(?P<name>{NAME}(?:\s*\.\s*{NAME})?)"
    r"(?:\s+(?:cascade|restrict))?\Z",
    re.IGNORECASE,
)
CONCURRENT = re.compile(
    r"(?:create|drop|reindex|alter\s+table)\b[^;']*\bconcurrently\b", re.IGNORECASE
)
# Statements that end alike, run once or twice.
REPEATABLE = re.compile(r"(?:set|reset|show|vacuum|analyze|analyse)\b", re.IGNORECASE)


class IndexBuild(Struct, frozen=True):
    """The index that a statement builds without blocking writers.

    Attributes:
        name: as the catalog has it: folded to lower case, or as it was quoted.
        table: as written, maybe with its schema.
    """

    name: str
    table: str


def index_built(statement: Statement) -> IndexBuild | None:
    """Give the index that a statement builds concurrently; None where it builds none by name."""
    found = BUILD.match(statement.text)
    return IndexBuild(folded(found["name"]), found["table"]) if found else None


def index_dropped(statement: Statement) -> str | None:
    """Give the index, as written, that a statement drops concurrently; None where it drops none."""
    found = DROP.match(statement.text)
    return found["name"] if found else None


def waits_for_others(statement: Statement) -> bool:
    """Tell whether a statement waits for older transactions, which no lock time limit may cut."""
    return CONCURRENT.match(statement.text) is not None


def can_resume(statements: Iterable[Statement]) -> bool:
    """Tell whether a script that was cut off may be run from its beginning.

    That is so where what every statement left can be seen: an index is there and valid, or is not.
    """
    return all(
        index_built(statement)
        or index_dropped(statement)
        or REPEATABLE.match(statement.text)
        or statement.kind == "blank"
        for statement in statements
    )
