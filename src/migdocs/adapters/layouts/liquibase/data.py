"""XML, YAML and JSON change logs as one kind of value: lists of names with their attributes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from migdocs.core import foreign
from migdocs.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

Node = dict[str, Any]
# What a change set holds besides its changes.
_ABOUT = {"rollback", "comment", "preConditions", "validCheckSum"}
_ENTITIES = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def read(path: str, text: str) -> list[Node] | None:
    """Read a change log; None where it is none, or cannot be read."""
    if path.endswith(".xml"):
        return _xml(text)
    try:
        whole = foreign.read(text, path)
    except InputError:
        return None
    found = whole.get("databaseChangeLog") if isinstance(whole, dict) else None
    if not isinstance(found, list):
        return None
    return [item for item in found if isinstance(item, dict)]


def change_sets(log: list[Node]) -> Iterator[Node]:
    """Yield the change sets, in order."""
    for item in log:
        found = item.get("changeSet")
        if isinstance(found, dict):
            yield found


def includes(log: list[Node]) -> Iterator[tuple[str, bool]]:
    """Yield what is included: a file's or a folder's path, and whether it is a folder."""
    for item in log:
        for name, key in (("include", "file"), ("includeAll", "path")):
            found = item.get(name)
            if isinstance(found, dict) and isinstance(found.get(key), str):
                yield found[key], name == "includeAll"


def _xml(text: str) -> list[Node] | None:
    """Read XML into what YAML would have given; entities are refused, as they can explode."""
    from xml.etree.ElementTree import ParseError, fromstring

    if _ENTITIES.search(text):
        return None
    try:
        root = fromstring(text.removeprefix("\ufeff"))  # noqa: S314 - without entities it is data
    except (ParseError, ValueError, RecursionError):
        return None
    if _name(root) != "databaseChangeLog":
        return None
    return [{_name(child): _log_item(child)} for child in root]


def _log_item(item: Element) -> Node:
    """Give a change set with its changes and rollback, or whatever else with its attributes."""
    found: Node = dict(item.attrib)
    if _name(item) != "changeSet":
        return found
    about = {"rollback", "comment", "preConditions", "validCheckSum", "modifySql"}
    found["changes"] = [
        {_name(child): _change(child)} for child in item if _name(child) not in about
    ]
    undone = [child for child in item if _name(child) == "rollback"]
    if undone:
        words = "\n".join(filter(None, ((child.text or "").strip() for child in undone)))
        changes = [{_name(c): _change(c)} for child in undone for c in child]
        found["rollback"] = [{"sql": {"sql": words}}, *changes] if words else changes
    return found


def _change(item: Element) -> Node:
    """Give one change: its attributes, its text, its columns."""
    found: Node = dict(item.attrib)
    text = "".join(item.itertext()) if _name(item) == "sql" else (item.text or "")
    if text.strip():
        found["sql"] = text
    columns = [child for child in item if _name(child) == "column"]
    if columns:
        found["columns"] = [{"column": _column(child)} for child in columns]
    return found


def _column(item: Element) -> Node:
    found: Node = dict(item.attrib)
    constraints = next((child for child in item if _name(child) == "constraints"), None)
    if constraints is not None:
        found["constraints"] = dict(constraints.attrib)
    return found


def _name(item: Element) -> str:
    """Give an element's name without its namespace."""
    return str(item.tag).rpartition("}")[2]
