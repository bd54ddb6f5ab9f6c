"""Splitting a script: every statement stands alone, at its exact place."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migdocs.core.sql.script import Marker, Statement, Variable, join, split


def texts(script: str) -> list[str]:
    """Give the statements' texts alone."""
    return [statement.text for statement in split(script)]


def only(script: str) -> Statement:
    """Give the one statement of a script."""
    (statement,) = split(script)
    return statement


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 'a;b', 'it''s; fine'",
        "SELECT E'a\\';b', 1",
        "SELECT e'it''s\\'; fine'",
        "SELECT U&'d\\0061t;a', B'01', N';'",
        "SELECT typee'\\' , 1",  # the e belongs to the word: its string ends at the backslash
        'SELECT "a;""b"',
        "SELECT $$a;b$$, $tag$a;$$;b$tag$",
        "SELECT $été$;$été$",
        "PREPARE p AS SELECT $1, a$b$c",
        "SELECT 1 -- not; here\n + 1",
        "SELECT /* not; /* here; */ or; here */ 1",
        "SELECT a[1:n], b::text, f(x := 1)",
        "CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; SELECT ')'; DELETE FROM b)",
        "CREATE FUNCTION f() BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 'end'; END",
        "create or replace procedure p() begin atomic delete from t; end",
    ],
)
def test_what_looks_like_an_end_but_is_none(text: str) -> None:
    """Quotes, comments, dollar tags and bodies hide their semicolons."""
    assert texts(f"{text};\nSELECT 2;") == [text, "SELECT 2"]


def test_statements_know_their_places() -> None:
    """Line and column are those of the first character, whatever stands before it."""
    script = "-- head\n\nSELECT 1; /* why */ SELECT\n 2;\r\n\r\n   SELECT 3"
    places = [(s.text, s.line, s.column, s.offset) for s in split(script)]
    assert places == [("SELECT 1", 3, 1, 9), ("SELECT\n 2", 3, 21, 29), ("SELECT 3", 6, 4, 46)]
    assert split("SELECT 1", line=40)[0].line == 40


def test_a_character_of_a_statement_has_a_place() -> None:
    """An error at an offset in the text is shown at its line and column in the file."""
    statement = only("\n  SELECT a\n  FROM b")
    assert statement.place(0) == (2, 3)
    assert statement.place(7) == (2, 10)
    assert statement.place(11) == (3, 3)


def test_comments_around_a_statement_are_not_its_text() -> None:
    """They belong to its source, so that nothing is lost."""
    first, second = split("-- a\nSELECT 1 -- b\n /* c */ ; -- d\n-- e\nSELECT 2\n-- f\n")
    assert first.text == "SELECT 1"
    assert first.source == "-- a\nSELECT 1 -- b\n /* c */ ; -- d\n"
    assert (second.text, second.source) == ("SELECT 2", "-- e\nSELECT 2\n-- f\n")


def test_byte_order_mark_and_empty_statements_are_no_statements() -> None:
    """They are kept in the source of what follows."""
    first, second = split("\ufeffSELECT 1;;\n;SELECT 2;;")
    assert (first.text, first.line, second.text) == ("SELECT 1", 1, "SELECT 2")


@pytest.mark.parametrize("script", ["-- nothing yet\n", ";;", "\n", "/* a */"])
def test_a_script_without_statements_is_one_blank(script: str) -> None:
    """So that even its bytes come back."""
    assert (only(script).kind, only(script).text, only(script).source) == ("blank", "", script)


def test_an_empty_script_has_no_statements() -> None:
    """There is nothing to give back."""
    assert split("") == ()


def test_copy_data_is_data() -> None:
    """Lines after COPY … FROM STDIN are rows, up to the one that ends them."""
    copy, after = split("COPY t (a) FROM stdin;\nit's;\n\\N\n\\.\nSELECT 1;\n")
    assert (copy.kind, copy.text) == ("copy", "COPY t (a) FROM stdin")
    assert copy.data == "it's;\n\\N\n"
    assert (after.text, after.line) == ("SELECT 1", 5)


def test_copy_without_an_end_of_data_hides_nothing() -> None:
    """A forgotten end mark must not turn the rest of the script into rows."""
    copy, after = split("COPY t FROM STDIN;\nSELECT 1;\n")
    assert (copy.kind, copy.data, after.text) == ("sql", None, "SELECT 1")


