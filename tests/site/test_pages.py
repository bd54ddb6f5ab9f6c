"""Every page of the site: what leaves, what is seen by whom, and what it is built with."""

from __future__ import annotations

import functools
import json
import shutil
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from tests.site.conftest import run

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page
    from tests.site.conftest import Site

ATOM = "{http://www.w3.org/2005/Atom}"
# One of each kind; a guide that has everything is the longest page.
KINDS = (
    "database",
    "database/upgrade",
    "database/upgrade/v1.1.0-to-v1.2.0",
    "database/breaking",
    "database/releases",
    "database/migrations",
    "database/migrations/20240401_evil",
    "database/schema",
    "database/schema/users",
    "database/gone",
    "database/flow",
    "database/guide",
    "database/log",
    "database/changelog",
    "database/contributing",
)
# Those whose markup is their own; the others are made of the same parts.
DISTINCT = tuple(
    kind
    for kind in KINDS
    if kind.rpartition("/")[2]
    not in {"releases", "migrations", "schema", "gone", "guide", "changelog"}
)
GUIDE = "?from=v1.0.0&to=v2.0.0"


def shown(page: Page, kind: str) -> None:
    """Wait until a page shows all that it will."""
    if kind.endswith("/upgrade"):
        page.locator(".migdocs-result[data-whole]").wait_for()
    page.locator("body[data-migdocs-scrolls]").wait_for()


def test_no_request_leaves_the_machine(site: Site, page: Page) -> None:
    """Not for a font, a drawing or a script: every address is a file's."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for kind in KINDS:
        page.goto(site.url(kind, GUIDE if kind.endswith("/upgrade") else ""))
        shown(page, kind)
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_bars_anyone(site: Site, browser: Browser, scheme: str, width: int) -> None:
    """Axe finds nothing serious or critical on any kind of page: day, night, phone and wide."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing")
    context = browser.new_context(
        color_scheme=scheme, reduced_motion="reduce", viewport={"width": width, "height": 800}
    )
    page = context.new_page()
    # A scheme changes nothing but colours: by night, the rules about them are all that can differ.
    colours = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
    rules = {"runOnly": colours} if scheme == "dark" else {}
    problems = []
    for kind in DISTINCT:
        page.goto(site.url(kind, GUIDE if kind.endswith("/upgrade") else ""))
        shown(page, kind)
        found = axe.Axe().run(page, options={"resultTypes": ["violations"], **rules})
        problems += [
            f"{kind}: {item['id']}: {item['nodes'][0]['html']}"
            for item in found.response["violations"]
            if item["impact"] in {"serious", "critical"}
        ]
    context.close()
    assert problems == []


def test_a_phone_never_scrolls_sideways(site: Site, browser: Browser) -> None:
    """At 375 pixels every page fits; only code and drawings are wider inside their own frame."""
    context = browser.new_context(viewport={"width": 375, "height": 800})
    page = context.new_page()
    wide = []
    for kind in KINDS:
        page.goto(site.url(kind, GUIDE if kind.endswith("/upgrade") else ""))
        shown(page, kind)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 375:
            wide.append((kind, width))
    context.close()
    assert wide == []


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_text_is_text_on_every_page(site: Site, page: Page, kind: str) -> None:
    """No image, no script and no filled-in template comes from notes, commits or SQL."""
    page.goto(site.url(kind))
    assert page.locator("img[src=x]").count() == 0
    assert (
        page.evaluate("[...document.scripts].filter((s) => s.text.includes('alert(1)')).length")
        == 0
    )
    assert "<!-- migdocs" not in page.content().replace("&lt;", "")


def test_the_page_of_a_hostile_migration_shows_what_was_written(site: Site, page: Page) -> None:
    """Title, notes and SQL read as their author wrote them."""
    page.goto(site.url("database/migrations/20240401_evil"))
    text = page.locator("article").inner_text()
    assert text.count("</script><img src=x onerror=alert(1)>") > 3
    assert "{{ 7*7 }}" in text


