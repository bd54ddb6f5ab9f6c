"""The structure of notes: headings, fences, fields and tables, and what only looks like them."""

from __future__ import annotations

import time

import pytest

from migdocs.core.markup import markdown
from migdocs.core.markup.markdown import Fence
from migdocs.core.model import Field

KINDS = {
    "a fence hides what stands in it": ("a\n```sql\n# b\n```\nc", "p f c f p"),
    "tildes are fences too": ("~~~\n```\n~~~", "f c f"),
    "a longer fence holds a shorter one": ("````\n```\n````", "f c f"),
    "only a bare fence closes": ("```\n```sql\n```", "f c f"),
    "a fence in a list is indented": ("1. Do\n    ```sh\n    x\n    ```\n2. Done", "p f c f p"),
    "code in a sentence is no fence": ("```x``` is code\n# b", "p p"),
    "a fence without an end ends with the text": ("```\na", "f c"),
    "a comment hides lines": ("<!-- a\n# b\n-->\nc", "c! c! c! p"),
    "a comment on one line": ("<!-- optional -->\na", "c! p"),
    "words behind a comment are read": ("<!-- x --> **Date:** y", "p"),
    "no comment begins in a fence": ("```\n<!--\n```\na", "f c f p"),
    "no fence begins in a comment": ("<!--\n```\n-->\na", "c! c! c! p"),
}


@pytest.mark.parametrize(("text", "kinds"), KINDS.values(), ids=KINDS)
def test_every_line_is_of_one_kind(text: str, kinds: str) -> None:
    """Nothing in a fenced block or a comment is prose."""
    letters = {"prose": "p", "fence": "f", "code": "c", "comment": "c!"}
    found = list(markdown.lines(text, 10))
    assert " ".join(letters[line.kind] for line in found) == kinds
    assert [line.number for line in found] == list(range(10, 10 + len(found)))
    assert "\n".join(line.text for line in found) == text


def test_fenced_blocks_are_listed_with_their_line() -> None:
    """A block in a list loses the list's indentation, and one in a comment is none."""
    listed = "- y\n    ```SH\n    ls\n      -l\n    ```\n"
    text = f"x\n```sql\nSELECT 1;\n```\n{listed}<!--\n```\nno\n```\n-->"
    assert markdown.fences(text) == (
        Fence("sql", "SELECT 1;", 3),
        Fence("sh", "ls\n  -l", 7),
    )
    assert markdown.fences("```c++ title=x\na", 5) == (Fence("c++", "a", 6),)


def test_a_heading_has_the_text_up_to_the_next_of_its_level() -> None:
    """Lines count from where the text begins in its file."""
    text = "# A\n\nintro\n\n## B\nb\n### C\nc\n## D\n"
    found = [(s.heading, s.level, s.text, s.line) for s in markdown.headings(text, 3)]
    assert found == [
        ("A", 1, "\nintro\n\n## B\nb\n### C\nc\n## D", 3),
        ("B", 2, "b\n### C\nc", 7),
        ("C", 3, "c", 9),
        ("D", 2, "", 11),
    ]


HEADINGS = {
    "## Version ##": "Version",
    "## Version ##  ": "Version",
    "## Add C#": "Add C#",
    "   # Three spaces": "Three spaces",
    "#\tA tab": "A tab",
    "## #": "",
    "    # Code": None,
    "#hashtag": None,
    "####### Seven": None,
    "#": None,
}


@pytest.mark.parametrize(("line", "heading"), HEADINGS.items())
def test_a_line_is_a_heading_or_none(line: str, heading: str | None) -> None:
    """As CommonMark has it, for the headings that begin with a hash."""
    assert [s.heading for s in markdown.headings(line)] == ([] if heading is None else [heading])


