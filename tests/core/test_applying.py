"""Who applies the migrations: by the settings, by the files' convention, by what programs say."""

from __future__ import annotations

import pytest

from migdocs.core import applying, startup
from migdocs.core.runner import Runner, double_quoted
from migdocs.core.settings import Settings

FOLDER = "db/migrations"
GOOSE = Runner(name="goose", status="goose status", query="SELECT 1")

# File and line → who applies then, and whether that is enough to go by.
SHOWS = [
    ("internal/db.go", "\tm, err := migrate.NewWithInstance(", "application", True),
    (
        "internal/db.go",
        '\terr := goose.UpContext(ctx, db, ".")',
        "application",
        True,
    ),
    ("db/migrations/embed.go", "//go:embed *.sql", "application", True),
    ("db/files.go", "//go:embed all:migrations", "application", True),
    (
        "src/main.rs",
        '    sqlx::migrate!("../db/migrations").run(&pool)',
        "application",
        True,
    ),
    ("src/lib.rs", "    conn.run_pending_migrations(MIGRATIONS)?;", "application", True),
    (
        "src/App.java",
        "    Flyway.configure().load().migrate();",
        "application",
        True,
    ),
    ("src/main/resources/application.yml", "  flyway:", "application", True),
    (
        "src/main/resources/application.properties",
        "spring.liquibase.change-log=x",
        "application",
        True,
    ),
    ("pom.xml", "  <artifactId>flyway-core</artifactId>", "application", True),
    ("Program.cs", "    scope.Database.Migrate();", "application", True),
    ("Program.cs", "    var result = upgrader.PerformUpgrade();", "application", True),
    ("src/db.ts", "  migrationsRun: true,", "application", True),
    ("src/db.js", "  await knex.migrate.latest();", "application", True),
    ("package.json", '"start": "prisma migrate deploy && node .",', "application", True),
    ("app/boot.py", "    command.upgrade(config, 'head')", "application", True),
    ("lib/app.ex", "      {Ecto.Migrator, repos: [Repo]},", "application", True),
    ("src/Server.kt", "    RunAtStartup(migrations)", "application", True),
    ("conf/application.yaml", "migrate-at-start: true", "application", True),
    ("Dockerfile", 'CMD ["sh", "-c", "alembic upgrade head && ./serve"]', "image", True),
    ("docker/entrypoint.sh", 'dbmate --wait up && exec "$@"', "image", True),
    ("docker-entrypoint.sh", "bin/rails db:prepare", "image", True),
    ("Procfile", "release: python manage.py migrate", "application", True),
    # What only carries them, or is run by somebody.
    ("Dockerfile", "COPY db/migrations /migrations", "image", False),
    ("docker-compose.yml", "    image: migrate/migrate:v4", "image", False),
    ("cmd/migrate/main.go", "\terr := goose.Up(db, dir)", "application", False),
]
SHOWS_NOTHING = [
    ("internal/db_test.go", "\tm, err := migrate.NewWithInstance("),
    ("tests/db.py", "    command.upgrade(config, 'head')"),
    ("internal/db.go", "\t// migrate.New( was tried"),
    ("web/assets.go", "//go:embed static"),
    ("docker-entrypoint.sh", "# alembic upgrade head"),
    ("src/main/resources/application.properties", "spring.flyway.enabled=false"),
    ("src/main/resources/application.yml", "spring:\n  flyway:\n    enabled: false\n"),
    ("README.md", "`goose.Up(db)` runs them"),
    ("internal/db.go", "\t" + "x" * 600 + " migrate.New("),
]


@pytest.mark.parametrize(("path", "line", "by", "sure"), SHOWS)
def test_a_line_shows_who_applies(path: str, line: str, by: str, sure: bool) -> None:  # noqa: FBT001 - a row
    """The file, its line and its words are given, for a person to look at."""
    text = f"first\n{line}\n"
    assert startup.is_candidate(path)
    assert startup.mentions(text)
    found = startup.find(path, text, FOLDER)
    assert found is not None
    assert (found.by, found.sure, found.place) == (by, sure, f"`{path}:2`")


@pytest.mark.parametrize(("path", "text"), SHOWS_NOTHING)
def test_what_shows_nothing(path: str, text: str) -> None:
    """Tests, comments, other files that are embedded, what is switched off, what nobody wrote."""
    assert not startup.is_candidate(path) or startup.find(path, text, FOLDER) is None


def test_the_files_nearest_to_the_migrations_are_looked_into_first() -> None:
    """In a repository of several services each has a start of its own."""
    paths = ["other/main.go", "db/open.go", "main.go", "db/migrations/embed.go", "db/x.sql"]
    assert startup.nearest(paths, FOLDER) == [
        "db/migrations/embed.go",
        "db/open.go",
        "main.go",
        "other/main.go",
    ]


def test_a_call_counts_more_than_what_is_embedded() -> None:
    """Of one file the line that runs them is named."""
    text = "//go:embed *.sql\nvar files embed.FS\n\nfunc up() { goose.Up(db) }\n"
    found = startup.find("db/migrations/embed.go", text, FOLDER)
    assert found is not None
    assert (found.line, found.shows) == (4, startup.RUNS)


def test_who_applies_is_what_the_settings_say_else_what_is_seen_else_the_tool() -> None:
    """What only carries the scripts along decides nothing."""
    runs = startup.Sign("main.go", 7, "application", "has `goose.Up(db)`")
    carries = startup.Sign("Dockerfile", 2, "image", "has `COPY`", startup.CARRIES)

    def who(sign: startup.Sign | None = None, **settings: str) -> tuple[str, str]:
        found = applying.applying(Settings(**settings), GOOSE, lambda: sign)  # type: ignore[arg-type]
        return found.by, found.why

    assert who(runs, applied_by="runner") == ("runner", "the setting `applied_by` says so")
    by, why = who(runs)
    assert by == "application"
    assert why.startswith("`main.go:7` has `goose.Up(db)`")
    assert who(carries)[0] == who()[0] == "runner"
    native = applying.applying(Settings(), Runner())
    assert native.by == "unknown"
    assert "not known" in native.sentence
    play = applying.applying(Settings(), Runner(name="Play", at_start=True))
    assert play.at_start


def test_nobody_types_a_command_of_a_tool_where_the_start_applies() -> None:
    """The tool's own table is asked instead, and PostgreSQL's programs make the backup."""
    found = applying.applying(Settings(applied_by="image"), GOOSE)
    made = applying.commands(found, GOOSE, "PG_URL")
    assert made.status == 'psql "$PG_URL" -X -P pager=off -c "SELECT 1"'
    assert made.apply == made.apply_to == made.rollback_to == made.guided == ""
    assert made.backup == 'pg_dump --format=custom --file=before.dump "$PG_URL"'
    ours = applying.commands(applying.applying(Settings(applied_by="migdocs"), GOOSE), GOOSE)
    assert (ours.apply, ours.backup) == ("migdocs apply", "migdocs backup")
    native = applying.commands(applying.applying(Settings(applied_by="runner"), Runner()), Runner())
    assert (native.name, native.apply, native.query) == ("the project's own tool", "", "")


@pytest.mark.parametrize("text", ["a$b", 'a"b', "a`b", "a\\b", "a!b"])
def test_what_a_shell_would_read_is_not_in_double_quotes(text: str) -> None:
    """A value out of a repository stays a value."""
    assert double_quoted(text) == f"'{text}'"
