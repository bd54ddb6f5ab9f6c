"""Bad input: an error with its place and a hint, the right exit code, and nothing written."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.scenarios.conftest import Workplace

ONE = "migrations/20240101_one"
NO_YAML = "the front matter is not YAML: did not find expected ',' or ']'"
SHALLOW = "the clone is shallow: tags and commits are missing, and the documents would be too"


def lay(place: Workplace) -> Workplace:
    """Lay one whole migration into a project."""
    place.write(f"{ONE}.sql", "CREATE TABLE one (id int);\n")
    place.write(f"{ONE}_rollback.sql", "DROP TABLE one;\n")
    place.write(f"{ONE}.md", "# Migration: One\n\n**Breaking:** No\n")
    return place


@pytest.fixture
def project(empty: Workplace) -> Workplace:
    """Give a repository with one migration and no documents."""
    return lay(empty)


def refused(place: Workplace, code: int, *said: str, command: str = "generate") -> str:
    """Run a command that must fail; nothing is written, each line is said. Give what it said."""
    before = place.files()
    result = place.migdocs(command)
    assert result.code == code, result.err
    lines = result.err.splitlines()
    for line in said:
        assert line in lines, result.err
    assert place.files() == before
    return result.err


WRITTEN = {
    "not UTF-8": (
        f"{ONE}.sql",
        b"SELECT 1;\nSELECT '\xff';\n",
        f"error: {ONE}.sql:2: byte 0xff is not UTF-8",
        "Hint: save the file as UTF-8.",
    ),
    "a document that is not UTF-8": (
        "CHANGELOG.md",
        b"# \xff\n",
        "error: CHANGELOG.md:1: byte 0xff is not UTF-8",
        "Hint: save the file as UTF-8.",
    ),
    "front matter that is no YAML": (
        f"{ONE}.md",
        "---\nversion: [1\n---\n# One\n",
        f"error: {ONE}.md:2: {NO_YAML}",
        "Hint: write one 'name: value' a line; quote values that hold ': ' or a special character.",
    ),
    "front matter that is never closed": (
        f"{ONE}.md",
        "---\nversion: 1\n# One\n",
        f"error: {ONE}.md:1: the front matter that begins here is never closed",
        "Hint: end it with a line of '---'.",
    ),
    "an unknown setting": (
        "migdocs.toml",
        'name = "x"\nmigration = "db"\n',
        "error: migdocs.toml:2: 'migration' is not a setting",
        "Hint: did you mean 'migrations'?",
    ),
    "a setting of another type": (
        "migdocs.toml",
        "migrations = 3\n",
        "error: migdocs.toml:1: 'migrations' is 3, not a string",
        'Hint: write it in quotes: "…".',
    ),
    "a document's path of another type": (
        "migdocs.toml",
        "[documents]\nlog = 3\n",
        "error: migdocs.toml:2: 'documents.log' is 3, not a string",
        'Hint: write it in quotes: "…".',
    ),
    "a path that leaves the repository": (
        "migdocs.toml",
        '[documents]\nlog = "../LOG.md"\n',
        "error: migdocs.toml:2: 'documents.log' is '../LOG.md', which leaves the repository",
        "Hint: give a path below the folder that holds the settings.",
    ),
    "a path that no file can have": (
        "migdocs.toml",
        '[documents]\nguide = "a\\u0000b"\n',
        r"error: migdocs.toml:2: 'documents.guide' is 'a\x00b', which no file can be called",
        "Hint: take the mark out.",
    ),
}


@pytest.mark.parametrize(("path", "text", "error", "hint"), WRITTEN.values(), ids=WRITTEN)
def test_a_file_that_cannot_be_read_is_named_with_its_line(
    project: Workplace, path: str, text: str | bytes, error: str, hint: str
) -> None:
    """What is wrong, with the value, and what to do about it."""
    project.write(path, text)
    refused(project, 2, error, hint)
    refused(project, 2, error, hint, command="check")


def test_without_git_it_works_and_says_so(bare: Workplace) -> None:
    """Releases then come from the notes; only the writing is told quietly with ``-q``."""
    said = "This is not a git repository: releases come from the notes and the change log."
    lay(bare)
    for command in ("list", "flow", "generate"):
        result = bare.migdocs(command)
        assert (result.code, said in result.err) == (0, True), result.err
    assert bare.migdocs("generate", "--check", "-q").err == ""


def test_no_migrations_is_no_crash(empty: Workplace) -> None:
    """It says what is missing: the folder, or something in it."""
    refused(empty, 2, "error: migrations: there is no such folder")
    empty.write("migrations/TEMPLATE.md", "# Migration: x\n")
    refused(empty, 2, "error: migrations: there are no migrations in this folder")


def test_two_migrations_of_one_id(project: Workplace) -> None:
    """Nothing could be said of either."""
    project.write(f"{ONE}.py", "print()\n")
    refused(
        project,
        2,
        f"error: {ONE}.py:1: '20240101_one' has two scripts: '{ONE}.sql' is read, this is not",
        "Hint: give one of them another name.",
    )


def test_every_broken_region_is_told_in_one_run(project: Workplace) -> None:
    """Opened twice, never closed, never opened: each by its file and line."""
    assert project.migdocs("generate", "-q").code == 0
    breaking = project.read("BREAKING_CHANGES.md")
    project.write("BREAKING_CHANGES.md", breaking + breaking)
    project.write("CHANGELOG.md", "<!-- migdocs:begin changelog -->\n")
    project.write("UPGRADE_GUIDE.md", "# Mine\n<!-- migdocs:end upgrade -->\n")
    project.write(f"{ONE}.md", "# Migration: Another title\n")
    refused(
        project,
        2,
        f"error: BREAKING_CHANGES.md:{breaking.count(chr(10)) + 1}:"
        " region 'breaking' is opened a second time",
        "error: CHANGELOG.md:1: region 'changelog' is never closed",
        "error: UPGRADE_GUIDE.md:2: region 'upgrade' ends here but was not opened",
        "Hint: every '<!-- migdocs:begin NAME -->' needs one '<!-- migdocs:end NAME -->' after it.",
    )


def test_documents_are_all_written_or_none(project: Workplace) -> None:
    """Targets that cannot be written keep the others as they were; what to do is said once."""
    for path in ("UPGRADE_GUIDE.md", "MIGRATIONS.md"):
        (project.root / path).mkdir()
    said = refused(
        project,
        3,
        "error: UPGRADE_GUIDE.md: cannot be written: Is a directory",
        "error: MIGRATIONS.md: cannot be written: Is a directory",
        "Hint: nothing was written; make the file and its folder writable.",
    )
    assert said.count("Hint:") == 1


def test_a_shallow_clone_says_how_to_deepen_it(project: Workplace, tmp_path: Path) -> None:
    """Its tags and commits are missing, and the documents would be wrong."""
    project.commit("one")
    project.commit("two")
    shallow = tmp_path / "shallow"
    source = f"file://{project.root}"
    subprocess.run(["git", "clone", "-q", "--depth=1", source, str(shallow)], check=True)
    refused(
        type(project)(shallow),
        3,
        f"error: .git: {SHALLOW}",
        "Hint: run 'git fetch --unshallow --tags' (in CI: check out with full depth).",
    )


def test_links_lead_neither_out_nor_in_circles(project: Workplace, tmp_path: Path) -> None:
    """A script that is a link out of the project, or to itself, is refused; a folder is skipped."""
    (project.root / "migrations/loop").symlink_to(".")
    assert project.migdocs("list").code == 0
    link = project.root / "migrations/20240102_two.sql"
    link.symlink_to(link.name)
    refused(
        project,
        3,
        "error: migrations/20240102_two.sql: cannot be read: Too many levels of symbolic links",
        "Hint: the link points to itself: remove it, or link to a file.",
    )
    link.unlink()
    (tmp_path / "secret.sql").write_text("SELECT 1;\n")
    link.symlink_to(tmp_path / "secret.sql")
    refused(project, 2, "error: migrations/20240102_two.sql: leads out of the project")


def test_what_we_link_to_is_there(project: Workplace) -> None:
    """A project without CONTRIBUTING.md gets no link to it, and a second run changes nothing."""
    assert project.migdocs("generate", "-q").code == 0
    assert "CONTRIBUTING" not in project.read("migrations/README.md")
    found = project.migdocs("check", "--all").out.splitlines()
    dead = [line for line in found if "dead-link" in line]
    assert dead == []
    assert project.migdocs("generate", "--check", "-q").code == 0


def test_hostile_notes_break_out_of_nothing(project: Workplace) -> None:
    """Marks of regions, table bars, headings and HTML stay text, in every document."""
    project.write(
        f"{ONE}.md",
        "# Migration: <script>x</script> | a <!-- migdocs:end log -->\n\n"
        "**Breaking:** Yes\n**Type:** x | y <img src=x onerror=x>\n**Version:** v1.0.0\n\n"
        "## Breaking Changes\n\n<!-- migdocs:end breaking -->\n</td></table>\n\n```sql\nopen\n",
    )
    assert project.migdocs("generate", "-q").code == 0
    assert project.migdocs("generate", "--check", "-q").code == 0
    for path, data in project.files().items():
        if path.endswith(".md") and path != f"{ONE}.md":
            text = re.sub(r"(?ms)^```.*?^```$", "", data.decode())
            assert re.findall(r"<(?!!--)", text) == [], path
            marks = re.findall("<!-- migdocs:(begin|end)", data.decode())
            assert marks == ["begin", "end"], path
    log = project.read("migrations/MIGRATIONS_LOG.md")
    [row] = re.findall(r"^\| \[`20240101_one`\].*$", log, re.MULTILINE)
    assert row.count("|") == 8, "seven cells"
