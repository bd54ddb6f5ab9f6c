"""A project's files on a real disk: read with every trap that a folder can hold, written whole."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from migdocs.adapters import files
from migdocs.core.errors import InputError, MachineError, MigdocsError, SeveralErrors, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534


@pytest.fixture
def ordinary() -> Iterator[Path]:
    """Give a folder, and be an ordinary user in it: root may read and write everything."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    as_root = os.geteuid() == 0
    if as_root:
        os.seteuid(NOBODY)
    yield folder
    if as_root:
        os.seteuid(0)
    for path in folder.rglob("*"):
        path.chmod(0o755)
    shutil.rmtree(folder)


def lay(root: Path, *paths: str) -> None:
    """Write files that hold their own path."""
    for path in paths:
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(path)


def everything_in(root: Path) -> dict[str, str | None]:
    """Give every file's text and every folder, by path: what a failed run must leave as it was."""
    return {
        str(path.relative_to(root)): path.read_text() if path.is_file() else None
        for path in sorted(root.rglob("*"))
    }


# --- listing --------------------------------------------------------------------------------------


def test_files_are_listed_sorted_without_what_tools_keep(tmp_path: Path) -> None:
    """From the root, with forward slashes, wherever the walk began."""
    lay(tmp_path, "b/c.sql", "a.md", "b/d/e.sql", ".git/x", "node_modules/x/y.js", "b/site/x")
    assert files.walk(tmp_path) == ("a.md", "b/c.sql", "b/d/e.sql")
    assert files.walk(tmp_path, "b") == ("b/c.sql", "b/d/e.sql")
    assert files.walk(tmp_path, "nowhere") == ()
    assert files.walk(tmp_path, "a.md") == ()


def test_links_are_no_way_out_and_no_loop(tmp_path: Path) -> None:
    """A link to a file is a file; one to a folder is not entered, so nothing goes round."""
    root = tmp_path / "project"
    lay(root, "a.sql", "db/b.sql")
    lay(tmp_path, "outside/c.sql")
    (root / "link.sql").symlink_to(root / "a.sql")
    (root / "db" / "up").symlink_to(root)
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "gone.sql").symlink_to(root / "nothing")
    assert files.walk(root) == ("a.sql", "db/b.sql", "link.sql")


def test_a_folder_that_is_needed_may_be_a_link(tmp_path: Path) -> None:
    """Within the project; one that leads out is refused."""
    root = tmp_path / "project"
    lay(root, "db/b.sql")
    (root / "migrations").symlink_to("db")
    (root / "out").symlink_to(tmp_path)
    assert files.walk(root, "migrations") == ("migrations/b.sql",)
    assert files.everything(root, "migrations") == ("db/b.sql", "migrations/b.sql")
    with pytest.raises(UsageError, match="out: leads out of the project"):
        files.everything(root, "out")


def test_a_link_in_a_loop_is_said_when_it_is_read(tmp_path: Path) -> None:
    """It is there, so it is listed; what it holds cannot be told."""
    (tmp_path / "a.sql").symlink_to("b.sql")
    (tmp_path / "b.sql").symlink_to("a.sql")
    assert files.walk(tmp_path) == ("a.sql", "b.sql")
    with pytest.raises(MachineError) as caught:
        files.read(tmp_path, "a.sql")
    assert str(caught.value) == "a.sql: cannot be read: Too many levels of symbolic links"


@pytest.mark.parametrize("name", [b"\xff.sql", b"a\nb.sql", b"a\x1b[31m.sql", "a\u202eb".encode()])
def test_a_name_that_cannot_be_written_down_is_said(tmp_path: Path, name: bytes) -> None:
    """In the folder that is needed; elsewhere it is passed over."""
    lay(tmp_path, "db/a.sql")
    (tmp_path / "db" / os.fsdecode(name)).write_text("")
    assert files.walk(tmp_path) == ("db/a.sql",)
    with pytest.raises(InputError) as caught:
        files.walk(tmp_path, "db")
    assert caught.value.path.isprintable()
    assert "cannot be seen" in caught.value.message


