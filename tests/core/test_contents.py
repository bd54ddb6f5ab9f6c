"""Rows before and after."""

from __future__ import annotations

import pytest

from migdocs.core.proof import contents
from migdocs.core.proof.contents import Contents, RowChange

ADA = {"id": "1", "name": "Ada", "role": "admin"}
BOB = {"id": "2", "name": "Bob", "role": None}


def table(*rows: dict[str, str | None], key: tuple[str, ...] = ("id",)) -> dict[str, Contents]:
    """Give the table users with these rows."""
    return {"users": Contents(len(rows), key, rows)}


CASES = [
    pytest.param(table(ADA, BOB), table(BOB, ADA), [], id="in another order"),
    pytest.param(
        table(ADA, BOB),
        table({**ADA, "role": None}, BOB),
        [RowChange("users", "changed", ("role",), 1, 2, '{"id": "1"}')],
        id="a value lost",
    ),
    pytest.param(
        table(ADA, BOB),
        table(ADA),
        [RowChange("users", "gone", (), 1, 2, '{"id": "2"}')],
        id="a row deleted",
    ),
    pytest.param(
        table(ADA),
        table(ADA, BOB),
        [RowChange("users", "more", (), 1, 1, '{"id": "2"}')],
        id="a row left over",
    ),
    pytest.param(
        table(ADA, ADA, key=()),
        table(ADA, key=()),
        [RowChange("users", "gone", (), 1, 2, "")],
        id="one of two equal rows deleted",
    ),
    pytest.param(
        table(ADA),
        {"users": Contents(1, ("id",), ({"id": "1", "name": "Ada"},))},
        [],
        id="a column gone is the schema's difference",
    ),
    pytest.param(
        {"users": Contents(5000, (), (), {"id": "7", "name": "9"})},
        {"users": Contents(5000, (), (), {"id": "7", "name": "8"})},
        [RowChange("users", "changed", ("name",), 5000, 5000)],
        id="too many to hold",
    ),
    pytest.param(table(ADA), {}, [], id="a table gone is the schema's difference"),
]


@pytest.mark.parametrize(("before", "after", "expected"), CASES)
def test_what_happened_to_rows(
    before: dict[str, Contents], after: dict[str, Contents], expected: list[RowChange]
) -> None:
    """Rows are named by their key, lost values by their column."""
    assert list(contents.differences(before, after)) == expected


def test_rows_that_came_later_and_went_along() -> None:
    """What the migration brought itself may go; what others brought after it may not."""
    eve = {"id": "3", "name": "Eve", "role": None}
    found = contents.taken_along(table(ADA, BOB), table(ADA, BOB, eve), table(ADA))
    assert found == (RowChange("users", "gone", (), 1, 1, '{"id": "3"}'),)
    assert not contents.taken_along(table(ADA, BOB), table(ADA, BOB, eve), table(eve))
