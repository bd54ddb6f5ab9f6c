"""Hold the rows of tables as values, and say which rows and columns two snapshots differ in."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Row = dict[str, Any]
Fate = Literal["gone", "changed", "more"]
SHOWN = 60  # characters of a row's key


class Contents(Struct, frozen=True):
    """What one table holds.

    Attributes:
        count: of its rows.
        key: the columns that tell its rows apart, empty where nothing does.
        rows: column → value, each; empty where there are too many to hold.
        digests: column → a hash over all its values; only where the rows are not held.
    """

    count: int
    key: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)


class RowChange(Struct, frozen=True):
    """How the rows of a table are others than they were.

    Attributes:
        fate: rows are ``gone``, hold another value (``changed``), or are there now (``more``).
        columns: whose values changed; empty for whole rows.
        count: how many rows, of ``total`` that there were.
        example: the key of one of them, as JSON; empty where none tells.
    """

    table: str
    fate: Fate
    columns: tuple[str, ...] = ()
    count: int = 0
    total: int = 0
    example: str = ""

    @property
    def lost(self) -> bool:
        """Whether something that was there is there no more."""
        return self.fate != "more"


def differences(
    before: Mapping[str, Contents], after: Mapping[str, Contents]
) -> tuple[RowChange, ...]:
    """Say what happened to the rows of the tables that are in both."""
    return tuple(
        change
        for table in sorted(before.keys() & after.keys())
        for change in _table_differences(table, before[table], after[table])
    )


def taken_along(
    before: Mapping[str, Contents], filled: Mapping[str, Contents], after: Mapping[str, Contents]
) -> tuple[RowChange, ...]:
    """Say which rows that came between two snapshots a third has no more.

    Only tables that are still there and whose rows a key tells apart.
    """
    found = []
    for table in sorted(before.keys() & filled.keys() & after.keys()):
        key = set(filled[table].key)
        if not key or not _tells_apart(key, before[table], filled[table], after[table]):
            continue
        there = {_frozen(row, key) for row in before[table].rows}
        came = {_frozen(row, key): row for row in filled[table].rows}
        stayed = {_frozen(row, key) for row in after[table].rows}
        lost = [row for name, row in came.items() if name not in there and name not in stayed]
        if lost:
            total = len(came.keys() - there)
            example = _example(lost[0], filled[table].key)
            found.append(RowChange(table, "gone", (), len(lost), total, example))
    return tuple(found)


def _tells_apart(key: set[str], *snapshots: Contents) -> bool:
    """Tell whether all snapshots hold their rows, with the key's columns."""
    return all(
        not contents.digests and (not contents.rows or key <= contents.rows[0].keys())
        for contents in snapshots
    )


def _table_differences(table: str, before: Contents, after: Contents) -> Iterator[RowChange]:
    """Yield what happened to one table's rows."""
    if before.digests or after.digests:
        yield from _by_digest(table, before, after)
        return
    columns = _common(before.rows, after.rows)
    gone, more = _unmatched(before.rows, after.rows, columns)
    if not gone and not more:
        return
    key = before.key if set(before.key) <= columns else ()
    pairs = _paired(gone, more, key)
    paired_before = {id(old) for old, _ in pairs}
    paired_after = {id(new) for _, new in pairs}
    yield from _changed(table, pairs, columns, before)
    rest = [row for row in gone if id(row) not in paired_before]
    if rest:
        yield RowChange(table, "gone", (), len(rest), before.count, _example(rest[0], key))
    rest = [row for row in more if id(row) not in paired_after]
    if rest:
        yield RowChange(table, "more", (), len(rest), before.count, _example(rest[0], key))


def _by_digest(table: str, before: Contents, after: Contents) -> Iterator[RowChange]:
    """Yield what counts and hashes tell, where the rows are too many to hold."""
    if after.count != before.count:
        fate: Fate = "gone" if after.count < before.count else "more"
        yield RowChange(table, fate, (), abs(before.count - after.count), before.count)
        return
    both = before.digests.keys() & after.digests.keys()
    other = tuple(sorted(c for c in both if before.digests[c] != after.digests[c]))
    if other:
        yield RowChange(table, "changed", other, before.count, before.count)


def _common(before: Iterable[Row], after: Iterable[Row]) -> set[str]:
    """Give the columns that both snapshots know; all of one where the other holds no row."""
    sides = [set(row) for row in (next(iter(before), None), next(iter(after), None)) if row]
    return set.intersection(*sides) if sides else set()


def _unmatched(
    before: Iterable[Row], after: Iterable[Row], columns: set[str]
) -> tuple[list[Row], list[Row]]:
    """Give the rows of each side that have no equal on the other."""
    there = Counter(_frozen(row, columns) for row in after)
    here = Counter(_frozen(row, columns) for row in before)
    return _left_over(before, here - there, columns), _left_over(after, there - here, columns)


def _left_over(rows: Iterable[Row], counts: Counter[str], columns: set[str]) -> list[Row]:
    """Pick as many rows as are counted."""
    left = Counter(counts)
    found = []
    for row in rows:
        frozen = _frozen(row, columns)
        if left[frozen] > 0:
            left[frozen] -= 1
            found.append(row)
    return found


def _paired(gone: list[Row], more: list[Row], key: tuple[str, ...]) -> list[tuple[Row, Row]]:
    """Pair the rows that are one row with other values: by key, else each with each in order."""
    if not key:
        return list(zip(gone, more, strict=False))
    by_key = {_frozen(row, set(key)): row for row in more}
    return [(row, new) for row in gone if (new := by_key.get(_frozen(row, set(key))))]


def _changed(
    table: str, pairs: list[tuple[Row, Row]], columns: set[str], before: Contents
) -> Iterator[RowChange]:
    """Yield the columns whose values are others in the same rows."""
    other = Counter(c for old, new in pairs for c in columns if old[c] != new[c])
    if other:
        example = _example(pairs[0][0], before.key)
        yield RowChange(table, "changed", tuple(sorted(other)), len(pairs), before.count, example)


def _frozen(row: Row, columns: set[str]) -> str:
    """Give a row as something that can be counted."""
    return json.dumps({name: row[name] for name in columns}, sort_keys=True)


def _example(row: Row, key: tuple[str, ...]) -> str:
    """Name a row by its key."""
    if not key:
        return ""
    return json.dumps({name: row[name] for name in key}, ensure_ascii=False)[:SHOWN]
