r"""Put back the places of what a script's text leaves out.

A script of 200 MB is a few statements and millions of rows below COPY … FROM STDIN, or as many
statements that differ in their values only. Its text is then held without them: each block of rows
is an empty one before its ``\.``, and of statements that are alike the first stands for all. What
is left out is sent from the file.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.core.sql.execution import ADD_VALUE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migdocs.core.model import Stored
    from migdocs.core.sql.script import Statement

CHANGES = re.compile(r"(?:insert|update|delete)\b", re.IGNORECASE)


def fits(statements: Sequence[Statement], stored: Stored) -> bool:
    """Tell whether what was left out stands where the statements that were kept say it does.

    It does not where what looked like a COPY or an INSERT statement stands inside a string. Nor
    may values be left out below a new enum value: using it wants a transaction of its own (55P04).
    """
    copies = [first_row(statement) for statement in statements if statement.kind == "copy"]
    after = {first_row(statement) for statement in statements if _changes_rows(statement)}
    return (
        copies == [rows.line for rows in stored.rows]
        and all(rows.line in after for rows in stored.alike)
        and not (stored.alike and any(ADD_VALUE.match(statement.text) for statement in statements))
    )


def _changes_rows(statement: Statement) -> bool:
    """Tell whether a statement is one that others can be like."""
    return statement.kind == "sql" and statement.column == 1 and bool(CHANGES.match(statement.text))


def first_row(statement: Statement) -> int:
    """Give the line below a statement, on which a COPY statement's data begin."""
    return statement.place(len(statement.text))[0] + 1


def with_true_lines(statements: Sequence[Statement], stored: Stored) -> Iterator[Statement]:
    """Give the statements at the lines that they have in the file, and say what follows them."""
    left_out = sorted((*stored.rows, *stored.alike), key=lambda rows: rows.line)
    lines = [rows.line for rows in left_out]
    before = [0, *accumulate(rows.count for rows in left_out)]
    alike = {rows.line for rows in stored.alike}
    for statement in statements:
        line = statement.line + before[bisect_right(lines, statement.line)]
        followed = first_row(statement) in alike and _changes_rows(statement)
        yield replace(statement, line=line, followed=followed)
