"""What in a project's files shows that its migrations are applied when it starts: a table.

One row is one kind of evidence: in which files it is found, what a line of them says, and who
applies then. The first row of the table that fits a file counts for it; of several files the one
nearest to the migrations does. Nothing here reads a disk.
"""

from __future__ import annotations

import functools
import posixpath
import re
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable

Who = Literal["application", "image"]

# What a row shows: that they are run, that the program holds them, or that an image carries them.
RUNS, HOLDS, CARRIES = range(3)
# Commands of tools, wherever a shell runs them.
_TOOLS = (
    r"goose\b.*\sup\b",
    r"migrate\b.*-(?:path|source)\b.*\sup\b",
    r"dbmate\b.*\b(?:up|migrate)\b",
    r"flyway\b.*\bmigrate\b",
    r"liquibase\b.*\bupdate\b",
    r"alembic\b.*\bupgrade\b",
    r"yoyo\s+apply\b",
    r"prisma\s+(?:migrate\s+deploy|db\s+push)",
    r"knex\b.*migrate:latest",
    r"sequelize\S*\s+db:migrate",
    r"typeorm\b.*migration:run",
    r"node-pg-migrate\b.*\bup\b",
    r"drizzle-kit\s+migrate",
    r"db-migrate\s+up",
    r"manage\.py\s+migrate",
    r"(?:rails|rake)\s+db:(?:migrate|prepare)",
    r"ecto\.migrate",
    r"Release\.migrate",
    r"atlas\s+migrate\s+apply",
    r"diesel\s+(?:migration\s+run|setup)",
    r"sqlx\s+(?:migrate\s+run|database\s+setup)",
    r"sql-migrate\s+up",
    r"(?:refinery|tern|graphile-migrate)\s+migrate",
    r"sea-orm-cli\s+migrate",
    r"sqitch\s+deploy",
    r"hasura\s+migrate\s+apply",
    r"pgmigrate\b.*\bmigrate\b",
    r"dotnet\s+ef\s+database\s+update",
    r"artisan\s+migrate",
    r"doctrine:migrations:migrate",
    r"phinx\s+migrate",
    r"shmig\b.*\bup\b",
    r"rambler\s+apply",
    r"migdocs\s+apply",
)
_COMMANDS = "|".join(_TOOLS)
_GO, _RUST, _JVM = r".*\.go", r".*\.rs", r".*\.(?:java|kt|kts|scala|groovy)"
_DOTNET, _JS, _PYTHON = r".*\.(?:cs|fs|vb)", r".*\.[cm]?[jt]sx?", r".*\.py"
_PROGRAM = r".*\.(?:go|rs|java|kt|scala|cs|fs|vb|py|rb|exs?|php|[cm]?[jt]sx?)"
_SETTINGS = (
    r"(?:.*/)?(?:application|bootstrap|config|settings)[^/]*\.(?:ya?ml|properties|toml|json)"
)
_ENTRY = r"(?:.*/)?[^/]*entry[-_]?point[^/]*"
_SHELL = r"(?:.*/)?[^/]*(?:start|run|boot|init|launch)[^/]*\.(?:sh|bash)"
_DOCKERFILE = r"(?:.*/)?(?:[^/]*\.)?(?:Docker|Container)file(?:\.[^/]*)?"
_COMPOSE = r"(?:.*/)?(?:docker-)?compose[^/]*\.ya?ml"
_CHART = r"(?:.*/)?(?:templates|charts?|helm|k8s|deploy\w*)/.*\.ya?ml"


class Evidence(Struct, frozen=True):
    """One row: files, a line in them, and what it shows.

    Attributes:
        files: a regular expression for the whole path.
        line: a regular expression, found in one line of such a file.
        by: who applies then.
        shows: one of ``RUNS``, ``HOLDS``, ``CARRIES``.
    """

    files: str
    line: str
    by: Who = "application"
    shows: int = RUNS


class Sign(Struct, frozen=True):
    """A line that shows who applies the migrations.

    Attributes:
        says: the words of the line that count, as a clause.
        shows: as above.
    """

    path: str
    line: int
    by: Who
    says: str
    shows: int = RUNS

    @property
    def place(self) -> str:
        """Where it is, for a sentence."""
        return f"`{self.path}:{self.line}`"

    @property
    def sure(self) -> bool:
        """Whether it is enough to go by where nobody says who applies."""
        return self.shows != CARRIES


