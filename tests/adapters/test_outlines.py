"""What ``status`` keeps of thousands of scripts is never believed of one that was changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from migdocs.adapters import files
from migdocs.adapters.state import cache
from migdocs.commands import outlines, place
from migdocs.core.errors import InputError
from migdocs.core.ledger import Outline

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECTS = 12


def lay(root: Path) -> None:
    """Lay a project of two migrations."""
    (root / "migdocs.toml").write_text("")
    for name, text in {"20260101_a": "select 1;\n", "20260102_b": "select 2;\n"}.items():
        (root / "migrations").mkdir(exist_ok=True)
        (root / "migrations" / f"{name}.sql").write_text(text)
        (root / "migrations" / f"{name}_rollback.sql").write_text(text)


def read(root: Path) -> tuple[Outline, ...]:
    """Give the outlines as they are, whatever is kept."""
    found = place.find(root).migrations
    return tuple(Outline(m.id, m.script_hash, m.repeatable) for m in found)


def kept(root: Path) -> Path | None:
    """Give the file that keeps a project's outlines; None where there is none."""
    folder = Path(os.environ["XDG_CACHE_HOME"]) / "migdocs"
    keys = {outlines._key(place.locate(root))}
    for found in folder.glob("*/outlines.json"):
        if json.loads(found.read_text())["data"]["key"] in keys:
            return found
    return None


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give projects that nobody has changed for a while; waiting once is enough for all."""
    roots = [tmp_path_factory.mktemp("project") for _ in range(PROJECTS)]
    for root in roots:
        lay(root)
    time.sleep(files.SETTLED / 1e9 + 0.1)
    return iter(roots)


@pytest.fixture
def settled(untouched: Iterator[Path]) -> Path:
    """Give such a project, whose outlines are kept."""
    root = next(untouched)
    assert outlines.outlines(place.locate(root)) == read(root)
    return root


def test_a_folder_that_was_changed_a_moment_ago_is_read_and_not_kept(tmp_path: Path) -> None:
    """Its files' times may be those of a change to come, too."""
    lay(tmp_path)
    assert outlines.outlines(place.locate(tmp_path)) == read(tmp_path)
    assert cache.load(tmp_path, outlines.NAME) == {}


def test_no_script_is_read_a_second_time(settled: Path) -> None:
    """What is kept is the answer, as a word changed in it shows."""
    file = kept(settled)
    assert file is not None
    file.write_text(file.read_text().replace("20260102_b", "20260102_z"))
    found = outlines.outlines(place.locate(settled))
    assert [one.id for one in found] == ["20260101_a", "20260102_z"]


def test_every_kind_of_change_is_seen(settled: Path) -> None:
    """Edited to the same size within the second, with its old time; added, renamed, removed."""
    folder = settled / "migrations"
    script = folder / "20260101_a.sql"
    before = script.stat()
    script.write_text("select 9;\n")
    os.utime(script, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (script.stat().st_size, script.stat().st_mtime_ns) == (
        before.st_size,
        before.st_mtime_ns,
    )
    for change in (
        lambda: None,
        lambda: script.write_text("select 8;\n"),
        lambda: (folder / "20260103_c.sql").write_text("select 3;\n"),
        lambda: (folder / "20260103_c.sql").rename(folder / "20260104_c.sql"),
        (folder / "20260104_c.sql").unlink,
        lambda: (settled / "migdocs.toml").write_text('layout = "plain"\n'),
    ):
        change()
        assert outlines.outlines(place.locate(settled)) == read(settled)
    assert [one.id for one in read(settled)] == ["20260101_a", "20260102_b"]


def test_an_edit_right_after_what_was_kept_is_seen(settled: Path) -> None:
    """Again and again, each to the same size: the file system's steps of time hide none."""
    script = settled / "migrations" / "20260102_b.sql"
    for number in range(200):
        script.write_text(f"select {number % 10};\n")
        assert outlines.outlines(place.locate(settled)) == read(settled)


@pytest.mark.parametrize("damage", ["", "{", '{"code": 1}', '{"code": null, "data": []}', "\0"])
def test_a_damaged_cache_is_as_good_as_none(settled: Path, damage: str) -> None:
    """It is written anew."""
    file = kept(settled)
    assert file is not None
    whole = file.read_text()
    file.write_text(damage)
    assert outlines.outlines(place.locate(settled)) == read(settled)
    assert file.read_text() == whole


def test_a_script_that_cannot_be_read_is_an_error_with_and_without_the_cache(settled: Path) -> None:
    """Also of a rollback, which no outline tells of."""
    (settled / "migrations" / "20260101_a_rollback.sql").write_bytes(b"\xff")
    with pytest.raises(InputError, match=r"a_rollback\.sql:1: byte 0xff is not UTF-8"):
        outlines.outlines(place.locate(settled))


@pytest.mark.parametrize("folder", ["./migrations", "migrations/", "other/../migrations", "."])
def test_an_edit_is_seen_however_the_settings_write_the_folder(tmp_path: Path, folder: str) -> None:
    """Each file that is read is one that is watched."""
    lay(tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "migdocs.toml").write_text(f'migrations = "{folder}"\nlayout = "native"\n')
    for text in ("select 1;\n", "select 7;\n"):
        (tmp_path / folder / "20260101_a.sql").write_text(text)
        found = outlines.outlines(place.locate(tmp_path))
        assert found == read(tmp_path)
        assert found[0].id == "20260101_a"


def test_the_status_is_the_same_with_and_without_what_is_kept(settled: Path, database: str) -> None:
    """Byte for byte, as JSON and as text."""

    def asked(*options: str) -> bytes:
        command = [sys.executable, "-m", "migdocs", *options, "--database-url", database]
        return subprocess.run(command, cwd=settled, check=False, capture_output=True).stdout

    asked("apply", "-q", "--to", "20260101_a")
    for options in (("status",), ("status", "--json")):
        file = kept(settled)
        assert file is not None
        with_it = asked(*options)
        file.unlink()
        assert asked(*options) == with_it
        assert b"20260102_b" in with_it
