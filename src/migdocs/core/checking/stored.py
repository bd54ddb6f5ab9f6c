"""Findings as plain data that a cache can hold, and back."""

from __future__ import annotations

from typing import Any

from msgspec.structs import astuple

from migdocs.core import values
from migdocs.core.model import Finding, Hazard

_KINDS: dict[str, type[Finding]] = {"Hazard": Hazard, "Finding": Finding}
_FIELDS = {kind: values.names(kind) for kind in _KINDS.values()}


def plain(finding: Finding) -> list[Any]:
    """Give a finding's kind and values, in the order of its fields."""
    return [type(finding).__name__, *astuple(finding)]


def findings(data: Any) -> tuple[Finding, ...] | None:  # noqa: ANN401 - JSON
    """Give kept findings back; None where there are none that can be believed."""
    if not isinstance(data, list):
        return None
    try:
        return tuple(_finding(*item) for item in data)
    except (KeyError, TypeError):
        return None


def _finding(kind: str, *values: Any) -> Finding:  # noqa: ANN401 - JSON
    """Make one; JSON knows no tuples."""
    made = _KINDS[kind]
    if len(values) != len(_FIELDS[made]):
        raise TypeError(kind)
    return made(*map(_frozen, values))


def _frozen(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Give a value with tuples for lists, whatever they hold."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