EVIDENCE: tuple[Evidence, ...] = (
    # Go: golang-migrate, goose, sql-migrate, tern, dbmate, gormigrate; what is embedded.
    Evidence(_GO, r"\bmigrate\.New(?:With\w+|Migrator)?\("),
    Evidence(_GO, r"\bmigrate\.(?:Exec|ExecMax|ExecContext)\("),
    Evidence(_GO, r"\bgoose\.(?:Up\w*|NewProvider)\("),
    Evidence(_GO, r"\.CreateAndMigrate\(|\bgormigrate\.New\("),
    Evidence(_GO, r"//go:embed\s+\S", shows=HOLDS),
    # Rust: sqlx, diesel, refinery, sea-orm.
    Evidence(_RUST, r"\bsqlx::migrate!\s*[(\[{]|\bmigrate!\s*[(\[{]"),
    Evidence(_RUST, r"\brun_pending_migrations\(|\bmigrations::runner\(\)|\bMigrator::up\("),
    Evidence(_RUST, r"\bembed_migrations!\s*[(\[{]", shows=HOLDS),
    # The JVM: Flyway and Liquibase, called or left to the framework.
    Evidence(_JVM, r"\bFlyway\.configure\(|\bflyway\.migrate\("),
    Evidence(_JVM, r"\bnew\s+Liquibase\(|\bSpringLiquibase\b"),
    Evidence(_SETTINGS, r"^\s*(?:spring\.|quarkus\.)?(?:flyway|liquibase)\b"),
    Evidence(
        r"(?:.*/)?(?:pom\.xml|build\.gradle(?:\.kts)?)",
        r"flyway-core|liquibase-core|quarkus-(?:flyway|liquibase)",
        shows=HOLDS,
    ),
    # .NET: Entity Framework, DbUp, Evolve, FluentMigrator.
    Evidence(_DOTNET, r"\.Database\.Migrate(?:Async)?\(|\bDeployChanges\.To\b|\.PerformUpgrade\("),
    Evidence(_DOTNET, r"\bnew\s+Evolve\(|\.MigrateUp\("),
    # JavaScript: TypeORM, Knex, Kysely, Drizzle, Umzug, MikroORM, node-pg-migrate, a start script.
    Evidence(_JS, r"\bmigrationsRun\s*:\s*true|\.migrate\.latest\(|\.migrateToLatest\("),
    Evidence(_JS, r"\bmigrationsFolder\s*:|\bumzug\.up\(|\.getMigrator\(\)\.up\("),
    Evidence(
        _JS, r"from\s+['\"]node-pg-migrate['\"]|require\(['\"]node-pg-migrate['\"]\)", shows=HOLDS
    ),
    Evidence(r"(?:.*/)?package\.json", rf"\"(?:pre)?start[^\"]*\"\s*:\s*\".*(?:{_COMMANDS})"),
    # Python, Ruby, Elixir.
    Evidence(_PYTHON, r"\bcommand\.upgrade\(|\.apply_migrations\(|call_command\(['\"]migrate['\"]"),
    Evidence(r".*\.rb", r"\bmigration_context\.migrate|\bMigrationContext\b.*\.migrate"),
    Evidence(r".*\.exs?", r"\{Ecto\.Migrator\b"),
    Evidence(r".*\.exs?", r"\bEcto\.Migrator\.(?:run|with_repo)\(", shows=CARRIES),
    # Of any tool, or of none: what programs and their settings call it.
    Evidence(
        _PROGRAM,
        r"(?i:\b(?:run|apply)_?migrations?_?(?:at|on)_?start(?:up)?\b|\brun_?at_?startup\b)",
    ),
    Evidence(
        rf"{_PROGRAM}|{_SETTINGS}",
        r"(?i:(?:auto[-_]?migrate|migrat\w*[-_]?(?:at|on)[-_]?start(?:up)?)"
        r"[\"']?\s*[:=]\s*[\"']?true)",
    ),
    Evidence(
        _PROGRAM, r"(?i:\b(?:run|apply)_?(?:db_?|database_?|pending_?)?migrations\()", shows=HOLDS
    ),
    # What runs in a container before the application does, and beside it.
    Evidence(_DOCKERFILE, rf"^\s*(?:CMD|ENTRYPOINT)\b.*(?:{_COMMANDS}|\bmigrat)", "image"),
    Evidence(_ENTRY, rf"(?:{_COMMANDS}|\bmigrate(?:\s|$)|psql\b.*migrations?/)", "image"),
    Evidence(r"(?:.*/)?Procfile", rf"^(?:release|web)\s*:.*(?:{_COMMANDS})"),
    Evidence(_CHART, rf"(?:{_COMMANDS})", "image"),
    Evidence(_SHELL, rf"(?:{_COMMANDS})", "image", CARRIES),
    Evidence(_COMPOSE, rf"(?:{_COMMANDS})", "image", CARRIES),
    Evidence(
        _COMPOSE, r"image:\s*\S*(?:migrate/migrate|flyway/flyway|amacneil/dbmate)", "image", CARRIES
    ),
    Evidence(_DOCKERFILE, r"^\s*(?:COPY|ADD)\b.*\bmigrations?\b", "image", CARRIES),
)
# Files in which a call shows how something is tried, or how somebody else does it.
_ASIDE = re.compile(
    r"(?:^|/)(?:tests?|testdata|__tests__|specs?|examples?|docs?|fixtures?|mocks?|benchmarks?|e2e"
    r"|third_party|vendor|node_modules|dist|\.github|\.gitlab)/"
    r"|_test\.go$|[._-](?:test|spec)\.[a-z]+$|(?:^|/)(?:test_|conftest)[^/]*\.py$"
    r"|Tests?\.(?:java|kt|cs)$",
    re.IGNORECASE,
)
# A program of its own that a person or a job runs: it is not the application's start.
_TOOL = re.compile(
    r"(?:^|/)(?:cmd|bin|scripts?|tools?|hack)/(?:.*/)?[^/]*migrat[^/]*(?:/[^/]*)?$", re.IGNORECASE
)
# What a line of comment begins with; Go's directives look like one.
_COMMENT = re.compile(r"\s*(?://(?!go:embed)|#|\*|--|<!--|;)")
_NO_PROGRAM = re.compile(r"\.(?:sql|md|svg|png|lock|sum|csv|txt|min\.js|map)$", re.IGNORECASE)
_MENTIONS = re.compile(
    r"migrat|flyway|liquibase|goose|evolve|umzug|DeployChanges|go:embed|db:prepare|startup"
    r"|alembic|upgrade|dbmate|diesel|sqlx|sqitch|yoyo|prisma|rambler|shmig|psql|dotnet",
    re.IGNORECASE,
)
# A framework that is told not to.
_OFF = re.compile(
    r"\b(?:flyway|liquibase)\b[^\n]{0,60}(?:\n\s{0,20})?[.\s]enabled\s*[:=]\s*[\"']?false"
)
_LONGEST_LINE = 500  # longer ones are data, or nobody wrote them
_SHOWN = 60  # letters of a line


