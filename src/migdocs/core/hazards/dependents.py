"""Tell what uses a column: views that read it, columns computed from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.catalog.borrowed import all_seen
from migdocs.core.hazards.schema import statement
from migdocs.core.sql import tree
from migdocs.core.sql.definitions import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from migdocs.core.hazards.scene import Action
    from migdocs.core.hazards.schema import Schema
    from migdocs.core.sql.definitions import Constraint
    from migdocs.core.sql.parser import Node


# The first version that says "not supported" to another type below a generated column.
GENERATED_IS_A_FEATURE = 15
CASCADE = 2  # DropBehavior


def dependents(schema: Schema, table: str, column: str) -> Iterator[str]:
    """Name what is known to use a column, and holds it as it is: ``the view 'v'``."""
    for name in readers(schema, table, column):
        yield f"the view '{name}'"
    for kind, name in sorted(schema.catalog.parts.get(table, ())):
        source = schema.catalog.objects.get((kind, name))
        if kind in USES and isinstance(source, Source):
            parsed = statement(source.sql)
            if parsed.node is not None and column in USES[kind](parsed.node):
                yield f"the {kind} '{name.removeprefix(f'{table}.')}'"
    for name in atomic_readers(schema, table, column):
        yield f"the function '{name}'"
    relation = schema.glimpse(table)
    for other in relation.columns.values() if relation else ():
        if other.generated is not None and column in names_in(other.generated):
            yield f"the generated column '{other.name}'"


def refusal(action: Action, users: list[str]) -> str:
    """Give what the server says to a column that these use, and that is to change."""
    if not action.part.HasField("def"):
        return "2BP01"
    generated = all(user.startswith("the generated column") for user in users)
    return "42601" if generated and action.postgres < GENERATED_IS_A_FEATURE else "0A000"


def _of_policy(node: Node) -> set[str]:
    """Give the columns that a policy's conditions name."""
    parts = [p for p in ("qual", "with_check") if node.HasField(p)]
    return {name for part in parts for name in tree.column_references(getattr(node, part))}


def _of_trigger(node: Node) -> set[str]:
    """Give the columns that a trigger is for, and those in its condition."""
    named = set(tree.columns(node.columns))
    if node.HasField("when_clause"):
        named |= set(tree.column_references(node.when_clause))
    return named


# Part of a table → the columns that the statement that made it names.
USES: dict[str, Callable[[Node], set[str]]] = {"policy": _of_policy, "trigger": _of_trigger}


def atomic_readers(schema: Schema, table: str, column: str = "") -> Iterator[str]:
    """Name the routines with a body in standard SQL that read a table, or a column of it.

    Only such a body is bound to what it reads; one that is a text is not.
    """
    for (kind, name), source in schema.catalog.objects.items():
        if kind not in {"function", "procedure"} or not isinstance(source, Source):
            continue
        if "$" in source.sql or table.rpartition(".")[2] not in source.sql:
            continue
        node = statement(source.sql).node
        if node is None or not node.HasField("sql_body"):
            continue
        if table in tree.relations_in(node.sql_body) and (
            not column or reads(node.sql_body, table, column)
        ):
            yield name


def query_tables(node: Node) -> tuple[str, ...]:
    """Name the tables that a statement reads and writes."""
    return tree.relations_in(node)


def needing(schema: Schema, kind: str, name: str) -> Iterator[tuple[str, str]]:
    """Name what is known to need an object, each with the relation that it is of or is."""
    found = NEEDING.get(kind)
    if found and schema.is_sure(name):
        for said, of in found(schema, name):
            if schema.is_sure(of):
                yield said, of


def _table(schema: Schema, name: str) -> Iterator[tuple[str, str]]:
    """Name what needs a table: foreign keys, views, children, routines."""
    for owner, key, _ in schema.references_to(name):
        yield f"the foreign key '{key}' of '{owner}'", owner
    yield from _view(schema, name)
    for heir in schema.catalog.heirs(name):
        if name in heir.table.inherits:
            yield f"the table '{heir.name}', which inherits from it", heir.name
    for routine in atomic_readers(schema, name):
        yield f"the function '{routine}'", routine


def _view(schema: Schema, name: str) -> Iterator[tuple[str, str]]:
    """Name the views that read a relation."""
    for view in schema.views_over(name):
        yield f"the view '{view}'", view


def _type(schema: Schema, name: str) -> Iterator[tuple[str, str]]:
    """Name the columns of a type."""
    for table in schema.users_of_type(name):
        yield f"a column of '{table}'", table


def _constraint(schema: Schema, name: str) -> Iterator[tuple[str, str]]:
    """Name the foreign keys that need a key, and the views that group by it."""
    table, _, own = name.rpartition(".")
    relation = schema.relation(table)
    key = relation.constraints.get(own) if relation else None
    if relation is None or key is None or key.type not in {"primary key", "unique"}:
        return
    twins = [c for c in relation.constraints.values() if c is not key and c.columns == key.columns]
    if not twins:
        for owner, foreign_key, constraint in _all_references(schema, table):
            if set(constraint.referenced or relation.primary_key()) == set(key.columns):
                yield f"the foreign key '{foreign_key}' of '{owner}'", owner
    if key.type == "primary key":
        for view in schema.views_over(table):
            node = schema.view(view)
            if node is not None and _groups_by(node, key.columns):
                yield f"the view '{view}', which groups by it", view


def _all_references(schema: Schema, table: str) -> Iterator[tuple[str, str, Constraint]]:
    """Give the foreign keys that point at a table, its own among them."""
    yield from schema.references_to(table)
    relation = schema.relation(table)
    for name, constraint in relation.constraints.items() if relation else ():
        if constraint.references == table:
            yield table, name, constraint


