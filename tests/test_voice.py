"""How migdocs talks: the worst words stay out of templates, help, messages and pages.

The rules and the words to use instead are in ``docs/contributing/voice.md``.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from migdocs.core import hazards

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "migdocs"

# The word, as it must not be read → what to write instead.
WORDS = {
    r"ways? back": "rollback",
    r"mend(s|ed|ing)?": "fix",
    r"(the )?last( one)? first": "newest first",
    r"stands?( \w+)? (in|at|under|on|above|below|between|there|here|beside|twice|once)": "is",
    r"where .{0,30} stands?": "the state of",
    r"lays": "creates",
    r"(backups?|files?|scripts?|notes|that|which|what) lies? ": "is",
    r"nobody (says?|is there|told|waits)": "not documented",
    r"points? at": "references",
    r"secret machinery": "magic",
    r"anew": "again, re-",
    r"(so|how) grave": "severity",
    r"will bite": "will cause trouble",
    r"(?<!there )is no (?!longer|more|different|other)\w+": "is not a",
    r"are no (migrations|releases|scripts)": "are not",
    r"leads? back": "you can only go back by",
    r"as (it is )?read:|, as read|; as read": "from its SQL",
    r"(each|every) file whole|read whole": "completely, one file at a time",
    r"led through": "step by step",
    r"lets? (column|domain)": "makes nullable",
    r"restored somewhere": "you have tested a restore",
    r"asks of (you|users)": "what to do",
}
THERE_IS = re.compile(r"\b[Tt]here (?:is|are) no\b|\b[Tt]hey are no\b")
# The heading under which notes of older templates say it, which is read for ever.
HEADINGS = {"way back"}
# The sample's history: its commits have their names.
LEFT_OUT = {"commands/demo.py"}
PAGES = [
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
]
OF_THEIR_OWN = {"voice.md", "changelog.md", "version-flow.md", "tutorial.md"}


def said(path: Path) -> Iterator[tuple[int, str]]:
    """Yield what a file says to users, by line."""
    if path.suffix == ".py":
        yield from _strings(ast.parse(path.read_text(encoding="utf-8")))
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        comment = line.lstrip().startswith(("//", "*", "/*")) and path.suffix == ".js"
        if not comment:
            yield number, line


def _strings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the texts of a module; its docstrings are for us, but for those of commands."""
    inner: set[int] = set()
    for node in ast.walk(tree):
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        if isinstance(node, documented) and ast.get_docstring(node) is not None:
            decorators = getattr(node, "decorator_list", [])
            first = node.body[0]
            if isinstance(first, ast.Expr) and "command" not in "".join(map(ast.dump, decorators)):
                inner.add(id(first.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
            yield node.lineno, " ".join(node.value.split())


def faults(text: str) -> list[str]:
    """List the words in a text that are held."""
    if text in HEADINGS:
        return []
    bare = THERE_IS.sub("", text)
    found = ((re.search(rf"\b{word}", bare, re.IGNORECASE), use) for word, use in WORDS.items())
    return [f"'{match[0]}': write {use}" for match, use in found if match]


FILES = [
    *(p for p in sorted(SOURCE.rglob("*.py")) if str(p.relative_to(SOURCE)) not in LEFT_OUT),
    *(p for p in sorted((SOURCE / "templates").rglob("*")) if p.is_file()),
    SOURCE / "assets" / "migdocs.js",
    *(page for page in PAGES if page.name not in OF_THEIR_OWN),
]


def test_the_worst_words_are_not_said() -> None:
    """In one list, with file and line, so that a writer sees all of them."""
    found = [
        f"{path.relative_to(ROOT)}:{number}: {fault}"
        for path in FILES
        for number, text in said(path)
        for fault in faults(text)
    ]
    assert found == []


def test_rules_explain_themselves_in_plain_words() -> None:
    """Their docstrings are read by users."""
    assert faults(hazards.listing()) == []


@pytest.mark.parametrize(
    "text",
    ["That is the way back.", "it is no SQL", "The last one first:", "lets column x be null"],
)
def test_a_held_word_is_found(text: str) -> None:
    """The test itself can fail."""
    assert faults(text)


@pytest.mark.parametrize("text", ["there is no rollback", "it is no longer there", "Newest first"])
def test_plain_words_pass(text: str) -> None:
    """What is plain English is left alone."""
    assert faults(text) == []


def test_the_rules_have_twenty_pairs() -> None:
    """What was written before does not pass, what is written now does."""
    page = (ROOT / "docs" / "contributing" / "voice.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in page.split("\n") if line.startswith("| ")]
    pairs = [row for row in rows if len(row) == 2][1:]
    assert len(pairs) >= 20
    assert [after for _, after in pairs if faults(after)] == []
