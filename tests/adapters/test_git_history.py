"""Releases from real git: each case of ``releases.md`` is a drawing of the history."""

from __future__ import annotations

import functools
import subprocess
from typing import TYPE_CHECKING

import pytest

from git_scenarios import draw, git
from migdocs.adapters import repository
from migdocs.commands import git_history
from migdocs.core.changelog import commits
from migdocs.core.errors import MachineError
from migdocs.core.memory import Forgetful
from migdocs.core.model import Migration, Script
from migdocs.core.releases import candidates, former, history
from migdocs.core.releases.told import Told
from migdocs.core.settings import Settings
from migdocs.core.sources import Git

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from migdocs.core.timeline import History, Release

    Draw = Callable[[str], Path]


@pytest.fixture
def drawn(tmp_path: Path) -> Draw:
    """Give a function that makes the repository of a drawing."""
    return lambda drawing: draw(tmp_path / "repository", drawing)


def read(folder: Path, *patterns: str, migrations: str = "migrations") -> History:
    """Read a repository's history; the migrations are those of its work tree and its releases."""
    git_ = repository.find(folder)
    assert git_
    top = f"{git_.prefix}{migrations}"
    identify = functools.partial(identity, top)
    _, facts = git_history.read(git_, git_history.Asked(Settings(tags=patterns), top, identify))
    told = Git(facts, blobs=functools.partial(repository.blobs, git_))
    facts = former.with_meanings(told, identify, Forgetful())
    paths = (folder / migrations).rglob("*.sql")
    here = {path.stem.removesuffix("_rollback") for path in paths}
    gone = {id_ for id_, _, _ in history.gone(facts, identify, here)}
    found = [Migration(id_, Script(f"{id_}.sql", "")) for id_ in sorted(here | gone)]
    return history.place(found, facts, identify, Told())


def identity(folder: str, path: str) -> tuple[str, str] | None:
    """Tell what a path is: ``deep/1.sql`` and ``1_rollback.sql`` are the scripts of ``1``."""
    name = path.removeprefix(f"{folder}/").rpartition("/")[2]
    stem, _, ending = name.partition(".")
    if ending != "sql":
        return None
    return stem.removesuffix("_rollback"), "rollback" if "_rollback" in stem else "forward"


def first(found: History) -> dict[str, str | None]:
    """Give each migration's first release."""
    return {id_: placement.release for id_, placement in found.placements.items()}


def new(found: History) -> dict[str, str]:
    """Give what is new in each release, with spaces between."""
    return {release.version: " ".join(release.migrations) for release in found.releases}


def told(found: History) -> dict[str, list[str]]:
    """Give the subjects of each release's commits, oldest first."""
    return {r.version: [c.subject for c in reversed(r.commits)] for r in found.releases}


def release(found: History, version: str) -> Release:
    """Give one release."""
    (match,) = [item for item in found.releases if item.version == version]
    return match


# --- where a migration first ships --------------------------------------------------------------

PLACED = {
    "each in the release whose tree has it": (
        """
        main | Start  | +1.sql        | v1.0.0
        main | More   | +2.sql        |
        main | Polish |               | v1.1.0
        main | Next   | +3.sql        |
        """,
        {"1": "v1.0.0", "2": "v1.1.0", "3": None},
    ),
    "a tag on a commit that does not touch the folder": (
        """
        main | Start  | +1.sql        |
        main | Polish | /src/a.c=1    | v1.0.0
        main | More   | +2.sql        |
        main | Polish | /src/a.c=2    | v1.1.0
        """,
        {"1": "v1.0.0", "2": "v1.1.0"},
    ),
    "versions are ordered by number, not by letter or date": (
        """
        main | Start  | +1.sql        | v1.9.0
        main | More   | +2.sql        | v1.10.0
        main | More   | +3.sql        | v1.10.1-rc.1
        main | More   | +4.sql        | v1.10.1
        """,
        {"1": "v1.9.0", "2": "v1.10.0", "3": "v1.10.1-rc.1", "4": "v1.10.1"},
    ),
    "a patch released after the next minor": (
        """
        main              | Start | +1.sql         | v1.0.0
        main              | More  | +2.sql         | v1.1.0
        1.0.x from v1.0.0 | Fix   | +3.sql         | v1.0.1
        main              | pick Fix |             | v1.2.0
        """,
        {"1": "v1.0.0", "2": "v1.1.0", "3": "v1.0.1"},
    ),
    "releases are tagged off the main branch": (
        """
        main               | Start      | +1.sql       |
        rel-1.0 from main  | Cut 1.0    | /VERSION=1.0 | v1.0.0
        main               | More       | +2.sql       |
        rel-1.1 from main  | Cut 1.1    | /VERSION=1.1 | v1.1.0
        main               | Still more | +3.sql       |
        rel-1.2 from main  | Cut 1.2    | /VERSION=1.2 | v1.2.0
        """,
        {"1": "v1.0.0", "2": "v1.1.0", "3": "v1.2.0"},
    ),
    "squashed and rebased": (
        """
        main              | Start        | +1.sql | v1.0.0
        topic from v1.0.0 | One          | +2.sql |
        topic             | Two          | +3.sql |
        main              | squash topic |        | v1.1.0
        """,
        {"1": "v1.0.0", "2": "v1.1.0", "3": "v1.1.0"},
    ),
    "an orphaned tag counts": (
        """
        main  | Start     | +1.sql        | v1.0.0
        other | Elsewhere | +1.sql +2.sql | v1.1.0
        main  | More      | +2.sql +3.sql | v1.2.0
        """,
        {"1": "v1.0.0", "2": "v1.1.0", "3": "v1.2.0"},
    ),
    "a file that is renamed keeps its release": (
        """
        main | Start | +1.sql +2.sql   | v1.0.0
        main | Move  | 1.sql>old/1.sql | v1.1.0
        """,
        {"1": "v1.0.0", "2": "v1.0.0"},
    ),
    "the folder was moved, twice": (
        """
        main | Start | /sql/1.sql=1 /sql/2.sql=2                             | v1.0.0
        main | Move  | /sql/1.sql>/db/sql/1.sql /sql/2.sql>/db/sql/2.sql     | v1.1.0
        main | Add   | /db/sql/3.sql=3                                       | v1.2.0
        main | Move  | /db/sql/1.sql>1.sql /db/sql/2.sql>2.sql /db/sql/3.sql>3.sql | v1.3.0
        """,
        {"1": "v1.0.0", "2": "v1.0.0", "3": "v1.2.0"},
    ),
    "a folder that lent one file was not moved": (
        """
        main | Start | /docs/1.sql=1 /docs/2.sql=2 /docs/3.sql=3             | v1.0.0
        main | Add   | /docs/1.sql>1.sql 2.sql=b 3.sql=c                     | v1.1.0
        """,
        {"1": "v1.1.0", "2": "v1.1.0", "3": "v1.1.0"},
    ),
}


