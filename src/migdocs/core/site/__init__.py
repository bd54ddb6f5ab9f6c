"""The site as files: plain Markdown, drawings, JSON and feeds, for MkDocs or whatever follows it.

Every file is ours whole. What a page says comes from the same facts and templates as the documents
in the repository; only what a repository cannot show has templates of its own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from migdocs.core import decision
from migdocs.core.catalog import lives
from migdocs.core.catalog.lives import Lives
from migdocs.core.decision import svg as decision_svg
from migdocs.core.documents import render, shapes
from migdocs.core.documents.log_page import TITLES, at_once
from migdocs.core.settings import GUESTS
from migdocs.core.site import changelog, feeds, log, picker, places, table_svg
from migdocs.core.site.home import Home
from migdocs.core.site.page import SITE_TITLES, SitePage, SitePlace
from migdocs.core.upgrade import guide as upgrade_guide
from migdocs.core.upgrade import piece as upgrade_piece
from migdocs.core.upgrade import routes, timing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from migdocs.core.facts import Facts
    from migdocs.core.upgrade.piece import Piece

# Pages that say on the site what they say in the repository.
_OWN = {"upgrade", "flow", "changelog", "log"}
_SHARED = [name for name in TITLES if name not in GUESTS and name not in _OWN]
# Pages that are one wide table or drawing need the room that a list of their headings takes.
_WIDE = ("upgrade", "migrations", "schema", "gone", "flow")
# Whoever types a migration's id means its page, not the tables that name it.
_FOUND_FIRST: dict[str, Any] = {"search": {"boost": 4}}
_NOT_FOUND: dict[str, Any] = {"search": {"exclude": True}}
# By which the style sheet and the script know a page of ours.
_MARK = '\n<div data-migdocs="page"></div>\n'


def files(
    facts: Facts,
    own: Iterable[str] = (),
    home: Home | None = None,
    written: str = "",
    *,
    held: Callable[[Callable[[], str], str], str] = at_once,
) -> dict[str, str]:
    """Give every file of the site: path from the project's root → text.

    Args:
        facts: of the project.
        own: the project's files: what notes link to may be a page of the site already.
        home: in whose documentation; in ``docs/database`` where it is not said.
        written: what people wrote in the change log themselves.
        held: as ``Place`` has it.
    """
    told = lives.read(facts.sql.present, facts.sql.base)
    place = replace(places.place(facts, told, home or Home(), own), held=held)
    pieces = upgrade_piece.pieces(facts)
    fronts = _fronts(facts, place)
    changes = SitePage("changelog", facts, place)
    logged = dict(log.pages(SitePage("log", facts, place)))
    fronts |= dict.fromkeys(logged, _NOT_FOUND)
    pages = (
        *_pages(facts, told, place, pieces),
        *logged.items(),
        *changelog.pages(changes, written, facts.settings.document("changelog")),
        *_pair_pages(facts, place, pieces),
    )
    texts = {path: _front(fronts.get(path, {})) + text + _MARK for path, text in pages}
    return texts | dict(_drawings(facts, told, place)) | dict(_data(facts, place, pieces))


def shown(facts: Facts, home: Home) -> dict[str, str]:
    """Tell which page of ours shows a file of the project: documents, and migrations' notes."""
    return dict(places.place(facts, Lives(), home).shown)


def _fronts(facts: Facts, place: SitePlace) -> dict[str, dict[str, Any]]:
    """Give what MkDocs and its plugins are told of pages: path → fields."""
    wide = {*(place.documents[name] for name in _WIDE), *place.tables.values()}
    fronts: dict[str, dict[str, Any]] = {path: {"hide": ["toc"]} for path in wide}
    # What they say, a page of each migration says too, and is found by its id.
    fronts |= {path: fronts.get(path, {}) | _NOT_FOUND for path in place.pairs.values()}
    for id_, path in place.migrations.items():
        migration = facts.entries[id_].migration
        source = migration.notes or migration.forward
        fronts[path] = _FOUND_FIRST | ({"source": source.path} if source else {})
    return fronts


def _front(fields: dict[str, Any]) -> str:
    """Write a page's fields; no plugin may fill templates in it, as SQL may hold anything."""
    values = {name: json.dumps(value, ensure_ascii=False) for name, value in fields.items()}
    lines = [f"{name}: {value}\n" for name, value in values.items()]
    return f"---\nrender_macros: false\n{''.join(lines)}---\n\n"


def _pages(
    facts: Facts, told: Lives, place: SitePlace, pieces: dict[str, Piece]
) -> Iterator[tuple[str, str]]:
    """Yield the pages that readers search."""
    for name in _SHARED:
        page = SitePage(name, facts, place)
        yield page.path, render.region(page)
    flow = render.arranged(facts)
    for name in (*SITE_TITLES, "upgrade", "flow"):
        page = SitePage(name, facts, place)
        yield page.path, render.fill(f"site/{name}.md.jinja", page, lives=told, flow=flow)
    for id_, path in place.migrations.items():
        page = SitePage(id_, facts, place, path)
        yield (
            path,
            render.fill(
                "site/migration.md.jinja",
                page,
                entry=facts.entries[id_],
                piece=pieces[id_],
                tables=told.touched.get(id_, ()),
                measured=timing.sentence((pieces[id_],)).removesuffix("."),
            ),
        )
    for name, path in place.tables.items():
        page = SitePage(name, facts, place, path)
        yield path, render.fill("site/table.md.jinja", page, table=told.tables[name])


def _pair_pages(
    facts: Facts, place: SitePlace, pieces: dict[str, Piece]
) -> Iterator[tuple[str, str]]:
    """Yield the upgrades that are written beforehand."""
    for (before, version), path in place.pairs.items():
        guide = upgrade_guide.guide(facts, routes.route(facts, before, version), pieces)
        page = SitePage("upgrade", facts, place, path)
        yield path, render.fill("upgrade_pair.md.jinja", page, guide=guide)


def _drawings(facts: Facts, told: Lives, place: SitePlace) -> Iterator[tuple[str, str]]:
    """Yield the pictures that pages show."""
    folder = place.home.folder
    yield f"{folder}/flow.svg", render.flow_picture(facts)
    yield f"{folder}/decision.svg", decision_svg.svg(decision.tree(facts.settings.orm))
    for name, path in place.tables.items():
        if told.tables[name].has_neighbours:
            yield f"{path.removesuffix('.md')}.svg", table_svg.svg(told.tables[name])


def _data(facts: Facts, place: SitePlace, pieces: dict[str, Piece]) -> Iterator[tuple[str, str]]:
    """Yield what programs and the picker read."""
    folder = place.home.folder
    stems = {id_: path.rpartition("/")[2][:-3] for id_, path in place.migrations.items()}
    whole = picker.data(facts, stems) | {"flat": not place.home.directories}
    yield f"{folder}/data/upgrade.js", picker.as_script("migdocsUpgrades", whole)
    for number, shard in enumerate(picker.shards(pieces)):
        path = f"{folder}/data/migrations-{number}.js"
        yield path, picker.as_script("migdocsMigrations", number, shard)
    yield f"{folder}/migrations.json", _json(shapes.whole(facts))
    yield from feeds.files(facts, place)


def _json(value: dict[str, Any]) -> str:
    """Write a JSON document as ``generate json`` does."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
