"""Know the tables in which other tools remember what they ran: one row of data each.

A table is recognised by its columns, since several tools (and applications of their own accord)
call theirs ``schema_migrations``, and most tools let the name be chosen. A name counts only where
the columns alone say too little. Sources: each tool's own statement that creates its table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


class Tracker(Struct, frozen=True):
    """How one tool's table is recognised, and what is right instead of us.

    Attributes:
        runner: the tool, in lower case.
        columns: those that every version of the tool has, in lower case.
        names: what the table is called, in lower case; empty where the columns alone tell.
        only: whether it has no other columns.
        apply: the tool's own command; empty where it is called from code.
        unfinished: the condition of a row of a migration that failed or was cut off; empty where
            the tool keeps no such row.
    """

    runner: str
    columns: frozenset[str]
    names: frozenset[str] = frozenset()
    only: bool = False
    apply: str = ""
    unfinished: str = ""

    @property
    def title(self) -> str:
        """Its name as people write it; the same in the layout of its files."""
        return TITLES.get(self.runner, self.runner)

    def fits(self, name: str, columns: Collection[str]) -> bool:
        """Tell whether a table of a name, without its schema, is this tool's."""
        found = {column.lower() for column in columns}
        fits = self.columns == found if self.only else self.columns <= found
        return fits and (not self.names or name.lower() in self.names)


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


def _tracker(  # noqa: PLR0913 - the row of a table
    runner: str,
    columns: str,
    names: str = "",
    *,
    only: bool = False,
    apply: str = "",
    unfinished: str = "",
) -> Tracker:
    """Read a row of the table: columns and names parted by blanks."""
    named = frozenset(names.split())
    return Tracker(runner, frozenset(columns.split()), named, only, apply, unfinished)


