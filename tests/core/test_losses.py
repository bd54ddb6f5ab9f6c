"""What undoing a migration cannot give back."""

from __future__ import annotations

import pytest

from migdocs.core.catalog import Catalog
from migdocs.core.changes import losses, touches
from migdocs.core.changes.reading import read_script
from migdocs.core.model import Change, Script


def changes_of(sql: str) -> tuple[Change, ...]:
    """Read the Changes of a script."""
    return read_script(Script("x.sql", sql))


CASES = {
    "CREATE TABLE a (x int); ALTER TABLE a ADD COLUMN y int": "what was written to a since",
    "ALTER TABLE a ADD COLUMN x int; ALTER TABLE a ADD COLUMN y int": (
        "what was written to a.x, a.y since"
    ),
    "ALTER TABLE a DROP COLUMN x": "what a.x held, unless the script fills it",
    "DROP TABLE a": "what a held, unless the script fills it",
    "UPDATE a SET x = 1": "the old values in a, unless the script restores them",
    "ALTER TABLE a ADD x int, ADD y int; UPDATE a SET x = 1, y = 2": (
        "what was written to a.x, a.y since"
    ),
    "DELETE FROM a": "the old values in a, unless the script restores them",
    "DELETE FROM a; DROP TABLE a": "what a held, unless the script fills it",
    "CREATE TABLE a (x int); DROP TABLE a": "nothing",
    "CREATE INDEX i ON a (x)": "nothing",
    "INSERT INTO a VALUES (1)": "nothing",
}


@pytest.mark.parametrize("sql", CASES)
def test_what_undoing_loses_is_said_in_a_line(sql: str) -> None:
    """What came goes with what is in it; what went is lost; so are the old values of rows."""
    assert losses.sentence(changes_of(sql)) == CASES[sql]


def test_many_names_are_counted() -> None:
    """A sentence names six, and says how many more there are."""
    sql = "".join(f"ALTER TABLE t ADD COLUMN c{n} int;" for n in range(9))
    assert losses.sentence(changes_of(sql)) == (
        "what was written to t.c0, t.c1, t.c2, t.c3, t.c4, t.c5 and 3 more since"
    )


def test_a_migration_is_of_the_schema_of_rows_or_of_both() -> None:
    """The words are those of the template; what only reads is neither."""
    assert touches.type_of(changes_of("CREATE TABLE a (x int)")) == "Schema Change"
    assert touches.type_of(changes_of("UPDATE a SET x = 1")) == "Data Migration"
    both = changes_of("ALTER TABLE a ADD COLUMN y int; UPDATE a SET y = x")
    assert touches.type_of(both) == "Schema Change + Data Migration"
    noted = changes_of("CREATE TABLE a (x int); INSERT INTO schema_migrations VALUES ('1')")
    assert touches.type_of(noted) == "Schema Change"
    assert touches.type_of(changes_of("SELECT 1; SET lock_timeout = '5s'")) == ""


def test_what_a_type_cut_or_rounded_is_said() -> None:
    """Where the old type is known, as after a replay."""
    catalog = Catalog()
    catalog.apply_all(changes_of("CREATE TABLE t (price numeric(10,2), seen timestamptz, a text)"))
    sql = (
        "ALTER TABLE t ALTER price TYPE integer, ALTER seen TYPE date,"
        " ALTER a TYPE varchar(2) USING a::varchar(2)"
    )
    done = [effect.change for effect in catalog.apply_all(changes_of(sql))]
    assert losses.sentence(done) == (
        "t.price lost fractions when it became integer; t.seen lost times of day when it became"
        " date; what t.a held beyond varchar(2) was cut off"
    )
