"""Hostile text in Markdown: it reads as it was written, in both renderers, wherever it stands.

A forge renders as CommonMark with tables; a site renders with Python-Markdown and its extensions.
"""

from __future__ import annotations

from html.parser import HTMLParser

import markdown
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from migdocs.core.markup import escape

FORGE = MarkdownIt("commonmark").enable(["table", "strikethrough"])
# Those of our sites' mkdocs.yml, and others that sites have.
EXTENSIONS = [
    "admonition", "attr_list", "md_in_html", "tables", "toc", "def_list", "footnotes", "abbr",
    "pymdownx.highlight", "pymdownx.superfences", "pymdownx.tasklist", "pymdownx.details",
    "pymdownx.tabbed", "pymdownx.tilde",
]  # fmt: skip
RENDERERS = {
    "forge": FORGE.render,
    "site": lambda text: markdown.markdown(text, extensions=EXTENSIONS),
}
PLACES = {
    "paragraph": "{}",
    "heading": "### {}",
    "item": "- {}",
    "cell": "| A | B |\n|---|---|\n| {} | end |",
    "bold": "**{}**",
}


class Seen(HTMLParser):
    """What a page shows: its elements with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, str]] = []
        self.text = ""
        self.code: list[str] = []
        self.in_code = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element; a heading's own anchor is none of the text's doing."""
        if tag == "code":
            self.code.append("")
            self.in_code = True
        self.elements += [(tag, "")] + [(tag, name) for name, _ in attrs if name != "id"]

    def handle_data(self, data: str) -> None:
        """Note what is read."""
        self.text += data
        if self.in_code:
            self.code[-1] += data

    def handle_endtag(self, tag: str) -> None:
        """Note where code ends."""
        self.in_code = self.in_code and tag != "code"

    def handle_comment(self, data: str) -> None:
        """Note a comment, which nothing may become."""
        self.elements.append(("comment", data))


def shown(renderer: str, text: str) -> Seen:
    """Render a text."""
    return Seen(RENDERERS[renderer](text))


def squeezed(text: str) -> str:
    """Make every run of space one: a browser does."""
    return " ".join(text.split())


