"""Real projects' scripts, judged: none stops the judge, and what an auditor found is found."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from functools import cache
from typing import TYPE_CHECKING

import pytest

from migdocs.adapters import layouts
from migdocs.core.catalog import Catalog
from migdocs.core.changes.reading import read_changes
from migdocs.core.hazards import RULES, check_script, judge
from migdocs.core.locks import STRENGTH
from migdocs.core.sql import parser, script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from migdocs.core.model import Hazard, Migration, Script

    Corpus = Callable[[str], Path]

REVISIONS = {
    "authapi": "HEAD",
    "opentdf": "HEAD",
    "pocketid": "HEAD",
    "graphnode": "HEAD",
    "marquez": "HEAD",
    "ftl": "v0.410.2",
}
VERSIONS = (10, 15, 18)


@cache
def migrations(clone: Path, revision: str) -> tuple[Migration, ...]:
    """Give a project's migrations at a revision, in run order."""
    archive = subprocess.run(
        ["git", "-C", clone, "archive", "--format=tar", revision], check=True, capture_output=True
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        files = ((member.name, tar.extractfile(member)) for member in tar if member.isfile())
        texts = {path: file.read().decode() for path, file in files if file}
    folder = layouts.find_folders(texts, texts.__getitem__)[0].folder
    return layouts.read(texts, folder, texts.__getitem__).migrations


def read(found: Script) -> tuple[parser.Parsed, ...]:
    """Read a script's statements."""
    return parser.parse_all(script.split(found.text, found.line), found.path)


def judged_in_order(
    found: tuple[Migration, ...], base: str = "", postgres: int = 15
) -> Iterator[tuple[Migration, tuple[Hazard, ...]]]:
    """Judge each migration's two scripts where they stand in the history."""
    catalog = Catalog()
    catalog.apply_all(read_changes(parser.parse_all(script.split(base))))
    for migration in found:
        hazards: tuple[Hazard, ...] = ()
        for part in (migration.forward, migration.rollback):
            if part and part.language == "sql":
                statements = read(part)
                hazards += judge(statements, postgres=postgres, before=catalog, path=part.path)
                if part is migration.forward:
                    catalog.apply_all(read_changes(statements, part.path))
        yield migration, hazards


@pytest.mark.parametrize("project", REVISIONS)
def test_every_script_is_judged(project: str, corpus: Corpus) -> None:
    """Forward and back, with the history and without it, for the oldest and the newest server."""
    found = migrations(corpus(project), REVISIONS[project])
    for version in VERSIONS:
        for _, hazards in judged_in_order(found, postgres=version):
            assert {hazard.rule for hazard in hazards} <= set(RULES)
            assert {hazard.lock for hazard in hazards} <= set(STRENGTH)
            assert all(hazard.line > 0 and hazard.message for hazard in hazards)
    for migration in found:
        for part in filter(None, (migration.forward, migration.rollback)):
            check_script(part.text, part.path, postgres=15)


@pytest.mark.parametrize("project", REVISIONS)
def test_what_ran_was_not_refused(project: str, corpus: Corpus, truth: Path) -> None:
    """A statement that a project has run is never said to be one that PostgreSQL refuses.

    One is, of authapi, and rightly: on a schema that its ORM did not make it fails.
    """
    base = truth.parent / f"{project}_base.sql"
    script_of_base = base.read_text() if base.exists() else ""
    found = migrations(corpus(project), REVISIONS[project])
    refused = {
        (migration.id, hazard.rule)
        for migration, hazards in judged_in_order(found, script_of_base, postgres=18)
        for hazard in hazards
        if hazard.severity == "error" and hazard.path == getattr(migration.forward, "path", "")
        if hazard.sqlstate
        or {"refused", "cannot"} & set(hazard.message.replace(":", " ").replace(",", " ").split())
    }
    assert refused == REFUSED.get(project, set())


REFUSED = {"authapi": {("20260223_add_multi_sender_support", "ix-drop")}}


def test_the_breaking_migrations_of_authapi_are_found(corpus: Corpus, truth: Path) -> None:
    """All that an auditor found have a major hazard, and at most two others."""
    expected = set(json.loads((truth / "authapi_audit.json").read_text())["breaking_by_sql"])
    base = (truth.parent / "authapi_base.sql").read_text()
    breaking = {
        migration.id
        for migration, hazards in judged_in_order(migrations(corpus("authapi"), "HEAD"), base)
        for hazard in hazards
        if hazard.impact == "major" and hazard.path == getattr(migration.forward, "path", "")
    }
    assert expected <= breaking
    assert len(breaking - expected) <= 2
