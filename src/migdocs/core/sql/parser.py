"""Read statements with PostgreSQL's own parser: the one place that calls it.

The library is libpg_query (PostgreSQL 18's grammar) through ``postgast``; trees are its protobuf
messages, described by ``pg_query.proto``. It reads in C: text that is nested too deep would end the
process, so depth is measured first.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from migdocs.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migdocs.core.sql.resolving import Scope
    from migdocs.core.sql.script import Statement

# A protobuf message of pg_query.proto; its classes are made at run time.
Node = Any

# Words and operators that may nest in each other. 4,000 levels were read and written safely on a
# stack of 8 MB; the worst form (a subquery) takes two words a level.
DEPTH_LIMIT = 2_000
AT_ONCE = 200  # statements that are read together
READABLE = frozenset({"sql", "copy"})  # kinds of statements
TOKEN = re.compile(
    r"""
      (?P<comma>(?:(?:'[^']*'|(?<![\w.])[+-]?[\w.]+)\s*[,;]\s*)+|[,;])  # a list, in one leap
    | [eE]'(?:[^'\\]|\\.|''|(?!))*+' | '[^']*' | "[^"]*" | --[^\n\r]* | /\*.*?(?:\*/|\Z)
    | (?P<tag>\$(?:[^\W\d]\w*)?\$).*?(?:(?P=tag)|\Z)
    | (?P<lasting>\b(?:union|intersect|except)\b) | (?P<opens>[(\[]) | (?P<closes>[)\]])
    | \w+ | \|\| | [^\w\s]
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
OTHER_DIALECTS = (
    (re.compile(r"`\w+`"), "names in backticks are MySQL's; PostgreSQL quotes them with '\"'"),
    (re.compile(r"\bauto_?increment\b", re.IGNORECASE), "AUTO_INCREMENT is another database's"),
    (re.compile(r"\A(?:go|pragma)\b", re.IGNORECASE), "this is another database's statement"),
    (re.compile(r"\[\w+\]\.\[\w+\]"), "names in brackets are SQL Server's"),
)


class Parsed(Struct, frozen=True):
    """A statement and what PostgreSQL's parser makes of it.

    Attributes:
        kind: the field of ``pg_query.Node`` that is set: ``alter_table_stmt``; empty where the
            statement is not SQL or cannot be read.
        node: the message of that kind, None where there is none.
        error: why it cannot be read, with its place.
        text: what it says with every name in its schema, where a search_path decides that; empty
            where it is the statement's own.
        scope: where the names of its body are looked for; None where that is public.
    """

    statement: Statement
    kind: str = ""
    node: Node = None
    error: InputError | None = None
    text: str = ""
    scope: Scope | None = None


def parse(statement: Statement, path: str = "") -> Parsed:
    """Read one statement; never raises: what is wrong stands in the answer.

    Args:
        statement: of ``script.split``.
        path: of its file, for the error.
    """
    if statement.kind not in READABLE or statement.variables:
        return Parsed(statement)
    text = statement.text
    if _is_too_deep(text):
        return Parsed(statement, error=_error(statement, path, "the statement nests too deep", 0))
    if "\0" in text:
        error = _error(statement, path, "SQL cannot contain a NUL byte", text.index("\0"))
        return Parsed(statement, error=error)
    return _parse(statement, path)


def parse_all(statements: Sequence[Statement], path: str = "") -> tuple[Parsed, ...]:
    """Read every statement of a script.

    Many are read at once, which takes half the time; where that fails, each is read alone.
    """
    return tuple(
        parsed
        for start in range(0, len(statements), AT_ONCE)
        for parsed in _parse_together(statements[start : start + AT_ONCE], path)
    )


def _parse_together(statements: Sequence[Statement], path: str) -> Iterator[Parsed]:
    """Read some statements at once if they are all in order, else each alone."""
    trees: Sequence[Node] = ()
    if all(_is_plain(statement) for statement in statements):
        try:
            trees = _trees("\n;\n".join(statement.text for statement in statements))
        except (linked().PgQueryError, _too_deep()):
            trees = ()
    if len(trees) != len(statements):
        yield from (parse(statement, path) for statement in statements)
        return
    for statement, tree in zip(statements, trees, strict=True):
        node = tree.stmt
        kind = node.WhichOneof("node")
        yield Parsed(statement, kind, getattr(node, kind))


def _is_plain(statement: Statement) -> bool:
    """Tell whether a statement can be handed to the library."""
    return (
        statement.kind in READABLE
        and not statement.variables
        and "\0" not in statement.text
        and not _is_too_deep(statement.text)
    )


def _is_too_deep(text: str) -> bool:
    """Tell whether a text nests deeper than the library's stack may bear."""
    return len(text) > DEPTH_LIMIT and depth(text) > DEPTH_LIMIT


