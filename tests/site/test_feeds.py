"""Feeds that readers accept: valid, with ids and addresses that never change owner."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag

import pytest

from migdocs.commands import site
from migdocs.core.site import feeds

if TYPE_CHECKING:
    from collections.abc import Mapping

URL = "https://example.org/docs/ours/"
ATOM = "{http://www.w3.org/2005/Atom}"
# jsonfeed.org/version/1.1: what is required, and that addresses are whole.
JSON_FEED = {
    "type": "object",
    "required": ["version", "title", "items"],
    "additionalProperties": False,
    "properties": {
        "version": {"const": "https://jsonfeed.org/version/1.1"},
        "title": {"type": "string", "minLength": 1},
        "home_page_url": {"type": "string", "pattern": "^https?://"},
        "feed_url": {"type": "string", "pattern": "^https?://"},
        "authors": {"type": "array", "items": {"required": ["name"]}},
        "items": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["id", "content_text"],
                "additionalProperties": False,
                "properties": {
                    "id": {"type": "string", "minLength": 1},
                    "url": {"type": "string", "pattern": "^https?://"},
                    "title": {"type": "string"},
                    "content_text": {"type": "string", "minLength": 1},
                    "date_published": {
                        "type": "string",
                        "pattern": r"^(?!1970)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$",
                    },
                },
            },
        },
    },
}


def released(root: Path, *versions: str) -> Path:
    """Give a project with a migration in each of these releases; the day is that of the commit."""
    git = ("git", "-c", "user.name=A", "-c", "user.email=a@example.org")
    day = "2024-03-01T00:00:00Z"
    dated = {"GIT_COMMITTER_DATE": day, "GIT_AUTHOR_DATE": day, "PATH": "/usr/bin:/bin"}
    (root / "migrations").mkdir(parents=True)
    (root / "migdocs.toml").write_text('name = "Ours & <yours>"\n')
    subprocess.run([*git, "init", "--quiet", root], check=True)
    for number, version in enumerate(versions):
        script = root / f"migrations/2024020{number + 1}_step_{number}.sql"
        script.write_text(f"CREATE TABLE t{number} (id bigint PRIMARY KEY);\n")
        for command in (["add", "-A"], ["commit", "-qm", f"feat: {version}"], ["tag", version]):
            subprocess.run([*git, *command], check=True, cwd=root, env=dated)
    return root


def made(root: Path, url: str = URL, *, directories: bool = True) -> Mapping[str, str]:
    """Give the site's files."""
    return site.make(root, site.home("docs", "database", url, directories=directories)).texts


@pytest.fixture(scope="session")
def alike(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a project whose versions have the same letters and digits."""
    folder = tmp_path_factory.mktemp("feeds") / "alike"
    return released(folder, "v1.1.11", "v1.11.1", "v11.1.1")


def atom(text: str) -> Any:
    """Read an Atom feed that keeps to RFC 4287."""
    etree = pytest.importorskip("lxml.etree", reason="lxml is not installed")
    rules = etree.RelaxNG(etree.parse(Path(__file__).parents[1] / "data/atom.rng"))
    feed = etree.fromstring(text.encode())
    rules.assertValid(feed)
    return feed


@pytest.mark.parametrize("url", [URL, ""])
@pytest.mark.parametrize("name", ["feed", "breaking"])
def test_feeds_are_valid(alike: Path, url: str, name: str) -> None:
    """In both formats, with and without the site's address, even if nothing breaks so far."""
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    texts = made(alike, url)
    feed = atom(texts[f"database/{name}.xml"])
    assert not feed.findtext(f"{ATOM}updated").startswith("1970")
    jsonschema.validate(json.loads(texts[f"database/{name}.json"]), JSON_FEED)
    reader = pytest.importorskip("atoma", reason="atoma is not installed")
    assert reader.parse_atom_bytes(texts[f"database/{name}.xml"].encode()).entries


def test_ids_and_anchors_differ_where_versions_do(alike: Path) -> None:
    """Versions of the same letters and digits share neither, and each anchor is on the page."""
    texts = made(alike)
    items = json.loads(texts["database/feed.json"])["items"]
    assert [item["title"] for item in items] == ["v11.1.1", "v1.11.1", "v1.1.11"]
    assert len({item["id"] for item in items}) == 3
    anchors = [urldefrag(item["url"]).fragment for item in items]
    assert anchors == ["v11.1.1", "v1.11.1", "v1.1.11"]
    marked = re.findall(r'<span id="([^"]+)"></span>', texts["database/releases.md"])
    assert marked == anchors
    entries = atom(texts["database/feed.xml"]).findall(f"{ATOM}entry/{ATOM}id")
    assert len({entry.text for entry in entries}) == 3


def test_a_later_release_takes_no_id_and_no_anchor(alike: Path, tmp_path: Path) -> None:
    """What a reader has seen keeps its name when others come, whatever they are called."""
    before = json.loads(made(alike)["database/feed.json"])["items"]
    more = released(tmp_path / "more", "v1.1.1.1", "v1.1.11", "v1.11.1", "v11.1.1", "v111.1")
    after = json.loads(made(more)["database/feed.json"])["items"]
    names = {item["title"]: (item["id"], item["url"]) for item in after}
    assert {item["title"]: (item["id"], item["url"]) for item in before}.items() <= names.items()
    assert len(set(names.values())) == len(after)


def test_anchors_of_any_two_versions_differ() -> None:
    """Marks that an address cannot hold are written so that nothing else is written alike."""
    versions = ["v1", "v1_", "v_1_", "v1+2", "v1-2", "v1/2", "v1 2", "v1_2b_2", "é", "e"]
    assert len({feeds.anchor(version) for version in versions}) == len(versions)
    assert feeds.anchor("v1.2.3-rc.1") == "v1.2.3-rc.1"


@pytest.mark.parametrize(("directories", "page"), [(True, "releases/"), (False, "releases.html")])
def test_addresses_are_whole_where_the_sites_is_known(
    alike: Path, page: str, *, directories: bool
) -> None:
    """The feed's own, its page's and each entry's, below the sub-path."""
    texts = made(alike, directories=directories)
    feed = json.loads(texts["database/feed.json"])
    assert feed["home_page_url"] == f"{URL}database/{page}"
    assert feed["feed_url"] == f"{URL}database/feed.json"
    assert feed["items"][0]["url"] == f"{URL}database/{page}#v11.1.1"
    links = {
        link.get("rel"): link.get("href")
        for link in atom(texts["database/feed.xml"]).findall(f"{ATOM}link")
    }
    assert links == {"self": f"{URL}database/feed.xml", "alternate": f"{URL}database/{page}"}


def test_without_a_dated_release_there_is_no_feed(tmp_path: Path) -> None:
    """And no page links to one."""
    texts = made(released(tmp_path / "none"))
    assert not [path for path in texts if path.endswith((".xml", "feed.json", "breaking.json"))]
    assert "feed.xml" not in texts["database/index.md"]