@pytest.mark.parametrize("name", PLACED)
def test_where_a_migration_first_ships(name: str, drawn: Draw) -> None:
    """The lowest version whose tag's tree holds the file; nothing about commits matters."""
    drawing, expected = PLACED[name]
    assert first(read(drawn(drawing))) == expected


def test_a_back_port_is_new_in_both_lines(drawn: Draw) -> None:
    """Whoever comes from either line gets it: the placement names both releases."""
    found = read(
        drawn(
            """
            main              | Start    | +1.sql | v1.0.0
            main              | More     | +2.sql | v1.1.0
            main              | A fix    | +3.sql | v1.2.0
            1.0.x from v1.0.0 | pick A fix |      | v1.0.1
            """
        )
    )
    assert new(found) == {"v1.0.0": "1", "v1.0.1": "3", "v1.1.0": "2", "v1.2.0": "3"}
    placed = found.placements["3"]
    assert (placed.release, placed.later) == ("v1.0.1", ("v1.2.0",))
    assert {r.version: r.lineage for r in found.releases} == {
        "v1.0.0": "main",
        "v1.0.1": "1.0.x",
        "v1.1.0": "main",
        "v1.2.0": "main",
    }
    assert release(found, "v1.1.0").previous == "v1.0.0"
    assert release(found, "v1.0.1").ships == ("1", "3")


def test_a_merged_release_branch_is_one_line(drawn: Draw) -> None:
    """What a release's history holds was before it."""
    found = read(
        drawn(
            """
            main              | Start       | +1.sql | v1.0.0
            1.0.x from v1.0.0 | A fix       | +2.sql | v1.0.1
            main              | More        | +3.sql |
            main              | merge 1.0.x |        | v1.1.0
            """
        )
    )
    assert release(found, "v1.1.0").previous == "v1.0.1"
    assert new(found) == {"v1.0.0": "1", "v1.0.1": "2", "v1.1.0": "3"}


def test_a_removed_migration_says_where_it_went(drawn: Draw) -> None:
    """Gone at HEAD, it stays in the history of the releases that shipped it."""
    found = read(
        drawn(
            """
            main              | Start  | +1.sql +2.sql | v1.0.0
            main              | Squash | -1.sql +3.sql | v2.0.0
            1.0.x from v1.0.0 | Drop   | -2.sql        | v1.0.1
            """
        )
    )
    assert found.placements["1"].removed_in == "v2.0.0"
    assert found.placements["2"].removed_in is None  # the main line still ships it
    assert release(found, "v2.0.0").removed == ("1",)
    assert release(found, "v2.0.0").ships == ("2", "3")


def test_a_migration_that_comes_back_is_not_gone(drawn: Draw) -> None:
    """Its first release stays the first."""
    found = read(
        drawn(
            """
            main | Start   | +1.sql +2.sql | v1.0.0
            main | Out     | -2.sql        | v1.1.0
            main | And in  | +2.sql        | v1.2.0
            """
        )
    )
    assert (found.placements["2"].release, found.placements["2"].removed_in) == ("v1.0.0", None)


def test_an_edit_after_release_is_told_from_formatting(drawn: Draw) -> None:
    """A blob that differs between releases is an edit; the parser says whether it means another."""
    found = read(
        drawn(
            """
            main | Start    | "1.sql=DROP TABLE a;" "2.sql=DROP TABLE b;"  | v1.0.0
            main | Format   | "1.sql=drop  table a ;"                      | v1.1.0
            main | Change   | "2.sql=DROP TABLE c;"                        | v1.2.0
            main | Later    | "2.sql=DROP TABLE d;"                        |
            """
        )
    )
    edits = [(e.migration, e.since, e.release, e.meaning) for r in found.releases for e in r.edited]
    assert edits == [
        ("1", "v1.0.0", "v1.1.0", False),
        ("2", "v1.1.0", "v1.2.0", True),
        ("2", "v1.2.0", "Unreleased", True),
    ]


