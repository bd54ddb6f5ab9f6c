"""Liquibase: change sets in formatted SQL, XML, YAML or JSON; one to a file, or many."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.adapters.layouts.convention import Arrangement, Layout, Naming, Rule
from migdocs.adapters.layouts.evidence import Manifest, Strength, jvm
from migdocs.adapters.layouts.liquibase import includes, unfold
from migdocs.adapters.layouts.ordering import as_text
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import Unfinished, mark
from migdocs.core.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from migdocs.adapters.layouts.convention import Metadata
    from migdocs.core.model import Migration

_MASTER = r"(?:[^/]+/)*(?:[^/]*[._-])?(?:master|root)(?:[._-][^/]*)?\.(?:xml|ya?ml|json)"
_STEM = r"(?![.])[^/]+?"
_CHANGE_LOG = r"(?m)<databaseChangeLog\b|^[ \t]*databaseChangeLog[ \t]*:|\"databaseChangeLog\"\s*:"


def arrange(migrations: tuple[Migration, ...], metadata: Mapping[str, Metadata]) -> Arrangement:
    """Put change sets in the order in which the master change log includes their files."""
    about = metadata.get("")
    places = _places(migrations)
    by_path = tuple(sorted(migrations, key=lambda m: (places[m.id], m.id)))
    if about is None:
        return Arrangement(by_path)
    listed = includes(about.path, about.text)
    if listed is None:
        message = "this change log cannot be read: what it includes is not known"
        hint = "'liquibase validate' says what is wrong with it."
        finding = Finding("unreadable-metadata", "error", message, about.path, 1, hint)
        return Arrangement(
            tuple(sorted(migrations, key=lambda m: (places[m.id], m.id))), (finding,)
        )
    order: dict[str, int] = {}
    findings = []
    for name, whole in listed:
        found = _included(name, sorted({path for path, _ in places.values()}), whole=whole)
        if not found and not whole:
            findings.append(_missing(about.path, name))
        for path in found:
            order.setdefault(path, len(order))
    placed = sorted(
        (
            replace(m, order=(order.get(path, len(order)), path, number, m.id))
            for m in migrations
            for path, number in (places[m.id],)
        ),
        key=lambda m: m.order,
    )
    rest = [m for m in placed if listed and places[m.id][0] not in order]
    return Arrangement(tuple(placed), (*findings, *map(_not_included, rest)))


def _places(migrations: tuple[Migration, ...]) -> dict[str, tuple[str, int]]:
    """Give each change set's file and its number in it."""
    numbers: dict[str, int] = {}
    places = {}
    for migration in migrations:
        path = migration.forward.path if migration.forward else ""
        numbers[path] = numbers.get(path, -1) + 1
        places[migration.id] = (path, numbers[path])
    return places


def _included(name: str, paths: list[str], *, whole: bool) -> Iterator[str] | list[str]:
    """Find the files that an include means: its path begins at a class path that nobody names."""
    wanted = posixpath.normpath(name.removeprefix("classpath:").lstrip("/"))
    if whole:
        return [p for p in paths if f"/{wanted}/" in f"/{p}"]
    return [p for p in paths if f"/{p}".endswith(f"/{wanted}")]


def _missing(path: str, name: str) -> Finding:
    message = f"the change log includes '{name}', which is not here"
    hint = "bring the file back, or take it out of the change log."
    return Finding("missing-script", "error", message, path, 1, hint)


def _not_included(migration: Migration) -> Finding:
    message = f"the change log does not include '{migration.id}': Liquibase never runs it"
    path = migration.forward.path if migration.forward else ""
    hint = "include its file, or remove it."
    return Finding("not-in-plan", "warning", message, path, 1, hint)


LAYOUT = Layout(
    name="liquibase",
    title="Liquibase: change sets in SQL, XML, YAML or JSON",
    rules=(
        Rule("metadata", _MASTER),
        Rule("both", rf"(?:[^/]+/)*(?P<id>{_STEM})\.(?:sql|xml|ya?ml|json)"),
        Rule("notes", rf"(?:[^/]+/)*(?P<id>(?![A-Z][A-Z0-9_-]*[.]){_STEM})\.md"),
    ),
    order=as_text,
    manifests=(
        Manifest(_MASTER, _CHANGE_LOG, inside=True),
        Manifest(r"[^/]+\.(?:xml|ya?ml|json)", _CHANGE_LOG, inside=True),
        Manifest(_MASTER, _CHANGE_LOG),
        Manifest(r"liquibase\.properties"),
        jvm("liquibase"),
    ),
    marker=re.compile(
        r"^--\s*(?:liquibase\s+formatted\s+sql|changeset\s+\S+:\S+)", re.IGNORECASE | re.MULTILINE
    ),
    least=Strength.MANIFEST,
    nested="changes|changesets?|changelogs?|[vV]?[0-9]+(?:[._][0-9]+)*",
    # It takes every file in an included folder for a change log.
    tolerant=False,
    splits=frozenset({"sql", "xml", "yaml", "json"}),
    unfold=unfold,
    arrange=arrange,
    naming=Naming(
        stem="{number}-{name}",
        width=3,
        file="--liquibase formatted sql\n\n--changeset migdocs:{name}\n{forward}{commented}",
        wrapped=True,
    ),
    stands=(Manifest(r"liquibase\.properties"),),
    tracking=Tracking(
        "databasechangelog",
        "filename",
        # Its rows hold a path, an author and an id.
        r"SELECT DISTINCT regexp_replace(filename, '^.*/|\.[a-z]+$', '', 'g')"
        " FROM databasechangelog",
        marks=(
            mark("id author filename dateexecuted orderexecuted exectype md5sum"),
            mark("id locked lockgranted lockedby"),
        ),
        unfinished=Unfinished(
            "exectype = 'FAILED'",
            "failed",
            "undo by hand what it left, then 'liquibase update' again",
        ),
    ),
    reads="SQL, `--rollback`, the common change types; other change types are placed, not read",
    runner=foreign_runner(
        "Liquibase",
        status="liquibase status --verbose",
        apply="liquibase update",
        rollback_one="liquibase rollback-count 1",
    ),
)