def _groups_by(view: Node, key: tuple[str, ...]) -> bool:
    """Tell whether a view takes other columns than those that it groups by: by the key alone."""
    select = (view.query if view.DESCRIPTOR.name == "ViewStmt" else view).select_stmt
    grouped = {c for item in select.group_clause for c in _names(item)}
    taken = {c for item in select.target_list for c in _names(item.res_target.val)}
    return bool(grouped) and set(key) <= grouped and bool(taken - grouped)


def _names(node: Node) -> tuple[str, ...]:
    """Give the name of a plain column."""
    if node.WhichOneof("node") != "column_ref":
        return ()
    last = node.column_ref.fields[-1]
    return (tree.identifier(last.string.sval),) if last.WhichOneof("node") == "string" else ()


def _function(schema: Schema, name: str) -> Iterator[tuple[str, str]]:
    """Name the triggers that run a function, and the defaults that call it."""
    called = name.partition("(")[0]
    for (kind, trigger), source in schema.catalog.objects.items():
        if kind == "trigger" and isinstance(source, Source) and called in source.sql:
            node = statement(source.sql).node
            if node is not None and tree.dotted(node.funcname) == called:
                yield f"the trigger '{trigger}'", trigger.rpartition(".")[0]
    yield from _defaults(schema, f"{called}(")


def _sequence(schema: Schema, name: str) -> Iterator[tuple[str, str]]:
    """Name the defaults that take their values from a sequence."""
    yield from _defaults(schema, f"nextval('{name}'")


def _defaults(schema: Schema, text: str) -> Iterator[tuple[str, str]]:
    """Name the columns whose default begins with a text."""
    for relation in all_seen(schema.catalog.relations):
        for column in relation.columns.values():
            if column.default is not None and column.default.startswith(text):
                yield f"the default of '{relation.name}.{column.name}'", relation.name


def _schema(schema: Schema, name: str) -> Iterator[tuple[str, str]]:
    """Name what is in a schema."""
    for relation in all_seen(schema.catalog.relations):
        if relation.schema == name and relation.born[1] >= 0:
            yield f"the {relation.kind} '{relation.name}'", relation.name


NEEDING: dict[str, Callable[[Schema, str], Iterator[tuple[str, str]]]] = {
    "table": _table,
    "view": _view,
    "materialized view": _view,
    "type": _type,
    "domain": _type,
    "constraint": _constraint,
    "function": _function,
    "sequence": _sequence,
    "schema": _schema,
}


def readers(schema: Schema, table: str, column: str) -> Iterator[str]:
    """Name the known views that read a column."""
    for name in schema.views_over(table):
        view = schema.view(name)
        if view is not None and reads(view, table, column):
            yield name


def key_partners(schema: Schema, table: str, column: str) -> Iterator[str]:
    """Name the tables at the other ends of a column's foreign keys, as far as they are known."""
    relation = schema.relation(table)
    for key in relation.constraints.values() if relation else ():
        if key.type == "foreign key" and column in key.columns:
            yield key.references
    for other, _, key in schema.references_to(table):
        if column in (key.referenced or (relation.primary_key() if relation else ())):
            yield other


def names_in(expression: str) -> tuple[str, ...]:
    """Give the columns that an expression's text names."""
    query = statement(f"SELECT {expression}").node
    return tree.column_references(query) if query is not None else ()


def reads(query: Node, table: str, column: str) -> bool:
    """Tell whether a query reads a column of a table.

    A name without a table is taken for this table's: PostgreSQL refuses it where it is two's.
    """
    messages = list(tree.messages_in(query, tree.CONSTANTS - {"string", "a_star"}))
    aliases = dict(_alias(node) for node in messages if node.DESCRIPTOR.name == "RangeVar")
    references = (node.fields for node in messages if node.DESCRIPTOR.name == "ColumnRef")
    if any(_means(list(fields), aliases, table, column) for fields in references):
        return True
    selects = (node for node in messages if node.DESCRIPTOR.name == "SelectStmt")
    return any(_takes_all(select, table) for select in selects)


def _alias(node: Node) -> tuple[str, str]:
    """Give the name by which a query knows a table (RangeVar), and the table's own."""
    return tree.identifier(node.alias.aliasname or node.relname), tree.relation(node)


def _means(fields: list[Node], aliases: dict[str, str], table: str, column: str) -> bool:
    """Tell whether a reference by name may mean the column."""
    *prefix, last = fields
    if last.WhichOneof("node") == "a_star" or tree.identifier(last.string.sval) != column:
        return False
    return not prefix or aliases.get(tree.identifier(prefix[-1].string.sval), table) == table


def _takes_all(select: Node, table: str) -> bool:
    """Tell whether a SELECT takes every column of a table with ``*`` or ``alias.*``."""
    sources = dict(_alias(node) for item in select.from_clause for node in _direct(item))
    for item in select.target_list:
        fields = item.res_target.val.column_ref.fields
        if not fields or fields[-1].WhichOneof("node") != "a_star":
            continue
        named = (sources.get(tree.identifier(part.string.sval)) for part in fields[:-1])
        if table in (sources.values() if len(fields) == 1 else named):
            return True
    return False


def _direct(item: Node) -> Iterator[Node]:
    """Give the tables that stand in a FROM themselves, not in a query within it."""
    kind = item.WhichOneof("node")
    if kind == "range_var":
        yield item.range_var
    elif kind == "join_expr":
        yield from _direct(item.join_expr.larg)
        yield from _direct(item.join_expr.rarg)
