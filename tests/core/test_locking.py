"""Every table that a way locks against reads or writes, each with its own lock."""

from __future__ import annotations

import pytest

from migdocs.core.derive import derive
from migdocs.core.model import Migration, Script
from migdocs.core.sources import Folder, Sources

START = """
CREATE TABLE users (id int PRIMARY KEY, name text);
CREATE TABLE orders (id int, user_id int REFERENCES users (id));
CREATE TABLE events (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
"""
AE, SRE = "ACCESS EXCLUSIVE", "SHARE ROW EXCLUSIVE"
ALLOWED = "-- migdocs: allow col-drop: nobody reads it\n"

# What a script does → the tables that wait, as PostgreSQL 15 showed in pg_locks.
TAKEN = {
    "one table": ("ALTER TABLE users ADD x int;", {"users": AE}),
    "two tables": (
        "ALTER TABLE users ADD x int; CREATE INDEX i ON orders (id);",
        {"users": AE, "orders": "SHARE"},
    ),
    "a key and its target": (
        "ALTER TABLE events ADD FOREIGN KEY (id) REFERENCES users (id);",
        {"events": SRE, "events_1": SRE, "users": SRE},
    ),
    "a new table's key": (
        "CREATE TABLE carts (id int REFERENCES users (id));",
        {"users": SRE},
    ),
    "partitions": ("ALTER TABLE events ADD x int;", {"events": AE, "events_1": AE}),
    "what a dropped table refers to": ("DROP TABLE orders;", {"orders": AE, "users": AE}),
    "a dropped key": (
        "ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey;",
        {"orders": AE, "users": AE},
    ),
    "what is allowed": (
        f"{ALLOWED}ALTER TABLE users DROP name;",
        {"users": AE},
    ),
    "rows": ("UPDATE users SET name = 'x' WHERE id = 1;", {}),
    "what is new": ("CREATE TABLE a (id int); ALTER TABLE a ADD x int;", {}),
    "without waiting": ("CREATE INDEX CONCURRENTLY i ON users (name);", {}),
}


@pytest.mark.parametrize(("text", "expected"), TAKEN.values(), ids=TAKEN)
def test_each_table_has_its_own_lock(text: str, expected: dict[str, str]) -> None:
    """Partitions and referenced tables too; weaker locks keep nobody waiting."""
    migrations = (
        Migration("1", Script("1.sql", START)),
        Migration("2", Script("2.sql", text, transaction="CONCURRENTLY" not in text)),
    )
    found = derive(Sources(folder=Folder(migrations))).judged.waiting["2"]
    assert dict(found) == expected
