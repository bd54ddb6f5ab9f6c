"""Two files a migration, side by side: golang-migrate, sqlx, and names with a version inside.

Plain folders of ``.sql`` files stand here too: they have whatever pairs their authors made.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migdocs.adapters.layouts.convention import (
    ANY_LANGUAGE,
    Layout,
    Naming,
    Rule,
    Tracking,
    by_leading_number,
    foreign_runner,
    leading_number,
    natural,
    paired_by_number,
)

if TYPE_CHECKING:
    from datetime import datetime

_NUMBERED = r"[0-9]+_[^/]*?"
# A release stands at the front, or behind a number: 1.9.0_schema, 0010_1.9.0_schema.
_RELEASED = r"(?:[0-9]+[-_])?[vV]?[0-9]+\.[0-9]+(?:\.[0-9]+)*(?:[-_][^/]*?)?"
_VERSIONED = rf"(?:[vV][0-9]+\.[^/]+?|{_RELEASED}|{_NUMBERED})"
_UNDO = r"(?:[._-](?:rollback|down|undo|revert))"
_PLAIN = r"(?![.])[^/]+?"


def seconds(now: datetime) -> str:
    """Give a point in time as fourteen digits."""
    return f"{now:%Y%m%d%H%M%S}"


GOLANG_MIGRATE = Layout(
    name="golang-migrate",
    title="golang-migrate: NUMBER_name.up.sql and .down.sql",
    rules=(
        Rule("forward", rf"(?P<id>{_NUMBERED})\.up\.[a-z]+"),
        Rule("rollback", rf"(?P<id>{_NUMBERED})\.down\.[a-z]+"),
        Rule("notes", rf"(?:notes/)?(?P<id>{_NUMBERED})\.md"),
    ),
    order=by_leading_number,
    number=leading_number,
    settle=paired_by_number(leading_number),
    recorded=lambda migration_id: leading_number(migration_id) or "",
    hints=("go.mod",),
    naming=Naming(forward="{id}.up.sql", rollback="{id}.down.sql", clock=seconds, width=6),
    tracking=Tracking(
        "schema_migrations",
        "version",
        "SELECT version::text FROM schema_migrations WHERE NOT dirty",
        latest_only=True,
    ),
    runner=foreign_runner(
        "golang-migrate",
        status='migrate -path {folder} -database "$DATABASE_URL" version',
        apply='migrate -path {folder} -database "$DATABASE_URL" up',
        rollback_one='migrate -path {folder} -database "$DATABASE_URL" down 1',
    ),
)

SQLX = Layout(
    name="sqlx",
    title="sqlx: NUMBER_name.sql, or .up.sql and .down.sql",
    rules=(
        Rule("forward", rf"(?P<id>{_NUMBERED})\.up\.sql"),
        Rule("rollback", rf"(?P<id>{_NUMBERED})\.down\.sql"),
        Rule("forward", rf"(?P<id>{_NUMBERED})(?<!_rollback)\.sql"),
        Rule("notes", rf"(?:notes/)?(?P<id>{_NUMBERED})\.md"),
    ),
    order=by_leading_number,
    number=leading_number,
    recorded=lambda migration_id: leading_number(migration_id) or "",
    settle=paired_by_number(leading_number),
    hints=("Cargo.toml",),
    needs_hint=True,
    no_transaction=re.compile(r"\A--[ \t]*no-transaction"),
    naming=Naming(
        forward="{id}.up.sql",
        rollback="{id}.down.sql",
        # sqlx refuses a folder in which some can be undone and some cannot.
        others=(("{id}.sql", ""),),
        wrapped=True,
        clock=seconds,
    ),
    tracking=Tracking(
        "_sqlx_migrations", "version", "SELECT version::text FROM _sqlx_migrations WHERE success"
    ),
    runner=foreign_runner(
        "sqlx",
        status="sqlx migrate info --source {folder}",
        apply="sqlx migrate run --source {folder}",
        rollback_one="sqlx migrate revert --source {folder}",
    ),
)

VERSIONED = Layout(
    name="versioned",
    title="names with a version inside: V0001.Name.up.sql, 0010_1.9.0_schema.up.sql",
    rules=(
        Rule("forward", rf"(?P<id>{_VERSIONED})\.up\.sql"),
        Rule("rollback", rf"(?P<id>{_VERSIONED})(?:\.down|{_UNDO})\.sql"),
        Rule("forward", rf"(?P<id>{_VERSIONED})\.sql"),
        Rule("notes", rf"(?:notes/)?(?P<id>{_VERSIONED})\.md"),
    ),
    order=natural,
    shape=re.compile(rf"[vV][0-9]+\..+|{_RELEASED}"),
    naming=Naming(
        stem="V{number}.{name}",
        bare_stem="{number}_{name}",
        forward="{id}.up.sql",
        rollback="{id}.down.sql",
        others=(("{id}.sql", "{id}.down.sql"), ("{id}.sql", "{id}_rollback.sql")),
        width=4,
    ),
)

PLAIN = Layout(
    name="plain",
    title="a plain folder of .sql files",
    rules=(
        Rule("rollback", rf"(?P<id>{_PLAIN}){_UNDO}\.sql"),
        Rule("rollback", rf"(?:down|rollback|rollbacks|undo|revert)/(?P<id>{_PLAIN})\.sql"),
        Rule("forward", rf"(?P<id>{_PLAIN})(?:[._-]up)?\.sql"),
        Rule("forward", rf"(?P<id>[0-9]+[-_][^/]*?)(?<!_test)\.{ANY_LANGUAGE}"),
        Rule("notes", rf"(?:notes/)?(?P<id>(?![.]|[A-Z][A-Z0-9_-]*[.]){_PLAIN})\.md"),
    ),
    order=natural,
    naming=Naming(
        rollback="{id}_rollback.sql",
        others=(
            ("{id}.up.sql", "{id}.down.sql"),
            *(
                ("{id}.sql", f"{{id}}{mark}{word}.sql")
                for word in ("down", "rollback", "undo", "revert")
                for mark in "_.-"
            ),
            *(
                ("{id}.sql", f"{home}/{{id}}.sql")
                for home in ("down", "rollback", "rollbacks", "undo", "revert")
            ),
        ),
        width=3,
    ),
)