def test_a_folder_that_may_not_be_listed_is_said_where_it_is_needed(ordinary: Path) -> None:
    """A database's own folder beside the migrations is no concern of ours."""
    lay(ordinary, "db/a.sql", "pgdata/x")
    (ordinary / "pgdata").chmod(0)
    assert files.everything(ordinary, "db") == ("db/a.sql",)
    with pytest.raises(MachineError, match="pgdata: cannot be listed: Permission denied"):
        files.walk(ordinary, "pgdata")


# --- reading --------------------------------------------------------------------------------------


def test_a_text_is_read_as_it_is(tmp_path: Path) -> None:
    """Its line ends and byte-order mark are the user's."""
    (tmp_path / "a.md").write_bytes(b"\xef\xbb\xbfa\r\nb\n")
    assert files.read(tmp_path, "a.md") == "\ufeffa\r\nb\n"


UNREADABLE = {
    "latin.sql": "latin.sql:3: byte 0xfc is not UTF-8",
    "utf16.sql": "utf16.sql:1: byte 0xff is not UTF-8",
    "folder": "folder: cannot be read: Is a directory",
    "missing.sql": "missing.sql: cannot be read: No such file or directory",
    "../secret": "../secret: leads out of the project",
    "out.sql": "out.sql: leads out of the project",
}


def test_everything_that_cannot_be_read_is_said_in_one_run(tmp_path: Path) -> None:
    """With the line of the first bad byte."""
    root = tmp_path / "project"
    (root / "folder").mkdir(parents=True)
    (tmp_path / "secret").write_text("s3cret")
    (root / "latin.sql").write_bytes("-- a\n\n-- fünf\n".encode("latin-1"))
    (root / "utf16.sql").write_bytes("-- a\n".encode("utf-16"))
    (root / "out.sql").symlink_to(tmp_path / "secret")
    lay(root, "good.sql")
    with pytest.raises(SeveralErrors) as caught:
        files.read_all(root, ["good.sql", *UNREADABLE])
    assert [str(error) for error in caught.value.errors] == list(UNREADABLE.values())
    assert files.read_all(root, ["good.sql"]) == {"good.sql": "good.sql"}


# --- writing --------------------------------------------------------------------------------------


def test_only_what_differs_is_written(tmp_path: Path) -> None:
    """A file whose bytes are right keeps its time; folders are made; permissions stay."""
    lay(tmp_path, "same.md", "other.md")
    (tmp_path / "other.md").chmod(0o600)
    before = (tmp_path / "same.md").stat().st_mtime_ns
    texts = {"same.md": "same.md", "other.md": "new\r\n", "docs/a/new.md": "ü"}
    assert files.write_all(tmp_path, texts) == ("other.md", "docs/a/new.md")
    assert (tmp_path / "same.md").stat().st_mtime_ns == before
    assert (tmp_path / "other.md").read_bytes() == b"new\r\n"
    assert (tmp_path / "other.md").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "docs/a/new.md").read_bytes() == "ü".encode()
    assert files.write_all(tmp_path, texts) == ()
    assert len(everything_in(tmp_path)) == 5, "no temporary file stays"


@pytest.mark.parametrize("path", ["link.md", "folder/new.md", "folder/real.md", "gone.md"])
def test_nothing_is_written_or_removed_over_a_link(tmp_path: Path, path: str) -> None:
    """A committed link looks like a document; what it leads to keeps its bytes."""
    lay(tmp_path, "docs/real.md")
    (tmp_path / "link.md").symlink_to("docs/real.md")
    (tmp_path / "folder").symlink_to("docs")
    (tmp_path / "gone.md").symlink_to("made.md")
    before = everything_in(tmp_path)
    with pytest.raises(UsageError, match="is a link"):
        files.write_all(tmp_path, {path: "new"})
    with pytest.raises(UsageError, match="is a link"):
        files.remove(tmp_path, [path])
    assert everything_in(tmp_path) == before


OTHERS = (
    ".git/hooks/post-checkout",
    "sub/.git/config",
    ".GIT/config",
    ".git./config",
    ".git /config",
    "git~1/config",
    ".git::$INDEX_ALLOCATION/config",
    ".g\u200cit/config",
    "a\\.git\\config",
    ".hg/hgrc",
    ".migdocs/flow.log",
    "bare/hooks/post-update",
)


