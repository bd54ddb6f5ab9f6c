"""A schema that is forked shares what neither of the two changes, and only that."""

from __future__ import annotations

from migdocs.core.catalog import Catalog
from migdocs.core.catalog.borrowed import all_seen, seen
from migdocs.core.changes.reading import read_changes
from migdocs.core.sql import parser
from migdocs.core.sql.script import split

MADE = """
CREATE TABLE users (id bigint PRIMARY KEY, name text);
CREATE TABLE teams (id bigint PRIMARY KEY, owner bigint REFERENCES users (id));
CREATE TABLE parts (id bigint) PARTITION BY RANGE (id);
CREATE TABLE part PARTITION OF parts FOR VALUES FROM (1) TO (2);
CREATE TYPE mood AS ENUM ('sad');
CREATE TABLE moods (m mood DEFAULT 'sad');
CREATE VIEW names AS SELECT name FROM users;
CREATE TRIGGER t AFTER INSERT ON users EXECUTE FUNCTION f();
"""
# What changes a relation that it does not name, or takes one away, among them.
LATER = (
    "ALTER TABLE users ADD COLUMN locale text",
    "ALTER TABLE users RENAME TO people",
    "ALTER TABLE parts ADD COLUMN more text",
    "ALTER TYPE mood RENAME TO feeling",
    "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'",
    "DROP TYPE mood CASCADE",
    "DROP TABLE users CASCADE",
    "DROP TRIGGER t ON users",
    "CREATE INDEX i ON teams (owner)",
    "DROP TABLE moods; CREATE TABLE moods (n int)",
)


def applied(schema: Catalog, sql: str) -> Catalog:
    """Apply a script to a schema."""
    schema.apply_all(read_changes(parser.parse_all(split(sql))))
    return schema


def state(schema: Catalog) -> str:
    """Write all of a schema down."""
    parts = {table: sorted(keys) for table, keys in dict(schema.parts).items()}
    found = {name: seen(schema.relations, name) for name in schema.relations}
    return f"{found} {schema.objects} {parts}"


def test_neither_side_sees_what_the_other_changes() -> None:
    """Whichever of the two goes on, and in forks of forks."""
    for sql in LATER:
        origin, expected = applied(Catalog(), MADE), state(applied(applied(Catalog(), MADE), sql))
        before = state(origin)
        fork = applied(origin.fork(), sql)
        assert (state(origin), state(fork)) == (before, expected), sql
        assert state(applied(fork.fork(), "ALTER TABLE teams ADD COLUMN z text")) != expected
        assert state(fork) == expected, sql
        other = origin.fork()
        assert state(applied(origin, sql)) == expected, sql
        assert state(other) == before, sql


def test_what_nobody_asked_for_is_shared() -> None:
    """A table that a script does not touch is not copied; one that is asked for is."""
    origin = applied(Catalog(), MADE)
    fork = applied(origin.fork(), LATER[0])
    shared = [
        name
        for name in fork.relations
        if seen(fork.relations, name) is seen(origin.relations, name)
    ]
    assert "moods" in shared
    assert "users" not in shared
    assert fork.relations.pop("nothing", None) is None
    assert fork.relations.setdefault("teams") is fork.relations["teams"]
    assert fork.relations["teams"] is not seen(origin.relations, "teams")
    assert list(fork.relations.values()) == list(all_seen(fork.relations))
    assert dict(fork.relations.items()) == {r.name: r for r in fork.relations.values()}