HOSTILE = [
    "<script>alert(1)</script>",
    "</script></td></table><img src=x onerror=alert(1)>",
    "<!-- migdocs:end log -->",
    "<!--\nmigdocs:begin log -->",
    "a | b | c",
    "| a |\n|---|\n| b |",
    "a\n\n# b",
    "# a",
    "#a",
    "- a",
    "+ a",
    "1. a",
    "12) a",
    "a\n===",
    "---",
    "> a",
    "    a",
    "[a](javascript:alert(1))",
    "![a](https://example.org/a.png)",
    "[a]: javascript:alert(1)",
    "[a][]",
    "<javascript:alert(1)>",
    "<https://example.org>",
    "&lt;b&gt; &#60; &copy",
    "{{ config }} {% raw %} {# a #}",
    "a {: onclick=alert(1) }",
    "a { #b .c onclick=d }",
    "*a* _b_ __c__ snake_case_name ~d~ ~~e~~",
    "~5 s, then ~6 s",
    "***",
    "!!! danger",
    "??? note",
    '=== "Tab"',
    "::: os",
    ": a",
    "*[HTML]: a",
    "[^1] and [^1]: a",
    '--8<-- "/etc/passwd"',
    "a\\",
    "\\*a\\*",
    "a  \nb",
    "a `",
    "~~~ a",
    "- [ ] a",
    "C:\\temp\\<b>",
    "100% of $5 and $6 @all #1",
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("renderer", RENDERERS)
def test_hostile_text_reads_as_it_was_written(renderer: str, place: str) -> None:
    """It adds no element, no attribute and no comment, and nothing of it is lost."""
    harmless = shown(renderer, PLACES[place].format("word"))
    for text in HOSTILE:
        word = text.strip() if place == "bold" else text
        page = shown(renderer, PLACES[place].format(escape.prose(word)))
        assert page.elements == harmless.elements, text
        assert squeezed(page.text) == squeezed(harmless.text.replace("word", text)), text


UNSEEN = ["a\x00b", "a\x1b[31mb", "a\x02wzxhzdk:0\x03", "a\u202eb", "a\u2066b\u2069", "a\u2028# b",
          "a\x85# b", "a\x0b- b", "a\ud800b", "a\ufffeb", "\ufeffa"]  # fmt: skip


@pytest.mark.parametrize("text", UNSEEN)
def test_what_cannot_be_seen_is_taken_out(text: str) -> None:
    """Control characters, ends of lines and marks that turn the direction become a space."""
    for made in (escape.prose(text), escape.code(text), escape.one_line(text)):
        made.encode()
        assert made.strip("`").replace(" ", "").isprintable()
        assert len(made.splitlines()) == 1
    block = escape.block(text)
    block.encode()
    assert all(c.isprintable() or c == "\n" for c in block)


CODE = {
    "`users.locale` <b>": ("users.locale", "users.locale <b>"),
    "``a`` b": ("a", "a b"),
    "`<script>` b": ("<script>", "<script> b"),
    "`{x: 1}` b": ("{x: 1}", "{x: 1} b"),
    "`a\\` <b>": ("a\\", "a\\ <b>"),
    "\\`a` b": ("a", "\\a b"),
    "**`a`**: `b`": ("a", "a: b"),
    "**The `a` of b**": ("a", "The a of b"),
}


@pytest.mark.parametrize(("text", "seen"), CODE.items())
@pytest.mark.parametrize("renderer", RENDERERS)
def test_code_spans_stay_code(renderer: str, text: str, seen: tuple[str, str]) -> None:
    """Names in backticks are what makes notes readable; they may stand in bold words."""
    code, whole = seen
    cell = shown(renderer, PLACES["cell"].format(escape.prose(text)))
    page = shown(renderer, escape.prose(text))
    assert squeezed(page.text) == whole
    assert whole in squeezed(cell.text)
    assert code in page.code
    assert set(page.elements) <= {("p", ""), ("code", ""), ("strong", "")}


NOT_CODE = ["`a|b`", "`` a`b ``", "`{{ a }}`", "`{% a %}`", "`a", "a`b``c"]


@pytest.mark.parametrize("text", NOT_CODE)
def test_what_a_code_span_cannot_hold_is_prose(text: str) -> None:
    """A bar would end a table's cell in a span too, and a template engine reads code as well."""
    for renderer in RENDERERS:
        page = shown(renderer, PLACES["cell"].format(escape.prose(text)))
        assert "end" in page.text
        assert page.elements.count(("td", "")) == 2
    assert not {"{{", "{%"} & {escape.prose(text)[i : i + 2] for i in range(99)}


def test_bold_words_stay_bold() -> None:
    """On one line, with whatever stands in them."""
    for renderer in RENDERERS:
        page = shown(renderer, escape.prose("**Note: <b>** a"))
        assert page.elements == [("p", ""), ("strong", "")]
        assert page.text.strip() == "Note: <b> a"


def test_what_is_safe_is_left_alone() -> None:
    """Escaping twice would show the marks of the first time."""
    once = escape.prose("a_b | <c>")
    assert escape.prose(once) is once
    assert escape.link(escape.Safe("[x]"), "") == "[x]"
    assert escape.link(escape.code("a.sql"), "b/a.sql") == "[`a.sql`](b/a.sql)"
    assert escape.code("") == ""
    assert escape.prose("Plain words, 5 of them: fine.") == "Plain words, 5 of them: fine."


BLOCKS = [
    "a",
    "```\n<b>",
    "````\n```\n~~~",
    "</code></pre><script>",
    "a\r```\r<b>",
    "",
    "\n\n a \n",
]


@pytest.mark.parametrize("text", BLOCKS)
def test_a_block_holds_any_text(text: str) -> None:
    """Nothing in it ends it, and nothing follows it."""
    for renderer in RENDERERS:
        page = shown(renderer, escape.block(text, "sql") + "\n\nafter")
        allowed = {"pre", "code", "p", "div", "span", "a"}
        assert {tag for tag, _ in page.elements} <= allowed
        assert page.text.endswith("after") or page.text.endswith("after\n")
        assert squeezed(page.text.removesuffix("\n").removesuffix("after")) == squeezed(text)


EXCERPTS = {
    "headings are bold": ("# A <b>\ntext\n## C# ##", "**A &lt;b&gt;**\ntext\n**C\\#**"),
    "lists stay": ("- a\n  - [x] b\n2. c", "- a\n  - [x] b\n2. c"),
    "tables stay": ("|a|b\\|c|\n|:-|-|\n|<d>||", "| a | b&#124;c |\n| :- | - |\n| &lt;d&gt; |  |"),
    "blocks go to the margin": ("- a\n  ```sh <b>\n  b\n  ```\n- c", "- a\n\n```sh\nb\n```\n\n- c"),
    "an open block is closed": ("```\n<b>", "```\n<b>\n```"),
    "code in a sentence is no block": ("```a``` <b>", "`a` &lt;b&gt;"),
    "rules and gaps": ("\na\n***\n\n\nb\n\n", "a\n\nb"),
    "comments stay behind": ("a\n<!-- b\n-->\nc", "a\nc"),
    "underlines are words": ("a\n===\nb\n--", "a\n&#61;==\nb\n\\--"),
    "a tab is space": ("\ta", " a"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), EXCERPTS.values(), ids=EXCERPTS)
def test_an_excerpt_keeps_its_structure(text: str, expected: str) -> None:
    """Paragraphs, lists, tables and blocks stay what they are."""
    assert escape.excerpt(text) == expected


# --- for any text ---------------------------------------------------------------------------------

MARKS = "\\`*_{}[]()<>#+-.!|~=:?&;\"'^$%/@ \n\tab1"
ANY = st.one_of(st.text(MARKS, max_size=12), st.text(max_size=8))
PLAIN = ANY.filter(lambda text: "`" not in text and "**" not in text)


@given(PLAIN, st.sampled_from([*PLACES][:4]), st.sampled_from([*RENDERERS]))
@example("&#1", "paragraph", "site")
@example("a\n\n    <b>", "item", "site")
@settings(max_examples=600, deadline=None)
def test_any_text_reads_as_it_was_written(text: str, place: str, renderer: str) -> None:
    """Wherever it stands and whoever renders it."""
    text = text if escape.one_line(text) else "word"
    word = escape.one_line(text)
    harmless = shown(renderer, PLACES[place].format("word"))
    page = shown(renderer, PLACES[place].format(escape.prose(text)))
    wanted = squeezed(harmless.text.replace("word", word, 1))
    assert (page.elements, squeezed(page.text)) == (harmless.elements, wanted)


BEGINNINGS = ["```", "~~~ x", "   ````", "| a |", "|---|", "- ", "<!--", "    ", "1. ", "#"]
LINES = st.lists(st.one_of(ANY, st.sampled_from(BEGINNINGS)), max_size=6)
OURS = {
    "p", "code", "strong", "pre", "ul", "ol", "li", "hr", "table", "thead", "tbody", "tr", "th",
    "td", "div", "span", "a", "input", "label", "br",
}  # fmt: skip


@given(LINES, st.sampled_from([*RENDERERS]))
@settings(max_examples=60, deadline=None)
def test_any_excerpt_stays_in_its_place(lines: list[str], renderer: str) -> None:
    """No heading, no link, no picture, no HTML of its own; and what follows is not swallowed."""
    page = shown(renderer, f"{escape.excerpt(chr(10).join(lines))}\n\n## After\n\nthe end")
    assert page.text.rstrip().endswith("the end")
    tags = [tag for tag, _ in page.elements]
    assert tags.count("h2") == 1
    assert set(tags) - {"h2"} <= OURS
    assert not {name for _, name in page.elements} & {"src", "onclick", "onerror"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("thanks @ann and @org/team", "thanks @&#8203;ann and @&#8203;org/team"),
        ("mail ann@example.org", "mail ann@example.org"),
        ("`@ann` and (@ann)", "`@ann` and (@&#8203;ann)"),
        ("a ` @ann", "a ` @&#8203;ann"),
        ("| @ann |\n- @bob", "| @&#8203;ann |\n- @&#8203;bob"),
        ("a @ b", "a @ b"),
    ],
)
def test_nobody_is_called_in_a_comment(text: str, shown: str) -> None:
    """A commit's subject cannot send word to a team."""
    assert escape.unmentioned(text) == shown


def test_a_text_that_nobody_reads_is_cut() -> None:
    """A description of megabytes would be held many times over, and says how long it is."""
    cut = escape.prose("*" * 1_000_000)
    assert cut.startswith("\\*")
    assert cut.endswith("… (cut: it has 1,000,000 characters)")
    assert len(cut) < 10 * escape.LONGEST
