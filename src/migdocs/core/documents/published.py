"""What programs read of a project, as types: ``list --json`` and ``migrations.json``.

The published JSON Schema is made of these types and their docstrings (``tools/reference.py``).
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from migdocs.core.audience import Schema  # noqa: TC001 - the schema is made of the types
from migdocs.core.ledger.gate import AppliedBy  # noqa: TC001 - as above
from migdocs.core.reversal import Outcome  # noqa: TC001 - as above
from migdocs.core.timeline import Edit, IgnoredTag, PlacedBy, Status  # noqa: TC001 - as above

Id = Annotated[str, Meta(min_length=1)]
Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class Breaking(Struct, frozen=True):
    """Whether it breaks something; null where that is not known.

    Attributes:
        declared: By the notes.
        computed: By what the SQL does.
    """

    declared: bool | None
    computed: bool | None


class Migration(Struct, frozen=True, kw_only=True):
    """One migration.

    Attributes:
        id: The whole stem of its files, unique in the project.
        release: The first release that ships it, or that it is planned for.
        placed_by: How the release is known: a tag's tree, the notes, or a change log's dates.
        forward: The script's path from the project's root.
        rollback: The path of the script that undoes it.
        notes: The path of what people wrote about it.
        rollback_effect: What its rollback gives back, as read; null where there is none.
        rollback_read: The same in words.
        unread: Why a part of its SQL was not read; null where all of it was.
        language: Of the forward script; 'sql' is read, others are only shown.
        later: Releases of other lines that carry it too.
        removed_in: The first release of its line that no longer has it.
        dependencies: Ids of the migrations that must run before it.
        changes: What it does, a sentence each.
    """

    id: Id
    title: str
    release: str | None
    placed_by: PlacedBy | None
    status: Status
    forward: str | None
    rollback: str | None
    notes: str | None
    breaking: Breaking
    rollback_effect: Outcome | None = None
    rollback_read: str | None = None
    unread: str | None = None
    date: str | None
    type: str | None
    language: str | None
    later: tuple[str, ...]
    removed_in: str | None
    dependencies: tuple[str, ...]
    changes: tuple[str, ...]


class Release(Struct, frozen=True):
    """A version of the software.

    Attributes:
        lineage: Its line of releases: 'main', '1.0.x'.
        previous: The release before it in its line.
        aliases: Other tags of the same commit.
        migrations: Ids that are new in it, in run order.
        edited: Scripts that it ships with other bytes than the release before.
        removed: Ids that the release before had.
    """

    version: str
    tag: str | None
    date: Day | None
    status: Status
    lineage: str
    previous: str | None
    aliases: tuple[str, ...]
    migrations: tuple[str, ...]
    edited: tuple[Edit, ...]
    removed: tuple[str, ...]


class ReadAs(Struct, frozen=True):
    """Who reads the database, and what tells so: 'private' is this application alone."""

    read_as: Schema
    why: str


class Applied(Struct, frozen=True):
    """Who applies the migrations, and what tells so."""

    who: AppliedBy
    why: str


class Published(Struct, frozen=True, kw_only=True):
    """What 'migdocs list --json' and migrations.json say.

    Names are never removed within one schema_version; new ones may appear.

    Attributes:
        generator: Only in the file, to tell it from files that others wrote.
        migrations: In the order in which they run.
        releases: The lowest version first; 'Unreleased' and planned ones last.
        ignored_tags: Tags of the repository that are no releases.
    """

    schema_version: Literal[1]
    generator: Literal["migdocs"] | UnsetType = UNSET
    migrations: tuple[Migration, ...]
    releases: tuple[Release, ...]
    schema: ReadAs | UnsetType = UNSET
    applied_by: Applied | UnsetType = UNSET
    ignored_tags: tuple[IgnoredTag, ...]