# In order: where a table fits several, the first is meant.
TRACKERS: tuple[Tracker, ...] = (
    _tracker("migdocs", "migration action outcome script_hash rollback_hash tool"),
    _tracker(
        "flyway",
        "installed_rank version description type script checksum installed_by success",
        apply="flyway migrate",
        unfinished="NOT success",
    ),
    _tracker(
        "liquibase",
        "id author filename dateexecuted orderexecuted exectype md5sum",
        apply="liquibase update",
        unfinished="exectype = 'FAILED'",
    ),
    _tracker("liquibase", "id locked lockgranted lockedby", apply="liquibase update"),
    _tracker(
        "prisma",
        "id checksum finished_at migration_name rolled_back_at started_at applied_steps_count",
        apply="npx prisma migrate deploy",
        unfinished="finished_at IS NULL AND rolled_back_at IS NULL",
    ),
    _tracker(
        "sqlx",
        "version description installed_on success checksum execution_time",
        apply="sqlx migrate run",
        unfinished="NOT success",
    ),
    _tracker(
        "atlas",
        "version description type applied total executed_at execution_time error hash",
        apply="atlas migrate apply",
        unfinished="applied < total",
    ),
    _tracker(
        "evolve",
        "id type version description name checksum installed_by installed_on success",
        apply="evolve migrate",
        unfinished="NOT success",
    ),
    # Hasura's old tables are as golang-migrate's; this one is beside them.
    _tracker("hasura", "hasura_uuid version cli_state", apply="hasura migrate apply"),
    _tracker("golang-migrate", "version dirty", only=True, apply="migrate up", unfinished="dirty"),
    _tracker("goose", "id version_id is_applied tstamp", apply="goose up"),
    _tracker("supabase", "version statements", "schema_migrations", apply="supabase db push"),
    _tracker(
        "drizzle", "id hash created_at", "__drizzle_migrations", apply="npx drizzle-kit migrate"
    ),
    _tracker("diesel", "version run_on", only=True, apply="diesel migration run"),
    _tracker("refinery", "version name applied_on checksum", only=True, apply="refinery migrate"),
    _tracker("alembic", "version_num", only=True, apply="alembic upgrade head"),
    _tracker("django", "id app name applied", only=True, apply="python manage.py migrate"),
    _tracker(
        "rails",
        "key value created_at updated_at",
        "ar_internal_metadata",
        apply="bin/rails db:migrate",
    ),
    _tracker("ecto", "version inserted_at", only=True, apply="mix ecto.migrate"),
    _tracker("yoyo", "migration_hash migration_id applied_at_utc", apply="yoyo apply"),
    _tracker("yoyo", "locked ctime pid", "yoyo_lock", apply="yoyo apply"),
    _tracker("knex", "id name batch migration_time", only=True, apply="npx knex migrate:latest"),
    _tracker("knex", "index is_locked", only=True, apply="npx knex migrate:latest"),
    _tracker("node-pg-migrate", "id name run_on", "pgmigrations", apply="npx node-pg-migrate up"),
    _tracker("db-migrate", "id name run_on", "migrations", apply="npx db-migrate up"),
    _tracker("postgrator", "version run_at", "schemaversion", apply="npx postgrator"),
    _tracker("sql-migrate", "id applied_at", "gorp_migrations", apply="sql-migrate up"),
    _tracker("tern", "version", "schema_version", only=True, apply="tern migrate"),
    _tracker("sqitch", "change_id change project committed_at planned_at", apply="sqitch deploy"),
    _tracker("sqitch", "uri creator_name creator_email", "projects", apply="sqitch deploy"),
    _tracker(
        "graphile-migrate", "hash previous_hash filename date", apply="graphile-migrate migrate"
    ),
    _tracker("pgroll", "schema name migration parent done", apply="pgroll migrate"),
    _tracker("mybatis", "id applied_at description", "changelog", only=True, apply="migrate up"),
    _tracker(
        "play",
        "id hash applied_at apply_script revert_script state last_problem",
        unfinished="state IN ('applying_up', 'applying_down')",
    ),
    _tracker(
        "sourcegraph",
        "migration_logs_schema_version schema version up started_at finished_at success",
        apply="migrator up",
    ),
    _tracker("bytebase", "issue_uid type version statement", "migration_history"),
    _tracker("memos", "version created_ts", "migration_history", only=True),
    _tracker("rambler", "migration", "migrations", only=True, apply="rambler apply"),
    _tracker("shmig", "version migrated_at", only=True, apply="shmig up"),
    _tracker("fizz", "version", "schema_migration", only=True, apply="soda migrate"),
    _tracker("typeorm", "id timestamp name", only=True, apply="npx typeorm migration:run"),
    _tracker("sequelize", "name", "sequelizemeta", only=True, apply="npx sequelize-cli db:migrate"),
    _tracker("kysely", "name timestamp", "kysely_migration", only=True),
    _tracker("mikro-orm", "id name executed_at", only=True, apply="npx mikro-orm migration:up"),
    _tracker("laravel", "id migration batch", only=True, apply="php artisan migrate"),
    _tracker(
        "phinx", "version migration_name start_time end_time breakpoint", apply="phinx migrate"
    ),
    _tracker(
        "doctrine",
        "version executed_at execution_time",
        only=True,
        apply="bin/console doctrine:migrations:migrate",
    ),
    _tracker(
        "entity-framework",
        "migrationid productversion",
        only=True,
        apply="dotnet ef database update",
    ),
    _tracker("dbup", "scriptname applied", "schemaversions"),
    _tracker(
        "fluentmigrator", "version appliedon description", only=True, apply="dotnet fm migrate"
    ),
    _tracker(
        "sea-orm",
        "version applied_at",
        "seaql_migrations",
        only=True,
        apply="sea-orm-cli migrate up",
    ),
    _tracker(
        "pgmigrate",
        "id checksum execution_time_in_millis applied_at",
        only=True,
        apply="pgmigrate migrate",
    ),
    _tracker("bun", "id name group_id migrated_at", only=True),
    _tracker("go-pg", "id version created_at", "gopg_migrations"),
    _tracker("gormigrate", "id", "migrations", only=True),
    _tracker("piccolo", "app_name name ran_on", apply="piccolo migrations forwards all"),
    _tracker("aerich", "version app content", apply="aerich upgrade"),
    # Rails, too, has a table of this name and column; there the table beside it is met first.
    _tracker("dbmate", "version", "schema_migrations", only=True, apply="dbmate up"),
)
# What a row of an unfinished migration means, and what ends that state.
UNFINISHED = {
    "golang-migrate": (
        "is dirty: it failed half way, and golang-migrate does not know what it left",
        "set the schema right by hand, then 'migrate force VERSION'",
    ),
    "flyway": ("failed", "undo by hand what it left, then 'flyway repair'"),
    "liquibase": ("failed", "undo by hand what it left, then 'liquibase update' again"),
    "prisma": (
        "failed or is still running",
        "set the schema right by hand, then 'npx prisma migrate resolve' it",
    ),
    "sqlx": ("failed half way", "undo by hand what it left, and delete its row"),
    "atlas": (
        "is partly applied: some of its statements ran",
        "finish it with 'atlas migrate apply'",
    ),
    "evolve": ("failed", "undo by hand what it left, then 'evolve repair'"),
    "play": (
        "is in an inconsistent state: an evolution broke off",
        "set the schema right by hand, and resolve it in Play",
    ),
}
NAMING = (
    "migration_name",
    "script",
    "version",
    "id",
)  # columns that name a migration, the first there is


