"""Names without a schema are found where the server would find them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from migdocs.core.catalog import Catalog
from migdocs.core.changes.reading import read_changes
from migdocs.core.draft import draft_rollback
from migdocs.core.hazards import check_script
from migdocs.core.sql import parser, script

if TYPE_CHECKING:
    from migdocs.core.model import Change

BASE = """
CREATE TABLE widgets (id int, label text);
CREATE SCHEMA app;
CREATE TABLE app.gadgets (id int, label text);
"""


def read(sql: str, known: Catalog | None = None) -> tuple[Change, ...]:
    """Read a script on what is known."""
    return read_changes(parser.parse_all(script.split(sql)), "a.sql", known)


def schema(sql: str = BASE) -> Catalog:
    """Give the schema that a script makes."""
    catalog = Catalog()
    catalog.apply_all(read(sql))
    return catalog


# What a script does, and the names that its changes must have.
FOUND = (
    ("SET search_path TO app; CREATE TABLE widgets ()", "app.widgets"),
    ("SET search_path = app, public; ALTER TABLE widgets DROP COLUMN label", "widgets.label"),
    ("SET search_path = app, public; ALTER TABLE gadgets DROP COLUMN label", "app.gadgets.label"),
    ("SET LOCAL search_path TO app; DROP TABLE gadgets", "app.gadgets"),
    ("SET SCHEMA 'app'; DROP TABLE gadgets", "app.gadgets"),
    ('SET search_path TO "$user", app; DROP TABLE gadgets', "app.gadgets"),
    ("SET search_path TO nowhere, app; CREATE TABLE a ()", "app.a"),
    (
        "SELECT pg_catalog.set_config('search_path', 'app', false); DROP TABLE gadgets",
        "app.gadgets",
    ),
    ("SET search_path TO app; RESET search_path; CREATE TABLE a ()", "a"),
    ("SET search_path TO app; SET search_path TO DEFAULT; CREATE TABLE a ()", "a"),
    ("BEGIN; SET search_path TO app; ROLLBACK; CREATE TABLE a ()", "a"),
    ("BEGIN; SET LOCAL search_path TO app; COMMIT; CREATE TABLE a ()", "a"),
    ("BEGIN; SET search_path TO app; COMMIT; CREATE TABLE a ()", "app.a"),
    ("SET search_path TO app; CREATE TYPE mood AS ENUM ('ok'); DROP TYPE mood", "app.mood"),
    ("SET search_path TO app; CREATE VIEW v AS SELECT id FROM gadgets", "app.v"),
    ("SET search_path TO app; CREATE INDEX i ON gadgets (id)", "app.i"),
    ("SET search_path TO app; COMMENT ON COLUMN gadgets.id IS 'x'", "app.gadgets.id"),
    ("SET search_path TO app; COMMENT ON TABLE gadgets IS 'x'", "app.gadgets"),
    ("SET search_path TO app; DO $$ BEGIN DROP TABLE gadgets; END $$", "app.gadgets"),
    ("CREATE SCHEMA s CREATE TABLE t ()", "s.t"),
    ("SET search_path TO app; CREATE TABLE public.a ()", "a"),
    ("CREATE TEMP TABLE widgets (id int); DROP TABLE widgets", "pg_temp.widgets"),
    ("SET search_path TO app; WITH widgets AS (SELECT 1) DELETE FROM gadgets", "app.gadgets"),
)


@pytest.mark.parametrize(("sql", "name"), FOUND, ids=[sql for sql, _ in FOUND])
def test_a_name_is_found_where_the_path_says(sql: str, name: str) -> None:
    """The last change of the script is about the object that the server would take."""
    changes = [c for c in read(sql, schema()) if c.kind not in {"setting", "transaction"}]
    assert changes[-1].name == name


def test_a_draft_drops_what_was_made_and_nothing_else() -> None:
    """The table of the same name in public keeps its rows."""
    before = schema()
    changes = read("SET search_path TO app; CREATE TABLE widgets (id int);", before)
    assert draft_rollback(before.apply_all(changes)).text == "DROP TABLE app.widgets;\n"


def test_a_draft_sets_the_path_where_a_session_starts_with_another() -> None:
    """Its names without a schema are public's, whatever the database says."""
    before = schema(f"{BASE} ALTER DATABASE shop SET search_path TO app, public;")
    changes = read("ALTER TABLE public.widgets ADD COLUMN size int", before)
    draft = draft_rollback(before.apply_all(changes), before.search_path)
    assert draft.text.startswith("SET search_path TO public;")
    assert "ALTER TABLE widgets DROP COLUMN size;" in draft.text


def test_a_draft_brings_back_a_view_that_a_path_decided() -> None:
    """The source of a view says in which schema its tables are."""
    before = schema()
    before.apply_all(read("SET search_path TO app; CREATE VIEW v AS SELECT id FROM gadgets;"))
    draft = draft_rollback(before.apply_all(read("DROP VIEW app.v")))
    assert draft.text == "CREATE VIEW app.v AS SELECT id FROM app.gadgets;\n"


def test_a_path_of_the_database_holds_for_the_next_script() -> None:
    """ALTER DATABASE and ALTER ROLE ALL change where later sessions look; other roles' do not."""
    for who, name in (
        ("DATABASE shop", "app.a"),
        ("ROLE ALL", "app.a"),
        ("ROLE CURRENT_USER", "app.a"),
        ("ROLE somebody", "a"),
    ):
        before = schema(f"{BASE} ALTER {who} SET search_path TO app, public;")
        assert read("CREATE TABLE a ()", before)[-1].name == name, who


def test_hazards_name_the_table_that_is_locked() -> None:
    """What is judged is what the server would lock."""
    found = check_script(
        "SET search_path TO app;\nALTER TABLE gadgets DROP COLUMN label;",
        "a.sql",
        postgres=15,
        schema_text=BASE,
    )
    (drop,) = [hazard for hazard in found if hazard.rule == "col-drop"]
    assert getattr(drop, "locks", ()) == (("app.gadgets", "ACCESS EXCLUSIVE"),)


def test_a_temporary_table_hides_the_lasting_one() -> None:
    """Dropping it touches nobody, and the lasting table is still there."""
    before = schema()
    before.apply_all(read("CREATE TEMP TABLE widgets (id int); DROP TABLE widgets;", before))
    assert "widgets" in before.relations
