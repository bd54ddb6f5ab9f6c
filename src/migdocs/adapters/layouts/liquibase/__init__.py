"""Liquibase's change logs, taken apart: each change set with its SQL, as far as it is read."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from migdocs.adapters.layouts import broken
from migdocs.adapters.layouts.convention import Halves
from migdocs.adapters.layouts.languages import language
from migdocs.adapters.layouts.liquibase import data, formatted, statements
from migdocs.adapters.layouts.liquibase.changeset import ChangeSet
from migdocs.core.model import Finding, Script

if TYPE_CHECKING:
    from collections.abc import Iterable

_UNSAFE = re.compile(r"[^\w.-]+")

__all__ = ["ChangeSet", "includes", "read", "unfold"]


def read(path: str, text: str) -> tuple[ChangeSet, ...] | None:
    """Read the change sets of a file, in order; None where it cannot be read."""
    if language(path) == "sql":
        return formatted.read(text)
    found = data.read(path, text)
    return None if found is None else tuple(map(statements.change_set, data.change_sets(found)))


def includes(path: str, text: str) -> tuple[tuple[str, bool], ...] | None:
    """List what a change log includes: a path, and whether it is a whole folder."""
    if language(path) == "sql":
        return ()
    found = data.read(path, text)
    return None if found is None else tuple(data.includes(found))


def unfold(path: str, text: str) -> tuple[tuple[str, Halves], ...]:
    """Give each change set of a file: what its id has behind the file's name, and its halves.

    The first is named as the file, so that one to a file is what most expect, and so that change
    sets that are added below change no id. A file that only includes others has none.
    """
    found = read(path, text)
    if found is None:
        whole = Script(path, text, language=_unread_language(path))
        return (("", Halves(whole, whole, (_unreadable(path, text),))),)
    wanted = tuple(one for one in found if one.for_postgresql)
    if not wanted and not found and language(path) == "sql":
        return (("", Halves(Script(path, text), None, (_no_header(path),))),)
    names = ("", *_names(wanted[1:]))
    return tuple((name, _halves(path, text, one)) for name, one in zip(names, wanted, strict=False))


def _names(found: Iterable[ChangeSet]) -> list[str]:
    """Give each change set's author and id, as ids may be written; one that repeats is counted."""
    names: list[str] = []
    met: Counter[str] = Counter()
    for one in found:
        name = _UNSAFE.sub("_", f".{one.author}.{one.id}")
        met[name] += 1
        names.append(name if met[name] == 1 else f"{name}~{met[name]}")
    return names


def _halves(path: str, text: str, one: ChangeSet) -> Halves:
    if one.forward is None:
        whole = Script(path, one.source or text, one.line, language=_unread_language(path))
        return Halves(whole, whole if one.can_undo else None)
    forward = Script(path, one.forward, one.line, transaction=one.transaction)
    rollback = None
    if one.rollback:
        rollback = Script(path, one.rollback, one.rollback_line, transaction=one.transaction)
    return Halves(forward, rollback)


def _unread_language(path: str) -> str:
    named = language(path)
    return "liquibase" if named == "sql" else named


def _unreadable(path: str, text: str) -> Finding:
    line, problem = broken.fault(path, text)
    message = "this change log cannot be read" + (f": {problem}" if problem else "")
    hint = "'liquibase validate' says what is wrong with it."
    return Finding("unreadable-metadata", "error", message, path, line, hint)


def _no_header(path: str) -> Finding:
    message = "no line '--changeset AUTHOR:ID' says where a change set begins"
    hint = "begin the file with '--liquibase formatted sql', and each change with '--changeset'."
    return Finding("missing-marker", "warning", message, path, 1, hint)
