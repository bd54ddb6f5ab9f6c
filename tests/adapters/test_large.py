"""A script of millions of rows is run with its rows left in the file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from migdocs.adapters import large
from migdocs.commands import place
from migdocs.commands.apply import apply
from migdocs.commands.target import Target
from migdocs.core.errors import DatabaseError
from migdocs.core.model import Script

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


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak")
def test_memory_does_not_grow_with_the_rows(database: str, tmp_path: Path) -> None:
    """Four times the rows, the same peak (within 4 MB)."""
    peaks = []
    for megabytes in (10, 40):
        root = tmp_path / str(megabytes)
        write(root, data(megabytes))
        command = [sys.executable, "-c", PEAK, str(root), database]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout))
        with psycopg.connect(database) as connection:
            connection.execute("drop table migdocs_ledger, t")
    assert peaks[1] - peaks[0] < 4096
