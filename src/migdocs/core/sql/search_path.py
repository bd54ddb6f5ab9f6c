"""Follow the search_path through a script: in which schema each name without one is found.

PostgreSQL manual: 5.10.3 "The Schema Search Path". The path is what SET, SET LOCAL, SET SCHEMA and
set_config leave it at; a COMMIT ends what is local, a ROLLBACK all that its transaction set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from migdocs.core.sql.parser import enum_names

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from migdocs.core.sql.parser import Node, Parsed

SETTING = "search_path"
# What the server starts with; "$user" is left out, as hardly any role has a schema of its own.
DEFAULT = ("public",)
TEMPORARY = "pg_temp"


def value_of(node: Node) -> tuple[str, ...] | None:
    """Give the schemas that a VariableSetStmt names; None where it goes back to the default."""
    if enum_names("VariableSetKind")[node.kind] != "VAR_SET_VALUE":
        return None
    texts = [str(item.a_const.sval.sval) for item in node.args]
    if len(texts) == 1 and "," in texts[0]:
        texts = [part.strip().strip('"') for part in texts[0].split(",")]
    return tuple(text for text in texts if text and text != "$user")


def described(node: Node) -> str | None:
    """Say to what a VariableSetStmt sets the path; None for any other setting."""
    if node.name != SETTING:
        return None
    schemas = value_of(node)
    return f"{SETTING} = {', '.join(DEFAULT if schemas is None else schemas)}"


def of_routine(node: Node) -> tuple[str, ...] | None:
    """Give the path that a routine sets for its own body; None where it sets none."""
    for item in node.options:
        option = item.def_elem
        if option.defname == "set" and option.arg.variable_set_stmt.name == SETTING:
            return value_of(option.arg.variable_set_stmt)
    return None


class SearchPath(Struct):
    """The path as it is between two statements.

    Attributes:
        session: what outlives the transaction.
        local: what SET LOCAL, or set_config for a transaction, made of it; None where nothing did.
        saved: what a ROLLBACK goes back to; None outside a transaction.
        start: the default of the database or role.
    """

    start: tuple[str, ...] = DEFAULT
    session: tuple[str, ...] = DEFAULT
    local: tuple[str, ...] | None = None
    saved: tuple[str, ...] | None = field(default=None)

    @property
    def now(self) -> tuple[str, ...]:
        """The schemas that are searched, in order."""
        return self.session if self.local is None else self.local

    def follow(self, parsed: Parsed) -> None:
        """Take in what a statement does to the path."""
        node = parsed.node
        if parsed.kind == "variable_set_stmt":
            self._set(node)
        elif parsed.kind == "select_stmt" and "set_config" in parsed.statement.text:
            self._configured(node)
        elif parsed.kind == "transaction_stmt":
            self._transaction(enum_names("TransactionStmtKind")[node.kind])
        elif parsed.kind == "discard_stmt":
            self.session, self.local = self.start, None

    def _set(self, node: Node) -> None:
        """Take in SET and RESET."""
        whole = enum_names("VariableSetKind")[node.kind] == "VAR_RESET_ALL"
        if node.name != SETTING and not whole:
            return
        self._put(value_of(node), local=node.is_local)

    def _put(self, value: tuple[str, ...] | None, *, local: bool) -> None:
        """Set the path, or its default."""
        found = self.start if value is None else value
        if local:
            self.local = found
        else:
            self.session, self.local = found, None

    def _configured(self, node: Node) -> None:
        """Take in ``SELECT set_config('search_path', …)``."""
        for target in node.target_list:
            call = target.res_target.val.func_call
            arguments = [item.a_const for item in call.args]
            named = bool(call.funcname) and call.funcname[-1].string.sval == "set_config"
            if named and arguments and arguments[0].sval.sval.lower() == SETTING:
                texts = (part.strip().strip('"') for part in arguments[1].sval.sval.split(","))
                value = tuple(text for text in texts if text and text != "$user")
                self._put(value, local=arguments[2].boolval.boolval)

    def _transaction(self, kind: str) -> None:
        """Take in where a transaction begins and ends."""
        if kind in {"TRANS_STMT_BEGIN", "TRANS_STMT_START"}:
            self.saved = self.session
        elif kind in {"TRANS_STMT_COMMIT", "TRANS_STMT_PREPARE"}:
            self.saved = self.local = None
        elif kind == "TRANS_STMT_ROLLBACK":
            self.session = self.session if self.saved is None else self.saved
            self.saved = self.local = None


def matters(statements: Sequence[Parsed]) -> bool:
    """Tell whether any name of a script may be another's than the default path says."""
    return any(_may_matter(parsed) for parsed in statements)


# Kind of statement → the RangeVar of what it makes, which may be temporary.
MAYBE_TEMPORARY: dict[str, Callable[[Node], Node]] = {
    "create_stmt": lambda node: node.relation,
    "create_table_as_stmt": lambda node: node.into.rel,
    "view_stmt": lambda node: node.view,
    "create_seq_stmt": lambda node: node.sequence,
}


def _may_matter(parsed: Parsed) -> bool:
    """Tell whether a statement sets the path, or makes what shadows other names."""
    node, kind = parsed.node, parsed.kind
    if kind == "variable_set_stmt":
        return bool(node.name == SETTING)
    if kind in MAYBE_TEMPORARY:
        return bool(MAYBE_TEMPORARY[kind](node).relpersistence == "t")
    if kind in {"select_stmt", "create_function_stmt"}:
        return SETTING in parsed.statement.text.lower()
    return kind == "create_schema_stmt" and bool(node.schema_elts)
