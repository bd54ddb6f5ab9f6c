"""The script as a whole: hazards.md, part L; what a script made itself; what was allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from migdocs.core.changes.reading import read_changes
from migdocs.core.sql import parser, script

if TYPE_CHECKING:
    from collections.abc import Callable

    from migdocs.core.model import Hazard

CONCURRENTLY = "CREATE INDEX CONCURRENTLY i ON t (a)"


def rules(found: tuple[Hazard, ...]) -> list[str]:
    """Give the rules' ids alone."""
    return [hazard.rule for hazard in found]


@pytest.mark.parametrize(
    ("rule", "sql", "expected"),
    [
        ("tx-nontx-mix", f"{CONCURRENTLY}; CREATE TABLE n ()", True),
        ("tx-nontx-mix", f"SET lock_timeout = '2s'; {CONCURRENTLY}; RESET lock_timeout", False),
        ("tx-nontx-mix", f"{CONCURRENTLY}", False),
        ("tx-nontx-mix", "DROP INDEX CONCURRENTLY i; DROP TABLE t", True),
        ("tx-nontx-mix", "REINDEX TABLE CONCURRENTLY t; DROP TABLE u", True),
        ("tx-nontx-mix", "VACUUM t; DROP TABLE u", True),
        ("tx-nontx-mix", "ANALYZE t; DROP TABLE u", False),
        ("tx-nontx-mix", "ALTER TABLE t DETACH PARTITION p CONCURRENTLY; DROP TABLE u", True),
        ("tx-own", "BEGIN; DROP TABLE t; COMMIT", False),
        ("tx-own", "DROP TABLE t; SAVEPOINT s; DROP TABLE u", True),
        ("tx-own", "DROP TABLE t", False),
        ("tx-many-ax", "ALTER TABLE t ADD a int; ALTER TABLE u ADD b int", True),
        ("tx-many-ax", "ALTER TABLE t ADD a int; ALTER TABLE t ADD b int", False),
        (
            "tx-many-ax",
            "CREATE TABLE u (); ALTER TABLE t ADD a int; ALTER TABLE u ADD b int",
            False,
        ),
        ("tx-many-ax", "BEGIN; DROP TABLE t; COMMIT; BEGIN; DROP TABLE u; COMMIT", False),
        ("tx-notimeout", "ALTER TABLE t ADD a int", True),
        ("tx-notimeout", "SET lock_timeout = '2s'; ALTER TABLE t ADD a int", False),
        ("tx-notimeout", "SET LOCAL lock_timeout TO 2000; DROP TABLE t", False),
        ("tx-notimeout", "SET lock_timeout = 0; DROP TABLE t", True),
        ("tx-notimeout", "CREATE TABLE t (); ALTER TABLE t ADD a int", False),
        ("tx-setlocal", f"SET LOCAL lock_timeout = '2s'; {CONCURRENTLY}", True),
        ("tx-setlocal", "SET LOCAL lock_timeout = '2s'; DROP TABLE t", False),
        ("tx-set-leak", "SET search_path = app", True),
        ("tx-set-leak", "SET ROLE ada", True),
        ("tx-set-leak", "SET SESSION AUTHORIZATION ada", True),
        ("tx-set-leak", "SET TIME ZONE 'UTC'", True),
        ("tx-set-leak", "SELECT pg_catalog.set_config('search_path', '', false)", True),
        ("tx-set-leak", "SELECT set_config('search_path', '', true)", False),
        ("tx-set-leak", "SET LOCAL search_path = app", False),
        ("tx-set-leak", "SET search_path = app; RESET search_path", False),
        ("tx-set-leak", "SET search_path = app; RESET ALL", False),
        ("tx-set-leak", "SET ROLE ada; RESET ALL", True),
        ("tx-set-leak", "SET work_mem = '1GB'", False),
        ("tx-nonqual", "ALTER TABLE t ADD a int", True),
        ("tx-nonqual", "ALTER TABLE app.t ADD a int", False),
        ("tx-nonqual", "SET search_path = app; ALTER TABLE t ADD a int", False),
        ("tx-meta", "\\i other.sql", True),
        ("tx-meta", "\\restrict abc", True),
        ("tx-meta", "SELECT :name", True),
        ("tx-meta", "SELECT a::text", False),
        ("tx-copy", "COPY t FROM STDIN;\n1\n\\.\n", True),
        ("tx-copy", "COPY t TO STDOUT", False),
        ("tx-copy", "COPY t FROM '/tmp/rows'", False),
        ("tx-dynamic", "DO $$ BEGIN EXECUTE 'DROP TABLE ' || x; END $$", True),
        ("tx-dynamic", "DO $$ BEGIN DROP TABLE t; END $$", True),
        ("tx-dynamic", "DO $$ BEGIN PERFORM 1; END $$", False),
        ("tx-dynamic", "DO LANGUAGE plperl 'x'", True),
        (
            "tx-dynamic",
            "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$BEGIN DROP TABLE t; END$$",
            True,
        ),
        (
            "tx-dynamic",
            "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$BEGIN RETURN 1; END$$",
            False,
        ),
        ("tx-ident", f"CREATE TABLE {'x' * 64} (a int)", True),
        ("tx-ident", f"CREATE TABLE {'x' * 63} (a int)", False),
        ("tx-ident", f"CREATE TABLE {'é' * 32} (a int)", True),
        ("tx-ident", 'CREATE TABLE "Users" (a int)', True),
        ("tx-ident", f"CREATE TABLE t (a text DEFAULT '{'x' * 80}')", False),
        ("tx-ident", f'CREATE TABLE t ("a" text{" " * 64}, "b" text)', False),
        ("tx-ident", 'CREATE TABLE t ("a" text DEFAULT A(), "b" text)', False),
        ("tx-ident", f"CREATE TABLE t (a text /* {'x' * 64} */)", False),
        ("tx-style", "CREATE TABLE t (id serial)", True),
        ("tx-style", "CREATE TABLE t (id int PRIMARY KEY)", True),
        ("tx-style", "CREATE TABLE t (n int, id bigint PRIMARY KEY)", False),
        ("tx-style", "CREATE TABLE t (a varchar(20))", True),
        ("tx-style", "CREATE TABLE t (a varchar)", False),
        ("tx-style", "CREATE TABLE t (a char(3))", True),
        ("tx-style", "ALTER TABLE t ADD a timestamp", True),
        ("tx-style", "CREATE TABLE t (a timestamptz)", False),
        ("tx-style", "CREATE TABLE t (a money)", True),
    ],
)
def test_the_script_as_a_whole(judged: Callable, rule: str, sql: str, *, expected: bool) -> None:
    """Each rule finds its form, and not the safe one beside it."""
    assert (rule in rules(judged(sql))) == expected