def test_psql_commands_stand_alone() -> None:
    """A meta-command takes its line; one after a statement also ends that statement."""
    script = "\\set a 'x;y'\nSELECT 1 \\gexec\nSELECT 2;\n"
    assert [(s.kind, s.text, s.line) for s in split(script)] == [
        ("psql", "\\set a 'x;y'", 1),
        ("sql", "SELECT 1", 2),
        ("psql", "\\gexec", 2),
        ("sql", "SELECT 2", 3),
    ]


def test_psql_variables_are_named_with_their_lines() -> None:
    """A server cannot read them; a cast, a named argument and a slice are none."""
    statement = only("SELECT :a, b::text, f(x := 1), c[1:d],\n :'e', :\"f\" FROM g")
    assert statement.variables == (Variable(":a", 1), Variable(":'e'", 2), Variable(':"f"', 2))


@pytest.mark.parametrize(
    "broken",
    ["SELECT 'a", 'SELECT "a', "SELECT $x$ a", "SELECT /* a", "SELECT E'a\\'", "SELECT $a$ $b$"],
)
def test_what_is_never_closed_does_not_swallow_the_rest(broken: str) -> None:
    """The statement is broken, and the one after it is still read."""
    assert texts(f"{broken};\nDROP TABLE b;") == [broken, "DROP TABLE b"]


def test_markers_belong_to_the_statement_they_stand_at() -> None:
    """Above it, in it, or at the end of its last line."""
    above, beside, neither = split(
        "-- migdocs: allow col-drop: nobody reads it\n"
        "ALTER TABLE a DROP b;\n"
        "DROP TABLE c; -- migdocs: allow tb-drop\n"
        "SELECT '-- migdocs: allow tb-drop: no';\n"
    )
    assert above.markers == (Marker("allow", "col-drop", "nobody reads it", 1),)
    assert beside.markers == (Marker("allow", "tb-drop", "", 3),)
    assert neither.markers == ()


def test_a_marker_without_a_rule() -> None:
    """The transaction's marker names none."""
    assert only("-- migdocs: no-transaction\nSELECT 1").markers == (
        Marker("no-transaction", "", "", 1),
    )


# Pieces that meet every branch of the lexer, in any order.
PIECES = st.lists(
    st.sampled_from(
        [
            *(
                "'",
                '"',
                "$$",
                "$a$",
                "/*",
                "*/",
                "--",
                "\n",
                "\r\n",
                "\r",
                ";",
                "\\",
                "\\.\n",
                "E'",
            ),
            *(
                ":",
                ":a",
                "(",
                ")",
                "[",
                "]",
                " ",
                "\0",
                "\ufeff",
                "\udcff",
                "é",
                "-- migdocs: allow x",
            ),
            *("COPY t FROM STDIN;\n", "CREATE RULE r AS (", "CREATE FUNCTION f() BEGIN ATOMIC "),
            *("CASE ", "END", "SELECT 1", "a"),
        ]
    ),
    max_size=30,
).map("".join)


@given(PIECES | st.text(max_size=40))
@settings(max_examples=300, deadline=None)
def test_joining_gives_back_the_same_characters(script: str) -> None:
    """Nothing is lost, and every statement stands where it says."""
    statements = split(script)
    assert join(statements) == script
    for index, statement in enumerate(statements):
        assert statement.index == index
        assert script.startswith(statement.text, statement.offset)
        if statement.kind != "blank":
            assert statement.line == script.count("\n", 0, statement.offset) + 1
            assert statement.text


@pytest.mark.parametrize(
    "hostile",
    [
        "/* " * 100_000,
        "".join(f"$a{n}$ " for n in range(50_000)),
        "create rule r as (;" * 5_000,
        "create function f() begin atomic ;" * 5_000,
        "E''" * 100_000,
        "'" * 200_001,
        "COPY t FROM STDIN;\n" * 5_000,
        "SELECT 1;" * 20_000,
    ],
    ids=["comments", "tags", "rules", "routines", "escapes", "quotes", "copies", "one line"],
)
def test_hostile_text_is_read_in_linear_time(hostile: str) -> None:
    """What never closes is looked for a limited number of times."""
    began = time.process_time()
    assert join(split(hostile)) == hostile
    assert time.process_time() - began < 2
