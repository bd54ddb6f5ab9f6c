"""Know the tables in which other tools remember what they ran.

A table is recognised by its columns, since several tools (and applications of their own accord)
call theirs ``schema_migrations``, and most tools let the name be chosen. A name counts only where
the columns alone say too little. A tool whose files are read says in its convention what its
table looks like; here are the others. Sources: each tool's own statement that creates its table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence


class Mark(Struct, frozen=True):
    """How a table is recognised.

    Attributes:
        columns: those that every version of the tool has, in lower case.
        names: what the table is called, in lower case; empty where the columns alone tell.
        only: whether it has no other columns.
    """

    columns: frozenset[str]
    names: frozenset[str] = frozenset()
    only: bool = False

    def fits(self, name: str, columns: Collection[str]) -> bool:
        """Tell whether a table of a name, without its schema, is such a one."""
        found = {column.lower() for column in columns}
        fits = self.columns == found if self.only else self.columns <= found
        return fits and (not self.names or name.lower() in self.names)


def mark(columns: str, names: str = "", *, only: bool = False) -> Mark:
    """Read columns and names that are parted by blanks."""
    return Mark(frozenset(columns.split()), frozenset(names.split()), only)


class Unfinished(Struct, frozen=True):
    """A row of a migration that failed or was cut off.

    Attributes:
        condition: that finds it, in SQL.
        means: what it says of the migration, behind its name.
        ends: what to do so that the tool goes on.
    """

    condition: str
    means: str
    ends: str


class Tracker(Struct, frozen=True):
    """How one tool's table is recognised, and what is right instead of us.

    Attributes:
        runner: the tool, in lower case: what the setting ``layout`` calls its files.
        title: its name as people write it.
        apply: the tool's own command; empty where it is called from code.
        unfinished: None where the tool keeps no such row.
    """

    runner: str
    title: str
    mark: Mark
    apply: str = ""
    unfinished: Unfinished | None = None


NAMING = (
    "migration_name",
    "script",
    "version",
    "id",
)  # columns that name a migration, the first there is


class Relation(Struct, frozen=True):
    """A table of a database: its schema, name and columns."""

    schema: str
    name: str
    columns: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Its name with its schema, for people."""
        return f"{self.schema}.{self.name}"

    @property
    def naming(self) -> str:
        """The column that names a migration; empty where none is known to."""
        return next((column for column in NAMING if column in self.columns), "")


class Tracked(Struct, frozen=True):
    """A table that a tool remembers its work in.

    Attributes:
        rows: whether anything stands in it; a table that cannot be read counts as filled.
    """

    tracker: Tracker
    relation: Relation
    rows: bool = True


def _tracker(
    title: str, columns: str, names: str = "", *, only: bool = False, apply: str = ""
) -> Tracker:
    """Read a row of the table; the tool is its title in small letters, with dashes."""
    runner = title.replace("ORM", "-orm").lower().replace(" ", "-")
    return Tracker(runner, title, mark(columns, names, only=only), apply)


OURS = _tracker("migdocs", "migration action outcome script_hash rollback_hash tool")
# Tools whose files are of no convention that is read.
OTHERS: tuple[Tracker, ...] = (
    OURS,
    _tracker("Bytebase", "issue_uid type version statement", "migration_history"),
    _tracker("Memos", "version created_ts", "migration_history", only=True),
    _tracker("MikroORM", "id name executed_at", only=True, apply="npx mikro-orm migration:up"),
    _tracker("Laravel", "id migration batch", only=True, apply="php artisan migrate"),
    _tracker(
        "Phinx", "version migration_name start_time end_time breakpoint", apply="phinx migrate"
    ),
    _tracker(
        "Doctrine",
        "version executed_at execution_time",
        only=True,
        apply="bin/console doctrine:migrations:migrate",
    ),
    _tracker(
        "Entity Framework",
        "migrationid productversion",
        only=True,
        apply="dotnet ef database update",
    ),
    _tracker(
        "FluentMigrator", "version appliedon description", only=True, apply="dotnet fm migrate"
    ),
    _tracker(
        "SeaORM",
        "version applied_at",
        "seaql_migrations",
        only=True,
        apply="sea-orm-cli migrate up",
    ),
    _tracker(
        "pgmigrate (Go)",
        "id checksum execution_time_in_millis applied_at",
        only=True,
        apply="pgmigrate migrate",
    ),
    _tracker("bun", "id name group_id migrated_at", only=True),
    _tracker("go-pg", "id version created_at", "gopg_migrations"),
    _tracker("gormigrate", "id", "migrations", only=True),
    _tracker("Piccolo", "app_name name ran_on", apply="piccolo migrations forwards all"),
    _tracker("aerich", "version app content", apply="aerich upgrade"),
)


def ranked(trackers: Iterable[Tracker]) -> tuple[Tracker, ...]:
    """Put trackers in the order in which they are asked and told: the surest first.

    Our own ledger is meant before all others; then the more columns tell a table, the surer.
    """

    def rank(tracker: Tracker) -> tuple[bool, int, str]:
        """Give the key that sorts the surest first."""
        return (tracker.runner != OURS.runner, -len(tracker.mark.columns), tracker.runner)

    return tuple(sorted(trackers, key=rank))


def sorted_out(
    relations: Iterable[Relation], own: str, trackers: Sequence[Tracker]
) -> tuple[tuple[tuple[Tracker, Relation], ...], tuple[Relation, ...]]:
    """Part a database's tables into those of other tools and the user's.

    Args:
        relations: all but the server's own and those of extensions.
        own: our ledger with its schema; it is neither.
        trackers: that are known; where a table fits several, the first is meant.
    """
    found: list[tuple[int, Relation]] = []
    others: list[Relation] = []
    for relation in relations:
        name, columns = relation.name, relation.columns
        place = next((i for i, t in enumerate(trackers) if t.mark.fits(name, columns)), None)
        if place is None:
            others.append(relation)
        elif trackers[place].runner != OURS.runner or relation.title != own:
            found.append((place, relation))
    told = sorted(found, key=lambda one: (one[0], one[1].title))
    return tuple((trackers[place], relation) for place, relation in told), tuple(others)