def test_a_refused_statement_in_its_own_transaction_fails_for_certain(judged: Callable) -> None:
    """In a transaction it is an error (25001); a warning where a script runs without one."""
    found = judged(f"BEGIN; {CONCURRENTLY}; COMMIT")
    assert [h.severity for h in found if h.rule == "tx-nontx-mix"] == ["error"]
    found = judged(f"{CONCURRENTLY}; DROP TABLE u")
    assert [h.severity for h in found if h.rule == "tx-nontx-mix"] == ["error"]
    found = judged(f"{CONCURRENTLY}; DROP TABLE u", transaction=False)
    assert [h.severity for h in found if h.rule == "tx-nontx-mix"] == ["warning"]


def test_a_plain_pair_around_everything_is_no_news(judged: Callable) -> None:
    """It can be left out, and the template has it; any other control of transactions cannot."""
    found = judged("BEGIN; DROP TABLE t; COMMIT")
    assert "tx-own" not in rules(found)
    found = judged("BEGIN; DROP TABLE t; COMMIT; DROP TABLE u")
    assert [h.severity for h in found if h.rule == "tx-own"] == ["warning"]


def test_the_runner_may_set_the_timeout(judged: Callable) -> None:
    """Then no script has to."""
    assert "tx-notimeout" not in rules(judged("DROP TABLE t", lock_timeout=True))


def test_a_runner_without_a_transaction_holds_nothing(judged: Callable) -> None:
    """Each statement's locks end with it."""
    sql = "ALTER TABLE t ADD a int; ALTER TABLE u ADD b int"
    assert "tx-many-ax" not in rules(judged(sql, transaction=False))
    assert "tx-many-ax" not in rules(judged(f"-- migdocs: no-transaction\n{sql}"))


