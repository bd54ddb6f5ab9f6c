"""Links are resolved from where they are written, and found where they stand."""

from __future__ import annotations

import pytest

from migdocs.core.markup import links
from migdocs.core.markup.links import Link

RELATIVE = {
    ("README.md", "migrations/LOG.md", ""): "migrations/LOG.md",
    ("migrations/LOG.md", "README.md", ""): "../README.md",
    ("docs/a/x.md", "docs/b/y.md", "top"): "../b/y.md#top",
    ("a.md", "a.md", "top"): "#top",
    ("a.md", "a.md", ""): "a.md",
    ("a.md", "b (1) [2] ü.md", ""): "b%20%281%29%20%5B2%5D%20%C3%BC.md",
    ("a.md", "javascript:alert(1)", ""): "javascript%3Aalert%281%29",
    ("a.md", "<b>\"'.md", ""): "%3Cb%3E%22%27.md",
}


@pytest.mark.parametrize(("way", "link"), RELATIVE.items())
def test_a_link_leads_from_one_file_to_another(way: tuple[str, str, str], link: str) -> None:
    """No name of a file can end the link, or become another scheme."""
    source, target, anchor = way
    assert links.relative(source, target, anchor) == link
    assert links.resolve(source, link) == ("" if link.startswith("#") else target)


RESOLVED = {
    ("docs/x.md", "y.md#top"): "docs/y.md",
    ("docs/x.md", "../README.md?plain=1"): "README.md",
    ("docs/x.md", "./"): "docs",
    ("x.md", "docs/"): "docs",
    ("x.md", "."): ".",
    ("x.md", "#top"): "",
    ("x.md", "a%20b.md"): "a b.md",
    ("x.md", "https://example.org/x.md"): None,
    ("x.md", "mailto:ada@example.org"): None,
    ("x.md", "//example.org"): None,
    ("x.md", "/from/the/site"): None,
    ("x.md", "../issues"): None,
    ("docs/x.md", "../../issues"): None,
}


@pytest.mark.parametrize(("link", "place"), RESOLVED.items())
def test_a_link_is_resolved_from_its_file(link: tuple[str, str], place: str | None) -> None:
    """What leads out of the project is not ours to judge."""
    assert links.resolve(*link) == place


ANCHORS = {
    "v1.0.0 to v1.1.0": "v100-to-v110",
    "20240103_add_index": "20240103_add_index",
    "  Way Back  ": "way-back",
    "v1.1.0 (2024-01-03)": "v110-2024-01-03",
}


@pytest.mark.parametrize(("heading", "anchor"), ANCHORS.items())
def test_a_heading_has_the_anchor_that_renderers_make(heading: str, anchor: str) -> None:
    """Checked against Python-Markdown; a forge does the same for such headings."""
    from markdown.extensions.toc import slugify

    assert links.anchor(heading) == anchor == slugify(heading, "-")


def test_links_are_found_with_their_lines() -> None:
    """Inline, by reference, in tables, lists and pictures; what is code is none."""
    text = (
        "# [a](1.md)\n\nwords [b](2.md)\nand ![c](3.png)  \n[d][ref]\n\n| [e](4.md) |\n|---|\n"
        "| [f](5.md) |\n\n- [g](6.md 'title')\n\n`[h](7.md)`\n\n```\n[i](8.md)\n```\n\n"
        "[ref]: 9.md\n<https://example.org>\n"
    )
    assert list(links.find(text)) == [
        Link("1.md", 1),
        Link("2.md", 3),
        Link("3.png", 4),
        Link("9.md", 5),
        Link("4.md", 7),
        Link("5.md", 9),
        Link("6.md", 11),
        Link("https://example.org", 20),
    ]
    assert list(links.find("no link at all")) == []


def test_a_long_text_is_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its links, lines, code and definitions are those of the whole."""
    paragraph = (
        "Word [a](a.md) and\n![b](b.png), [see][d].\n\n```sh\n[no](no.md)\n\n[no](no.md)\n```\n\n"
    )
    text = paragraph * 40 + "- [c](c.md)\n\n[d]: d.md\n"
    whole = list(links.find(text))
    monkeypatch.setattr(links, "PIECE", 100)
    assert list(links.find(text)) == whole
    assert len(whole) == 121
