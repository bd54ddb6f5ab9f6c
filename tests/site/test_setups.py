"""Inside somebody's own documentation: whatever its settings, one line brings our pages."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from tests.site.conftest import run

from migdocs.commands import demo

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

PLAIN = "site_name: Ours\ntheme: {name: material, font: false}\n"
OWN_THEME = """\
site_name: Ours
docs_dir: handbook
theme:
  name: material
  font: false
  custom_dir: overrides
  features: [navigation.instant, navigation.tabs]
plugins: [search, migdocs]
nav:
  - Home: index.md
  - More: more.md
"""
# What each set-up is → its mkdocs.yml, the folder of pages, and the plugin that it needs.
SETUPS = {
    "one line": (PLAIN + "plugins: [search, migdocs]\n", "docs", ""),
    "another folder, theme and nav": (OWN_THEME, "handbook", ""),
    "files and a sub-path": (
        PLAIN + "use_directory_urls: false\nsite_url: https://example.org/docs/ours/\n"
        "plugins: [search, migdocs]\n",
        "docs",
        "",
    ),
    "two languages": (
        PLAIN + "plugins:\n  - search\n  - i18n:\n      docs_structure: suffix\n      languages:\n"
        "        - {locale: en, name: English, default: true, build: true}\n"
        "        - {locale: de, name: Deutsch, build: true}\n  - migdocs\n",
        "docs",
        "mkdocs_static_i18n",
    ),
    "macros": (PLAIN + "plugins: [search, macros, migdocs]\n", "docs", "mkdocs_macros"),
    "awesome nav": (
        PLAIN + "plugins: [search, awesome-nav, migdocs]\n",
        "docs",
        "mkdocs_awesome_nav",
    ),
    "MkDocs' own theme": ("site_name: Ours\ntheme: mkdocs\nplugins: [migdocs]\n", "docs", ""),
}


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the sample project, without any documentation of its own."""
    root = demo.build(tmp_path_factory.mktemp("setups") / "sample")
    run(sys.executable, "-m", "migdocs", "generate", cwd=root)
    return root


def laid(sample: Path, folder: Path, config: str, docs: str = "docs") -> Path:
    """Copy the sample and lay somebody's documentation beside it."""
    shutil.copytree(sample, folder)
    if docs != "docs":
        (folder / "docs").rename(folder / docs)
    (folder / docs / "index.md").write_text("# Ours\n\n![drawing](own.svg)\n\n[more](more.md)\n")
    (folder / docs / "more.md").write_text("# More\n\nPrice: {: .x} ~~old~~\n")
    (folder / docs / "own.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="2000" height="20"><rect width="9"/></svg>'
    )
    (folder / "overrides").mkdir()
    (folder / "overrides/main.html").write_text('{% extends "base.html" %}\n')
    (folder / "mkdocs.yml").write_text(config)
    return folder


