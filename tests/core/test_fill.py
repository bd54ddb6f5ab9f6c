"""Rows for every table; what a server makes of them is tested where there is one."""

from __future__ import annotations

import pytest

from migdocs.core.proof import fill, sample_values, schema
from migdocs.core.proof.sample_values import Limits
from migdocs.core.proof.schema import Object


def column(table: str, name: str, type_: str = "text", **details: str | tuple[str, ...]) -> Object:
    """Give a column."""
    return Object("column", f"{table}.{name}", table, {"type": type_, "nullable": "no", **details})


def constraint(table: str, name: str, **details: str | tuple[str, ...]) -> Object:
    """Give a constraint."""
    return Object("constraint", f"{table}.{name}", table, details)


def first(*objects: Object) -> str:
    """Give the first row's first statement."""
    tables = [Object("table", "t")]
    rows = [i for i in fill.inserts(schema.schema([*tables, *objects])) if not i.twin]
    return rows[0].statements[0]


def test_the_same_schema_gets_the_same_rows() -> None:
    """Evidence must not differ from run to run."""
    found = schema.schema([Object("table", "t"), column("t", "a"), column("t", "b", "uuid")])
    assert fill.inserts(found) == fill.inserts(found)


def test_referenced_tables_come_first() -> None:
    """A key is looked up where it points; tables in a circle are put in some order."""
    key = {"type": "f", "referenced": ("id",)}
    found = schema.schema(
        [
            Object("table", "a"),
            Object("table", "b"),
            Object("table", "c"),
            column("a", "b_id", "bigint"),
            column("b", "id", "bigint"),
            column("c", "c_id", "bigint"),
            constraint("a", "a_b", **key, columns=("b_id",), references="b"),
            constraint("c", "c_c", **key, columns=("c_id",), references="c"),
        ]
    )
    rows = [insert for insert in fill.inserts(found) if not insert.twin]
    assert [insert.table for insert in rows[:: fill.ROWS]] == ["b", "a", "c"]
    assert "SELECT id FROM public.b" in rows[fill.ROWS].statements[0]


@pytest.mark.parametrize(
    ("check", "type_", "value"),
    [
        (
            "CHECK (((t.c)::text = ANY ((ARRAY['on'::character varying])::text[])))",
            "text",
            "'on'",
        ),
        ("CHECK ((c = ANY (ARRAY['on'::text, 'off'::text])))", "text", "'on'"),
        ("CHECK (((c)::text = 'only'::text))", "character varying(9)", "'only'"),
        ("CHECK (((c >= 5) AND (c < 10)))", "integer", "6"),
        ("CHECK ((c > (0)::numeric))", "numeric(3,1)", "2"),
        ("CHECK ((char_length(c) <= 3))", "text", "'R 1'"),
        ("CHECK ((length((c)::text) < 3))", "text", "' 1'"),
    ],
)
def test_checks_are_satisfied(check: str, type_: str, value: str) -> None:
    """Lists of values and comparisons with numbers are read from the server's own words."""
    check = check.replace("t.c", "c")
    found = first(column("t", "c", type_), constraint("t", "k", type="c", definition=check))
    assert found == f"INSERT INTO public.t (c) VALUES ({value})"


def test_a_twin_differs_in_one_column_of_a_key() -> None:
    """A rollback that makes a key narrower meets rows which the wider one allowed."""
    key = constraint("t", "k", type="u", columns=("a", "b"))
    found = schema.schema([Object("table", "t"), column("t", "a"), column("t", "b"), key])
    twins = [insert.statements[0] for insert in fill.inserts(found) if insert.twin]
    assert any("SELECT a, ' Row" in twin for twin in twins)
    assert any(", b FROM" in twin for twin in twins)


def test_what_fills_itself_is_left_alone() -> None:
    """Numbered and computed columns are the server's."""
    found = first(
        column("t", "id", "bigint", default="nextval('t_id_seq'::regclass)"),
        column("t", "n", "bigint", identity="always"),
        column("t", "twice", "bigint", generated="n * 2"),
    )
    assert found == "INSERT INTO public.t DEFAULT VALUES"


def test_each_label_of_an_enum_has_a_row() -> None:
    """However many there are."""
    labels = tuple("abcdef")
    found = schema.schema([Object("table", "t"), column("t", "m", "public.mood", labels=labels)])
    rows = [i.statements[0] for i in fill.inserts(found) if not i.twin]
    assert [row.partition("VALUES (")[2][1] for row in rows] == list(labels)


@pytest.mark.parametrize("flavour", ["plain", "foreign", "extreme"])
def test_texts_fit_and_differ(flavour: sample_values.Flavour) -> None:
    """A column of three characters takes three; the row's number is what is kept."""
    values = {sample_values.value("character varying(3)", k, flavour) for k in range(1, 9)}
    assert len(values) == 8
    assert all(len(value) <= len("''") + 3 for value in values)


def test_an_unknown_type_has_no_value() -> None:
    """The server says what it wants; nobody guesses."""
    assert sample_values.value("public.widget", 1) == ""
    assert sample_values.value("public.widget", 1, limits=Limits(choices=("x",))) == "'x'"