FIELDS = {
    "the colon inside": ("**Date:** 2024-01-03", "Date=2024-01-03"),
    "the colon outside": ("**Date**: 2024-01-03  ", "Date=2024-01-03"),
    "in a list": ("- **Type:** Data\n* **Breaking**: No", "Type=Data Breaking=No"),
    "a question": ("**Breaking?** Yes", "Breaking?=Yes"),
    "without a value": ("**Owner:**", "Owner="),
    "a table": ("| Field | Value |\n|---|:--:|\n| **A** | x |\n| B | |", "A=x B="),
    "a table of one dash": ("|Property|Value|\n|-|-|\n|A|b|", "A=b"),
    "a bar in a cell": ("| Field | Value |\n|---|---|\n| Type | a\\|b |", "Type=a|b"),
    "another table": ("| Column | Type |\n|---|---|\n| id | int |", ""),
    "a table of three columns": ("| Field | Value | Why |\n|---|---|---|\n| a | b | c |", ""),
    "bold in a sentence": ("This is **not:** a field", ""),
    "code": ("```\n**Date:** x\n```", ""),
    "a comment": ("<!-- **Date:** x -->", ""),
}


@pytest.mark.parametrize(("text", "fields"), FIELDS.values(), ids=FIELDS)
def test_fields_are_read_in_each_shape(text: str, fields: str) -> None:
    """Bold lines both ways, questions, and tables of two columns."""
    assert " ".join(f"{f.name}={f.value}" for f in markdown.fields(text)) == fields


def test_fields_know_their_lines() -> None:
    """A finding about a value points at it."""
    assert markdown.fields("**A:** 1\n\n| Field | Value |\n|---|---|\n| B | 2 |", 4) == (
        Field("A", "1", 4),
        Field("B", "2", 8),
    )


CELLS = {
    "| a | b |": ("a", "b"),
    "| a | b": ("a", "b"),
    "|a||": ("a", ""),
    "| a \\| b | c |": ("a | b", "c"),
    "| a | b \\|": ("a", "b |"),
    "|": (),
    "a | b": None,
}


@pytest.mark.parametrize(("line", "cells"), CELLS.items())
def test_a_table_line_is_split_at_its_bars(line: str, cells: tuple[str, ...] | None) -> None:
    """An empty cell is a cell, an escaped bar is a bar."""
    assert markdown.table_cells(line) == cells


PLAIN = {
    "**Yes**": "Yes",
    "`v1.0.0`": "v1.0.0",
    "_No_": "No",
    "add_user_locale": "add_user_locale",
    "[the guide](docs/guide.md)": "the guide",
    "![picture](p.png) of it": "picture of it",
    "[ ] open": "[ ] open",
}


@pytest.mark.parametrize(("text", "seen"), PLAIN.items())
def test_plain_is_what_a_reader_sees(text: str, seen: str) -> None:
    """Marks go, names with underscores stay."""
    assert markdown.plain(text) == seen


PARAGRAPHS = {
    "\n\nOne\ntwo.\n\nThree.": "One two.",
    "### Why\n\nBecause.": "Because.",
    "- a list\n\nThen words.": "Then words.",
    "1. a list\n2. goes on\n\nThen words.": "Then words.",
    "Words:\n- a list": "Words:",
    "```\ncode\n```\nWords.": "Words.",
    "---\n-5 degrees": "-5 degrees",
    "": "",
}


@pytest.mark.parametrize(("text", "paragraph"), PARAGRAPHS.items())
def test_the_first_paragraph_is_prose(text: str, paragraph: str) -> None:
    """Lists, tables, headings and code are not what a description is made of."""
    assert markdown.first_paragraph(text) == paragraph


LONG = {
    "brackets": "[" * 50_000,
    "spaces in a heading": "# " + " " * 50_000 + "x" + "#" * 5_000 + " x",
    "a table's rule": "|" + "-|" * 20_000 + "x",
    "stars": "**" * 20_000,
    "bars": "|" * 50_000,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_a_hostile_line_is_read_in_no_time(text: str) -> None:
    """No pattern takes longer than the line is long: quadratic work would take seconds here."""
    before = time.process_time()
    markdown.headings(text)
    markdown.fields(f"| Field | Value |\n{text}")
    markdown.plain(text)
    markdown.first_paragraph(text)
    assert time.process_time() - before < 1
