"""What git says, as values: tags, commits, releases, and where each migration first shipped."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migdocs.core.model import Migration

PlacedBy = Literal["git", "declared", "changelog"]
Status = Literal["released", "unreleased", "planned"]


class Tag(Struct, frozen=True):
    """A tag that names a release.

    Attributes:
        name: as git has it: ``service/v1.2.0``.
        version: what the tag calls the version, without the family's folder: ``v1.2.0``.
        commit: the full id of the commit that it points at, peeled.
        date: of that commit, ``YYYY-MM-DD``.
        aliases: other tags on the same commit that this one stands for (its candidates).
        on_branch: whether the commit is an ancestor of HEAD.
    """

    name: str
    version: str
    commit: str
    date: str
    aliases: tuple[str, ...] = ()
    on_branch: bool = True


class IgnoredTag(Struct, frozen=True):
    """A tag that is not a release, and why."""

    name: str
    reason: str


class Commit(Struct, frozen=True):
    """One commit's facts; text is decoded with replacement and still hostile.

    Attributes:
        date: of the commit, ``YYYY-MM-DD``.
        parents: full ids.
        authored: when its author wrote it, seconds since 1970; a cherry-pick keeps it.
        foreign: whether it touches nothing of the project, in a repository that holds several.
        address: of its author, as written.
    """

    id: str
    subject: str
    body: str = ""
    author: str = ""
    date: str = ""
    parents: tuple[str, ...] = ()
    authored: int = 0
    foreign: bool = False
    address: str = ""


class FileChange(Struct, frozen=True):
    """A file that differs between two commits, with its blobs' ids; None where it is not there."""

    path: str
    before: str | None
    after: str | None


class Edit(Struct, frozen=True):
    """A script that a later release ships with other bytes than the release before.

    Attributes:
        meaning: False where only formatting or comments differ; None where it was not compared.
    """

    migration: str
    path: str
    since: str
    release: str
    meaning: bool | None


class Stood(Struct, frozen=True):
    """Where a release's tree has the migrations, where that is not where they are now.

    Attributes:
        folder: from the project's root; it may lie beside it (``../db/migrations``).
        names: a script's present path below the folder → its path there, of those that differ.
        present: the folder that they are in now.
    """

    folder: str
    names: Mapping[str, str] = field(default_factory=dict)
    present: str = ""

    def path(self, path: str) -> str:
        """Give a script's path in that tree by the one that it has now."""
        prefix = f"{self.present}/" if self.present else ""
        name = path.removeprefix(prefix)
        there = f"{self.folder}/" if self.folder else ""
        return there + self.names.get(name, name) if path.startswith(prefix) else path


class Release(Struct, frozen=True, dict=True):
    """A version of the software, with what is new in it.

    ``Unreleased`` and the planned versions are releases without a tag.

    Attributes:
        version: as readers know it: ``v1.1.0``, ``Unreleased``.
        date: ``YYYY-MM-DD``, None where there is none.
        lineage: the name of its line of releases (``main``, ``1.x``): the order holds within one.
        previous: the version before it in its lineage, None for the first.
        migrations: ids that this release is the first of its lineage to ship, in run order.
        ships: every migration id in this release's tree, in run order.
        commits: new in this release, newest first; merges included.
        stood: where its tree has the migrations; None where they are there still.
    """

    version: str
    status: Status = "released"
    tag: str | None = None
    commit: str | None = None
    date: str | None = None
    lineage: str = "main"
    previous: str | None = None
    aliases: tuple[str, ...] = ()
    migrations: tuple[str, ...] = ()
    ships: tuple[str, ...] = ()
    edited: tuple[Edit, ...] = ()
    removed: tuple[str, ...] = ()
    commits: tuple[Commit, ...] = ()
    stood: Stood | None = None

    @cached_property
    def ids(self) -> frozenset[str]:
        """The ids of every migration in its tree; of *Unreleased*, with what is not committed."""
        return frozenset((*self.ships, *self.migrations))


class Placement(Struct, frozen=True):
    """Where one migration first shipped, and how that is known.

    Attributes:
        release: a version, or None where nothing places it.
        later: the releases of other lineages that carry it too (back-ports).
        removed_in: the first release of its lineage whose tree no longer has it.
    """

    release: str | None = None
    by: PlacedBy | None = None
    status: Status = "unreleased"
    later: tuple[str, ...] = ()
    removed_in: str | None = None


class Moves(Struct, frozen=True):
    """What may be one migration under two names, and is not taken for it.

    Attributes:
        unclear: folders that may have held the migrations before, from the repository's top.
        again: ids before and after of scripts with the same bytes and another number.
    """

    unclear: tuple[str, ...] = ()
    again: tuple[tuple[str, str], ...] = ()


class History(Struct, frozen=True):
    """Every migration placed, every release in order.

    Attributes:
        migrations: in run order; those gone from the checkout stand where they ran.
        releases: oldest first; ``Unreleased`` and planned ones last.
        placements: by migration id; complete.
    """

    migrations: tuple[Migration, ...]
    releases: tuple[Release, ...]
    placements: Mapping[str, Placement] = field(default_factory=dict)
    ignored_tags: tuple[IgnoredTag, ...] = ()
    moves: Moves = field(default_factory=Moves)
