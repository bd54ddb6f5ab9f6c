"""Changes as plain data and back, so that what was read once can be kept."""

from __future__ import annotations

import typing
from typing import Any

from migdocs.core import values
from migdocs.core.model import Change
from migdocs.core.sql import definitions

_KINDS = {kind.__name__: kind for kind in typing.get_args(definitions.Definition)}
_DEFAULTS = values.defaults(Change)


def plain(change: Change) -> dict[str, Any]:
    """Give a Change without its path and without what has its default value."""
    found = {
        name: value
        for name in values.names(Change)
        if name != "path" and (value := getattr(change, name)) != _DEFAULTS.get(name, ...)
    }
    if change.definition is not None:
        kind = type(change.definition).__name__
        found["definition"] = {"is": kind, **values.plain(change.definition)}
    return found


def change(data: dict[str, Any], path: str) -> Change:
    """Give a Change back, in a script at this path.

    Raises:
        ValueError, KeyError, TypeError: the data is none of ours.
    """
    whole = {name: _tuples(value) for name, value in data.items()}
    if "definition" in data:
        parts = dict(data["definition"])
        kind = _KINDS[parts.pop("is")]
        whole["definition"] = kind(**{name: _tuples(value) for name, value in parts.items()})
    return Change(path=path, **whole)


def _tuples(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Make tuples of lists, as JSON knows no tuples."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