def test_the_site_begins_somewhere_and_its_links_work_from_files(site: Site, page: Page) -> None:
    """Its first page leads to the others, where no server finds a folder's page."""
    page.goto((site.built / "index.html").as_uri())
    page.get_by_role("article").get_by_role("link", name="Breaking changes").click()
    page.get_by_role("heading", name="Breaking changes", level=1).wait_for()
    page.get_by_role("article").get_by_role("link", name="20240401_evil").first.click()
    page.get_by_role("heading", name="Forward").wait_for()


def test_search_finds_a_migration_by_its_id_first(site: Site, page: Page) -> None:
    """Its own page, not one of the many that name it."""
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(site.built))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.locator("label[for=__search]:visible, input.md-search__input:visible").first.click()
        page.locator("input.md-search__input").press_sequentially("20240401_evil")
        first = page.locator("a.md-search-result__link").first
        first.wait_for(state="attached")
        server.shutdown()
        assert "database/migrations/20240401_evil/" in str(first.get_attribute("href"))


def test_breaking_changes_are_filtered(site: Site, page: Page) -> None:
    """Typing narrows the list; what was typed is counted aloud."""
    page.goto(site.url("database/breaking"))
    shown = page.locator("article h3:visible")
    before = shown.count()
    page.get_by_label("Filter these changes").fill("20240401_evil")
    assert shown.count() == 1
    assert page.locator("article h2:visible").all_inner_texts()[0].startswith("v1.2.0")
    assert page.locator("article h2:visible").count() == 3  # with operators' part, "See also"
    assert page.locator("[aria-live=polite]").inner_text() == f"1 of {before} changes"
    page.goto(f"{site.url('database/breaking')}#20240401_evil")
    assert page.locator("[id='20240401_evil']").count() == 1


def test_a_row_is_a_card_on_a_phone(site: Site, browser: Browser) -> None:
    """Each cell says which column it is of, an empty one nothing; the drawing fits as it is."""
    context = browser.new_context(viewport={"width": 375, "height": 800})
    page = context.new_page()
    page.goto(site.url("database/schema/users"))
    cell = page.locator("td[data-label='Added in']").first
    assert cell.evaluate("cell => getComputedStyle(cell).display") == "block"
    drawing = page.get_by_alt_text("users and the tables related to it")
    assert drawing.evaluate("i => [i.naturalWidth, i.getBoundingClientRect().right <= 375]") == [
        358,
        True,
    ]
    page.goto(site.url("database/upgrade"))
    cells = page.get_by_role("table").locator("td:visible")
    assert "-" not in cells.all_inner_texts()
    assert cells.first.get_attribute("data-label") == "From"
    assert page.get_by_role("table").locator("td[data-label='v1.2.0']:visible").count() == 2
    context.close()


def test_a_table_tells_the_life_of_its_columns(site: Site, page: Page) -> None:
    """A dropped column stays in the list, with the release that dropped it."""
    page.goto(site.url("database/schema/users"))
    row = page.get_by_role("row").filter(has_text="password_hash")
    assert row.get_by_role("link").all_inner_texts() == ["v1.0.0", "v1.2.0"]
    page.goto(site.url("database/gone"))
    gone = page.get_by_role("row").filter(has_text="users.password_hash").inner_text()
    assert "dropped" in gone
    assert "20240401_evil" in gone


def test_migrations_json_keeps_to_its_published_schema(site: Site, pocketid: Site) -> None:
    """The schema lies beside it, and says more than 'anything goes'."""
    validation = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    published = (site.built / "database/migrations.schema.json").read_text()
    own = resources.files("migdocs").joinpath("assets/migrations.schema.json").read_text()
    assert published == own
    schema = json.loads(published)
    validation.Draft202012Validator.check_schema(schema)
    validator = validation.Draft202012Validator(schema)
    for built in (site.built, pocketid.built):
        validator.validate(json.loads((built / "database/migrations.json").read_text()))
    assert not validator.is_valid({"schema_version": 1, "migrations": [{}], "releases": []})


