"""Read what statements change: every statement becomes Changes, or is named as unread.

The readers stand in families of their own; ``readers.READERS`` says which reads what. What cannot
be read is a Change of the verb ``unread``; what changes nothing has the verb ``run`` or ``set``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.core.changes import bodies
from migdocs.core.changes.data import called
from migdocs.core.changes.place import Place
from migdocs.core.changes.readers import OTHERS, READERS
from migdocs.core.sql import parser, resolving, tree
from migdocs.core.sql.script import split

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from migdocs.core.model import Change, Script
    from migdocs.core.sql.parser import Parsed
    from migdocs.core.sql.plpgsql import Inner
    from migdocs.core.sql.resolving import Known, Scope

# A function that calls itself, or a chain of them, is followed this far.
CALL_DEPTH = 5
# Statements that run a body, or make one that may be run.
RUN_OR_MADE = frozenset({"do_stmt", "create_function_stmt", "select_stmt", "call_stmt"})
LITERAL = re.compile(r"'[^']*'?")
NAME_LENGTH = 60  # characters of a statement that name it where nothing else does


def read_script(script: Script, known: Known | None = None) -> tuple[Change, ...]:
    """Read a script of a migration; a text in another language gives nothing."""
    if script.language != "sql":
        return ()
    statements = split(script.text, script.line)
    return read_changes(parser.parse_all(statements, script.path), script.path, known)


def read_changes(
    parsed: Sequence[Parsed], path: str = "", known: Known | None = None
) -> tuple[Change, ...]:
    """Read a script's statements, in order.

    What stands in a DO block, and in a routine that the script itself makes and then calls, is read
    as well: ``conditional`` where it may run or not, ``opaque`` where it is built at run time.

    Args:
        parsed: of ``parser.parse_all``.
        path: of the script's file.
        known: what is there before it, where the search_path is looked through.
    """
    return tuple(Reading(path).script(resolving.follow(parsed, known)))


class Reading:
    """What is known while the statements of one script are read.

    Who has the statements one after the other reads them so too; their names stand in their
    schemas already (``resolving.follow``).
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.routines: dict[str, Parsed] = {}
        self.calls = 0

    def script(self, parsed: Iterable[Parsed]) -> Iterator[Change]:
        """Read statement after statement."""
        for item in parsed:
            if item.statement.kind != "blank":
                yield from self.statement(item, conditional=False)

    def statement(self, item: Parsed, *, conditional: bool) -> Iterator[Change]:
        """Read one statement, and the bodies that it runs."""
        statement = item.statement
        text = item.text or statement.text
        place = Place(self.path, statement.line, statement.index, text, conditional)
        reader = READERS.get(item.kind)
        if reader:
            yield from reader(item.node, place)
        elif item.kind in OTHERS:
            yield place.change(*OTHERS[item.kind], _beginning(statement.text))
        elif item.kind != "do_stmt":
            yield _unread(item, place)
        if item.kind in RUN_OR_MADE:
            yield from self.inside(item, place)

    def inside(self, item: Parsed, place: Place) -> Iterator[Change]:
        """Read the body that a statement runs, and remember those that it makes."""
        if item.kind == "do_stmt":
            yield from self.body(item, place, "DO block")
        elif item.kind == "create_function_stmt":
            self.routines[tree.dotted(item.node.funcname)] = item
        elif self.routines:
            for name in _called(item):
                if name in self.routines and self.calls < CALL_DEPTH:
                    self.calls += 1
                    yield from self.body(self.routines[name], place, name)
                    self.calls -= 1

    def body(self, item: Parsed, place: Place, name: str) -> Iterator[Change]:
        """Read the statements of a body, as far as they can be read."""
        found = bodies.statements_in(item)
        if found is None:
            _, language = bodies.body_of(item.node)
            reason = f"in {language}" if language else "in SQL"
            yield place.change("unread", "body", name, reason, opaque=True)
            return
        for inner in found:
            yield from self.inner(inner, place, name, item.scope)
        if not found:
            yield place.change("run", "body", name)

    def inner(self, inner: Inner, place: Place, name: str, scope: Scope | None) -> Iterator[Change]:
        """Read one statement of a body; one that is built at run time only if it is a literal."""
        text = bodies.constant(inner.text) if inner.dynamic else inner.text
        if not text:
            here = replace(
                place, line=inner.line, conditional=place.conditional or inner.conditional
            )
            yield here.change("run", "body", name, inner.text, opaque=True)
            return
        for statement in split(text, inner.line):
            parsed = parser.parse(replace(statement, index=place.statement), self.path)
            parsed = scope.settle(parsed) if scope else parsed
            yield from self.statement(parsed, conditional=place.conditional or inner.conditional)


def _called(item: Parsed) -> tuple[str, ...]:
    """Give the routines that a SELECT or CALL calls."""
    if item.kind == "call_stmt":
        return (tree.dotted(item.node.funccall.funcname),)
    return called(item.node)


def _unread(item: Parsed, place: Place) -> Change:
    """Name a statement that cannot be read; ``after`` says why."""
    if item.error:
        reason = item.error.message
    elif item.statement.variables:
        reason = f"{item.statement.variables[0].name} is a variable of psql"
    else:
        reason = "a command of psql" if item.statement.kind == "psql" else item.kind
    return place.change("unread", "statement", _beginning(item.statement.text), reason, opaque=True)


def _beginning(text: str) -> str:
    """Give a statement's first words, on one line; what is quoted may be a password."""
    line = " ".join(LITERAL.sub("'…'", text[: 4 * NAME_LENGTH]).split())
    return line if len(line) <= NAME_LENGTH else line[: NAME_LENGTH - 1] + "…"