_ANY_FILES = "|".join(dict.fromkeys(row.files for row in EVIDENCE))


@functools.cache
def _compiled(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Compile a pattern when it is first asked for: most runs look at nothing."""
    return re.compile(pattern, flags)


def _fits(files: str, path: str) -> bool:
    """Tell whether a path is one of those files."""
    return bool(_compiled(files, re.IGNORECASE).fullmatch(path))


def is_candidate(path: str) -> bool:
    """Tell whether a file may hold evidence, by its path alone."""
    if not _fits(_ANY_FILES, path):
        return False
    return not (_ASIDE.search(path) or _NO_PROGRAM.search(path))


def nearest(paths: Iterable[str], migrations: str) -> list[str]:
    """Give the files that may hold evidence, those nearest to the migrations first."""
    home = migrations.split("/")

    def distance(path: str) -> tuple[int, str]:
        """Count the folders between."""
        folders = path.split("/")[:-1]
        shared = len(posixpath.commonprefix([folders, home]))
        return (len(folders) + len(home) - 2 * shared, path)

    return sorted(filter(is_candidate, paths), key=distance)


def mentions(text: str) -> bool:
    """Tell at once whether a file's text can hold any evidence."""
    return bool(_MENTIONS.search(text))


def find(path: str, text: str, migrations: str) -> Sign | None:
    """Give the line of a file that shows most; None where it shows nothing."""
    rows = [(row, _compiled(row.line)) for row in EVIDENCE if _fits(row.files, path)]
    found = [
        Sign(path, number, row.by, _says(line), CARRIES if _TOOL.search(path) else row.shows)
        for number, line in enumerate(text.splitlines(), 1)
        if len(line) <= _LONGEST_LINE and mentions(line) and not _COMMENT.match(line)
        for row, pattern in rows
        if pattern.search(line) and _is_ours(path, line, migrations)
    ]
    if not found or _OFF.search(text):
        return None
    return min(found, key=lambda sign: sign.shows)


def _is_ours(path: str, line: str, migrations: str) -> bool:
    """Tell whether what a Go file embeds are the migrations; every other line counts."""
    head, directive, patterns = line.partition("//go:embed")
    if not directive or head.strip():
        return True
    folder = posixpath.dirname(path)
    for pattern in patterns.split():
        bare = re.split(r"[*?\[]", pattern.strip('"`').removeprefix("all:"))[0]
        place = posixpath.normpath(posixpath.join(folder, bare))
        if place == "." or f"{migrations}/".startswith(f"{place}/"):
            return True
        if place.startswith(f"{migrations}/"):
            return True
    return False


def _says(line: str) -> str:
    """Give a line as a clause, cut short."""
    words = " ".join(line.split()).replace("`", "'")
    shown = words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…"
    return f"has `{shown}`"