def strictly(root: Path, *arguments: str) -> Path:
    """Build as MkDocs' users do; warnings are errors. Give the site's folder."""
    command = (sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", *arguments)
    run(*command, cwd=root, NO_MKDOCS_2_WARNING="1", NO_MKDOCS_MACROS_BANNER="1")
    return root / "site"


def links_of(page: Page) -> list[str]:
    """Give the addresses that a page's content leads to."""
    found = page.locator("a[href]").evaluate_all("links => links.map((link) => link.href)")
    return [str(address) for address in found]


@pytest.mark.parametrize("name", SETUPS)
def test_one_line_brings_the_pages(name: str, sample: Path, tmp_path: Path, page: Page) -> None:
    """They build strictly, are styled, are listed, find their data, and every link has a file."""
    config, docs, needed = SETUPS[name]
    if needed:
        pytest.importorskip(needed, reason=f"{needed} is not installed")
        importlib.import_module(needed)
    root = laid(sample, tmp_path / "project", config, docs)
    before = {path.relative_to(root) for path in (root / docs).rglob("*")}
    site = strictly(root)
    assert {path.relative_to(root) for path in (root / docs).rglob("*")} == before
    flat = "use_directory_urls: false" in config
    upgrade = site / ("database/upgrade.html" if flat else "database/upgrade/index.html")
    page.goto(f"{upgrade.as_uri()}?from=v1.0.0&to=v1.1.0")
    page.get_by_role("heading", name="Upgrade v1.0.0 to v1.1.0").wait_for()
    assert page.evaluate("getComputedStyle(document.querySelector('.migdocs-ticks')).listStyle")
    mark = page.locator(".migdocs-verdict").evaluate(
        "list => getComputedStyle(list).borderTopWidth"
    )
    assert mark == "1px"
    inside = [urlsplit(a) for a in links_of(page) if a.startswith("file:")]
    assert [a.path for a in inside if not a.path.startswith(str(root))] == []
    own = [a for a in links_of(page) if a.startswith(site.as_uri()) and "404" not in a]
    assert [a for a in own if not reaches(a)] == []
    assert any("migrations" in a for a in own)


def reaches(address: str) -> bool:
    """Tell whether there is a file at a local address."""
    from pathlib import Path
    from urllib.parse import unquote

    path = Path(unquote(urlsplit(address).path))
    return path.is_file() or (path / "index.html").is_file()


def test_a_nav_that_does_not_list_them_gets_a_section(sample: Path, tmp_path: Path) -> None:
    """One that does stays as it is, and the setting says so too."""
    root = laid(sample, tmp_path / "project", OWN_THEME, "handbook")
    page = (strictly(root) / "index.html").read_text()
    assert "Where did it go?" in page
    for config in (
        OWN_THEME + "  - Database: database/upgrade.md\n",
        OWN_THEME.replace("migdocs]", "migdocs: {nav: false}]"),
    ):
        (root / "mkdocs.yml").write_text(config)
        assert "Where did it go?" not in (strictly(root) / "index.html").read_text()


def test_the_pages_of_others_stay_as_they_are(sample: Path, tmp_path: Path, page: Page) -> None:
    """Neither their Markdown nor their look changes: a drawing of theirs shrinks as before."""
    root = laid(sample, tmp_path / "with", PLAIN + "plugins: [search, migdocs]\n")
    other = laid(sample, tmp_path / "without", PLAIN + "plugins: [search]\n")
    (other / "docs/version-flow.md").unlink()
    seen = []
    for site in (strictly(root), strictly(other)):
        page.set_viewport_size({"width": 375, "height": 800})
        page.goto((site / "index.html").as_uri())
        width = page.locator("img[alt=drawing]").evaluate("image => image.width")
        page.goto((site / "more/index.html").as_uri())
        seen.append((width, page.locator("article").inner_html()))
    assert seen[0] == seen[1]
    assert seen[0][0] < 375


def test_a_folder_of_the_users_own_is_not_taken(sample: Path, tmp_path: Path) -> None:
    """The build stops and says what to set; another folder works."""
    root = laid(sample, tmp_path / "project", PLAIN + "plugins: [search, migdocs]\n")
    (root / "docs/database").mkdir()
    (root / "docs/database/own.md").write_text("# Own\n")
    with pytest.raises(AssertionError, match="folder: NAME"):
        strictly(root)
    (root / "mkdocs.yml").write_text(PLAIN + "plugins:\n  - migdocs: {folder: schema-docs}\n")
    site = strictly(root)
    assert (site / "database/own/index.html").exists()
    assert (site / "schema-docs/upgrade/index.html").exists()


def test_nothing_that_a_stranger_wrote_is_filled_in(sample: Path, tmp_path: Path) -> None:
    """Neither macros nor snippets are read in SQL and notes, though the user's pages have both."""
    pytest.importorskip("mkdocs_macros", reason="mkdocs-macros-plugin is not installed")
    config = (
        PLAIN + "plugins: [search, macros, migdocs]\nmarkdown_extensions: [pymdownx.snippets]\n"
    )
    root = laid(sample, tmp_path / "project", config)
    (root / "secret.txt").write_text("the secret\n")
    (root / "migrations/20990101_evil.sql").write_text(
        "--8<-- \"secret.txt\"\nSELECT '{{ 6 * 7 }}';\n"
    )
    page = (strictly(root) / "database/migrations/20990101_evil/index.html").read_text()
    assert "the secret" not in page
    assert "secret.txt" in page
    assert "6 * 7" in page.replace('<span class="w"> </span>', " ") or "{{ 6" in page


def test_documents_among_the_pages_lead_to_the_site(sample: Path, tmp_path: Path) -> None:
    """A change log that is kept in the documentation's folder builds strictly, with its links."""
    root = laid(sample, tmp_path / "project", PLAIN + "plugins: [search, migdocs]\n")
    settings = root / "migdocs.toml"
    told = settings.read_text() if settings.exists() else ""
    settings.write_text(f'{told}\n[documents]\nchangelog = "docs/CHANGES.md"\n')
    run(sys.executable, "-m", "migdocs", "generate", "changelog", cwd=root)
    assert "../migrations/MIGRATIONS_LOG.md" in (root / "docs/CHANGES.md").read_text()
    page = (strictly(root) / "CHANGES/index.html").read_text()
    assert "../database/log/#" in page


def test_plain_files_go_where_the_documentation_is(sample: Path, tmp_path: Path) -> None:
    """Without the plugin, the command writes them into that folder, and the site has them."""
    config = OWN_THEME.replace("plugins: [search, migdocs]\n", "plugins: [search]\n")
    root = laid(sample, tmp_path / "project", config, "handbook")
    run(sys.executable, "-m", "migdocs", "build", "--no-strict", cwd=root)
    assert (root / "handbook/database/upgrade.md").exists()
    assert not (root / "docs").exists()
    assert (root / "site/database/upgrade/index.html").exists()


def test_feeds_have_whole_addresses_of_every_style(sample: Path, tmp_path: Path) -> None:
    """With a sub-path and pages that are files, each link leads to the page that was built."""
    root = laid(sample, tmp_path / "project", SETUPS["files and a sub-path"][0])
    site = strictly(root)
    feed = json.loads((site / "database/feed.json").read_text())
    assert feed["feed_url"] == "https://example.org/docs/ours/database/feed.json"
    assert feed["home_page_url"] == "https://example.org/docs/ours/database/releases.html"
    url = feed["items"][0]["url"]
    assert url == "https://example.org/docs/ours/database/releases.html#v1.1.0"
    assert 'id="v1.1.0"' in (site / "database/releases.html").read_text()
