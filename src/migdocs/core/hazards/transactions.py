"""Tell which statements PostgreSQL refuses inside a transaction block (SQLSTATE 25001).

The manual's page of each command says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from migdocs.core.sql.parser import Node, Parsed

PAIR = 2  # BEGIN and COMMIT
WHOLE = {"REINDEX_OBJECT_SCHEMA", "REINDEX_OBJECT_SYSTEM", "REINDEX_OBJECT_DATABASE"}


def refused_in_transaction(parsed: Parsed) -> str:
    """Name a statement that is refused in a transaction; empty for any other."""
    name = REFUSED.get(parsed.kind)
    return name(parsed.node) if name else ""


def runs_in_one(statements: Sequence[Parsed]) -> bool:
    """Tell whether a script can run in one transaction (``execution.execution`` decides alike).

    A plain BEGIN … COMMIT around all of it can be left out; other control of its own cannot.
    """
    own = [item for item in statements if item.kind == "transaction_stmt"]
    if own and not is_outer_pair(own, statements):
        return False
    asked = any(m.word == "no-transaction" for item in statements for m in item.statement.markers)
    return not asked and not any(refused_in_transaction(item) for item in statements)


def is_outer_pair(own: Sequence[Parsed], statements: Sequence[Parsed]) -> bool:
    """Tell whether the control of transactions is one BEGIN … COMMIT around everything."""
    return len(own) == PAIR and own[0] is statements[0] and own[1] is statements[-1]


def _reindex(node: Node) -> str:
    """Name REINDEX where it is concurrent, or of more than a table."""
    if any(item.def_elem.defname == "concurrently" for item in node.params):
        return "REINDEX CONCURRENTLY"
    whole = enum_names("ReindexObjectType")[node.kind] in WHOLE
    return "REINDEX of a schema or database" if whole else ""


def _alter_table(node: Node) -> str:
    """Name DETACH PARTITION CONCURRENTLY."""
    for item in node.cmds:
        definition = getattr(item.alter_table_cmd, "def")
        if definition.WhichOneof("node") == "partition_cmd" and definition.partition_cmd.concurrent:
            return "DETACH PARTITION CONCURRENTLY"
    return ""


def _discard(node: Node) -> str:
    """Name DISCARD ALL."""
    return "DISCARD ALL" if enum_names("DiscardMode")[node.target] == "DISCARD_ALL" else ""


# Kind of statement → what names it, where it is refused.
REFUSED: dict[str, Callable[[Node], str]] = {
    "index_stmt": lambda node: "CREATE INDEX CONCURRENTLY" if node.concurrent else "",
    "drop_stmt": lambda node: "DROP INDEX CONCURRENTLY" if node.concurrent else "",
    "reindex_stmt": _reindex,
    "alter_table_stmt": _alter_table,
    "vacuum_stmt": lambda node: "VACUUM" if node.is_vacuumcmd else "",
    "cluster_stmt": lambda node: "" if node.HasField("relation") else "CLUSTER of every table",
    "createdb_stmt": lambda _: "CREATE DATABASE",
    "dropdb_stmt": lambda _: "DROP DATABASE",
    "create_table_space_stmt": lambda _: "CREATE TABLESPACE",
    "drop_table_space_stmt": lambda _: "DROP TABLESPACE",
    "create_subscription_stmt": lambda _: "CREATE SUBSCRIPTION",
    "drop_subscription_stmt": lambda _: "DROP SUBSCRIPTION",
    "alter_system_stmt": lambda _: "ALTER SYSTEM",
    "discard_stmt": _discard,
}
