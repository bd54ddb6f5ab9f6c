"""The inverse of one Change, and the words that every family of inverses needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from migdocs.core.model import Change


class Inverse(Struct, frozen=True):
    """How to undo one Change.

    Attributes:
        sql: statements without their semicolons, in the order to run.
        by_hand: what a person must write, empty where nothing.
        loss: what data do not come back, empty where all do.
        stops: what rows written since would stop it, empty where none would.
    """

    sql: tuple[str, ...] = ()
    by_hand: str = ""
    loss: str = ""
    stops: str = ""


def comment_sql(change: Change, text: str | None) -> str:
    """Give the statement that sets an object's comment, or takes it away."""
    value = "NULL" if text is None else "'" + text.replace("'", "''") + "'"
    if change.kind in {"trigger", "policy", "rule", "constraint"}:
        return f"COMMENT ON {change.kind.upper()} {change.own_name} ON {change.table} IS {value}"
    if change.kind == "domain constraint":
        domain, _, name = change.name.rpartition(".")
        return f"COMMENT ON CONSTRAINT {name} ON DOMAIN {domain} IS {value}"
    return f"COMMENT ON {change.kind.upper()} {change.name} IS {value}"