def test_a_renamed_script_is_no_edit_and_an_added_rollback_neither(drawn: Draw) -> None:
    """The bytes tell: only what was changed was edited."""
    found = read(
        drawn(
            """
            main | Start  | +1.sql           | v1.0.0
            main | Move   | 1.sql>deep/1.sql | v1.1.0
            main | Undo   | +1_rollback.sql  | v1.2.0
            main | Both   | -deep/1.sql "1.sql=DROP TABLE a;" | v1.3.0
            """
        )
    )
    assert [(r.version, e.path) for r in found.releases for e in r.edited] == [
        ("v1.3.0", "migrations/1.sql")
    ]
    assert all(not r.removed for r in found.releases)


# --- tags ---------------------------------------------------------------------------------------


def test_a_candidate_on_the_final_s_commit_is_its_alias(drawn: Draw) -> None:
    """The final wins; a candidate on a commit of its own is a release."""
    found = read(
        drawn(
            """
            main | Start | +1.sql | v1.0.0-rc.1
            main | Fix   |        | v1.0.0-rc.2 v1.0.0
            """
        )
    )
    assert [(r.version, r.aliases) for r in found.releases] == [
        ("v1.0.0-rc.1", ()),
        ("v1.0.0", ("v1.0.0-rc.2",)),
    ]


def test_annotated_and_lightweight_tags_are_alike(drawn: Draw) -> None:
    """Both are peeled to their commit; a tag of a tag too."""
    folder = drawn(
        """
        main | Start | +1.sql | *v1.0.0
        main | More  | +2.sql | v1.1.0
        main | Last  | +3.sql | *v1.2.0
        """
    )
    git(folder, "tag", "-a", "-m", "again", "v1.3.0", "v1.2.0")
    git(folder, "tag", "-a", "-m", "and again", "v1.4.0", "v1.3.0")
    found = read(folder)
    assert first(found) == {"1": "v1.0.0", "2": "v1.1.0", "3": "v1.2.0"}
    assert release(found, "v1.4.0").date == release(found, "v1.2.0").date == "2026-01-03"


def test_every_ignored_tag_has_its_reason(drawn: Draw) -> None:
    """A tag that no scheme reads, one on a blob, one on a tree, and another family."""
    folder = drawn("main | Start | +1.sql | v1.0.0 nightly deploy/web-1.2.3")
    git(folder, "tag", "v1.0.1", "HEAD:migrations/1.sql")
    git(folder, "tag", "v1.0.2", "HEAD:migrations")
    found = read(folder)
    assert [r.version for r in found.releases] == ["v1.0.0"]
    assert {tag.name: tag.reason.split(":")[0] for tag in found.ignored_tags} == {
        "nightly": "its name holds no version",
        "v1.0.1": "it does not point to a commit",
        "v1.0.2": "it does not point to a commit",
        "deploy/web-1.2.3": "it is of the family 'deploy/web-'",
    }


SCHEMES = {
    "PEP 440": ("1.0.dev1 1.0a1 1.0rc1 1.0 1.0.post1 1.1", ()),
    "CalVer": ("2024.01 2024.02 2024.10 2025.01", ()),
    "a prefix": ("release-1.2 release-1.9 release-1.10", ()),
    "with and without v": ("0.9.0 v0.10.0 v1.0.0", ()),
    "patterns over a change of names": ("release-1.0 release-1.1 v2.0 v2.1", ("release-*", "v*")),
}


@pytest.mark.parametrize("name", SCHEMES)
def test_versions_of_any_scheme_are_in_order(name: str, drawn: Draw) -> None:
    """The tags stand in order here; they are made in the opposite one, each on its own branch."""
    tags, patterns = SCHEMES[name]
    lines = (
        f"b{number} from main | Commit {tag} | | {tag}"
        for number, tag in enumerate(reversed(tags.split()))
    )
    found = read(drawn("\n".join(["main | Start", *lines])), *patterns)
    assert [r.tag for r in found.releases if r.tag] == tags.split()


def test_the_family_of_the_folder_is_read(drawn: Draw) -> None:
    """In a repository of several packages, the one that holds the migrations."""
    folder = drawn(
        """
        main | Start | /service/db/1.sql=1 | service/v1.0.0 sdk/v3.0.0
        main | More  | /service/db/2.sql=2 | sdk/v3.1.0
        main | More  | /service/db/3.sql=3 | service/v1.1.0
        """
    )
    assert first(read(folder, migrations="service/db")) == {
        "1": "v1.0.0",
        "2": "v1.1.0",
        "3": "v1.1.0",
    }


