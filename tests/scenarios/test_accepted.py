"""What ``new`` lays is run, undone and run again by the project's own tool, as the guide says it.

The tools of PyPI are always here; ``make accepted`` brings those of npm, into the folder that
``MIGDOCS_TOOLS`` names.
"""

from __future__ import annotations

import os
import re
import socketserver
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from socket import AF_UNIX, SHUT_WR, socket
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from click.testing import CliRunner

from migdocs.adapters import layouts
from migdocs.cli.main import cli
from migdocs.commands import project
from migdocs.core.errors import MigdocsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.runner import Runner

TOOLS = str(Path(os.environ["MIGDOCS_TOOLS"]).resolve()) if "MIGDOCS_TOOLS" in os.environ else ""
UP, DOWN = "CREATE TABLE book (id int PRIMARY KEY);\n", "DROP TABLE book;\n"
PROGRAM = """\
const send = (way) => (db) => db.runSql(
  require('fs').readFileSync(`${__dirname}/sqls/20240101000000-book-${way}.sql`, 'utf8'));
exports.up = send('up');
exports.down = send('down');
"""


class Case(NamedTuple):
    """A project of a tool: its files, and what the tool does first to make others."""

    files: dict[str, str]
    first: str = ""


SQL = {
    "dbmate": Case(
        {"migrations/20240101000000_book.sql": f"-- migrate:up\n{UP}\n-- migrate:down\n{DOWN}"}
    ),
    "yoyo": Case(
        {
            "yoyo.ini": "[DEFAULT]\nsources = migrations\n",
            "migrations/0001.book.sql": f"-- depends:\n{UP}",
            "migrations/0001.book.rollback.sql": DOWN,
        }
    ),
}
SQL_OF_NPM = {
    "node-pg-migrate": Case(
        {
            "package.json": '{"dependencies": {"node-pg-migrate": "*"}}',
            "migrations/1700000000000_book.sql": f"-- Up Migration\n{UP}-- Down Migration\n{DOWN}",
        }
    ),
    "db-migrate": Case(
        {
            "package.json": '{"dependencies": {"db-migrate": "*"}}',
            "database.json": '{"dev": {"ENV": "DATABASE_URL"}}',
            "migrations/sqls/20240101000000-book-up.sql": UP,
            "migrations/sqls/20240101000000-book-down.sql": DOWN,
            "migrations/20240101000000-book.js": PROGRAM,
        }
    ),
    "postgrator": Case(
        {
            "package.json": '{"dependencies": {"postgrator": "*"}}',
            ".postgratorrc.json": (
                '{"migrationPattern": "migrations/*", "driver": "pg", "host": "127.0.0.1",'
                ' "port": @PORT, "username": "postgres", "database": "@NAME"}'
            ),
            "migrations/001.do.book.sql": UP,
            "migrations/001.undo.book.sql": DOWN,
        }
    ),
}
SQL_OF_PYPI = {
    "sqlx": Case(
        {
            "Cargo.toml": '[dependencies]\nsqlx = "0.8"\n',
            "migrations/20240101000000_book.up.sql": UP,
            "migrations/20240101000000_book.down.sql": DOWN,
        }
    ),
}
# Only they can make a migration: `new` says the command.
PROGRAMS = {
    "alembic": Case(
        {},
        "alembic init migrations && sed -i 's#^sqlalchemy.url.*#sqlalchemy.url ="
        " postgresql+psycopg2://postgres@127.0.0.1:@PORT/@NAME#' alembic.ini"
        " && alembic revision -m book",
    ),
    "django": Case(
        {
            "manage.py": (
                "import os, sys\nos.environ['DJANGO_SETTINGS_MODULE'] = 'shop.settings'\n"
                "from django.core.management import execute_from_command_line as run\n"
                "run(sys.argv)\n"
            ),
            "shop/__init__.py": "",
            "shop/migrations/__init__.py": "",
            "shop/settings.py": (
                "INSTALLED_APPS = ['shop']\nUSE_TZ = True\nDATABASES = {'default': {'ENGINE':"
                " 'django.db.backends.postgresql', 'USER': 'postgres', 'HOST': '127.0.0.1',"
                " 'PORT': '@PORT', 'NAME': '@NAME'}}\n"
            ),
        },
        "python manage.py makemigrations shop --empty --name book",
    ),
}
PROGRAMS_OF_NPM = {
    "knex": Case(
        {
            "package.json": '{"dependencies": {"knex": "*"}}',
            "knexfile.js": "module.exports = {client: 'pg', connection: process.env.DATABASE_URL};",
        },
        "npx knex migrate:make book",
    ),
    "drizzle": Case(
        {
            "package.json": '{"devDependencies": {"drizzle-kit": "*"}}',
            "drizzle.config.ts": (
                'export default {dialect: "postgresql", out: "./drizzle", schema: "./schema.ts",'
                " dbCredentials: {url: process.env.DATABASE_URL}};"
            ),
            "schema.ts": "export {};\n",
        },
        "npx drizzle-kit generate --custom --name book",
    ),
    # In a part of the repository, where the package is.
    "sequelize": Case(
        {
            "api/package.json": '{"devDependencies": {"sequelize-cli": "*"}}',
            "api/config/config.json": (
                '{"development": {"use_env_variable": "DATABASE_URL", "dialect": "postgres"}}'
            ),
        },
        "cd api && npx sequelize-cli migration:generate --name book",
    ),
    "kysely": Case(
        {
            "package.json": '{"type": "module", "dependencies": {"kysely": "*"}}',
            "kysely.config.ts": (
                "import { defineConfig } from 'kysely-ctl';\n"
                "import { PostgresDialect } from 'kysely';\nimport pg from 'pg';\n"
                "const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });\n"
                "export default defineConfig({ dialect: new PostgresDialect({ pool }),"
                " migrations: { migrationFolder: 'migrations' } });\n"
            ),
        },
        "npx kysely migrate:make book",
    ),
}
if TOOLS:
    SQL |= SQL_OF_NPM | SQL_OF_PYPI
    PROGRAMS |= PROGRAMS_OF_NPM


