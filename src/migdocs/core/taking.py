"""How a mapping of settings is read: what each may be, and what is wrong with it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct, field

from migdocs.core import values
from migdocs.core.errors import UsageError


class Taking(Struct, frozen=True):
    """What is being read, and what was wrong with it so far."""

    source: str
    line_of: Callable[[str], int]
    errors: list[UsageError] = field(default_factory=list)

    def refuse(self, place: str, problem: str, hint: str = "") -> None:
        """Note that something is wrong with a setting."""
        line = self.line_of(place)
        error = UsageError(f"'{place}' {problem}", path=self.source, line=line, hint=hint)
        self.errors.append(error)

    def refuse_unknown(self, place: str, known: Iterable[str]) -> None:
        """Note a name that is no setting, and the one that may be meant."""
        near = difflib.get_close_matches(place.rpartition(".")[2], known, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known here: {', '.join(sorted(known))}."
        self.refuse(place, "is not a setting", hint)

    def table(self, data: Any, kind: type, place: str) -> dict[str, Any]:  # noqa: ANN401 - TOML
        """Keep the values whose names and types are right; note the others."""
        if not isinstance(data, Mapping):
            self.refuse(place, f"is {data!r}, not a table")
            return {}
        defaults = kind()
        known = {name: getattr(defaults, name) for name in values.names(kind)}
        kept: dict[str, Any] = {}
        for written, value in data.items():
            whole = f"{place}.{written}".lstrip(".")
            name = written.replace("-", "_") if written.replace("-", "_") in known else written
            if name not in known:
                self.refuse_unknown(whole, known)
            elif (problem := _type_problem(value, known[name])) is not None:
                self.refuse(whole, problem, _HINTS.get(type(known[name]), ""))
            else:
                kept[name] = tuple(value) if isinstance(known[name], tuple) else value
        return kept

    def strings(self, data: Mapping[str, Any], place: str) -> dict[str, str]:
        """Keep the values that are strings; note the others."""
        for name, value in data.items():
            if not isinstance(value, str):
                self.refuse(f"{place}.{name}", f"is {value!r}, not a string", _HINTS[str])
        return {name: value for name, value in data.items() if isinstance(value, str)}

    def lists(self, data: Mapping[str, Any], place: str) -> dict[str, tuple[str, ...]]:
        """Keep the values that are lists of strings; note the others."""
        kept = {}
        for name, value in data.items():
            if (problem := _type_problem(value, ())) is None:
                kept[name] = tuple(value)
            else:
                self.refuse(f"{place}.{name}", problem, _HINTS[tuple])
        return kept


# How a value of a type is written, by the type of the default.
_HINTS: Mapping[type, str] = {
    str: 'write it in quotes: "…".',
    tuple: 'write it as a list: ["…", "…"].',
    int: "write digits alone, without quotes.",
    float: "write a number of seconds, without quotes.",
}


def _type_problem(value: object, default: object) -> str | None:
    """Say what is wrong with a value's type, by the default's; None where nothing is."""
    if isinstance(default, tuple):
        good = isinstance(value, (list, tuple)) and all(isinstance(part, str) for part in value)
        return None if good else f"is {value!r}, not a list of strings"
    if isinstance(default, (Mapping, Struct)):
        return None if isinstance(value, Mapping) else f"is {value!r}, not a table"
    if isinstance(default, float):
        good = isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
        return None if good else f"is {value!r}, not a number of seconds"
    if isinstance(default, bool):
        return None if isinstance(value, bool) else f"is {value!r}, neither true nor false"
    if isinstance(default, int):
        good = isinstance(value, int) and not isinstance(value, bool)
        return None if good else f"is {value!r}, not a whole number"
    return None if isinstance(value, str) else f"is {value!r}, not a string"