def test_two_names_of_one_version_are_one_release(drawn: Draw) -> None:
    """On one commit the other is an alias; on another commit it is ignored, with the reason."""
    found = read(
        drawn(
            """
            main | Start | +1.sql | 1.0.0 v1.0.0
            main | More  | +2.sql | v1.1.0
            main | Again | +3.sql | 1.1
            """
        )
    )
    assert [(r.version, r.aliases) for r in found.releases] == [
        ("v1.0.0", ("1.0.0",)),
        ("v1.1.0", ()),
        ("Unreleased", ()),
    ]
    assert [(t.name, t.reason) for t in found.ignored_tags] == [
        ("1.1", "it names the same version as 'v1.1.0'")
    ]


def test_a_moving_tag_places_nothing(drawn: Draw) -> None:
    """``v1`` follows the newest 1.x: what it holds was not shipped in a version 1.0.0."""
    found = read(
        drawn(
            """
            main | Start | +1.sql | v1.1.0
            main | More  | +2.sql | v1.2.3 v1 v1.2
            """
        )
    )
    assert first(found) == {"1": "v1.1.0", "2": "v1.2.3"}
    assert {tag.name: tag.reason for tag in found.ignored_tags} == {
        "v1": "it moves: it is on the same commit as 'v1.2.3'",
        "v1.2": "it moves: it is on the same commit as 'v1.2.3'",
    }


SWITCHES = {
    "from years to numbers": "2019.1.0 2020.2.0 v1.0.0 v1.1.0",
    "from numbers to years": "v1.0.0 v1.1.0 2019.1.0 2020.2.0",
    "one day among numbers": "v1.0.0 2021-05-03 v1.1.0 v2.0.0",
}


@pytest.mark.parametrize("name", SWITCHES)
def test_a_change_of_scheme_is_ordered_by_ancestry(name: str, drawn: Draw) -> None:
    """A project that leaves its years behind goes on with lower numbers: 1.0.0 after 2020.2.0."""
    names = SWITCHES[name].split()
    lines = (f"main | Commit {tag} | +{n}.sql | {tag}" for n, tag in enumerate(names))
    found = read(drawn("\n".join(lines)))
    assert [(r.tag, r.lineage, r.removed) for r in found.releases] == [
        (tag, "main", ()) for tag in names
    ]
    assert first(found) == {str(n): tag for n, tag in enumerate(names)}


MOVES = {
    "the folder moved, unchanged": (
        """
        main | Start | +/db/1.sql +/db/2.sql                 | v1.0.0
        main | Move  | /db/1.sql>1.sql /db/2.sql>2.sql +3.sql | v1.1.0
        """,
        {"1": "v1.0.0", "2": "v1.0.0", "3": "v1.1.0"},
    ),
    "a licence on top of each": (
        """
        main | Start | "/db/1.sql=CREATE TABLE t (id int);"             | v1.0.0
        main | Move  | -/db/1.sql "1.sql=/* MIT */ CREATE TABLE t (id int);" | v1.1.0
        """,
        {"1": "v1.0.0"},
    ),
    "the same names and other words, where the old folder is gone": (
        """
        main | Start | "/db/1.sql=CREATE TABLE a (id int);" "/db/2.sql=DROP TABLE b;" | v1.0.0
        main | Move  | -/db/1.sql -/db/2.sql "1.sql=SELECT made();" "2.sql=SELECT x;" | v1.1.0
        """,
        {"1": "v1.0.0", "2": "v1.0.0"},
    ),
    "copied first, deleted a release later": (
        """
        main | Start  | +/db/1.sql        | v1.0.0
        main | Copy   | "1.sql=-- /db/1.sql" | v1.1.0
        main | Delete | -/db/1.sql +2.sql | v1.2.0
        """,
        {"1": "v1.0.0", "2": "v1.2.0"},
    ),
    "split by dialect": (
        """
        main | Start | "/db/1.pg.sql=SELECT 1;" "/db/1.lite.sql=SELECT 2;"             | v1.0.0
        main | Split | /db/1.pg.sql>1.sql /db/1.lite.sql>/db/lite/1.sql +2.sql | v1.1.0
        """,
        {"1": "v1.0.0", "2": "v1.1.0"},
    ),
    "moved twice": (
        """
        main | Start | +/a/1.sql                    | v1.0.0
        main | Move  | /a/1.sql>/b/c/1.sql +/b/c/2.sql | v1.1.0
        main | Again | /b/c/1.sql>1.sql /b/c/2.sql>2.sql | v1.2.0
        """,
        {"1": "v1.0.0", "2": "v1.1.0"},
    ),
    "into a folder that was there without scripts": (
        """
        main | Start | +/db/1.sql +readme.md | v1.0.0
        main | Move  | /db/1.sql>1.sql +2.sql | v1.1.0
        """,
        {"1": "v1.0.0", "2": "v1.1.0"},
    ),
    "renamed in its folder, the number kept": (
        """
        main | Start  | +1_usres.sql            | v1.0.0
        main | Typing | 1_usres.sql>1_users.sql | v1.1.0
        """,
        {"1_users": "v1.0.0"},
    ),
    "another number is another migration": (
        """
        main | Start    | +1_users.sql            | v1.0.0
        main | Renumber | 1_users.sql>2_users.sql | v1.1.0
        """,
        {"1_users": "v1.0.0", "2_users": "v1.1.0"},
    ),
    "another service's folder of the same names is none": (
        """
        main | Start | "/a/1.sql=CREATE TABLE cats (name text);" +/a/2.sql | v1.0.0
        main | Ours  | "1.sql=ALTER TABLE dogs ADD owner int;"             | v1.1.0
        """,
        {"1": "v1.1.0"},
    ),
    "a copy that went its own way is another project's": (
        """
        main | Start  | +/a/1.sql | v1.0.0
        main | Copy   | "1.sql=-- /a/1.sql" +2.sql | v1.1.0
        main | Theirs | +/a/9.sql | v1.2.0
        """,
        {"1": "v1.1.0", "2": "v1.1.0"},
    ),
}


