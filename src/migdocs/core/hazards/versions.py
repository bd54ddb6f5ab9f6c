"""Which PostgreSQL version brings which syntax: one table, and where a tree shows it.

From the release notes of PostgreSQL 10 to 18; what the servers at hand (15 and 17) have not was
tried on them.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from migdocs.core.hazards.actions import ANY
from migdocs.core.hazards.registry import rule
from migdocs.core.hazards.scene import Found
from migdocs.core.locks import NONE
from migdocs.core.sql import tree
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from migdocs.core.hazards.scene import Action
    from migdocs.core.sql.parser import Node, Parsed


def _constr(*kinds: str) -> Callable[[Node], bool]:
    """Make what tells whether a constraint is of one of these kinds."""
    return lambda node: enum_names("ConstrType")[node.contype] in kinds


def _option(*names: str) -> Callable[[Node], bool]:
    """Make what tells whether a statement has one of these options."""
    return lambda node: any(item.def_elem.defname in names for item in options_of(node))


def options_of(node: Node) -> list[Node]:
    """Give a statement's options, whatever the grammar calls them."""
    return list(getattr(node, "options", None) or getattr(node, "params", None) or ())


def _not_null_by_table(node: Node) -> bool:
    """Tell whether NOT NULL stands as a constraint of the table, or is not validated."""
    return _constr("CONSTR_NOTNULL")(node) and bool(node.keys or node.skip_validation)


def _by_source(node: Node) -> bool:
    """Tell whether a branch of MERGE is for what the source has not."""
    kinds = enum_names("MergeMatchKind")
    return bool(kinds[node.match_kind].endswith("BY_SOURCE"))


def _virtual(node: Node) -> bool:
    """Tell whether a generated column is computed when it is read."""
    return _constr("CONSTR_GENERATED")(node) and bool(node.generated_kind == "v")


def _generated(node: Node) -> bool:
    """Tell whether a column is generated."""
    return _constr("CONSTR_GENERATED")(node)


def _subtype(*names: str) -> Callable[[Node], bool]:
    """Make what tells whether a sub-command of ALTER TABLE is one of these."""
    return lambda node: enum_names("AlterTableType")[node.subtype] in names


def _concurrent_detach(node: Node) -> bool:
    """Tell whether a partition is detached concurrently."""
    return bool(node.concurrent)


def _has_when_source(node: Node) -> bool:
    """Tell whether an index or key treats nulls as equal."""
    return bool(node.nulls_not_distinct)


