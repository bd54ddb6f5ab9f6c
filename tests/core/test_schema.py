"""Two schemas, and what leads from one to the other."""

from __future__ import annotations

import pytest

from migdocs.core.proof import schema
from migdocs.core.proof.schema import Object


def users(*columns: str) -> Object:
    """Give a table with its columns in order."""
    return Object("table", "users", None, {"owner": "app", "columns": columns})


def name(**details: str) -> Object:
    """Give the column users.name."""
    return Object("column", "users.name", "users", {"type": "text", "nullable": "yes", **details})


INDEX = Object("index", "users_name", "users", {"definition": "CREATE INDEX users_name ON …"})

# Before, after → verb, kind, name, before, after of each Change.
CASES = [
    pytest.param(
        [users("name"), name()], [users("name"), name()], [], id="the same schema in another object"
    ),
    pytest.param(
        [users("id"), name()],
        [users("id"), name(type="character varying(20)", nullable="no", default="''::text")],
        [
            ("set default", "column", "users.name", None, "''::text"),
            ("set not null", "column", "users.name", "yes", "no"),
            ("retype", "column", "users.name", "text", "varchar(20)"),
        ],
        id="a column altered",
    ),
    pytest.param(
        [users("id", "name", "mail")],
        [users("id", "mail", "name")],
        [("reorder", "table", "users", "id, name, mail", "id, mail, name")],
        id="a column dropped and added again stands last",
    ),
    pytest.param(
        [users("id", "name")], [users("id", "name", "mail")], [], id="a new column is no new order"
    ),
    pytest.param(
        [users("name"), name(), INDEX],
        [],
        [("drop", "table", "users", None, None)],
        id="what goes with its table is not said apart",
    ),
    pytest.param(
        [users("name")],
        [users("name"), INDEX],
        [("create", "index", "users_name", None, "CREATE INDEX users_name ON …")],
        id="an index that was not there",
    ),
    pytest.param(
        [name(comment="a name")],
        [name()],
        [("comment", "column", "users.name", "a name", None)],
        id="a comment that is gone",
    ),
]


@pytest.mark.parametrize(("before", "after", "expected"), CASES)
def test_differences_are_changes(
    before: list[Object], after: list[Object], expected: list[tuple[str, ...]]
) -> None:
    """A difference is a Change, as reading a script gives them, and known to be observed."""
    found = schema.differences(schema.schema(before), schema.schema(after))
    assert [(c.verb, c.kind, c.name, c.before, c.after) for c in found] == expected
    assert all(change.known == "observed" for change in found)


def test_order_is_a_difference_of_its_own() -> None:
    """Only column order differs: nobody who names the columns notices."""
    before, after = (schema.schema([users(*names)]) for names in (("a", "b"), ("b", "a")))
    assert schema.order_only(schema.differences(before, after))
    after = schema.schema([users("b", "a"), INDEX])
    assert not schema.order_only(schema.differences(before, after))


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ("character varying(20)", "varchar(20)"),
        ("character varying[]", "varchar[]"),
        ("timestamp(3) with time zone", "timestamptz(3)"),
        ("timestamp with time zone", "timestamptz"),
        ("public.mood", "mood"),
        ("auth.mood", "auth.mood"),
        ("integer", "integer"),
    ],
)
def test_types_are_named_as_people_write_them(long: str, short: str) -> None:
    """What is observed can be laid beside what was read."""
    assert schema.short_type(long) == short
