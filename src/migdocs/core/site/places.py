"""Where every page of the site stands, and the names that files can bear."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migdocs.core.documents.log_page import TITLES
from migdocs.core.settings import DOCUMENTS, GUESTS
from migdocs.core.site.page import SITE_TITLES, SitePlace
from migdocs.core.upgrade import pairs as upgrade_pairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from migdocs.core.catalog.lives import Lives
    from migdocs.core.facts import Facts
    from migdocs.core.site.home import Home

# Titles of pages that lie in a folder of their own kind.
_INDEXES = {"migrations", "schema"}
# Names that would become a folder's own page.
_RESERVED = {"index", "readme"}
_LONGEST = 120


def place(facts: Facts, lives: Lives, home: Home, files: Iterable[str] = ()) -> SitePlace:
    """Give the places of all pages; ``files`` are the project's own."""
    named = {
        name: f"{home.folder}/{name}/index.md" if name in _INDEXES else f"{home.folder}/{name}.md"
        for name in (*TITLES, *SITE_TITLES)
        if name not in GUESTS
    }
    migrations = _paths(f"{home.folder}/migrations", facts.entries)
    return SitePlace(
        named,
        home=home,
        migrations=migrations,
        tables=_paths(f"{home.folder}/schema", lives.tables),
        pairs=pairs(facts, home),
        shown=_shown(facts, named, migrations, home, files),
    )


def _shown(
    facts: Facts,
    named: Mapping[str, str],
    migrations: Mapping[str, str],
    home: Home,
    files: Iterable[str],
) -> dict[str, str]:
    """Find the page that shows what a file of the project says."""
    within = "" if home.docs == "." else f"{home.docs}/"
    own = (path for path in files if path.startswith(within) and path.endswith(".md"))
    notes = {id_: facts.entries[id_].migration.notes for id_ in migrations}
    return {
        **{path: path for path in own if not path.startswith(f"{home.folder}/")},
        **{written.path: migrations[id_] for id_, written in notes.items() if written},
        **{facts.settings.document(name): named[name] for name in DOCUMENTS if name in named},
    }


def pairs(facts: Facts, home: Home) -> dict[tuple[str, str], str]:
    """Give the pages of the upgrades that are written beforehand.

    Those are the neighbouring pairs, and every pair of few releases or those to the newest of many.
    """
    recent = upgrade_pairs.recent(facts)
    shown = (*(r for r in upgrade_pairs.neighbouring(facts) if r.entries), *recent)
    names = {(r.before, r.version): f"{r.before}-to-{r.version}" for r in shown}
    paths = _paths(f"{home.folder}/upgrade", names.values())
    return {pair: paths[name] for pair, name in names.items()}


def _paths(folder: str, names: Iterable[str]) -> dict[str, str]:
    """Give each name a file of its own in a folder."""
    return {name: f"{folder}/{stem}.md" for name, stem in stems(names).items()}


def stems(names: Iterable[str]) -> Mapping[str, str]:
    """Give each name a file's stem: letters, digits, ``._-``; none differs from another by case."""
    taken: set[str] = set()
    found: dict[str, str] = {}
    for name in names:
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:_LONGEST].strip(".-") or "unnamed"
        stem = f"{stem}-page" if stem.lower() in _RESERVED else stem
        number, free = 2, stem
        while free.lower() in taken:
            free, number = f"{stem}-{number}", number + 1
        taken.add(free.lower())
        found[name] = free
    return found
