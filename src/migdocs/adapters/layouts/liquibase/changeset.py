"""A change set: the unit that Liquibase runs and records."""

from __future__ import annotations

import re

from msgspec import Struct

_POSTGRESQL = "postgresql"


class ChangeSet(Struct, frozen=True):
    """One change set of a change log.

    Attributes:
        forward: SQL; None where it is made of changes that are not read.
        rollback: SQL; empty where there is none.
        line: where ``forward`` begins.
        databases: what ``dbms`` says; empty for all.
        always: whether it runs again: always, or whenever it changes.
        can_undo: whether Liquibase can undo it, as far as that is known, where it is not read.
        source: its own words, where it is not read.
    """

    id: str
    author: str
    forward: str | None
    rollback: str = ""
    line: int = 1
    rollback_line: int = 1
    databases: str = ""
    transaction: bool = True
    always: bool = False
    can_undo: bool = True
    source: str = ""

    @property
    def for_postgresql(self) -> bool:
        """Whether PostgreSQL is among its databases: ``h2, !oracle`` names what is out."""
        names = [name for name in re.split(r"[,\s]+", self.databases.lower()) if name]
        if not names or "all" in names:
            return True
        if f"!{_POSTGRESQL}" in names or names == ["none"]:
            return False
        return _POSTGRESQL in names or all(name.startswith("!") for name in names)
