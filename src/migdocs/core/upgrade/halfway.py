"""What to do where a migration fails half way, by who applies it and what that tool records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.upgrade.words import HALFWAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.facts import Facts
    from migdocs.core.runner import Runner
    from migdocs.core.upgrade.ways import Route


class Remedy(Struct, frozen=True):
    """One thing to do after a failure; the command is empty where there is none to type."""

    text: str
    command: str = ""


def halfway(facts: Facts, route: Route) -> tuple[Remedy, ...]:
    """Give what to do, in order, where a migration of a route fails half way."""
    in_hand = route.hops[-1].release if route.hops else None
    tool = facts.runner_at(in_hand) if in_hand else facts.runner
    return tuple(_remedies(facts, tool, {"before": route.before, "version": route.version}))


def between(facts: Facts, before: str, version: str) -> tuple[Remedy, ...]:
    """Give the same by the names of the versions, with the commands for today's files."""
    return tuple(_remedies(facts, facts.runner, {"before": before, "version": version}))


def _remedies(facts: Facts, tool: Runner, names: dict[str, str]) -> Iterator[Remedy]:
    """Yield them."""
    at_start = facts.applying.at_start
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
