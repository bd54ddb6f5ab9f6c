"""Facts and templates → documents, as text.

Every value that a template prints is escaped unless it is ``Safe``: forgetting is not possible.
Same facts, same bytes.
"""

from __future__ import annotations

import functools
import html
import traceback
from typing import TYPE_CHECKING, Any

from migdocs.core import facts as gathered
from migdocs.core import flow, runner
from migdocs.core.documents import undone
from migdocs.core.documents.page import TITLES, Page
from migdocs.core.errors import InputError
from migdocs.core.flow import mermaid as flow_mermaid
from migdocs.core.flow import svg as flow_svg
from migdocs.core.flow import text as flow_lines
from migdocs.core.known import Known, Unknown
from migdocs.core.markup import escape, links
from migdocs.core.model import Document
from migdocs.core.upgrade import guide as upgrade_guide
from migdocs.core.upgrade import pairs as upgrade_pairs
from migdocs.core.upgrade import piece as upgrade_piece
from migdocs.core.upgrade import words as upgrade_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import jinja2

    from migdocs.core.documents.page import LoggedRelease, Place
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
        custom = page.facts.changelog_template, page.facts.settings.changelog_template
        return log_of(page, page.logged(), *custom)
    return fill(f"{page.name}.md.jinja", page)


def fill(template: str, page: Page, **values: object) -> str:
    """Fill a template for a page; ``values`` are what it asks for beyond the facts."""
    text = (
        _environment()
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


def log_of(  # noqa: PLR0913 - what a log is made of
    page: Page,
    releases: Iterable[LoggedRelease],
    custom: str = "",
    path: str = "",
    *,
    ours: str = "changelog",
    empty: str = "No release in this range.",
) -> str:
    """Render the change log of some releases.

    Args:
        page: from whose place links lead.
        releases: the newest first.
        custom: a template of the project's own; it runs in a sandbox, and its values are escaped
            like those of ours.
        path: of the custom template, for its errors.
        ours: the name of the template without a custom one.
        empty: what to say where there is no release.

    Raises:
        InputError: the custom template is wrong; its line is said where it is known.
    """
    values = {"releases": tuple(releases), "page": page, "facts": page.facts, "empty": empty}
    values["settings"] = page.facts.settings
    if not custom:
        text = _environment().get_template(f"{ours}.md.jinja").render(values)
    else:
        text = page.place.held(lambda: _custom(custom, path, values), path)
    return text.strip("\n") + "\n"


def told_by_hand(facts: Facts, place: Place) -> dict[str, str]:
    """Give what each release that people told does to the database: version → Markdown."""
    page = Page("changelog", facts, place)
    template = _environment().get_template("changelog_database.md.jinja")
    return {
        release.version: template.render(page=page, facts=facts, database=found).strip("\n")
        for release in facts.released()
        if page.is_told(release) and (found := facts.of(release))
    }


def _custom(text: str, path: str, values: Mapping[str, object]) -> str:
    """Render a template of the project's own.

    Raises:
        InputError: it is wrong, in whatever way.
    """
    import jinja2

    try:
        return _environment(sandboxed=True).from_string(text).render(values)
    except jinja2.TemplateSyntaxError as error:
        said, line = error.message or "it cannot be read", error.lineno
    except RecursionError:
        said, line = "it calls itself without end", 0
    except MemoryError:
        said, line = "it takes more memory than there is for it", 0
    except Exception as error:  # noqa: BLE001 - a stranger's program may raise anything
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno or 0 for frame in frames if frame.filename == "<template>"]
        said, line = str(error) or type(error).__name__, lines[-1] if lines else 0
    raise InputError(f"the template is wrong: {said}", path=path, line=line)


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


def anchor(text: str) -> escape.Safe:
    """Give a heading's anchor."""
    return escape.Safe(links.anchor(text))


def attribute(text: str) -> escape.Safe:
    """Write text as an HTML attribute's value, quotes included."""
    quoted = html.escape(escape.one_line(text), quote=True).replace("{", "&#123;")
    return escape.Safe(f'"{quoted}"')


def yes_no(value: Known[bool]) -> str:
    """Write a truth value as a reader expects it; what is not known says so, and why."""
    return str(value) if isinstance(value, Unknown) else ("Yes" if value else "No")


@functools.cache
def _environment(*, sandboxed: bool = False) -> jinja2.Environment:
    """Build the template engine: strict, and with escaping that cannot be forgotten."""
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = (ImmutableSandboxedEnvironment if sandboxed else jinja2.Environment)(
        loader=jinja2.PackageLoader("migdocs"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        finalize=escape.prose,
        bytecode_cache=_compiled_templates(),
        autoescape=False,  # HTML's escaping would be wrong here; `finalize` escapes
    )
    filters: dict[str, Callable[..., Any]] = {
        "code": escape.code,
        "shell": runner.quoted,
        "attribute": attribute,
        "excerpt": escape.excerpt,
        "block": escape.block,
        "safe": escape.Safe,
        "anchor": anchor,
        "yes_no": yes_no,
        "undone": undone.whole,
        "undone_short": undone.short,
        "undone_by": undone.by_what,
    }
    environment.filters.update(filters)
    return environment


def _compiled_templates() -> jinja2.BytecodeCache | None:
    """Keep compiled templates in the user's own temporary folder, where Jinja finds it safe."""
    import jinja2

    try:
        return jinja2.FileSystemBytecodeCache()
    except RuntimeError:
        return None
