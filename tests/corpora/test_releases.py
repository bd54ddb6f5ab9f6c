"""Real projects: every script is placed as a slow and independent reading of the trees says.

The oracle asks plain git for every tag's whole tree, one process a tag, and compares names. It
knows nothing of ours: the folders that a project used before, and what a script's name is, were
read off its history by people.
"""

from __future__ import annotations

import functools
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from migdocs.adapters import layouts, repository
from migdocs.commands import git_history
from migdocs.core.model import Migration, Script
from migdocs.core.releases import history
from migdocs.core.releases.told import Told
from migdocs.core.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from migdocs.core.timeline import History

    Corpus = Callable[[str], Path]


@dataclass(frozen=True)
class Project:
    """What a person sees in a project's history.

    Attributes:
        folders: where its migrations stood, the newest first.
        script: a path below the folder → the migration's id, its first group.
        renamed: id → the id that it got later, with the same bytes and number.
    """

    layout: str
    folders: tuple[str, ...]
    script: str
    renamed: tuple[tuple[str, str], ...] = ()


PROJECTS = {
    "opentdf": Project(
        "goose", ("service/policy/db/migrations", "service/migrations"), r"(.+)\.sql"
    ),
    "pocketid": Project(
        "golang-migrate",
        ("backend/resources/migrations/postgres", "backend/migrations/postgres"),
        r"(.+)\.(?:up|down)\.sql",
        # A typing error in the name; the runner remembers the number.
        (("20250120102531_fix_empy_ldap_id_string", "20250120102531_fix_empty_ldap_id_string"),),
    ),
    "graphnode": Project("diesel", ("store/postgres/migrations",), r"(.+)/(?:up|down)\.sql"),
    "marquez": Project(
        "flyway",
        (
            "api/src/main/resources/marquez/db/migration",
            "src/main/resources/marquez/db/migration",
            "src/main/resources/db/migration",
        ),
        r"([VR].*__.+)\.sql",
    ),
    "ftl": Project("dbmate", ("backend/controller/sql/schema",), r"(.+)\.sql"),
}


def git(folder: Path, *arguments: str) -> str:
    """Ask plain git."""
    return subprocess.run(
        ["git", "-C", folder, *arguments], check=True, capture_output=True
    ).stdout.decode(errors="replace")


# --- the oracle ---------------------------------------------------------------------------------


@functools.cache
def tags_in_order(repository_: Path) -> tuple[str, ...]:
    """List a project's tags, lowest version first, as git itself sorts them."""
    suffixes = (f"versionsort.suffix=-{word}" for word in ("dev", "preview", "prerelease", "rc"))
    settings = [part for suffix in suffixes for part in ("-c", suffix)]
    return tuple(git(repository_, *settings, "tag", "--sort=version:refname").split())


@functools.cache
def shipped(repository_: Path, project: Project) -> dict[str, frozenset[str]]:
    """Read every tag's whole tree, and give the ids of the scripts in it, by tag."""
    found = {}
    for tag in tags_in_order(repository_):
        paths = git(repository_, "ls-tree", "-r", "-z", "--name-only", tag).split("\0")
        folder = next(
            (f for f in project.folders if any(path.startswith(f"{f}/") for path in paths)), ""
        )
        names = [path.removeprefix(f"{folder}/") for path in paths if path.startswith(f"{folder}/")]
        matches = (re.fullmatch(project.script, name) for name in names)
        renamed = dict(project.renamed)
        found[tag] = frozenset(renamed.get(match[1], match[1]) for match in matches if match)
    return found


# --- ours ---------------------------------------------------------------------------------------


@functools.cache
def read(repository_: Path, project: Project) -> History:
    """Read the history as a project does."""
    git_ = repository.find(repository_)
    assert git_
    layout, folder = layouts.layout_named(project.layout), project.folders[0]

    def identify(path: str) -> tuple[str, str] | None:
        found = layout.identify(path, folder)
        return (found.migration, found.part) if found else None

    _, facts = git_history.read(git_, git_history.Asked(Settings(), folder, identify))
    ids = {id_ for id_, _, _ in history.gone(facts, identify, ())}
    found = [Migration(id_, Script(id_, "")) for id_ in sorted(ids)]
    return history.place(found, facts, identify, Told())


@pytest.mark.parametrize("name", PROJECTS)
def test_every_tag_ships_what_its_tree_holds(name: str, corpus: Corpus) -> None:
    """For every tag, every script: none is missing and none is too many."""
    folder = corpus(name)
    found = read(folder, PROJECTS[name])
    expected = shipped(folder, PROJECTS[name])
    ships = {
        tag: frozenset(release.ships)
        for release in found.releases
        if release.tag
        for tag in (release.tag, *release.aliases)
    }
    assert ships == expected
    assert any(expected.values())


@pytest.mark.parametrize("name", PROJECTS)
def test_every_script_is_placed_in_the_lowest_version_that_has_it(
    name: str, corpus: Corpus
) -> None:
    """Also where it has gone since, and where its folder was moved."""
    folder = corpus(name)
    found = read(folder, PROJECTS[name])
    stands_for = {tag: r.version for r in found.releases if r.tag for tag in (r.tag, *r.aliases)}
    expected: dict[str, str] = {}
    for tag, ids in shipped(folder, PROJECTS[name]).items():
        for id_ in ids:
            expected.setdefault(id_, stands_for[tag])
    placed = {id_: p.release for id_, p in found.placements.items() if p.release}
    assert placed == expected


@pytest.mark.parametrize("name", PROJECTS)
def test_a_script_is_gone_where_the_newest_version_lacks_it(name: str, corpus: Corpus) -> None:
    """What is removed says so, and nothing else does."""
    folder = corpus(name)
    found = read(folder, PROJECTS[name])
    trees = shipped(folder, PROJECTS[name])
    ever = frozenset[str]().union(*trees.values())
    newest = trees[tags_in_order(folder)[-1]]
    assert {id_ for id_, p in found.placements.items() if p.removed_in} == ever - newest


@pytest.mark.parametrize("name", PROJECTS)
def test_every_commit_stands_in_one_release(name: str, corpus: Corpus) -> None:
    """Together the releases hold what git lists, and nothing twice."""
    folder = corpus(name)
    told = [
        commit.id for release in read(folder, PROJECTS[name]).releases for commit in release.commits
    ]
    assert sorted(told) == sorted(git(folder, "rev-list", "--tags", "HEAD").split())