# Message of the tree, what it is called, the version that brings it, whether the node shows it.
YOUNGER: tuple[tuple[str, str, int, Callable[[Node], bool]], ...] = (
    ("CreateStmt", "PARTITION BY", 10, lambda node: bool(node.HasField("partspec"))),
    ("CallStmt", "CALL", 11, lambda _: True),
    ("PartitionBoundSpec", "hash partitions", 11, lambda node: node.strategy == "h"),
    ("PartitionBoundSpec", "a default partition", 11, lambda node: bool(node.is_default)),
    ("IndexStmt", "INCLUDE", 11, lambda node: bool(node.index_including_params)),
    ("Constraint", "INCLUDE", 11, lambda node: bool(node.including)),
    ("Constraint", "a generated column", 12, _generated),
    ("ReindexStmt", "REINDEX CONCURRENTLY", 12, _option("concurrently")),
    ("AlterTableCmd", "DROP EXPRESSION", 13, _subtype("AT_DropExpression")),
    ("DropdbStmt", "DROP DATABASE … (FORCE)", 13, _option("force")),
    ("AlterTableCmd", "SET COMPRESSION", 14, _subtype("AT_SetCompression")),
    ("PartitionCmd", "DETACH PARTITION CONCURRENTLY", 14, _concurrent_detach),
    ("CreateFunctionStmt", "a body in standard SQL", 14, lambda node: node.HasField("sql_body")),
    ("CreateTrigStmt", "CREATE OR REPLACE TRIGGER", 14, lambda node: bool(node.replace)),
    ("CTESearchClause", "SEARCH", 14, lambda _: True),
    ("CTECycleClause", "CYCLE", 14, lambda _: True),
    ("IndexStmt", "NULLS NOT DISTINCT", 15, _has_when_source),
    ("Constraint", "NULLS NOT DISTINCT", 15, _has_when_source),
    ("Constraint", "SET NULL (columns)", 15, lambda node: bool(node.fk_del_set_cols)),
    ("AlterTableCmd", "SET ACCESS METHOD", 15, _subtype("AT_SetAccessMethod")),
    ("MergeStmt", "MERGE", 15, lambda _: True),
    ("PublicationTable", "columns of a publication", 15, lambda node: bool(node.columns)),
    ("PublicationTable", "rows of a publication", 15, lambda node: node.HasField("where_clause")),
    ("JsonIsPredicate", "IS JSON", 16, lambda _: True),
    ("JsonObjectConstructor", "JSON_OBJECT with standard syntax", 16, lambda _: True),
    ("JsonArrayConstructor", "JSON_ARRAY", 16, lambda _: True),
    ("JsonObjectAgg", "JSON_OBJECTAGG", 16, lambda _: True),
    ("JsonArrayAgg", "JSON_ARRAYAGG", 16, lambda _: True),
    ("MergeStmt", "MERGE … RETURNING", 17, lambda node: node.HasField("returning_clause")),
    ("MergeWhenClause", "WHEN NOT MATCHED BY SOURCE", 17, _by_source),
    ("JsonTable", "JSON_TABLE", 17, lambda _: True),
    ("JsonFuncExpr", "JSON_VALUE, JSON_QUERY and JSON_EXISTS", 17, lambda _: True),
    ("JsonParseExpr", "JSON()", 17, lambda _: True),
    ("JsonScalarExpr", "JSON_SCALAR", 17, lambda _: True),
    ("JsonSerializeExpr", "JSON_SERIALIZE", 17, lambda _: True),
    ("AlterTableCmd", "SET EXPRESSION", 17, _subtype("AT_SetExpression")),
    ("Constraint", "NOT ENFORCED", 18, _constr("CONSTR_ATTR_NOT_ENFORCED", "CONSTR_ATTR_ENFORCED")),
    ("Constraint", "NOT ENFORCED", 18, lambda node: _plain(node) and not node.is_enforced),
    ("Constraint", "WITHOUT OVERLAPS", 18, lambda node: bool(node.without_overlaps)),
    ("Constraint", "PERIOD", 18, lambda node: bool(node.fk_with_period)),
    ("Constraint", "NOT NULL as a constraint of the table", 18, _not_null_by_table),
    ("Constraint", "a virtual generated column", 18, _virtual),
    ("ATAlterConstraint", "ENFORCED", 18, lambda node: bool(node.alter_enforceability)),
    ("ATAlterConstraint", "INHERIT", 18, lambda node: bool(node.alter_inheritability)),
    ("ReturningClause", "RETURNING WITH (OLD AS …)", 18, lambda node: bool(node.options)),
)  # fmt: skip
BY_MESSAGE: dict[str, list[tuple[str, int, Callable[[Node], bool]]]] = {}
for _message, _name, _since, _shows in YOUNGER:
    BY_MESSAGE.setdefault(_message, []).append((_name, _since, _shows))


def _plain(node: Node) -> bool:
    """Tell whether a constraint is a check or a foreign key, which may be not enforced."""
    return _constr("CONSTR_CHECK", "CONSTR_FOREIGN")(node)