# How people write a tool's name, where it is not its own in lower case.
TITLES = {
    "flyway": "Flyway",
    "liquibase": "Liquibase",
    "prisma": "Prisma",
    "atlas": "Atlas",
    "evolve": "Evolve",
    "supabase": "Supabase",
    "hasura": "Hasura",
    "drizzle": "drizzle-kit",
    "alembic": "Alembic",
    "django": "Django",
    "rails": "Rails",
    "ecto": "Ecto",
    "mybatis": "MyBatis Migrations",
    "play": "Play",
    "sourcegraph": "Sourcegraph's migrator",
    "bytebase": "Bytebase",
    "memos": "Memos",
    "knex": "Knex",
    "fizz": "soda",
    "typeorm": "TypeORM",
    "sequelize": "Sequelize",
    "kysely": "Kysely",
    "mikro-orm": "MikroORM",
    "laravel": "Laravel",
    "phinx": "Phinx",
    "doctrine": "Doctrine",
    "entity-framework": "Entity Framework",
    "dbup": "DbUp",
    "fluentmigrator": "FluentMigrator",
    "sea-orm": "SeaORM",
    "piccolo": "Piccolo",
}


def tracker_of(relation: Relation) -> Tracker | None:
    """Give the tool whose table this is; None where it is an ordinary table."""
    return next((t for t in TRACKERS if t.fits(relation.name, relation.columns)), None)


def sorted_out(
    relations: Iterable[Relation], own: str
) -> tuple[tuple[tuple[Tracker, Relation], ...], tuple[Relation, ...]]:
    """Part a database's tables into those of other tools and the user's.

    Args:
        relations: all but the server's own and those of extensions.
        own: our ledger with its schema; it is neither.
    """
    found: list[tuple[Tracker, Relation]] = []
    others: list[Relation] = []
    for relation in relations:
        tracker = tracker_of(relation)
        if tracker and tracker.runner == "migdocs" and relation.title == own:
            continue
        if tracker:
            found.append((tracker, relation))
        else:
            others.append(relation)
    return tuple(sorted(found, key=_by_rank)), tuple(others)


def _by_rank(found: tuple[Tracker, Relation]) -> tuple[int, str]:
    """Give the order in which a database's trackers are told: the surest first."""
    return TRACKERS.index(found[0]), found[1].title
