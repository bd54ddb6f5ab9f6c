"""What to do where a migration fails half way, by who applies it and what that tool records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.upgrade.words import HALFWAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.facts import Facts
    from migdocs.core.upgrade.ways import Route


class Remedy(Struct, frozen=True):
    """One thing to do after a failure; the command is empty where there is none to type."""

    text: str
    command: str = ""


def halfway(facts: Facts, route: Route) -> tuple[Remedy, ...]:
    """Give what to do, in order, where a migration of a route fails half way."""
    return between(facts, route.before, route.version)


def between(facts: Facts, before: str, version: str) -> tuple[Remedy, ...]:
    """Give the same by the names of the versions."""
    return tuple(_remedies(facts, {"before": before, "version": version}))


def _remedies(facts: Facts, names: dict[str, str]) -> Iterator[Remedy]:
    """Yield them."""
    tool, at_start = facts.runner, facts.applying.at_start
    if at_start:
        yield Remedy(HALFWAY["stop"].format(**names))
    yield Remedy(HALFWAY["log" if at_start else "error"].format(**names))
    if command := tool.status or tool.ask:
        yield Remedy(HALFWAY["recorded"], command)
    if tool.unfinished:
        text = HALFWAY["unfinished"].format(dirty=tool.dirty)
        yield Remedy(text, tool.asking(tool.unfinished))
    yield Remedy(HALFWAY["left"])
    yield Remedy(HALFWAY["again_start" if at_start else "again"].format(**names))