# What is young → the words of which its text has one, so that most trees are not walked; what has
# none here has "json".
WORDS: dict[str, tuple[str, ...]] = {
    "PARTITION BY": ("partition",),
    "CALL": ("call",),
    "hash partitions": ("partition",),
    "a default partition": ("partition",),
    "INCLUDE": ("include",),
    "a generated column": ("generated",),
    "REINDEX CONCURRENTLY": ("concurrently",),
    "DROP EXPRESSION": ("expression",),
    "DROP DATABASE … (FORCE)": ("force",),
    "SET COMPRESSION": ("compression",),
    "DETACH PARTITION CONCURRENTLY": ("concurrently",),
    "a body in standard SQL": ("atomic", "return"),
    "CREATE OR REPLACE TRIGGER": ("replace",),
    "SEARCH": ("search",),
    "CYCLE": ("cycle",),
    "NULLS NOT DISTINCT": ("distinct",),
    "SET NULL (columns)": (),
    "SET ACCESS METHOD": ("method",),
    "MERGE": ("merge",),
    "columns of a publication": ("publication",),
    "rows of a publication": ("publication",),
    "MERGE … RETURNING": ("merge",),
    "WHEN NOT MATCHED BY SOURCE": ("merge",),
    "SET EXPRESSION": ("expression",),
    "NOT ENFORCED": ("enforced",),
    "WITHOUT OVERLAPS": ("overlaps",),
    "PERIOD": ("period",),
    "NOT NULL as a constraint of the table": (),
    "a virtual generated column": ("generated",),
    "ENFORCED": ("enforced",),
    "INHERIT": ("inherit",),
    "RETURNING WITH (OLD AS …)": ("returning",),
}
# What no word alone shows. Where NOT NULL ends, or another word of a column's definition follows,
# it is a column's own.
FORMS = {
    "SET NULL (columns)": re.compile(r"set\s+(?:null|default)\b"),
    "NOT NULL as a constraint of the table": re.compile(
        r"not\s+(?:valid|null"
        r"(?!\s*(?:[,);]|\Z|(?:default|unique|primary|references|check|constraint|collate)\b)))"
    ),
}


@cache
def _signs(postgres: int) -> tuple[tuple[str, ...], tuple[re.Pattern[str], ...]]:
    """Give the words and forms of which any syntax that a version has not has one."""
    names = {name for _, name, since, _ in YOUNGER if since > postgres}
    words = {word for name in names for word in WORDS.get(name, ("json",))}
    return tuple(sorted(words)), tuple(form for name, form in FORMS.items() if name in names)


def may_be_young(text: str, postgres: int) -> bool:
    """Tell whether a statement may have syntax that a version has not, by its words."""
    words, forms = _signs(postgres)
    lowered = text.lower()
    return any(word in lowered for word in words) or any(form.search(lowered) for form in forms)


def too_young(parsed: Parsed, postgres: int) -> tuple[str, int]:
    """Give the youngest syntax that a version has not, and the version that brings it."""
    found = ("", 0)
    for message in tree.messages_in(parsed.node, tree.CONSTANTS):
        for name, since, shows in BY_MESSAGE.get(message.DESCRIPTOR.name, ()):
            if since > max(postgres, found[1]) and shows(message):
                found = (name, since)
    return found


@rule(
    "too-young",
    on=ANY,
    breaks=("operation",),
    lock=NONE,
    impact="patch",
    work="it fails (42601)",
    instead="write it for the version that runs, or run a newer one; 'postgres' says which it is.",
    example="MERGE INTO users u USING users v ON u.id = v.id"
    " WHEN NOT MATCHED BY SOURCE THEN DELETE",
    even_if_new=True,
)
def syntax_too_young(action: Action) -> Iterator[Found]:
    """Flag syntax that a later version brings.

    The version that the script is judged for says that it is a syntax error.
    """
    if may_be_young(action.parsed.statement.text, action.postgres):
        name, since = too_young(action.parsed, action.postgres)
        if since:
            message = f"PostgreSQL {action.postgres} has no {name}: PostgreSQL {since} brings it"
            yield Found(message, sqlstate="42601")
