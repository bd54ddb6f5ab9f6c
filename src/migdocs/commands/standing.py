"""Look at a database for ``doctor``: whose it is, and what would stand in a restore's way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.adapters import config
from migdocs.commands import place as places
from migdocs.commands.remark import Remark
from migdocs.core.errors import MigdocsError
from migdocs.core.ledger import gate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from migdocs.adapters.database.session import Session
    from migdocs.commands.target import Target
    from migdocs.core.ledger.gate import Owner, Shown

# What is imported where it is used takes long to import: most often no database is named.
ABOUT = "database"


def of_database(start: Path, url: str, environment: str) -> Iterator[Remark]:
    """Say how a database stands; nothing where none is named, and nothing is changed.

    Args:
        start: a folder of the project.
        url: that was given; empty for the one that the settings lead to.
        environment: of the settings; empty for none.

    Raises:
        MigdocsError: it cannot be asked.
    """
    place = places.locate(start, environment)
    if not (url or config.database_url(place.settings, environment)):
        return
    from migdocs.adapters.database import landscape
    from migdocs.adapters.layouts import TRACKERS
    from migdocs.commands.target import reading

    with (
        places.target(place, url, lambda _: None, changes=False) as target,
        reading(target) as session,
    ):
        yield Remark("ok", ABOUT, f"PostgreSQL {session.server}, asked as '{session.role}'")
        yield _whose(_owner(place), landscape.read(session, TRACKERS))
        yield from _restorable(place, target, session)


def _owner(place: places.Place) -> Owner:
    """Say who runs the migrations; a folder that cannot be read is doubt."""
    try:
        return places.owner(place)
    except MigdocsError as error:
        return gate.Owner(doubt=str(error))


def _whose(owner: Owner, shown: Shown) -> Remark:
    """Say whose migrations made the database, as its tables tell."""
    others = [found for found in shown.trackers if found.rows]
    if shown.ours:
        return Remark("ok", ABOUT, "migdocs migrates it: its ledger is there")
    if others and others[0].tracker.title == owner.runner:
        found = others[0]
        text = f"{owner.runner} migrates it, as the project's files say: {found.relation.title}"
        return Remark("ok", ABOUT, text)
    # What a table says outweighs what the files say: they are asked where there is none.
    judged = replace(owner, doubt="", clash=None, is_set=False) if others else owner
    if refused := gate.refusal(judged, shown, "apply"):
        return Remark("bites" if others else "note", ABOUT, refused.message, refused.hint)
    return Remark("ok", ABOUT, "empty: nothing was applied in it yet")


def _restorable(place: places.Place, target: Target, session: Session) -> Iterator[Remark]:
    """Say what would stand in the way of a backup or a restore here."""
    from pathlib import Path

    from migdocs.adapters.database import dump
    from migdocs.adapters.sandbox import programs
    from migdocs.commands import backup

    try:
        tools = dump.find_tools(programs.folders(), session.major)
        for made in backup.offered(target, place.backups)[-1:]:
            path = Path(made.path)
            readers = dump.find_tools(programs.folders(), session.major, path)
            dump.check(readers, path)
            yield Remark("ok", "backup", f"the newest can be read: {made.title}")
    except MigdocsError as error:
        yield Remark("bites", "backup", str(error), error.hint)
        return
    for line in dump.warnings(tools, session):
        yield Remark("note", "restore", line)