class Shop(NamedTuple):
    """A project in its folder, with a database that is reached by TCP, as all tools can."""

    root: Path
    url: str

    def run(self, command: str) -> None:
        """Run a tool's command as an operator types it."""
        own = os.pathsep.join(
            (
                str(Path(sys.executable).parent),
                f"{TOOLS}/node_modules/.bin",
                f"{TOOLS}/python/bin",
            )
        )
        path = f"{own}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "DATABASE_URL": self.url}
        done = subprocess.run(
            ["sh", "-ec", command.replace("npx ", "npx --no ")],
            cwd=self.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"

    def migdocs(self, *arguments: str) -> str:
        """Run migdocs in this process; give all that it says, or the hint of its refusal."""
        done = CliRunner().invoke(cli, arguments)
        if isinstance(done.exception, MigdocsError):
            return done.exception.hint
        assert done.exit_code == 0, done.output
        return done.output

    def read(self) -> tuple[list[str], Runner]:
        """Give the ids of the migrations, and the tool's own commands."""
        found = project.read(self.root)
        return list(found.facts.entries), layouts.runner(found.layout, found.settings.migrations)

    def applied(self, query: str) -> int:
        """Count what the tool's table has."""
        with psycopg.connect(self.url) as session:
            return len(session.execute(query.encode()).fetchall())


@contextmanager
def by_tcp(address: str) -> Iterator[int]:
    """Forward a port of this machine's own to a server's socket: not every tool takes one."""

    class Forward(socketserver.BaseRequestHandler):
        """One connection, both ways."""

        def handle(self) -> None:
            """Carry bytes until either side ends."""
            with socket(AF_UNIX) as there:
                there.connect(address)
                back = threading.Thread(target=_carry, args=(there, self.request), daemon=True)
                back.start()
                _carry(self.request, there)
                back.join()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Forward) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def _carry(source: socket, target: socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(SHUT_WR)
    except OSError:  # the other side has gone
        return


@pytest.fixture
def shop(
    request: pytest.FixtureRequest, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shop]:
    """Give a project of one tool, which its tool has made the first migration of."""
    case: Case = request.param
    monkeypatch.chdir(tmp_path)
    url = urlsplit(database)
    asked = parse_qs(url.query)
    name = url.path.strip("/")
    if TOOLS:
        (tmp_path / "node_modules").symlink_to(Path(TOOLS) / "node_modules")
    with by_tcp(f"{asked['host'][0]}/.s.PGSQL.{asked['port'][0]}") as port:
        made = Shop(tmp_path, f"postgres://postgres@127.0.0.1:{port}/{name}?sslmode=disable")

        def filled(text: str) -> str:
            """Put the database into a text."""
            return text.replace("@PORT", str(port)).replace("@NAME", name)

        for path, text in case.files.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(filled(text))
        if case.first:
            made.run(filled(case.first))
        made.migdocs("init", "--yes", "--no-input")
        yield made


@pytest.mark.parametrize("shop", SQL.values(), ids=SQL, indirect=True)
def test_scripts_that_new_lays_are_accepted(shop: Shop) -> None:
    """An untouched draft and a whole one, beside our notes and documents: up, down twice, up."""
    (shop.root / "draft.sql").write_text("ALTER TABLE book ADD COLUMN title text;\n")
    shop.migdocs("new", "add note")
    shop.migdocs("new", "add title", "--from", "draft.sql")
    assert "MIGRATIONS_LOG.md" in shop.migdocs("generate")
    entries, runner = shop.read()
    assert len(entries) == 3
    shop.run(runner.apply)
    assert shop.applied(runner.query) == 3
    for left in (2, 1):
        shop.run(runner.rollback_one)
        assert shop.applied(runner.query) == left
    shop.run(runner.apply)
    if runner.status:
        shop.run(runner.status)
    with psycopg.connect(shop.url) as session:
        session.execute("SELECT title FROM book")


@pytest.mark.parametrize("shop", PROGRAMS.values(), ids=PROGRAMS, indirect=True)
def test_the_command_that_new_says_makes_a_migration(shop: Shop) -> None:
    """The tool makes it, runs it, and undoes it; we list it, and its table tells us of it."""
    said = re.search(r"run '(?P<command>.+)', then", shop.migdocs("new", "add note"))
    assert said is not None
    shop.run(said["command"])
    shop.migdocs("generate")
    entries, runner = shop.read()
    assert entries[-1].endswith("add_note")
    for command in (runner.status, runner.apply):
        if command:
            shop.run(command)
    seen = shop.applied(runner.query)
    assert seen == (1 if "alembic" in runner.apply else 2)
    if runner.rollback_one:
        shop.run(runner.rollback_one)
        shop.run(runner.apply)
        assert shop.applied(runner.query) == seen