@pytest.mark.parametrize("path", OTHERS)
def test_nothing_is_written_where_another_program_takes_its_orders(
    tmp_path: Path, path: str
) -> None:
    """A document configured to be a hook would run; so would one in a bare repository."""
    lay(tmp_path, "bare/HEAD", "bare/objects/x", "bare/refs/x")
    before = everything_in(tmp_path)
    with pytest.raises(UsageError, match="belongs to another program"):
        files.write_all(tmp_path, {path: "#!/bin/sh\n"})
    assert everything_in(tmp_path) == before
    assert files.write_all(tmp_path, {".github/a.md": "", "a.git/b.md": "", "git~.md": ""})


def test_a_link_into_gits_folder_is_not_read(tmp_path: Path) -> None:
    """A forge's token can be in ``.git/config``, and what is read is published."""
    lay(tmp_path, ".git/config")
    (tmp_path / "notes.md").symlink_to(".git/config")
    with pytest.raises(UsageError, match=r"leads into '\.git'"):
        files.read(tmp_path, "notes.md")


IN_THE_WAY = {
    "a folder where a file goes": ({"folder/x": ""}, "folder", "Is a directory"),
    "a file where a folder goes": ({"file": ""}, "file/a.md", "Not a directory"),
    "a name that is too long": ({}, f"{'x' * 300}.md", "File name too long"),
    "a way out": ({}, "../out.md", "leads out of the project"),
}


@pytest.mark.parametrize(("there", "path", "said"), IN_THE_WAY.values(), ids=IN_THE_WAY)
def test_one_that_cannot_be_written_leaves_all_unwritten(
    tmp_path: Path, there: dict[str, str], path: str, said: str
) -> None:
    """Whichever of them it is; no folder that was made for another stays."""
    root = tmp_path / "project"
    lay(root, "old.md", *there)
    before = everything_in(tmp_path)
    texts = {"old.md": "new", "made/for/this.md": "new", path: "new", "last.md": "new"}
    with pytest.raises(MigdocsError) as caught:
        files.write_all(root, texts)
    assert said in str(caught.value)
    assert str(caught.value).startswith(path)
    assert everything_in(tmp_path) == before


def test_all_that_cannot_be_written_is_said_in_one_run(tmp_path: Path) -> None:
    """Not one after the other, run by run."""
    lay(tmp_path, "a/x", "b/x")
    with pytest.raises(SeveralErrors) as caught:
        files.write_all(tmp_path, {"a": "new", "ok.md": "new", "b": "new"})
    assert [error.path for error in caught.value.errors] == ["a", "b"]
    assert not (tmp_path / "ok.md").exists()


def test_what_was_renamed_is_put_back(tmp_path: Path) -> None:
    """A target that becomes a folder only while we write: its own neighbour needs it to be one."""
    lay(tmp_path, "first.md")
    before = everything_in(tmp_path)
    with pytest.raises(MachineError, match="docs: cannot be written: Is a directory"):
        files.write_all(
            tmp_path, {"first.md": "new", "second.md": "new", "docs": "new", "docs/a.md": "new"}
        )
    assert everything_in(tmp_path) == before


def test_a_file_that_may_not_be_written_is_said(ordinary: Path) -> None:
    """Though its folder would let us put another in its place."""
    lay(ordinary, "a.md")
    (ordinary / "a.md").chmod(0o444)
    with pytest.raises(MachineError, match="cannot be written: Permission denied"):
        files.write_all(ordinary, {"a.md": "new"})


def test_a_folder_that_may_not_be_written_is_said(ordinary: Path) -> None:
    """Nothing is made beside it."""
    lay(ordinary, "docs/a.md", "b.md")
    (ordinary / "docs").chmod(0o555)
    with pytest.raises(MachineError, match="cannot be written: Permission denied"):
        files.write_all(ordinary, {"b.md": "new", "docs/c.md": "new"})
    assert (ordinary / "b.md").read_text() == "b.md"