@pytest.mark.parametrize("name", MOVES)
def test_a_migration_that_moved_is_the_same(name: str, drawn: Draw) -> None:
    """Wherever its folder stood and whatever it was called: bytes, names and git's renames tell."""
    drawing, expected = MOVES[name]
    assert first(read(drawn(drawing))) == expected


def test_a_release_says_where_its_own_tree_has_them(drawn: Draw) -> None:
    """The folder of each release, and what its files were called there."""
    found = read(
        drawn(
            """
            main | Start | +/db/1.sql +/db/2_usres.sql             | v1.0.0
            main | Name  | /db/2_usres.sql>/db/2_users.sql         | v1.1.0
            main | Move  | /db/1.sql>1.sql /db/2_users.sql>2_users.sql | v1.2.0
            """
        )
    )
    stood = [item.stood for item in found.releases]
    paths = [
        [there.path(f"migrations/{name}.sql") if there else "" for name in ("1", "2_users")]
        for there in stood
    ]
    assert paths == [
        ["db/1.sql", "db/2_usres.sql"],
        ["db/1.sql", "db/2_users.sql"],
        ["", ""],
    ]


STRAYS = {
    "a v0.0.0 made years later": (
        """
        main | Start | +1.sql | v1.0.0
        main | More  | +2.sql | v1.1.0
        main | Build | +3.sql | v0.0.0
        main | More  | +4.sql | v1.2.0
        """,
        {"1": "v1.0.0", "2": "v1.1.0", "3": "v0.0.0", "4": "v1.2.0"},
        (("v0.0.0", "v1.1.0"),),
    ),
    "a v0.0.0 on the newest release's commit": (
        """
        main | Start | +1.sql | v1.0.0
        main | More  | +2.sql | v1.1.0
        main | More  | +3.sql | v1.2.0
        main | Build |        | v0.0.0
        """,
        {"1": "v1.0.0", "2": "v1.1.0", "3": "v1.2.0"},
        (("v0.0.0", "v1.2.0"),),
    ),
    "a fork that counts anew": (
        """
        main              | Start | +1.sql | v4.0.0
        main              | More  | +2.sql | v5.0.0
        upstream from main | Theirs | +7.sql | v5.1.0
        main              | Ours  | +3.sql | v1.0.0
        main              | Ours too | +4.sql | v1.1.0
        """,
        {"1": "v4.0.0", "2": "v5.0.0", "3": "v1.0.0", "4": "v1.1.0", "7": "v5.1.0"},
        (("v1.0.0", "v5.0.0"), ("v1.1.0", "v5.0.0")),
    ),
    "a fork that merged a higher version": (
        """
        main          | Start | +1.sql | v1.0.0
        up from main  | Theirs | +2.sql | v3.0.0
        main          | Ours  | +3.sql | v1.1.0
        main          | merge up |     | v1.2.0
        """,
        {"1": "v1.0.0", "2": "v3.0.0", "3": "v1.1.0"},
        (("v1.2.0", "v3.0.0"),),
    ),
    "a back-port is none": (
        """
        main              | Start | +1.sql | v1.0.0
        main              | More  | +2.sql | v2.0.0
        1.0.x from v1.0.0 | Fix   | +3.sql | v1.0.1
        """,
        {"1": "v1.0.0", "2": "v2.0.0", "3": "v1.0.1"},
        (),
    ),
}


@pytest.mark.parametrize("name", STRAYS)
def test_ancestry_counts_before_the_version(name: str, drawn: Draw) -> None:
    """A low version that stands on higher ones takes nothing of theirs, and is named."""
    drawing, expected, strays = STRAYS[name]
    folder = drawn(drawing)
    found = read(folder)
    at_head = {id_ for id_, p in found.placements.items() if p.release is not None}
    assert at_head == expected.keys()
    assert first(found) == expected
    git_ = repository.find(folder)
    assert git_
    _, facts = git_history.read(
        git_, git_history.Asked(Settings(), "migrations", functools.partial(identity, "migrations"))
    )
    assert facts.trace.strays() == strays
    held = {id_: holders(folder, id_) for id_ in expected}
    for id_, tags in held.items():
        lowest = {t for t in tags if not any(is_below(folder, o, t) for o in tags - {t})}
        assert expected[id_] in lowest


def holders(folder: Path, id_: str) -> set[str]:
    """Give the tags whose tree has a script, as git says."""
    tags = git(folder, "tag").split()
    return {t for t in tags if f"migrations/{id_}.sql" in git(folder, "ls-tree", "-r", t)}


def is_below(folder: Path, one: str, other: str) -> bool:
    """Tell whether a tag is another's ancestor, as git says."""
    return one in git(folder, "tag", "--merged", other).split()


