"""Liquibase's formatted SQL: ``--changeset``, its attributes, and ``--rollback``."""

from __future__ import annotations

import re

from msgspec import Struct, field

from migdocs.adapters.layouts.liquibase.changeset import ChangeSet

HEADER = re.compile(r"^--\s*liquibase\s+formatted\s+sql\b", re.IGNORECASE | re.MULTILINE)
_BEGINS = re.compile(
    r"\s*--\s*changeset\s+(?P<author>\"[^\"]*\"|[^\s:]+):(?P<id>\"[^\"]*\"|\S+)(?P<rest>.*)$",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"(?<!\w)(?P<name>\w++):(?P<value>\"[^\"]*\"|'[^']*'|\S+)")
_UNDO = re.compile(r"\s*--\s*rollback\b[ \t]?(?P<sql>.*)$", re.IGNORECASE)
_UNDO_OPENS = re.compile(r"\s*/\*\s*liquibase\s+rollback\s*$", re.IGNORECASE)
_UNDO_CLOSES = re.compile(r"(?P<sql>.*?)\*/\s*$")
_NOTHING = re.compile(r"(?:not required|empty)\s*+;?\s*+", re.IGNORECASE)


class _Open(Struct, dict=True):
    """A change set while its lines are read."""

    author: str
    id: str
    options: dict[str, str]
    line: int
    forward: list[str] = field(default_factory=list)
    rollback: list[str] = field(default_factory=list)
    rollback_line: int = 0

    def undo(self, sql: str, number: int) -> None:
        """Add a line to the rollback."""
        self.rollback_line = self.rollback_line or number
        # Empty lines keep each on the line that it has in the file.
        gap = number - self.rollback_line - len(self.rollback)
        self.rollback += [*[""] * gap, sql]
        self.forward.append("")

    def closed(self) -> ChangeSet:
        """Give the value."""
        rollback = "\n".join(self.rollback).strip("\n")
        named = self.options
        return ChangeSet(
            self.id,
            self.author,
            "\n".join(self.forward),
            "" if _NOTHING.fullmatch(rollback.strip()) else rollback,
            self.line + 1,
            self.rollback_line or 1,
            named.get("dbms", ""),
            named.get("runintransaction", "true").lower() != "false",
            "true" in (named.get("runonchange", ""), named.get("runalways", "")),
        )


def read(text: str) -> tuple[ChangeSet, ...]:
    """Read the change sets of a formatted SQL file; none where nothing begins one."""
    found: list[ChangeSet] = []
    current: _Open | None = None
    undoing = False
    for number, line in enumerate(text.split("\n"), 1):
        begins = _BEGINS.match(line)
        if begins:
            found += [current.closed()] if current else []
            current, undoing = _opened(begins, number), False
        elif current:
            undoing = _line(current, line, number, undoing=undoing)
    return (*found, current.closed()) if current else ()


def _line(current: _Open, line: str, number: int, *, undoing: bool) -> bool:
    """Add a line to its way; tell whether a rollback's block stays open."""
    if undoing:
        closes = _UNDO_CLOSES.match(line)
        current.undo(closes["sql"] if closes else line, number)
        return closes is None
    if _UNDO_OPENS.match(line):
        current.forward.append("")
        return True
    undo = _UNDO.match(line)
    if undo:
        current.undo(undo["sql"], number)
    else:
        current.forward.append(line)
    return False


def _opened(begins: re.Match[str], number: int) -> _Open:
    options = {
        match["name"].lower(): match["value"].strip("\"'")
        for match in _ATTRIBUTE.finditer(begins["rest"])
    }
    return _Open(begins["author"].strip('"'), begins["id"].strip('"'), options, number)
