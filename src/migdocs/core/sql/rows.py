r"""Put back the places of rows that a script's text leaves out.

A script of 200 MB is a few statements and millions of rows below COPY … FROM STDIN. Its text is
then held without the rows, each block of them an empty one before its ``\.``, and the rows are
sent from the file.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migdocs.core.model import Stored
    from migdocs.core.sql.script import Statement


def fits(statements: Sequence[Statement], stored: Stored) -> bool:
    """Tell whether the rows left out are those of the script's COPY statements, and no others.

    They are not where what looked like a COPY statement stands inside a string.
    """
    found = [first_row(statement) for statement in statements if statement.kind == "copy"]
    return found == [rows.line for rows in stored.rows]


def first_row(statement: Statement) -> int:
    """Give the line on which a COPY statement's data begin."""
    return statement.place(len(statement.text))[0] + 1


def with_true_lines(statements: Sequence[Statement], stored: Stored) -> Iterator[Statement]:
    """Give the statements at the lines that they have in the file."""
    for statement in statements:
        before = sum(rows.count for rows in stored.rows if rows.line <= statement.line)
        yield replace(statement, line=statement.line + before)