# --- commits ------------------------------------------------------------------------------------

CUT = {
    "a commit is new in the lowest version that has it": (
        """
        main              | a           | | v1.0.0
        1.0.x from v1.0.0 | b           | | v1.0.1
        main              | c           | |
        main              | merge 1.0.x | | v1.1.0
        main              | d           | |
        """,
        {
            "v1.0.0": ["a"],
            "v1.0.1": ["b"],
            "v1.1.0": ["c", "Merge branch '1.0.x'"],
            "Unreleased": ["d"],
        },
    ),
    "tags off the main branch": (
        """
        main              | a   | |
        rel-1.0 from main | cut 1.0 | | v1.0.0
        main              | b   | |
        rel-1.1 from main | cut 1.1 | | v1.1.0
        main              | c   | |
        """,
        {"v1.0.0": ["a", "cut 1.0"], "v1.1.0": ["b", "cut 1.1"], "Unreleased": ["c"]},
    ),
    "two versions on one commit": (
        """
        main | a | | v1.0.0
        main | b | | v1.1.0 v1.2.0
        """,
        {"v1.0.0": ["a"], "v1.1.0": ["b"], "v1.2.0": []},
    ),
    "a version made anew on an old commit's child": (
        """
        main | a | | v1.0.0
        main | b | | v1.1.0
        main | c | | v0.0.0
        main | d | |
        """,
        {"v1.0.0": ["a"], "v1.1.0": ["b"], "v0.0.0": ["c"], "Unreleased": ["d"]},
    ),
    "an orphan": (
        """
        main  | a | | v1.0.0
        other | b | | v1.1.0
        main  | c | | v1.2.0
        """,
        {"v1.0.0": ["a"], "v1.1.0": ["b"], "v1.2.0": ["c"]},
    ),
}


@pytest.mark.parametrize("name", CUT)
def test_which_release_a_commit_is_new_in(name: str, drawn: Draw) -> None:
    """Every commit stands in one release, none is lost."""
    drawing, expected = CUT[name]
    assert told(read(drawn(drawing))) == expected


def test_dates_tell_nothing(tmp_path: Path) -> None:
    """With one second for all commits, and with clocks that run backwards, ancestry tells."""
    folder = draw(tmp_path / "repository", "main | a | +1.sql | v1.0.0\nmain | b | +2.sql | v1.1.0")
    for n, year in enumerate((2026, 1999, 1999)):
        git(
            folder, "commit", "-q", "--allow-empty", "-m", f"c{n}", "--date", f"{year}-01-01T00:00Z"
        )
    git(folder, "tag", "v1.2.0")
    assert told(read(folder))["v1.2.0"] == ["c0", "c1", "c2"]


def test_a_detached_head_tells_what_is_new_there(drawn: Draw) -> None:
    """On a release nothing is unreleased; off every branch its own commits are."""
    folder = drawn(
        """
        main | a | +1.sql | v1.0.0
        main | b | +2.sql |
        main | c | +3.sql | v1.1.0
        """
    )
    for place in ("v1.0.0", "v1.1.0~1"):
        git(folder, "checkout", "--quiet", place)
        assert [r.version for r in read(folder).releases] == ["v1.0.0", "v1.1.0"]
    git(folder, "commit", "--quiet", "--allow-empty", "-m", "d")
    assert told(read(folder))["Unreleased"] == ["d"]


def test_tags_off_the_branch_are_marked(drawn: Draw) -> None:
    """They count, and doctor can say so."""
    folder = drawn("main | a | | v1.0.0\nother from v1.0.0 | b | | v1.1.0")
    git_ = repository.find(folder)
    assert git_
    found, _ = git_history.read(
        git_, git_history.Asked(Settings(), "migrations", functools.partial(identity, "migrations"))
    )
    assert [(tag.name, tag.on_branch) for tag in found.tags] == [
        ("v1.0.0", True),
        ("v1.1.0", False),
    ]


def test_reverts_and_back_ports_in_the_change_log(drawn: Draw) -> None:
    """What is undone within a release disappears; a cherry-pick stands once, with both releases."""
    found = read(
        drawn(
            """
            main              | feat: start        | +1.sql | v1.0.0
            main              | feat: keys         | +2.sql |
            main              | fix: a page        | /a=1   |
            main              | revert feat: keys  |        |
            main              | fix: a door        | /b=1   | v1.1.0
            1.0.x from v1.0.0 | pick fix: a page   |        |
            1.0.x             | copy fix: a door   |        | v1.0.1
            """
        )
    )
    entries = commits.across(found.releases)
    assert {version: [(e.text, e.also) for e in log] for version, log in entries.items()} == {
        "v1.0.0": [("start", ())],
        "v1.0.1": [("a door", ("v1.1.0",)), ("a page", ("v1.1.0",))],
        "v1.1.0": [],
    }


