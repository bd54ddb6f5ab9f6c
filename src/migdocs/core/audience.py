"""Who reads the database: this application alone, or others too, and how that is known.

It decides for whom a dropped column breaks something: of a private schema only the release before,
which cannot run on what comes after; of a public one every client, so that a major version is due.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from migdocs.core.model import Change, Migration
    from migdocs.core.settings import Settings

Schema = Literal["private", "public"]

# What is made for somebody else to read, by verb and kind of a change.
_PUBLISHED = {
    ("create", "view"): "creates the view '{name}'",
    ("create", "materialized view"): "creates the materialized view '{name}'",
    ("create", "publication"): "publishes tables ('{name}')",
}
_NOTIFIES = re.compile(r"\b(?:pg_notify\s*\(|(?:LISTEN|NOTIFY)\s+[a-z_]\w*)", re.IGNORECASE)
_SAID = re.compile(
    r"\b(?:public schema|external (?:clients?|consumers?|readers?|systems?|services?)"
    r"|other (?:applications|services|teams|systems) (?:read|use|query|rely)"
    r"|third[- ]part(?:y|ies)|reporting (?:tools?|users?)|data warehouse)\b",
    re.IGNORECASE,
)


class Audience(Struct, frozen=True):
    """How the schema is read, and what tells so.

    Attributes:
        is_set: whether the settings say it.
    """

    schema: Schema = "public"
    why: str = "nothing else is said"
    is_set: bool = False

    @property
    def private(self) -> bool:
        """Whether only this application reads the database."""
        return self.schema == "private"

    @property
    def sentence(self) -> str:
        """Say how the schema is read, for the documents."""
        who = "only this application reads" if self.private else "others may read"
        return f"This project's schema is {self.schema} ({who} the database): {self.why}."

    @property
    def otherwise(self) -> str:
        """Say how to correct what was found out by other means; empty where it is set."""
        if self.is_set:
            return ""
        if self.private:
            return 'If others read it, set `schema = "public"`.'
        return 'If nobody else reads it, set `schema = "private"`.'


def audience(
    settings: Settings,
    migrations: Iterable[Migration],
    changes: Mapping[str, tuple[Change, ...]],
) -> Audience:
    """Tell who reads the database: as the settings say, else by what scripts and notes show."""
    if settings.schema in {"private", "public"}:
        chosen: Schema = "private" if settings.schema == "private" else "public"
        return Audience(chosen, "the setting `schema` says so", is_set=True)
    for migration in migrations:
        if why := _shown(migration, changes.get(migration.id, ())):
            return Audience("public", f"{migration.id} {why}")
    return Audience("private", "no view, grant, notification or note shows another reader")


def _shown(migration: Migration, changes: Iterable[Change]) -> str:
    """Say what in a migration shows that others read the database; empty where nothing does."""
    for change in changes:
        if said := _PUBLISHED.get((change.verb, change.kind)):
            return said.format(name=change.name)
        if change.verb == "grant" and change.kind != "role" and not _to_oneself(change):
            return f"grants {change.after or 'access'}"
    script, notes = migration.forward, migration.notes
    if script and script.language == "sql" and _NOTIFIES.search(script.text):
        return "notifies whoever listens"
    if notes and (found := _SAID.search("\n".join(s.text for s in notes.sections))):
        return f"has notes that speak of '{found[0]}'"
    return ""


def _to_oneself(change: Change) -> bool:
    """Tell whether a grant is to the role that runs the script itself."""
    grantees = (change.after or "").rpartition(" to ")[2].lower()
    return grantees in {"current_user", "current_role", "session_user"}
