"""Every layout that is known: the one place to add another."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from migdocs.adapters.layouts.alembic import ALEMBIC
from migdocs.adapters.layouts.directories import DIESEL, PRISMA, SOURCEGRAPH
from migdocs.adapters.layouts.flyway import FLYWAY
from migdocs.adapters.layouts.native import NATIVE
from migdocs.adapters.layouts.one_file import DBMATE, GOOSE
from migdocs.adapters.layouts.pairs import GOLANG_MIGRATE, PLAIN, SQLX, VERSIONED
from migdocs.adapters.layouts.sqitch import SQITCH
from migdocs.core.errors import UsageError
from migdocs.core.runner import quoted

if TYPE_CHECKING:
    from migdocs.adapters.layouts.convention import Layout
    from migdocs.core.runner import Runner

# Where two layouts claim the same files, the one that stands first is meant.
LAYOUTS: tuple[Layout, ...] = (
    SQITCH,
    SOURCEGRAPH,
    PRISMA,
    DIESEL,
    GOOSE,
    DBMATE,
    FLYWAY,
    VERSIONED,
    GOLANG_MIGRATE,
    ALEMBIC,
    NATIVE,
    SQLX,
    PLAIN,
)


def runner(layout: Layout, folder: str) -> Runner:
    """Give the commands that operators of a project with this layout type."""
    commands, word = layout.runner, quoted(folder)
    return replace(
        commands,
        status=commands.status.replace("{folder}", word),
        apply=commands.apply.replace("{folder}", word),
        rollback_one=commands.rollback_one.replace("{folder}", word),
        new=layout.naming.command,
        query=layout.tracking.query if layout.tracking else commands.query,
    )


def layout_named(name: str) -> Layout:
    """Give the layout that the setting ``layout`` names.

    Raises:
        UsageError: there is none of that name; the hint says which there are.
    """
    by_name = {layout.name: layout for layout in LAYOUTS}
    if name in by_name:
        return by_name[name]
    close = get_close_matches(name, by_name, n=1)
    meant = f"did you mean '{close[0]}'? " if close else ""
    raise UsageError(
        f"there is no layout '{name}'",
        hint=f"{meant}Known are: auto, {', '.join(sorted(by_name))}.",
    )
