"""Read ALTER TABLE, and what has its grammar: ALTER VIEW, INDEX, SEQUENCE and composite types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.core.changes.columns import column_added, read_column, type_needs
from migdocs.core.changes.constraints import constraint_added, read_constraint
from migdocs.core.changes.tables import bound
from migdocs.core.sql import tree
from migdocs.core.sql.definitions import Column, Source
from migdocs.core.sql.parser import deparse_statement, enum_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from migdocs.core.changes.place import Place
    from migdocs.core.model import Change
    from migdocs.core.sql.parser import Node

CASCADE = 2  # DropBehavior

# Sub-command → verb and kind, for those whose object is the relation itself.
OF_RELATION = {
    "AT_SetLogged": ("set logged", ""),
    "AT_SetUnLogged": ("set unlogged", ""),
    "AT_SetAccessMethod": ("set access method", ""),
    "AT_SetTableSpace": ("set tablespace", ""),
    "AT_SetRelOptions": ("set options", ""),
    "AT_ResetRelOptions": ("reset options", ""),
    "AT_GenericOptions": ("set options", ""),
    "AT_ClusterOn": ("set cluster", ""),
    "AT_DropCluster": ("drop cluster", ""),
    "AT_DropOids": ("drop oids", ""),
    "AT_AddOf": ("set type", ""),
    "AT_DropOf": ("drop type", ""),
    "AT_ReplicaIdentity": ("set replica identity", ""),
    "AT_EnableRowSecurity": ("enable", "row security"),
    "AT_DisableRowSecurity": ("disable", "row security"),
    "AT_ForceRowSecurity": ("force", "row security"),
    "AT_NoForceRowSecurity": ("unforce", "row security"),
    "AT_EnableTrigAll": ("enable", "all triggers"),
    "AT_DisableTrigAll": ("disable", "all triggers"),
    "AT_EnableTrigUser": ("enable", "user triggers"),
    "AT_DisableTrigUser": ("disable", "user triggers"),
}
# Sub-command → verb and kind, for those whose object is a named part of the relation.
OF_PART = {
    "AT_DropNotNull": ("drop not null", "column"),
    "AT_SetNotNull": ("set not null", "column"),
    "AT_SetExpression": ("set expression", "column"),
    "AT_DropExpression": ("drop expression", "column"),
    "AT_SetStatistics": ("set statistics", "column"),
    "AT_SetOptions": ("set options", "column"),
    "AT_ResetOptions": ("reset options", "column"),
    "AT_SetStorage": ("set storage", "column"),
    "AT_SetCompression": ("set compression", "column"),
    "AT_AlterColumnGenericOptions": ("set options", "column"),
    "AT_AddIdentity": ("set identity", "column"),
    "AT_SetIdentity": ("set identity", "column"),
    "AT_DropIdentity": ("drop identity", "column"),
    "AT_DropColumn": ("drop", "column"),
    "AT_DropConstraint": ("drop", "constraint"),
    "AT_ValidateConstraint": ("validate", "constraint"),
    "AT_EnableTrig": ("enable", "trigger"),
    "AT_EnableAlwaysTrig": ("enable", "trigger"),
    "AT_EnableReplicaTrig": ("enable", "trigger"),
    "AT_DisableTrig": ("disable", "trigger"),
    "AT_EnableRule": ("enable", "rule"),
    "AT_EnableAlwaysRule": ("enable", "rule"),
    "AT_EnableReplicaRule": ("enable", "rule"),
    "AT_DisableRule": ("disable", "rule"),
}


def alter_table(node: Node, place: Place) -> Iterator[Change]:
    """Read an AlterTableStmt: a Change for each of its sub-commands, in order."""
    name, kind = tree.relation(node.relation), tree.object_kind(node.objtype)
    subtypes = enum_names("AlterTableType")
    for item in node.cmds:
        command = item.alter_table_cmd
        subtype = subtypes[command.subtype]
        if subtype in READERS:
            yield from READERS[subtype](command, name, kind, place)
        elif subtype in OF_PART:
            yield _with_source(_of_part(subtype, command, name, kind, place), node, command)
        else:
            verb, part = OF_RELATION.get(subtype, ("alter", ""))
            said = tree.identifier(command.name) if command.name else _detail(command)
            yield _with_source(
                place.change(verb, part or kind, name, said, table=name), node, command
            )


# Verbs about what comes back with an object only if it is said again.
SAID_AGAIN = ("enable", "disable", "force", "unforce", "set ", "reset ", "drop cluster")
MADE_OF_COLUMNS = frozenset({"set not null", "set identity", "set expression", "set logged"})


def _with_source(change: Change, node: Node, command: Node) -> Change:
    """Give a Change with a statement that says this alone, where it may have to be said again."""
    if not change.verb.startswith(SAID_AGAIN) or change.verb in MADE_OF_COLUMNS:
        return change
    alone = type(node)()
    alone.CopyFrom(node)
    del alone.cmds[:]
    alone.cmds.add().alter_table_cmd.CopyFrom(command)
    return replace(change, definition=Source(deparse_statement("alter_table_stmt", alone)))


def _of_part(subtype: str, command: Node, name: str, kind: str, place: Place) -> Change:
    """Give the Change of a sub-command that names a column, a constraint, a trigger or a rule."""
    verb, part = OF_PART[subtype]
    if kind == "type" and part == "column":
        part = "attribute"
    return place.change(
        verb,
        part,
        f"{name}.{tree.identifier(command.name)}",
        _detail(command),
        table=name,
        guarded=command.missing_ok,
        cascade=command.behavior == CASCADE,
    )


IDENTITIES = {"a": "always", "d": "by default"}  # of ADD GENERATED


def _detail(command: Node) -> str | None:
    """Give what a sub-command sets, as far as its tree is one of the plain forms."""
    if not command.HasField("def"):
        return None
    definition = getattr(command, "def")
    kind = definition.WhichOneof("node")
    if kind == "list":
        return tree.options(definition.list.items) or None
    if kind == "string":
        return str(definition.string.sval)
    if kind == "integer":
        return str(definition.integer.ival)
    return IDENTITIES.get(definition.constraint.generated_when)


def _add_column(command: Node, name: str, kind: str, place: Place) -> Iterator[Change]:
    """Read ADD COLUMN; for a composite type it is an attribute."""
    node = getattr(command, "def").column_def
    if kind == "type":
        column = read_column(node, name)
        yield place.change(
            "add",
            "attribute",
            f"{name}.{column.name}",
            column.describe(),
            table=name,
            definition=column,
        )
    else:
        yield from column_added(node, name, place, guarded=command.missing_ok)


def _add_constraint(command: Node, name: str, _: str, place: Place) -> Iterator[Change]:
    """Read ADD CONSTRAINT."""
    yield constraint_added(read_constraint(getattr(command, "def").constraint), name, place)


def _alter_constraint(command: Node, name: str, _: str, place: Place) -> Iterator[Change]:
    """Read ALTER CONSTRAINT: when it is checked, and whether."""
    node = getattr(command, "def").atalter_constraint
    said = []
    if node.alter_enforceability:
        said.append("enforced" if node.is_enforced else "not enforced")
    if node.alter_deferrability:
        said.append("deferrable" if node.deferrable else "not deferrable")
        said += ["initially deferred"] if node.initdeferred else []
    constraint = f"{name}.{tree.identifier(node.conname)}"
    yield place.change("alter", "constraint", constraint, ", ".join(said) or None, table=name)


def _set_default(command: Node, name: str, _: str, place: Place) -> Iterator[Change]:
    """Read SET DEFAULT and DROP DEFAULT; a default of NULL is none."""
    column = f"{name}.{tree.identifier(command.name)}"
    has_value = command.HasField("def")
    value = tree.expression(getattr(command, "def")) if has_value else "NULL"
    if value == "NULL":
        yield place.change("drop default", "column", column, table=name)
    else:
        yield place.change("set default", "column", column, value, table=name)


def _retype(command: Node, name: str, kind: str, place: Place) -> Iterator[Change]:
    """Read ALTER COLUMN … TYPE; the old type is not known here."""
    node = getattr(command, "def").column_def
    type_ = tree.type_name(node.type_name)
    using = tree.expression(node.raw_default) if node.HasField("raw_default") else ""
    collation = tree.dotted(node.coll_clause.collname) if node.HasField("coll_clause") else ""
    column = tree.identifier(command.name)
    yield place.change(
        "retype",
        "attribute" if kind == "type" else "column",
        f"{name}.{column}",
        f"{type_} using {using}" if using else type_,
        table=name,
        definition=Column(column, type_, collation=collation),
        needs=type_needs(type_),
    )


def _inherit(verb: str) -> Callable[[Node, str, str, Place], Iterator[Change]]:
    """Make the reader of INHERIT or NO INHERIT."""

    def read(command: Node, name: str, _: str, place: Place) -> Iterator[Change]:
        parent = tree.relation(getattr(command, "def").range_var)
        yield place.change(verb, "table", name, parent, table=name, needs=(parent,))

    return read


def _attach(command: Node, name: str, kind: str, place: Place) -> Iterator[Change]:
    """Read ATTACH PARTITION, of a table or of an index."""
    node = getattr(command, "def").partition_cmd
    part = tree.relation(node.name)
    where = bound(node.bound) if node.HasField("bound") else None
    partition = "index partition" if kind == "index" else "partition"
    yield place.change("attach", partition, part, where, table=name, needs=(name,))


def _detach(command: Node, name: str, _: str, place: Place) -> Iterator[Change]:
    """Read DETACH PARTITION."""
    part = tree.relation(getattr(command, "def").partition_cmd.name)
    yield place.change("detach", "partition", part, table=name, needs=(name,))


def _owner(command: Node, name: str, kind: str, place: Place) -> Iterator[Change]:
    """Read OWNER TO."""
    role = tree.role(command.newowner)
    source = Source(f"ALTER {kind.upper()} {name} OWNER TO {role}")
    yield place.change("set owner", kind, name, role, definition=source)


READERS: dict[str, Callable[[Node, str, str, Place], Iterable[Change]]] = {
    "AT_AddColumn": _add_column,
    "AT_AddConstraint": _add_constraint,
    "AT_AlterConstraint": _alter_constraint,
    "AT_ColumnDefault": _set_default,
    "AT_AlterColumnType": _retype,
    "AT_AddInherit": _inherit("inherit"),
    "AT_DropInherit": _inherit("disinherit"),
    "AT_AttachPartition": _attach,
    "AT_DetachPartition": _detach,
    "AT_DetachPartitionFinalize": _detach,
    "AT_ChangeOwner": _owner,
}
