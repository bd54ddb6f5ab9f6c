"""A new migration is spelled as those that are there: its number, its words, its folder."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from migdocs.adapters import layouts

NOW = datetime(2026, 3, 1, 9, 30, 5, 250_000, tzinfo=UTC)

# Convention, what there is → the next one.
NEXT = [
    ("flyway", ["V20240101120000__a", "V20240201120000__b"], "V20260301093005__add_color"),
    ("flyway", ["V20240101__a", "V20240201__b"], "V20260301__add_color"),
    ("flyway", ["V202401011200__a"], "V202603010930__add_color"),
    ("flyway", ["V1_1__a", "V1_2__b"], "V2__add_color"),
    ("flyway", ["V20270101000000__a"], "V20270101000001__add_color"),
    ("evolve", ["V20240101120000__a"], "V20260301093005__add_color"),
    ("refinery", ["V20240101120000__a"], "V20260301093005__add_color"),
    ("pgmigrate", ["V20240101120000__a"], "V20260301093005__add_color"),
    ("tern", ["20240101120000_a"], "20260301093005_add_color"),
    ("dbup", ["20240101120000_a", "20240102120000_b"], "20260301093005_add_color"),
    ("node-pg-migrate", ["1700000000000_a"], "1772357405250_add-color"),
    ("node-pg-migrate", ["1700000000000_a_b"], "1772357405250_add_color"),
    ("node-pg-migrate", ["20240101120000123_a-b"], "20260301093005250_add-color"),
    ("sql-migrate", ["0001_a", "0002_b"], "0003_add_color"),
    ("sql-migrate", ["20240101120000-a_b"], "20260301093005-add_color"),
    ("sql-migrate", ["1700000000-a"], "1772357405-add_color"),
    ("golang-migrate", ["000001_a-b", "000002_c-d"], "000003_add-color"),
    ("golang-migrate", ["1700000000_a"], "1772357405_add_color"),
    ("golang-migrate", ["1_a", "5_b", "10_c"], "11_add_color"),
    ("diesel", ["20240101120000_a"], "20260301093005_add_color"),
    ("diesel", ["2024-01-01-120000_a_b"], "2026-03-01-093005_add_color"),
    ("yoyo", ["20240101_01_AbCdE-a-b"], "20260301_01_add-color"),
    ("yoyo", ["0001.a"], "0002.add_color"),
    ("up-down-folders", ["01-a", "02-b"], "03-add_color"),
    ("goose", ["00001_a"], "00002_add_color"),
    ("native", ["20240101_a", "20240102_b-c"], "20260301_add-color"),
    ("postgrator", ["001.a-b"], "002.add-color"),
]


@pytest.mark.parametrize(("name", "there", "expected"), NEXT)
def test_the_next_one_is_spelled_as_most(name: str, there: list[str], expected: str) -> None:
    """A runner that goes by numbers would run a shorter one before all that it ran."""
    layout = layouts.layout_named(name)
    assert layouts.next_id(layout, "add_color", NOW, there) == expected


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (("upgrade/01-a.sql", "downgrade/01-a.sql"), ["upgrade/02-b.sql", "downgrade/02-b.sql"]),
        (("deploy/01-a.sql", "rollback/01-a.sql"), ["deploy/02-b.sql", "rollback/02-b.sql"]),
        (("up/01-a_up.sql", "down/01-a_down.sql"), ["up/02-b_up.sql", "down/02-b_down.sql"]),
    ],
)
def test_the_next_one_lies_where_the_others_lie(
    there: tuple[str, str], expected: list[str]
) -> None:
    """A folder of our own making would be one that nobody runs."""
    texts = dict.fromkeys((f"sql/{path}" for path in there), "SELECT 1;\n")
    found = layouts.read(texts, "sql", texts.__getitem__)
    layout = layouts.followed(found.convention, "sql", found.migrations)
    made = layouts.next_id(layout, "b", NOW, [m.id for m in found.migrations])
    laid = layouts.lay(layout, "sql", made, ("SELECT 1;", "SELECT 2;"))
    assert list(laid) == [f"sql/{path}" for path in expected]