def test_a_final_release_tells_what_its_candidates_brought(drawn: Draw) -> None:
    """Each stands where the line of releases has it; what a later candidate undid is not told."""
    found = read(
        drawn(
            """
            main                   | feat: start        | +1.sql | v1.0.0
            main                   | feat: keys         | +2.sql |
            main                   | feat: doors        | +4.sql | v1.1.0-rc.1
            main                   | revert feat: doors |        | v1.1.0-rc.2
            main                   | fix: a key         | +3.sql | v1.1.0
            main                   | feat: windows      |        | v1.2.0-rc.1
            1.0.x from v1.0.0      | fix: a page        |        | v1.0.1-rc.1
            1.0.x from v1.0.1-rc.1 | fix: a line        |        |
            """
        )
    )
    ((told, parts),) = candidates.fold(found.releases)
    assert (told.version, told.previous, told.migrations) == ("v1.1.0", "v1.0.0", ("2", "3"))
    assert parts == ("v1.1.0", "v1.1.0-rc.2", "v1.1.0-rc.1")
    entries = commits.across(found.releases)
    log = commits.folded(told, [entries[name] for name in parts])
    assert [entry.text for entry in log] == ["a key", "keys"]
    assert candidates.finals(found.releases) == {"v1.1.0-rc.1": "v1.1.0", "v1.1.0-rc.2": "v1.1.0"}


def test_a_candidate_off_the_branch_keeps_what_is_its_own(drawn: Draw) -> None:
    """The final tells what git lists for it, ``v1.0.0..v1.1.0``, and nothing of the candidate's."""
    folder = drawn(
        """
        main         | feat: start            | +1.sql | v1.0.0
        main         | feat: shared           |        |
        rc from main | feat: only in the rc   |        | v1.1.0-rc.1
        main         | feat: only on main     |        | v1.1.0
        """
    )
    found = read(folder)
    ((told, parts),) = candidates.fold(found.releases)
    log = commits.across(found.releases)
    entries = commits.folded(told, [log[name] for name in parts])
    listed = git(folder, "log", "--format=%s", "v1.0.0..v1.1.0").splitlines()
    assert sorted(f"feat: {entry.text}" for entry in entries) == sorted(listed)
    assert candidates.finals(found.releases) == {}


def test_the_same_change_by_a_robot_s_back_port(drawn: Draw) -> None:
    """A squashed back-port has another author, second and text: it names the pull request."""
    found = read(
        drawn(
            """
            main              | feat: start                    | +1.sql | v1.0.0
            main              | fix: a page (#7)               | /a=1   | v1.1.0
            1.0.x from v1.0.0 | fix: a page (backport #7) (#9) | /a=1   | v1.0.1
            """
        )
    )
    entries = commits.across(found.releases)
    assert [(e.text, e.issues, e.also) for e in entries["v1.0.1"]] == [
        ("a page", (7,), ("v1.1.0",))
    ]
    assert entries["v1.1.0"] == ()


def test_text_that_is_not_utf8(drawn: Draw) -> None:
    """A commit and its author in another encoding are shown with replacements."""
    folder = drawn("main | a | +1.sql | v1.0.0")
    tree, parent = git(folder, "rev-parse", "HEAD^{tree}", "HEAD").split()
    when = b"<j@example.org> 1767225600 +0000"
    raw = b"tree %s\nparent %s\nauthor J\xe9 %s\ncommitter J\xe9 %s\n\ncaf\xe9\n\nna\xefve\n" % (
        tree.encode(), parent.encode(), when, when,
    )  # fmt: skip
    # git commit would convert it; older versions and other programs did not.
    made = git(folder, "hash-object", "-t", "commit", "-w", "--stdin", stdin=raw)
    git(folder, "reset", "--quiet", "--hard", made.strip())
    (commit,) = release(read(folder), "Unreleased").commits
    assert (commit.author, commit.subject, commit.body) == ("J\ufffd", "caf\ufffd", "na\ufffdve")


@pytest.mark.parametrize(
    "body", ["\x01", "\x01\n\x01", "a\r\nb", "\x1e\u2028x", "%x00%H", "\n\n\nlast"]
)
def test_no_message_can_hide_a_commit(body: str, drawn: Draw) -> None:
    """Whatever stands in a message, every commit is read, and with its own text."""
    folder = drawn("main | a | +1.sql | v1.0.0")
    message = f"b\n\n{body}\n".encode()
    git(
        folder,
        "commit",
        "--quiet",
        "--allow-empty",
        "--cleanup=verbatim",
        "--file=-",
        stdin=message,
    )
    git(folder, "commit", "--quiet", "--allow-empty", "-m", "c")
    found = release(read(folder), "Unreleased")
    assert [c.subject for c in found.commits] == ["c", "b"]
    assert found.commits[1].body == body.strip("\n")


# --- what git cannot or will not tell -----------------------------------------------------------


def test_a_shallow_clone_is_an_error(drawn: Draw, tmp_path: Path) -> None:
    """A truncated history would be told as the whole: the error says how to deepen it."""
    folder = drawn("main | a | +1.sql | v1.0.0\nmain | b | +2.sql | v1.1.0")
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{folder}", "shallow")
    with pytest.raises(MachineError, match="shallow") as error:
        repository.find(tmp_path / "shallow")
    assert "git fetch --unshallow --tags" in error.value.hint


def test_a_repository_without_commits(tmp_path: Path) -> None:
    """Nothing is released and nothing is wrong."""
    folder = draw(tmp_path / "repository", "")
    (folder / "migrations").mkdir()
    (folder / "migrations/1.sql").write_text("SELECT 1;")
    found = read(folder)
    assert first(found) == {"1": None}