def test_statements_in_a_do_block_are_judged_at_their_lines(judged: Callable) -> None:
    """A DROP does not hide in a block, even where it is a literal that is executed."""
    block = "IF x THEN\n    DROP TABLE t;\n  END IF;\n  EXECUTE 'DROP TABLE u';"
    sql = f"DO $$\nBEGIN\n  {block}\nEND $$"
    found = [(h.line, h.on) for h in judged(sql) if h.rule == "tb-drop"]
    assert found == [(4, ("t",)), (6, ("u",))]


NEW = """
CREATE TABLE n (a int, b text);
CREATE INDEX n_a ON n (a);
ALTER TABLE n ADD c int NOT NULL, ALTER a TYPE bigint, ADD CHECK (a > 0), DROP b;
ALTER TABLE n RENAME TO m;
ALTER TABLE m ADD d uuid DEFAULT gen_random_uuid();
UPDATE m SET c = 1;
TRUNCATE m;
DROP TABLE m;
"""


def test_what_is_new_can_be_hurt_by_nobody(judged: Callable) -> None:
    """Nobody waits for a table that the script itself made, under any of its names."""
    assert {rule for rule in rules(judged(NEW)) if not rule.startswith("tx-")} == set()


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("CREATE TABLE n (a int REFERENCES old)", "tb-create-fk"),
        ("CREATE TABLE n PARTITION OF old DEFAULT", "pt-create"),
        ("CREATE TRIGGER g AFTER INSERT ON old EXECUTE FUNCTION f()", "tg-create"),
        ("CREATE RULE r AS ON DELETE TO old DO INSTEAD NOTHING", "ru-create"),
        ("CREATE PUBLICATION p FOR TABLE old", "tb-options"),
    ],
)
def test_new_objects_that_still_hurt_old_ones(judged: Callable, sql: str, rule: str) -> None:
    """The three exceptions of hazards.md: a foreign key, a partition, what hangs on the old."""
    assert rule in rules(judged(sql))


def test_a_table_that_may_be_there_is_not_new(judged: Callable) -> None:
    """IF NOT EXISTS makes nothing where the history knows the table."""
    sql = "CREATE TABLE IF NOT EXISTS t (a int); ALTER TABLE t DROP a"
    assert "col-drop" in rules(judged(sql, "CREATE TABLE t (a int);"))
    assert "col-drop" not in rules(judged(sql))


def test_an_allowance_takes_one_rule_off_one_statement(judged: Callable) -> None:
    """The other statement, and the other rules of this one, stay."""
    sql = (
        "-- migdocs: allow col-drop: nobody reads it since 1.4\n"
        "ALTER TABLE t DROP a;\nALTER TABLE t DROP b;"
    )
    found = judged(sql)
    assert [h.line for h in found if h.rule == "col-drop"] == [3]
    assert not {rule for rule in rules(found) if rule.startswith("allow-")}


@pytest.mark.parametrize(
    ("comment", "rule"),
    [
        ("-- migdocs: allow col-drop", "allow-no-reason"),
        ("-- migdocs: allow col-drop:", "allow-no-reason"),
        ("-- migdocs: allow col-dorp: a typo", "allow-unknown"),
        ("-- migdocs: allow tb-drop: no table is dropped", "allow-unused"),
    ],
)
def test_a_bad_allowance_is_a_finding(judged: Callable, comment: str, rule: str) -> None:
    """And it allows nothing."""
    found = judged(f"\n{comment}\nALTER TABLE t DROP a")
    assert [(h.rule, h.line) for h in found if h.rule.startswith("allow-")] == [(rule, 2)]
    assert "col-drop" in rules(found)


def test_an_allowance_of_another_room_is_left_alone(judged: Callable) -> None:
    """Impact is judged elsewhere, and says itself whether its allowance is of use."""
    found = judged("-- migdocs: allow impact-understated: nobody uses it\nALTER TABLE t DROP a")
    assert not {rule for rule in rules(found) if rule.startswith("allow-")}


