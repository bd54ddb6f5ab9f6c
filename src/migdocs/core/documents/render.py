"""Facts and templates → documents, as text.

Every value that a template prints is escaped unless it is ``Safe``: forgetting is not possible.
Same facts, same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.core import facts as gathered
from migdocs.core import flow
from migdocs.core.documents import templating
from migdocs.core.documents.log_page import TITLES
from migdocs.core.documents.page import Page
from migdocs.core.flow import mermaid as flow_mermaid
from migdocs.core.flow import svg as flow_svg
from migdocs.core.flow import text as flow_lines
from migdocs.core.model import Document
from migdocs.core.upgrade import guide as upgrade_guide
from migdocs.core.upgrade import pairs as upgrade_pairs
from migdocs.core.upgrade import piece as upgrade_piece
from migdocs.core.upgrade import words as upgrade_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from migdocs.core.documents.log_page import Place
    from migdocs.core.facts import Facts
    from migdocs.core.upgrade.guide import Guide


def documents(facts: Facts, place: Place, names: Iterable[str]) -> tuple[Document, ...]:
    """Render the documents of these names, each the inside of its region."""
    return tuple(
        Document(name, place.documents[name], render(name, facts, place))
        for name in names
        if name in TITLES and place.documents.get(name)
    )


def render(name: str, facts: Facts, place: Place) -> str:
    """Render one document's region."""
    return region(Page(name, facts, place))


def region(page: Page) -> str:
    """Render the region of a page's document."""
    if page.name == "changelog":
        facts = page.facts
        custom = templating.Custom(facts.changelog_template, facts.settings.changelog_template)
        return templating.log_of(page, page.logged(), custom)
    return fill(f"{page.name}.md.jinja", page)


def fill(template: str, page: Page, **values: object) -> str:
    """Fill a template for a page; ``values`` are what it asks for beyond the facts."""
    text = (
        templating.environment()
        .get_template(template)
        .render(
            facts=page.facts,
            page=page,
            settings=page.facts.settings,
            statistics=gathered.statistics,
            neighbouring=neighbouring_guides,
            headings=upgrade_words.HEADINGS,
            leaving=upgrade_words.LEAVING,
            ahead_never=upgrade_words.AHEAD_NEVER,
            held=upgrade_words.HELD,
            flow_text=flow_text,
            flow_mermaid=flow_diagram,
            **values,
        )
    )
    return text.strip("\n") + "\n"


def told_by_hand(facts: Facts, place: Place) -> dict[str, str]:
    """Give what each release that people told does to the database: version → Markdown."""
    page = Page("changelog", facts, place)
    template = templating.environment().get_template("changelog_database.md.jinja")
    return {
        release.version: template.render(page=page, facts=facts, database=found).strip("\n")
        for release in facts.released()
        if page.is_told(release) and (found := facts.of(release))
    }


def neighbouring_guides(facts: Facts) -> tuple[Guide, ...]:
    """Give the guide from each release to the next, the newest first."""
    pieces = upgrade_piece.pieces(facts)
    ways = upgrade_pairs.neighbouring(facts)
    return tuple(upgrade_guide.guide(facts, way, pieces) for way in ways)


def upgrade_pair(facts: Facts, place: Place, guide: Guide) -> str:
    """Render the guide for one pair, with links from the place of the upgrade guide."""
    return fill("upgrade_pair.md.jinja", Page("upgrade", facts, place), guide=guide)


def flow_text(facts: Facts) -> str:
    """Give the version flow as text."""
    return flow_lines.lines(arranged(facts))


def flow_diagram(facts: Facts) -> str:
    """Give the version flow as Mermaid."""
    return flow_mermaid.mermaid(arranged(facts))


def flow_picture(facts: Facts) -> str:
    """Give the version flow as SVG."""
    return flow_svg.svg(arranged(facts))


def arranged(facts: Facts) -> flow.Flow:
    """Arrange the history as a flow, each release with whom it breaks."""
    changes = {id_: entry.changes for id_, entry in facts.entries.items()}
    badges = {
        row.version: flow.Compatibility(row.breaking, row.notes, row.stops)
        for row in facts.compatibility
    }
    return flow.flow(facts.history, changes, badges)