def test_a_branch_without_commits_beside_releases(drawn: Draw) -> None:
    """What was released stays released, whatever is checked out."""
    folder = drawn("main | a | +1.sql | v1.0.0")
    git(folder, "switch", "--quiet", "--orphan", "empty")
    assert first(read(folder)) == {"1": "v1.0.0"}


@pytest.mark.parametrize("kind", ["commit", "tree", "folder"])
def test_a_lost_object_is_an_error(kind: str, drawn: Draw) -> None:
    """A log or a tree with a hole is never told as a shorter one."""
    folder = drawn("main | a | +1.sql | v1.0.0\nmain | b | +2.sql | v1.1.0\nmain | c | | v1.2.0")
    name = {"commit": "v1.0.0", "tree": "v1.0.0^{tree}", "folder": "v1.0.0:migrations"}[kind]
    id_ = git(folder, "rev-parse", name).strip()
    (folder / ".git/objects" / id_[:2] / id_[2:]).unlink()
    with pytest.raises(MachineError):
        read(folder)


def test_a_corrupt_object_is_an_error(drawn: Draw) -> None:
    """Git says which one."""
    folder = drawn("main | a | +1.sql | v1.0.0\nmain | b | +2.sql | v1.1.0")
    id_ = git(folder, "rev-parse", "v1.0.0:migrations").strip()
    broken = folder / ".git/objects" / id_[:2] / id_[2:]
    broken.chmod(0o644)
    broken.write_bytes(b"nothing that git wrote")
    with pytest.raises(MachineError):
        read(folder)


def test_the_innermost_repository_is_read(drawn: Draw) -> None:
    """A repository inside another is a project of its own."""
    outer = drawn("main | a | +1.sql | v9.0.0")
    inner = draw(outer / "inner", "main | b | +1.sql | v1.0.0")
    assert [r.version for r in read(inner).releases] == ["v1.0.0"]


def test_a_work_tree_and_a_submodule(drawn: Draw, tmp_path: Path) -> None:
    """Both have a file where others have a folder ``.git``."""
    folder = drawn("main | a | +1.sql | v1.0.0\nmain | b | +2.sql |")
    git(folder, "worktree", "add", "--quiet", str(tmp_path / "tree"), "v1.0.0")
    assert first(read(tmp_path / "tree")) == {"1": "v1.0.0"}
    outer = draw(tmp_path / "outer", "main | c | | v9.0.0")
    git(
        outer,
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        str(folder),
        "part",
    )
    assert first(read(outer / "part")) == {"1": "v1.0.0", "2": None}


def test_a_project_below_the_repository_s_top(drawn: Draw) -> None:
    """Its folder is found from the top."""
    folder = drawn("main | a | /app/migrations/1.sql=1 | v1.0.0")
    assert first(read(folder / "app")) == {"1": "v1.0.0"}


def test_patterns_that_match_nothing_say_so(drawn: Draw) -> None:
    """No tag is a release then, and each says why."""
    found = read(drawn("main | a | +1.sql | v1.0.0"), "release-*")
    assert not [r for r in found.releases if r.status == "released"]
    assert [tag.reason for tag in found.ignored_tags] == [
        "no pattern of the setting 'tags' matches it"
    ]


def test_git_that_is_missing_or_too_old(
    drawn: Draw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are errors of the machine, with what to install."""
    folder = drawn("main | a | +1.sql | v1.0.0")
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(MachineError, match="git is not installed"):
        repository.find(folder)
    old = programs / "git"
    old.write_text("#!/bin/sh\necho git version 2.11.0\n")
    old.chmod(0o755)
    with pytest.raises(MachineError, match=r"git version 2\.11\.0 is too old"):
        repository.find(folder)


def test_no_repository_at_all(tmp_path: Path) -> None:
    """A folder outside of any is no error."""
    assert repository.find(tmp_path) is None


def test_the_user_s_own_settings_of_git_change_nothing(drawn: Draw) -> None:
    """Signatures, colours, renames and quoting are not ours to be surprised by."""
    folder = drawn(
        """
        main | a | +1.sql           | v1.0.0
        main | b | 1.sql>ü/1.sql    | v1.1.0
        """
    )
    before = read(folder)
    for name, value in {
        "log.showSignature": "true",
        "color.ui": "always",
        "core.quotePath": "true",
        "diff.renames": "copies",
        "diff.noprefix": "true",
        "log.decorate": "full",
        "format.pretty": "oneline",
        "tag.sort": "-creatordate",
    }.items():
        git(folder, "config", name, value)
    assert read(folder) == before


def test_a_repository_with_sha256_ids(tmp_path: Path) -> None:
    """Ids of 64 digits are read like those of 40."""
    folder = tmp_path / "repository"
    folder.mkdir()
    made = subprocess.run(
        ["git", "-C", folder, "init", "--quiet", "--object-format=sha256"], check=False
    )
    if made.returncode:
        pytest.skip("this git knows no SHA-256")
    draw(folder, "main | a | +1.sql | v1.0.0\nmain | b | +2.sql | v1.1.0")
    assert first(read(folder)) == {"1": "v1.0.0", "2": "v1.1.0"}