def test_feeds_tell_releases_and_those_that_break(site: Site) -> None:
    """Both kinds in both forms, the newest first; text is text."""
    atom = ET.parse(site.built / "database/feed.xml").getroot()  # noqa: S314 - our own
    titles = [entry.findtext(f"{ATOM}title") for entry in atom.iter(f"{ATOM}entry")]
    assert titles == ["v2.0.0", "v1.3.0", "v1.2.0", "v1.1.1", "v1.1.0", "v1.0.0"]
    content = "".join(entry.findtext(f"{ATOM}content") or "" for entry in atom.iter(f"{ATOM}entry"))
    assert "</script><img src=x onerror=alert(1)>" in content
    feed = json.loads((site.built / "database/breaking.json").read_text())
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert "v1.2.0" in [item["title"] for item in feed["items"]]
    assert "v1.0.0" not in [item["title"] for item in feed["items"]]


def test_a_second_build_writes_nothing_and_a_page_that_has_no_reason_goes(site: Site) -> None:
    """Only bytes that change are written, or a server would rebuild for ever."""
    from migdocs.commands import site as use_case

    assert use_case.write(site.root) == ()
    stale = site.root / "docs/database/migrations/never_was.md"
    stale.write_text("# Old\n")
    assert use_case.write(site.root) == ("docs/database/migrations/never_was.md",)
    assert not stale.exists()


def test_edit_this_page_leads_to_what_it_is_made_of(site: Site, tmp_path: Path) -> None:
    """A migration's notes can be edited; a page that is derived from many files cannot."""
    folder = tmp_path / "copy"
    shutil.copytree(site.root, folder, ignore=shutil.ignore_patterns("site"))
    config = (folder / "mkdocs.yml").read_text()
    forge = "repo_url: https://git.example/us/ours\nedit_uri: edit/main/docs/\n"
    edit = "  name: material\n  features: [content.action.edit]\n"
    (folder / "mkdocs.yml").write_text(forge + config.replace("  name: material\n", edit))
    run(sys.executable, "-m", "mkdocs", "build", "--strict", cwd=folder, NO_MKDOCS_2_WARNING="1")
    pages = folder / "site/database"
    evil = (pages / "migrations/20240401_evil/index.html").read_text()
    assert 'href="https://git.example/us/ours/edit/main/migrations/20240401_evil.md"' in evil
    drafts = (pages / "migrations/20240501_drafts/index.html").read_text()
    assert 'href="https://git.example/us/ours/edit/main/migrations/20240501_drafts.sql"' in drafts
    assert "edit/main" not in (pages / "releases/index.html").read_text()
    own = (folder / "site/index.html").read_text()
    assert 'href="https://git.example/us/ours/edit/main/docs/index.md"' in own


def test_what_is_on_disk_builds_with_plain_mkdocs_and_with_its_successor(
    site: Site, tmp_path: Path
) -> None:
    """Zensical ignores plugins; the pages need none."""
    folder = tmp_path / "copy"
    shutil.copytree(site.root, folder, ignore=shutil.ignore_patterns("site", ".git"))
    config = (folder / "mkdocs.yml").read_text().replace("  - migdocs\n", "")
    (folder / "mkdocs.yml").write_text(config)
    run(sys.executable, "-m", "mkdocs", "build", "--strict", cwd=folder, NO_MKDOCS_2_WARNING="1")
    assert (folder / "site/database/upgrade/index.html").exists()
    pytest.importorskip("zensical", reason="zensical is not installed")
    shutil.rmtree(folder / "site")
    run(sys.executable, "-m", "zensical", "build", cwd=folder)
    page = (folder / "site/database/upgrade/index.html").read_text()
    assert "data-migdocs" in page
    assert "assets/migdocs.js" in page
