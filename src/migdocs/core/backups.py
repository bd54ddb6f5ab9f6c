"""Say which database a dump is of, and which dumps may be brought back into the one in hand.

A dump belongs to one database. What it is of is written into a label beside it; a dump without one
may be anybody's, so it is never offered, never removed, and only restored where the user says so.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from migdocs.core.errors import DatabaseError, InputError, MigdocsError, UsageError
from migdocs.core.values import plain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import PurePath

FORMAT = 1
Kind = Literal["backup", "before-restore"]
STAMP = "%Y%m%dT%H%M%SZ"
_TEXTS = ("system", "database", "environment", "at", "kind", "server", "client", "tool")
_NUMBERS = ("oid", "size", "events")


class Label(Struct, frozen=True):
    """What a dump says of itself.

    Attributes:
        system: the server's system identifier; empty where it does not tell.
        database: by name, with its ``oid``: one that is dropped and made again is another.
        environment: as the settings name it; empty where none was named.
        at: when it was begun, ``20260301T020000Z``.
        kind: made by ``backup``; or before a restore, of what that restore replaced.
        applied: the migrations that were applied, in the order of their application.
        events: how many rows the ledger had.
        server: its version; ``client`` is pg_dump's major one.
        size: of the dump, in bytes.
    """

    system: str
    database: str
    oid: int
    environment: str
    at: str
    kind: Kind = "backup"
    applied: tuple[str, ...] = ()
    events: int = 0
    server: str = ""
    client: str = ""
    tool: str = ""
    size: int = 0

    @property
    def when(self) -> str:
        """When it was made, for people: ``2026-03-01 02:00 UTC``."""
        at = self.at
        return f"{at[:4]}-{at[4:6]}-{at[6:8]} {at[9:11]}:{at[11:13]} UTC"

    @property
    def holds(self) -> str:
        """What is in it, for people."""
        last = f"the last is {self.applied[-1]}" if self.applied else "none"
        return f"made {self.when}, with {len(self.applied)} migrations applied, {last}"


class Backup(Struct, frozen=True):
    """A dump that is complete.

    Attributes:
        label: what it is of; None where nothing says it.
    """

    path: PurePath
    label: Label | None = None

    @property
    def title(self) -> str:
        """The dump with what it holds, for people."""
        return f"{self.path} ({self.label.holds if self.label else 'its database is not known'})"


def write(label: Label) -> str:
    """Give a label's text: one JSON document."""
    return json.dumps({"format": FORMAT, **plain(label)}, indent=1) + "\n"


def read(text: str, path: str) -> Label:
    """Give the label that a text is.

    Raises:
        InputError: it is none, or one of a newer migdocs.
    """
    try:
        found: Any = json.loads(text)
        version = found["format"]
        fields = {name: found[name] for name in (*_TEXTS, *_NUMBERS, "applied")}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError("is not the label of a dump", path=path, hint=_LOST) from None
    good = (
        all(isinstance(fields[name], str) for name in _TEXTS)
        and all(type(fields[name]) is int for name in _NUMBERS)
        and isinstance(fields["applied"], list)
        and all(isinstance(name, str) for name in fields["applied"])
        and fields["kind"] in ("backup", "before-restore")
    )
    if version != FORMAT or not good:
        raise InputError("is a label that this migdocs cannot read", path=path, hint=_LOST)
    return Label(**{**fields, "applied": tuple(fields["applied"])})


_LOST = "You can restore the dump by its path with --foreign, if you know whose it is."


def belongs(label: Label, here: Label) -> bool:
    """Tell whether a dump is of the database in hand, as far as can be proved.

    A copy of a whole server has its identifier; there the environment's name tells them apart.
    """
    same = (label.system, label.database, label.oid) == (here.system, here.database, here.oid)
    return bool(here.system) and same and label.environment == here.environment


def offered(
    backups: Iterable[Backup], here: Label, at: Collection[str] | None = None
) -> tuple[Backup, ...]:
    """Give the dumps that may be brought back into the database in hand, oldest first.

    A copy that was made before a restore is never among them: it holds what was to be got rid of.

    Args:
        backups: of a folder.
        here: what a dump of the database in hand would say now.
        at: the migrations that must be applied in it, just these; None for any.
    """
    own = (
        backup
        for backup in backups
        if backup.label and backup.label.kind == "backup" and belongs(backup.label, here)
    )
    fitting = (b for b in own if at is None or (b.label and set(b.label.applied) == set(at)))
    return tuple(sorted(fitting, key=_age))


def outdated(backups: Iterable[Backup], here: Label, limit: str) -> tuple[Backup, ...]:
    """Give the dumps that are proved to be of this database and older than a moment.

    The newest is never among them, and neither are dumps whose database is not known.
    """
    own = [b for b in backups if b.label and belongs(b.label, here)]
    newest = {max(group, key=_age, default=None) for group in _by_kind(own)}
    return tuple(b for b in own if b.label and b.label.at < limit and b not in newest)


def _by_kind(own: list[Backup]) -> tuple[list[Backup], ...]:
    """Part a database's dumps by why they were made."""
    kinds: tuple[Kind, ...] = ("backup", "before-restore")
    return tuple([b for b in own if b.label and b.label.kind == kind] for kind in kinds)


def refusal(backup: Backup, here: Label) -> MigdocsError | None:
    """Say why a dump is not brought back unless the user insists; None where it is ours."""
    insist = "Restore it with --foreign if that is what you want."
    label = backup.label
    if label is None:
        return UsageError(
            "it is not known which database this dump is from: it has no label",
            path=str(backup.path),
            hint=insist,
        )
    if not belongs(label, here):
        where = f"'{label.database}' of the environment '{label.environment or '(none)'}'"
        server = "" if label.system == here.system else ", on another server"
        return DatabaseError(
            f"this dump is of another database: {where}{server}",
            path=str(backup.path),
            hint=f"The database in hand is '{here.database}' of the environment"
            f" '{here.environment or '(none)'}'. {insist}",
        )
    return None


def _age(backup: Backup) -> tuple[str, str]:
    """Order dumps by when they were made."""
    return backup.label.at if backup.label else "", backup.path.name
