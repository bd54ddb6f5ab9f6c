"""How a statement's tree shows syntax that a version brought: what the rows of the table ask."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from migdocs.core.sql.parser import Node

    Shows = Callable[[Node], bool]

SYNTAX_ERROR = "42601"
NO_FUNCTION = "42883"
NOT_SUPPORTED = "0A000"
NO_SUCH_OPTION = "22023"


class Young(Struct, frozen=True):
    """A piece of syntax that a version brought.

    Attributes:
        message: of pg_query.proto, that has it.
        name: for a reader.
        since: the first major version that has it.
        words: of which the text of every statement with it has one, in lower case.
        shows: whether a message of that kind has it.
        sqlstate: what an older server says.
        form: what the text has besides, where the tree does not tell it apart.
        first: the first version that refuses it; those before read something else in it.
    """

    message: str
    name: str
    since: int
    words: tuple[str, ...]
    shows: Shows = lambda _: True
    sqlstate: str = SYNTAX_ERROR
    form: re.Pattern[str] | None = None
    first: int = 0


def constraint(*kinds: str) -> Shows:
    """Make what tells whether a constraint is of one of these kinds."""
    return lambda node: enum_names("ConstrType")[node.contype] in kinds


def subtype(*names: str) -> Shows:
    """Make what tells whether a sub-command of ALTER TABLE is one of these."""
    return lambda node: enum_names("AlterTableType")[node.subtype] in names


def one_of(field: str, enum: str, *values: str) -> Shows:
    """Make what tells whether a field is one of these values of an enumeration."""
    return lambda node: enum_names(enum)[getattr(node, field)] in values


def filled(field: str) -> Shows:
    """Make what tells whether a word, number or list is given."""
    return lambda node: bool(getattr(node, field))


def is_set(field: str) -> Shows:
    """Make what tells whether a message is given."""
    return lambda node: bool(node.HasField(field))


def options_of(node: Node) -> list[Node]:
    """Give a statement's options, whatever the grammar calls them."""
    fields = ("options", "params", "definition", "opt")
    return list(next((found for f in fields if (found := getattr(node, f, None))), ()))


def option(*names: str) -> Shows:
    """Make what tells whether a statement has one of these options."""
    return lambda node: any(item.def_elem.defname in names for item in options_of(node))


def named(name: str) -> Shows:
    """Make what tells whether an option has this name, whatever it is an option of."""
    return lambda node: bool(node.defname == name)


def calls(name: str) -> Shows:
    """Make what tells whether a call in words of its own is of this function."""
    return lambda node: [part.string.sval for part in node.funcname] == ["pg_catalog", name]


def flagged(field: str, mask: int) -> Shows:
    """Make what tells whether a set of flags (parsenodes.h) has one of these."""
    return lambda node: bool(getattr(node, field) & mask)


def like(flag: int) -> Shows:
    """Make what tells whether LIKE names this to be included; ALL names nothing."""
    return lambda node: node.options < LIKE_ALL and bool(node.options & flag)


def frame_offset(node: Node) -> bool:
    """Tell whether a window's RANGE counts in values."""
    return bool(node.frame_options & FRAME_RANGE and node.frame_options & FRAME_OFFSETS)


def not_null_by_table(node: Node) -> bool:
    """Tell whether NOT NULL stands as a constraint of the table, or is not validated."""
    return not_null(node) and bool(node.keys or node.skip_validation) and not _of_domain(node)


def _of_domain(node: Node) -> bool:
    """Tell whether NOT NULL is that of a domain's values."""
    return [key.string.sval for key in node.keys] == ["value"] and not node.is_enforced


def by_source(node: Node) -> bool:
    """Tell whether a branch of MERGE is for what the source has not."""
    return bool(enum_names("MergeMatchKind")[node.match_kind].endswith("BY_SOURCE"))


def virtual(node: Node) -> bool:
    """Tell whether a generated column is computed when it is read."""
    return generated(node) and bool(node.generated_kind == "v")


def not_enforced(node: Node) -> bool:
    """Tell whether a check or foreign key is not enforced."""
    return constraint("CONSTR_CHECK", "CONSTR_FOREIGN")(node) and not node.is_enforced


def storage_default(node: Node) -> bool:
    """Tell whether a setting of storage is DEFAULT."""
    definition = getattr(node, "def")
    return subtype("AT_SetStorage")(node) and definition.string.sval.lower() == "default"


def to_default(kind: str, field: str) -> Shows:
    """Make what tells whether a sub-command sets DEFAULT, which leaves a field empty."""
    is_kind = subtype(kind)
    if field == "def":
        return lambda node: is_kind(node) and not node.HasField("def")
    return lambda node: is_kind(node) and not getattr(node, field)


def routine(field: str) -> Shows:
    """Make what tells whether a statement is about a procedure, or any routine."""
    return one_of(field, "ObjectType", "OBJECT_PROCEDURE", "OBJECT_ROUTINE")


def plain_json(node: Node) -> bool:
    """Tell whether a JSON function is called as any other: its name is what is not found."""
    text = str(node)
    special = ("output {", "behavior", "passing", "wrapper: JSW_CON", "wrapper: JSW_UNCON")
    return not any(word in text for word in special) and "JS_FORMAT_JSON" not in text


def special_json(node: Node) -> bool:
    """Tell whether a JSON function has words of its own."""
    return not plain_json(node)


def special_parse(node: Node) -> bool:
    """Tell whether JSON() is more than the older cast, which looks like a call."""
    return bool(node.unique_keys) or "JS_FORMAT_JSON" in str(node)


def of_old_or_new(node: Node) -> bool:
    """Tell whether RETURNING names the row before or after the change."""
    columns = (item.res_target.val.column_ref.fields for item in node.exprs)
    return any(len(c) > 1 and c[0].string.sval in {"old", "new"} for c in columns)


def young_class(node: Node) -> bool:
    """Tell whether an index has a BRIN class of several ranges, or of a Bloom filter."""
    name = node.opclass[-1].string.sval if node.opclass else ""
    return name.endswith(("_minmax_multi_ops", "_bloom_ops"))


def includes(method: str) -> Shows:
    """Make what tells whether an index of this method has more columns than it is ordered by."""
    return lambda node: node.access_method == method and bool(node.index_including_params)


def in_schema(node: Node) -> bool:
    """Tell whether a publication has all tables of a schema."""
    return "TABLES_IN" in enum_names("PublicationObjSpecType")[node.pubobjtype]


def bare_subquery(node: Node) -> bool:
    """Tell whether a query in FROM has no name."""
    return not node.HasField("alias")


generated = constraint("CONSTR_GENERATED")
not_null = constraint("CONSTR_NOTNULL")
LIKE_ALL = 0x7FFFFFFF
FRAME_RANGE, FRAME_GROUPS, FRAME_OFFSETS, FRAME_EXCLUDES = 0x2, 0x8, 0x7800, 0x38000


def pattern(text: str) -> re.Pattern[str]:
    """Read a pattern, a space of which is any."""
    return re.compile(text.replace(" ", r"\s+"))
