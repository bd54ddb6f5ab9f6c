"""What a script says as a whole: statements by kind, and what they make, looked up when asked."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from migdocs.core.changes.columns import read_column
from migdocs.core.changes.constraints import read_constraint
from migdocs.core.changes.indexes import read_index
from migdocs.core.sql import tree
from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migdocs.core.sql.definitions import Column, Constraint
    from migdocs.core.sql.parser import Node, Parsed

KEYS = {"CONSTR_PRIMARY", "CONSTR_UNIQUE"}


class Whole:
    """The statements of a script; each question's answer is worked out once, if it is asked."""

    def __init__(self, statements: Sequence[Parsed]) -> None:
        self.statements = statements
        self._by_kind: dict[str, list[Parsed]] = {}
        for parsed in statements:
            self._by_kind.setdefault(parsed.kind, []).append(parsed)

    def of_kind(self, *kinds: str) -> list[Parsed]:
        """Give the statements of these kinds, those of the first kind first."""
        return [parsed for kind in kinds for parsed in self._by_kind.get(kind, ())]

    def after(self, parsed: Parsed, *kinds: str) -> list[Parsed]:
        """Give the statements of these kinds that stand after one."""
        index = parsed.statement.index
        return [later for later in self.of_kind(*kinds) if later.statement.index > index]

    def count_without(self, kinds: set[str]) -> int:
        """Count the statements that are of none of these kinds."""
        return sum(len(found) for kind, found in self._by_kind.items() if kind not in kinds)

    def indexed(self, table: str) -> list[tuple[str, ...]]:
        """Give the columns of each index that the script makes on a table, partial ones apart."""
        return self._indexed.get(table, [])

    def saying(self, literal: str) -> list[Parsed]:
        """Give the statements that hold a string constant."""
        return self._saying.get(literal, [])

    @cached_property
    def _saying(self) -> dict[str, list[Parsed]]:
        """Gather the string constants of all statements."""
        found: dict[str, list[Parsed]] = {}
        for parsed in self.statements:
            parts = tree.messages_in(parsed.node) if parsed.node is not None else ()
            for literal in {p.sval.sval for p in parts if p.DESCRIPTOR.name == "A_Const"}:
                found.setdefault(literal, []).append(parsed)
        return found

    @cached_property
    def _indexed(self) -> dict[str, list[tuple[str, ...]]]:
        """Gather the indexes, and the keys and unique constraints of tables."""
        found: dict[str, list[tuple[str, ...]]] = {}
        for parsed in self.of_kind("index_stmt"):
            if not parsed.node.HasField("where_clause"):
                index = read_index(parsed.node)
                found.setdefault(index.table, []).append(index.columns)
        for table, columns in (*self._keys_of_new_tables(), *self._added_keys()):
            found.setdefault(table, []).append(columns)
        return found

    def _keys_of_new_tables(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Give the columns of the keys and unique constraints in CREATE TABLE."""
        for parsed in self.of_kind("create_stmt"):
            table = tree.relation(parsed.node.relation)
            for item in parsed.node.table_elts:
                if item.HasField("constraint"):
                    yield from _key(table, item.constraint, "")
                for part in item.column_def.constraints:
                    yield from _key(table, part.constraint, item.column_def.colname)

    def _added_keys(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Give the columns of the keys and unique constraints that ALTER TABLE adds."""
        for _, table, command in self._commands("AT_AddConstraint"):
            yield from _key(table, getattr(command, "def").constraint, "")

    def _commands(self, subtype: str) -> Iterator[tuple[int, str, Node]]:
        """Give the sub-commands of one kind of every ALTER TABLE, with its index and table."""
        number = enum_names("AlterTableType").index(subtype)
        for parsed in self.of_kind("alter_table_stmt"):
            for item in parsed.node.cmds:
                if item.alter_table_cmd.subtype == number:
                    table = tree.relation(parsed.node.relation)
                    yield parsed.statement.index, table, item.alter_table_cmd

    def added_constraint(self, table: str, name: str, until: int) -> Constraint | None:
        """Give a constraint that ALTER TABLE adds by name, up to the statement of an index."""
        index, node = self._added_constraints.get((table, name), (until + 1, None))
        return read_constraint(node) if index <= until else None

    def adds_again(self, parsed: Parsed, table: str, name: str) -> bool:
        """Tell whether a statement, or one after it, adds a constraint of the name it drops."""
        index, _ = self._added_constraints.get((table, name), (-1, None))
        return index >= parsed.statement.index

    @cached_property
    def _added_constraints(self) -> dict[tuple[str, str], tuple[int, Node]]:
        """Gather the constraints that ALTER TABLE adds, each where it is added first."""
        found: dict[tuple[str, str], tuple[int, Node]] = {}
        for index, table, command in self._commands("AT_AddConstraint"):
            node = getattr(command, "def").constraint
            found.setdefault((table, tree.identifier(node.conname)), (index, node))
        return found

    def adds_column(self, table: str, name: str) -> bool:
        """Tell whether ALTER TABLE adds a column."""
        return (table, name) in self._added_columns

    @cached_property
    def _added_columns(self) -> set[tuple[str, str]]:
        """Gather the columns that ALTER TABLE adds."""
        return {
            (table, tree.identifier(getattr(command, "def").column_def.colname))
            for _, table, command in self._commands("AT_AddColumn")
        }

    @cached_property
    def last_set_of_a_sequence(self) -> int:
        """The index of the last statement that sets a sequence's value; -1 where none does."""
        texts = (
            (parsed.statement.index, parsed.statement.text)
            for parsed in self.of_kind(
                "select_stmt", "alter_seq_stmt", "alter_table_stmt", "do_stmt"
            )
        )
        found = (i for i, text in texts if "setval" in text or "restart" in text.lower())
        return max(found, default=-1)

    def new_column(self, table: str, name: str) -> Column | None:
        """Give a column of a table that the script makes, as CREATE TABLE has it."""
        node = self._new_tables.get(table)
        for item in node.table_elts if node is not None else ():
            if item.HasField("column_def") and tree.identifier(item.column_def.colname) == name:
                return read_column(item.column_def, table)
        return None

    @cached_property
    def _new_tables(self) -> dict[str, Node]:
        """Gather the tables that CREATE TABLE makes."""
        nodes = (parsed.node for parsed in self.of_kind("create_stmt"))
        return {tree.relation(node.relation): node for node in nodes}


def _key(table: str, node: Node, column: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the columns of a constraint if it has an index."""
    if enum_names("ConstrType")[node.contype] in KEYS:
        yield table, (tree.identifier(column),) if column else tree.columns(node.keys)
