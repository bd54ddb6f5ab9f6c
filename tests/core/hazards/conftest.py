"""Judge SQL as text: what the tables of expected hazards are compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from migdocs.core.catalog import Catalog
from migdocs.core.changes.reading import read_changes
from migdocs.core.hazards import judge
from migdocs.core.sql import parser, script

if TYPE_CHECKING:
    from collections.abc import Callable

    from migdocs.core.model import Hazard
    from migdocs.core.sql.parser import Parsed

    Judge = Callable[..., tuple[Hazard, ...]]


def parsed(sql: str) -> tuple[Parsed, ...]:
    """Read a script."""
    return parser.parse_all(script.split(sql))


def replayed(sql: str) -> Catalog:
    """Give the schema that earlier migrations made."""
    catalog = Catalog()
    catalog.apply_all(read_changes(parsed(sql), "earlier.sql"))
    return catalog


@pytest.fixture(scope="session")
def judged() -> Judge:
    """Give what judges a script, after earlier ones if some are given, for one version."""

    def run(sql: str, given: str = "", **how: Any) -> tuple[Hazard, ...]:
        """Judge it; nothing is known of the schema where nothing is given."""
        return judge(parsed(sql), before=replayed(given) if given else None, **how)

    return run


@pytest.fixture(scope="session")
def facts(judged: Judge) -> Callable[..., tuple[str, str, str, str] | None]:
    """Give what is said of a script under one rule: lock, relations, work and impact."""

    def run(rule: str, sql: str, given: str, postgres: int) -> tuple[str, str, str, str] | None:
        """Give the facts, None where the rule finds nothing."""
        found = [h for h in judged(sql, given, postgres=postgres) if h.rule == rule]
        if not found:
            return None
        (hazard,) = found
        work = [name for name in ("rewrite", "scan") if getattr(hazard, name)]
        return hazard.lock, " ".join(hazard.on), " ".join(work), hazard.impact

    return run
