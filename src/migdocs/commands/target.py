"""Name the database that a use case works in, and how."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from migdocs.adapters.database import landscape, ledger, lock, session
from migdocs.adapters.database.session import DEFAULTS
from migdocs.adapters.layouts import TRACKERS
from migdocs.core.ledger import gate
from migdocs.core.ledger.gate import Owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from migdocs.adapters.database.session import Session
    from migdocs.core.ledger.gate import Deed
    from migdocs.core.ledger.plan import Step
    from migdocs.core.settings import SessionOptions


@dataclass(frozen=True, slots=True)
class Target:
    """A database, and how to work in it.

    Attributes:
        url: with its password, which is never shown.
        options: time limits, attempts, the ledger's name.
        commit: of the project's files, for the ledger; empty where it is not known.
        root: of the project, for the rows of scripts that are too much to hold.
        folder: of the migrations, from the root.
        notify: takes one line for a person: a wait, a retry, a warning of the server.
        on_step: is told each step before it runs.
        owner: tells who runs the project's migrations; asked only where that matters.
        environment: as the settings name it; empty where none was named.
    """

    url: str = field(repr=False)
    options: SessionOptions = DEFAULTS
    commit: str = ""
    root: Path = Path()
    folder: str = "migrations"
    notify: Callable[[str], None] = lambda _: None
    on_step: Callable[[Step], None] = lambda _: None
    owner: Callable[[], Owner] = Owner
    environment: str = ""


@contextlib.contextmanager
def reading(target: Target, deed: Deed | None = None) -> Iterator[Session]:
    """Give a session that only asks; it needs no right to write.

    Args:
        target: the database.
        deed: what is asked about; it is refused as the deed itself would be.
    """
    with session.connected(target.url, target.options, writes=False, notify=target.notify) as found:
        _pass(target, found, deed)
        yield found


@contextlib.contextmanager
def alone(target: Target, deed: Deed | None = None) -> Iterator[Session]:
    """Give a session that works alone in its database, with the ledger there.

    Args:
        target: the database.
        deed: what is done with the project's migrations; None for what touches none.

    Raises:
        DatabaseError: another migdocs is at work for longer than the options' patience; or the
            database is another's, and nothing was changed in it.
        UsageError: somebody else runs this project's migrations, or nobody knows who.
    """
    with (
        session.connected(
            target.url, target.options, commit=target.commit, notify=target.notify
        ) as found,
        lock.held(found),
    ):
        _pass(target, found, deed)
        ledger.create(found)
        yield found


def _pass(target: Target, found: Session, deed: Deed | None) -> None:
    """Let a deed through, or refuse it: the one gate before a database is touched."""
    if deed and (refused := gate.refusal(target.owner(), landscape.read(found, TRACKERS), deed)):
        raise refused
