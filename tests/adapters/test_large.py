"""A script of millions of rows or statements of data is run with those left in the file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from migdocs.adapters import large
from migdocs.commands import place, preview
from migdocs.commands.apply import apply, dry_run
from migdocs.commands.target import Target
from migdocs.core.errors import DatabaseError
from migdocs.core.model import Script

if TYPE_CHECKING:
    from collections.abc import Callable

ROW = "é" * 40 + "\tb\n"
PEAK = """
import sys
from pathlib import Path
from migdocs.commands import place
from migdocs.commands.apply import apply
from migdocs.commands.target import Target
here = place.find(Path(sys.argv[1]))
apply(here.migrations, Target(sys.argv[2], root=here.root))
print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""


def write(root: Path, text: str) -> place.Place:
    """Make a project of one script."""
    (root / "migrations").mkdir(parents=True, exist_ok=True)
    (root / "migrations" / "1_data.sql").write_bytes(text.encode())
    (root / "migdocs.toml").write_text("")
    return place.find(root)


def data(megabytes: int, after: str = "") -> str:
    """Give a script with two blocks of rows."""
    rows = ROW * (megabytes * 500_000 // len(ROW.encode()))
    copy = f"copy t (a, b) from stdin;\n{rows}\\.\n"
    return f"create table t (a text, b text);\n{copy}\n{copy}{after}"


def test_every_row_arrives_and_the_hash_is_that_of_the_whole(database: str, tmp_path: Path) -> None:
    """The text that is held has no rows."""
    text = data(9)
    here = write(tmp_path, text)
    script = here.migrations[0].forward
    assert script is not None
    assert len(script.text) < 200
    assert script.digest == Script("x", text).digest
    apply(here.migrations, Target(database, root=here.root))
    with psycopg.connect(database) as connection:
        found = connection.execute("select count(*), min(a), max(a) from t").fetchone()
    assert found == (text.count("\tb\n"), "é" * 40, "é" * 40)


def test_an_error_after_the_rows_has_its_line_in_the_file(database: str, tmp_path: Path) -> None:
    """Millions of lines further down."""
    text = data(9, "\nselect 1,\n  nope;\n")
    here = write(tmp_path, text)
    with pytest.raises(DatabaseError) as caught:
        apply(here.migrations, Target(database, root=here.root))
    assert (caught.value.line, caught.value.column) == (text.count("\n"), 3)


@pytest.mark.usefixtures("soon")
def test_what_looks_like_rows_inside_a_string_is_none(tmp_path: Path) -> None:
    """Then the script is held whole."""
    text = "select '\ncopy t from stdin;\n';\n" + "-- filler\n" * (large.LIMIT // 10 + 1)
    script = write(tmp_path, text).migrations[0].forward
    assert script is not None
    assert script.stored is None
    assert script.text == text


def test_line_ends_and_a_byte_order_mark_change_no_hash(tmp_path: Path) -> None:
    """As with scripts that are held whole."""
    text = data(9)
    script = write(tmp_path, "\ufeff" + text.replace("\n", "\r\n")).migrations[0].forward
    assert script is not None
    assert script.stored is not None
    assert script.digest == Script("x", text).digest


def test_both_ways_in_one_file_are_held_whole(tmp_path: Path) -> None:
    """The rows' lines would be those of another text."""
    (tmp_path / "migrations").mkdir()
    text = f"-- migrate:up\n{data(9)}\n-- migrate:down\ndrop table t;\n"
    (tmp_path / "migrations" / "20260101000000_data.sql").write_text(text)
    (tmp_path / "migdocs.toml").write_text('layout = "dbmate"\n')
    script = place.find(tmp_path).migrations[0].forward
    assert script is not None
    assert script.stored is None
    assert script.text.count("\tb\n") == text.count("\tb\n")


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let little be too much to hold already, which saves the time to run much."""
    monkeypatch.setattr(large, "LIMIT", 50_000)


TABLE = "create table t (a int primary key, b text);\n"
LONG = "x" * 2000
FUNCTION = """create function f() returns int language plpgsql as $body$ begin
insert into t values (-1, 'f');
insert into t values (-2, 'f');
return 1; end $body$;
"""


def inserts(megabytes: int) -> str:
    """Give statements of two kinds that take turns, with all that may stand in a value."""
    odd = "INSERT INTO t (a, b) VALUES ({}, 'it''s é; -- \\ $x$ :v\nselect 1;'), (-{}, '" + LONG
    odd += "');\n"
    even = "insert into \"t\" values ({}, concat('b', 1));\n\n"
    count = megabytes * 1_000_000 // (len(odd) + len(even))
    return "".join((odd, even)[n % 2].format(n, n) for n in range(1, 2 * count))


@pytest.mark.usefixtures("soon")
def test_statements_that_differ_in_values_only_stay_in_the_file(
    database: str, tmp_path: Path
) -> None:
    """One of each kind is read; a body with such statements is read whole; all of them run."""
    if not large.KNOWS_ALIKE:
        return  # held whole, as scripts were before
    text = TABLE + FUNCTION + inserts(2) + "update t set b = 'first' where a = 1;\n"
    here = write(tmp_path, text)
    script = here.migrations[0].forward
    assert script is not None
    assert len(script.text) < 3000
    assert script.digest == Script("x", text).digest
    shown = preview.text(here.root, dry_run(here.migrations, Target(database, root=here.root)))
    assert shown.count("more statements like those above") == 1
    apply(here.migrations, Target(database, root=here.root))
    count = text.count("INSERT") * 2 + text.count('"t"')
    query = "select count(*), count(*) filter (where length(b) = 2000),"
    query += " array_agg(b order by a) filter (where a in (1, 2, 3)) from t"
    with psycopg.connect(database) as connection:
        found = connection.execute(query.encode()).fetchone()
    odd = "it's é; -- \\ $x$ :v\nselect 1;"
    assert found == (count, text.count("INSERT"), ["first", odd, "b1"])


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("marker", ["", "-- migdocs: no-transaction\n"])
@pytest.mark.parametrize("bad", ["(8, 'twice')", "(9999999, 'x', 'too many')"])
def test_an_error_in_what_stays_in_the_file_has_its_line(
    database: str, tmp_path: Path, bad: str, marker: str
) -> None:
    """Met when it is run, or when it is parsed; in a transaction, nothing stays."""
    before = marker + TABLE + inserts(2)
    bad = f"insert into t values {bad};\n"
    text = before + "insert into t values (9999998, 'y');\n\n" + bad + "select 1;\n"
    here = write(tmp_path, text)
    with pytest.raises(DatabaseError) as caught:
        apply(here.migrations, Target(database, root=here.root))
    assert caught.value.line == text.count("\n") - 1
    with psycopg.connect(database) as connection:
        found = connection.execute("select count(*) from migdocs_ledger").fetchone()
        there = connection.execute("select to_regclass('t') is not null").fetchone()
    assert (found, there) == ((2,), (True,)) if marker else ((1,), (False,))


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize(
    "text",
    [
        "select '\n{}';\n",
        "create rule r as on insert to t do also (\n{});\n",
        "/*\n{}*/ select 1;\n",
        "create type mood as enum ('sad');\nalter type mood add value 'x';\n{}",
    ],
)
def test_what_is_no_statement_of_its_own_is_held(tmp_path: Path, text: str) -> None:
    """In a string, a rule or a comment; and what may use a new enum value."""
    text = text.format("insert into t values (1, 2);\n" * 4_000)
    script = write(tmp_path, text).migrations[0].forward
    assert script is not None
    assert script.stored is None or not script.stored.alike
    assert script.text == text


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("line", ["e'\\'); drop table t; --'", "$$x$$", "-1), (--1\n1", "1 /* */"])
def test_other_words_than_values_are_read(tmp_path: Path, line: str) -> None:
    """They may hide where a statement ends."""
    if not large.KNOWS_ALIKE:
        return  # held whole, as scripts were before
    plain = "insert into t values (1);\n" * 4_000
    text = f"{plain}insert into t values ({line});\n{plain}"
    script = write(tmp_path, text).migrations[0].forward
    assert script is not None
    assert f"values ({line})" in script.text
    assert len(script.text) < 1000


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak")
@pytest.mark.parametrize(
    "give", [data, *([lambda megabytes: TABLE + inserts(megabytes)] if large.KNOWS_ALIKE else [])]
)
def test_memory_does_not_grow_with_the_data(
    database: str, tmp_path: Path, give: Callable[[int], str]
) -> None:
    """Three times the rows or statements, the same peak (within 4 MB)."""
    peaks = []
    for megabytes in (10, 30):
        root = tmp_path / str(megabytes)
        write(root, give(megabytes))
        command = [sys.executable, "-c", PEAK, str(root), database]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout))
        with psycopg.connect(database) as connection:
            connection.execute("drop table migdocs_ledger, t")
    assert peaks[1] - peaks[0] < 4096