def test_nothing_and_nonsense_are_no_hazard(judged: Callable) -> None:
    """An empty script, a comment and a syntax error go through without a word from here."""
    for sql in ("", "-- nothing yet", "DROP TABEL t"):
        assert judged(sql) == ()


def test_where_a_hazard_stands(judged: Callable) -> None:
    """File, migration, statement and line lead the reader there."""
    sql = "\nSELECT 1;\n\nDROP TABLE t;"
    hazard = next(h for h in judged(sql, path="m/x.sql", migration="x") if h.rule == "tb-drop")
    assert (hazard.path, hazard.migration) == ("m/x.sql", "x")
    assert (hazard.line, hazard.statement) == (4, 1)


def test_sub_commands_stand_on_lines_of_their_own(judged: Callable) -> None:
    """An ALTER TABLE over several lines leads to the one that is meant."""
    sql = """
    ALTER TABLE role -- drop the role
        ADD COLUMN kind text NOT NULL,
        DROP COLUMN role,
        ALTER COLUMN "Name" TYPE bigint, -- kind of
        ADD CONSTRAINT one UNIQUE (kind),
        ADD FOREIGN KEY (kind)
            REFERENCES kinds"""
    lines = {h.rule: h.line for h in judged(sql) if not h.rule.startswith("tx-")}
    assert lines == {
        "col-add-notnull-nodef": 3,
        "col-drop": 4,
        "type-int-bigint": 5,
        "uq-add": 6,
        "fk-add": 7,
    }


TABLE = "CREATE TABLE t (a int PRIMARY KEY, b text);"


@pytest.mark.parametrize(
    "sql",
    [
        f"{TABLE} ALTER TABLE t DROP COLUMN c;",
        f"{TABLE} ALTER TABLE t DROP COLUMN b; UPDATE t SET b = 'x' WHERE a = 1;",
        f"{TABLE} {TABLE}",
        "CREATE TABLE u (LIKE t); ALTER TABLE u ADD b int;",
        "CREATE SCHEMA s CREATE TABLE v (a int); ALTER TABLE s.v DROP COLUMN c;",
        "SET search_path = s; CREATE TABLE v (a int); ALTER TABLE v DROP COLUMN c;",
        "DO $$ BEGIN CREATE TABLE w (a int); END $$; ALTER TABLE w DROP COLUMN c;",
        f"{TABLE} ALTER TABLE t RENAME TO o; ALTER TABLE o DROP COLUMN c; DROP TABLE t;",
    ],
)
def test_what_was_read_already_changes_no_judgement(judged: Callable[..., Any], sql: str) -> None:
    """Judged with what was read of it, a script has the same hazards as without."""
    statements = parser.parse_all(script.split(sql))
    read = read_changes(statements)
    assert judged(sql, changes=read) == judged(sql)


def test_what_was_read_already_is_not_read_again(judged: Callable[..., Any]) -> None:
    """Where nothing is said to have been done, the table is not known, nor what it lacks."""
    sql = f"{TABLE} ALTER TABLE t DROP COLUMN c;"
    assert "no-such-column" in rules(judged(sql))
    assert "no-such-column" not in rules(judged(sql, changes=()))


@pytest.mark.parametrize(
    ("sql", "young"),
    [
        ("ALTER TABLE t ADD CONSTRAINT c NOT NULL a", True),
        ('ALTER TABLE t ADD NOT NULL "a" NOT VALID', True),
        ("ALTER TABLE t ADD NOT NULL a NO INHERIT", True),
        ("ALTER TABLE t ADD CONSTRAINT c NOT NULL/* now */a", True),
        ("CREATE TABLE u (a int, NOT NULL a)", True),
        ("CREATE TABLE u (a int, NOT NULL defaults)", True),
        ("CREATE TABLE u (a int NOT NULL, b int NOT NULL DEFAULT 1, c int NOT NULL)", False),
        ("ALTER TABLE t ALTER a SET NOT NULL", False),
    ],
)
def test_not_null_of_a_table_is_young(judged: Callable[..., Any], sql: str, *, young: bool) -> None:
    """NOT NULL as a constraint of the table is PostgreSQL 18's, that of a column is not."""
    assert ("too-young" in rules(judged(sql, postgres=17))) is young
    assert "too-young" not in rules(judged(sql, postgres=18))