def _trees(text: str) -> Sequence[Node]:
    """Give the trees of a text's statements."""
    trees: Sequence[Node] = linked().parse(encodable(text)).stmts
    return trees


def _parse(statement: Statement, path: str) -> Parsed:
    """Hand a statement to the library, and translate its errors."""
    library = linked()
    try:
        trees = _trees(statement.text)
    except library.PgQueryError as error:
        # `cursorpos` counts characters from 1; 0 where the library does not know.
        place = max(error.cursorpos - 1, 0)
        return Parsed(statement, error=_error(statement, path, error.message, place))
    except _too_deep():
        return Parsed(statement, error=_error(statement, path, "the statement nests too deep", 0))
    if len(trees) != 1:
        return Parsed(statement, error=_error(statement, path, "this is not one statement", 0))
    node = trees[0].stmt
    kind = node.WhichOneof("node")
    return Parsed(statement, kind, getattr(node, kind))


def _error(statement: Statement, path: str, message: str, offset: int) -> InputError:
    """Give an error its place in the file, and a hint where another dialect shows."""
    line, column = statement.place(offset)
    hint = next((hint for form, hint in OTHER_DIALECTS if form.search(statement.text)), "")
    return InputError(message, path=path, line=line, column=column, hint=hint)


def encodable(text: str) -> str:
    """Give text that can be encoded: bytes that were no UTF-8 stand as surrogates in ours."""
    return text.encode("utf-8", "replace").decode("utf-8") if not text.isascii() else text


def depth(text: str) -> int:
    """Give how many words can at most be nested in each other: chains and brackets, added up.

    A comma ends a chain of operators, but not one of set operations.
    """
    levels = [[0, 0]]  # of each open bracket: words since its last comma, set operations
    deepest = total = 0
    for token in TOKEN.finditer(text):
        kind = token.lastgroup
        if kind == "comma":
            total -= levels[-1][0]
            levels[-1][0] = 0
        elif kind == "closes" and len(levels) > 1:
            total -= sum(levels.pop())
        else:
            levels[-1][kind == "lasting"] += 1
            total += 1
            deepest = max(deepest, total)
            if kind == "opens":
                levels.append([0, 0])
    return deepest


def deparse_expression(node: Node) -> str:
    """Write an expression (a ``pg_query.Node``) as SQL, in PostgreSQL's own style."""
    library = linked()
    tree = library.ParseResult()
    target = tree.stmts.add().stmt.select_stmt.target_list.add()
    target.res_target.val.CopyFrom(node)
    return str(library.deparse(tree)).removeprefix("SELECT ")


def deparse_statement(kind: str, node: Node) -> str:
    """Write a statement as SQL, in PostgreSQL's own style.

    Args:
        kind: as in ``Parsed.kind``.
        node: as in ``Parsed.node``.
    """
    library = linked()
    tree = library.ParseResult()
    getattr(tree.stmts.add().stmt, kind).CopyFrom(node)
    return str(library.deparse(tree))


def in_one_style(parsed: Parsed) -> str:
    """Write a statement as PostgreSQL would; its words where that cannot be done."""
    words = " ".join(parsed.statement.text.split())
    try:
        return deparse_statement(parsed.kind, parsed.node) if parsed.kind else words
    except (linked().PgQueryError, _too_deep()):
        return words


@cache
def linked() -> Any:  # noqa: ANN401 - a module without types
    """Import the parser, once and late: it costs as much as all else.

    Protobuf refuses trees of more than 100 messages, some 45 operators in a chain, unless it is
    told that the sender is trusted; ours is PostgreSQL's parser.
    """
    import postgast
    from google._upb import _message

    _message.SetAllowOversizeProtos(True)  # noqa: FBT003 - protobuf's own signature
    return postgast


@cache
def _too_deep() -> type[Exception]:
    """Give the error that a tree too deep for protobuf raises."""
    from google.protobuf.message import DecodeError

    error: type[Exception] = DecodeError
    return error


@cache
def enum_names(name: str) -> tuple[str, ...]:
    """Give the names of an enum of ``pg_query.proto``, at the index of their numbers."""
    values = linked().pg_query_pb2.DESCRIPTOR.enum_types_by_name[name].values
    return tuple(value.name for value in values)


@cache
def _kinds() -> dict[str, str]:
    """Give the kinds of nodes by their messages' names."""
    fields = linked().pg_query_pb2.Node.DESCRIPTOR.fields
    return {field.message_type.name: field.name for field in fields}


def kind_of(message: str) -> str:
    """Give the kind of node that a message is: ``alter_table_stmt`` of ``AlterTableStmt``."""
    return _kinds().get(message, "")
