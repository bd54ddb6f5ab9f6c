"""Scripts that are too long, too deep, too new, or in words that cannot be read."""

from __future__ import annotations

import pytest

from migdocs.core.hazards import check_script
from migdocs.core.hazards.checking import SYNTAX_ERROR

SCHEMA = 'CREATE TABLE users (id bigint PRIMARY KEY, name text); CREATE TABLE "a.b" ("C""d" int);'
MANY = 5_000


def rules(sql: str, postgres: int = 15, schema: str = SCHEMA) -> list[str]:
    """Name the rules that a script is told of, but what is only a remark."""
    found = check_script(sql, "a.sql", postgres=postgres, schema_text=schema)
    return [item.rule for item in found if item.severity != "info"]


def test_every_one_of_many_statements_is_judged() -> None:
    """On its own line, and what stands behind all of them too."""
    lines = [f"CREATE TABLE t{n} (id int);" for n in range(MANY - 1)]
    found = check_script(
        "\n".join([*lines, "DROP TABLE users;"]), "a.sql", postgres=15, schema_text=SCHEMA
    )
    assert [(item.rule, item.line) for item in found if item.severity == "error"] == [
        ("tb-drop", MANY)
    ]


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT {'(' * 5_000}1{')' * 5_000}",
        f"ALTER TABLE users ADD CHECK ({'NOT ' * 5_000}true)",
        f"SELECT {'1 + ' * 5_000}1",
        "SELECT " + "CASE WHEN true THEN " * 3_000 + "1" + " END" * 3_000,
        "SELECT 1" + " UNION SELECT 1" * 3_000,
    ],
    ids=["brackets", "not", "sum", "case", "union"],
)
def test_what_nests_too_deep_is_said_and_ends_nothing(sql: str) -> None:
    """The statements around it are judged all the same."""
    told = rules(f"DROP TABLE IF EXISTS nothing;\n{sql};\nDROP TABLE users;")
    assert told == [SYNTAX_ERROR, "tb-drop"]


@pytest.mark.parametrize("language", ["plpython3u", "plperl", "plv8", "c", "nonsense"])
def test_a_body_in_another_language_may_do_anything(language: str) -> None:
    """It is said to hide what it does, where it runs."""
    assert "tx-dynamic" in rules(f"DO LANGUAGE {language} $$ drop everything $$")


def test_a_temporary_table_shadows_one_that_is_there() -> None:
    """It is new, and nobody waits for it; without it the old one is meant again."""
    shadow = "CREATE TEMP TABLE users (x int); ALTER TABLE users ADD y int NOT NULL; "
    assert rules(shadow + "DROP TABLE users") == []
    assert rules(shadow + "DROP TABLE users; DROP TABLE users") == ["tb-drop"]


@pytest.mark.parametrize(
    "name", ['"users"', "USERS", 'public."users"', 'U&"users"', 'U&"\\0075sers"', "Public.Users"]
)
def test_a_name_is_one_in_every_quoting(name: str) -> None:
    """As the server reads it."""
    assert rules(f"DROP TABLE {name}") == ["tb-drop"]
    assert rules(f"CREATE TABLE {name} (id int)") == ["object-exists"]


def test_dots_and_quotes_in_a_name_are_its_own() -> None:
    """No schema ``a`` is meant."""
    assert rules('ALTER TABLE "a.b" DROP COLUMN "C""d"') == ["col-drop"]
    assert "no-such-column" in rules('ALTER TABLE "a.b" DROP COLUMN "C"')


@pytest.mark.parametrize("postgres", range(10, 18))
def test_the_newest_syntax_is_refused_by_every_older_version(postgres: int) -> None:
    """PostgreSQL 18's on 10 to 17."""
    young = "ALTER TABLE users ADD CHECK (id > 0) NOT ENFORCED"
    assert "too-young" in rules(young, postgres)
    assert "too-young" not in rules(young, 18)


@pytest.mark.parametrize("sql", ["CREATE TABLE a (id int) WITH OIDS", "SELECT 1 !"])
def test_syntax_that_is_gone_is_told_as_the_newest_parser_refuses_it(sql: str) -> None:
    """A server that had it would take it; that it is an error here is said with its place."""
    assert rules(sql, 10) == [SYNTAX_ERROR]


@pytest.mark.parametrize(
    "sql",
    [
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "SET TRANSACTION READ ONLY, DEFERRABLE",
        "SET TRANSACTION SNAPSHOT '1'",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
        "SET TIME ZONE INTERVAL '-08:00' HOUR TO MINUTE",
    ],
)
def test_any_setting_is_read(sql: str) -> None:
    """A transaction's modes are no expressions."""
    assert SYNTAX_ERROR not in rules(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER SCHEMA app RENAME TO neu; ALTER TABLE neu.t ADD COLUMN fresh int",
        "SAVEPOINT a; DROP TABLE app.t; ROLLBACK TO a; ALTER TABLE app.t ADD COLUMN b int",
    ],
)
def test_what_was_renamed_or_rolled_back_is_no_refusal(sql: str) -> None:
    """As the server takes it."""
    schema = "CREATE SCHEMA app; CREATE TABLE app.t (a int);"
    found = check_script(sql, "a.sql", postgres=15, schema_text=schema)
    assert [item for item in found if item.sqlstate] == []
