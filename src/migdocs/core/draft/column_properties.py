"""Undo what was set of a column: its default, its identity, whether it takes null."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migdocs.core.changes.wording import describe
from migdocs.core.draft.inverse import Inverse
from migdocs.core.sql.definitions import default_sql

if TYPE_CHECKING:
    from collections.abc import Callable

    from migdocs.core.catalog import Effect


def default(effect: Effect) -> Inverse:
    """Undo SET DEFAULT and DROP DEFAULT."""
    change = effect.change
    value = f"SET DEFAULT {default_sql(change.before)}" if change.before else "DROP DEFAULT"
    return Inverse((f"ALTER TABLE {change.table} ALTER COLUMN {change.own_name} {value}",))


def identity(effect: Effect) -> Inverse:
    """Undo ADD GENERATED, which had no identity before, or SET GENERATED."""
    change = effect.change
    column = f"ALTER TABLE {change.table} ALTER COLUMN {change.own_name}"
    if change.before is None:
        return Inverse((f"{column} DROP IDENTITY",))
    if re.fullmatch(r"generated = \d+", change.after or ""):
        return Inverse((f"{column} SET GENERATED {change.before.upper()}",))
    return Inverse(by_hand=f"undo what this did: {describe(change)}")


def nullability(word: str) -> Callable[[Effect], Inverse]:
    """Make the inverse of SET NOT NULL or DROP NOT NULL, which may have changed nothing."""

    def rule(effect: Effect) -> Inverse:
        change = effect.change
        unchanged = (change.before == "not null") == (change.verb == "set not null")
        if change.before and unchanged:
            return Inverse()
        stops = f"a NULL in {change.name} that was written since" if word == "SET" else ""
        sql = f"ALTER TABLE {change.table} ALTER COLUMN {change.own_name} {word} NOT NULL"
        return Inverse((sql,), stops=stops)

    return rule
