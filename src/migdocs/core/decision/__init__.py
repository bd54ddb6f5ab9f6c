"""The decision tree: does a change of the database need an SQL migration, or may the ORM do it?

The tree is one table of data. The command that asks, the contributors' guide and the drawings all
read it, so that they cannot disagree.
"""

from __future__ import annotations

import re
import textwrap
from itertools import zip_longest
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core.markup.mermaid import label
from migdocs.core.markup.svg import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_ORM = "your ORM"
MARKUP = re.compile(r"[\\|<>*`\[\]]")


class Question(Struct, frozen=True):
    """One question that is answered with yes or no.

    Attributes:
        yes: the id of what follows a yes: a question or an outcome.
        no: of what follows a no.
    """

    id: str
    text: str
    why: str
    yes: str
    no: str


class Outcome(Struct, frozen=True):
    """Where the questions lead.

    Attributes:
        verdict: in a few words.
        steps: what to do then.
    """

    id: str
    verdict: str
    steps: tuple[str, ...] = ()


class Tree(Struct, frozen=True):
    """Questions and outcomes; the first question is where one starts."""

    questions: tuple[Question, ...]
    outcomes: tuple[Outcome, ...]

    @property
    def nodes(self) -> tuple[Question | Outcome, ...]:
        """List the questions, then the outcomes."""
        return (*self.questions, *self.outcomes)

    def __getitem__(self, name: str) -> Question | Outcome:
        """Find a question or an outcome by its id."""
        return next(node for node in self.nodes if node.id == name)


QUESTIONS = (
    Question(
        "breaking",
        "Is it a breaking change?",
        "The release before fails on the new schema: something that it uses is renamed, removed"
        " or stricter.",
        yes="breaking-sql",
        no="data",
    ),
    Question(
        "data",
        "Does it remove or rewrite data?",
        "An ORM never asks what becomes of the rows, and nothing brings them back.",
        yes="sql",
        no="type",
    ),
    Question(
        "type",
        "Does it change a column's type?",
        "Every value must be converted, the table may be rewritten and locked while it is.",
        yes="sql",
        no="not-null",
    ),
    Question(
        "not-null",
        "Does it add a NOT NULL column?",
        "Rows that exist need a value first; on an empty test database nobody notices.",
        yes="sql",
        no="either",
    ),
)


def tree(orm: str = DEFAULT_ORM) -> Tree:
    """Give the tree, with the ORM called by the name that the project gives it."""
    named = plain(orm) or DEFAULT_ORM
    return Tree(
        QUESTIONS,
        (
            Outcome(
                "breaking-sql",
                "SQL migration required",
                (
                    "Document it in BREAKING_CHANGES.md",
                    "Give a migration path",
                    "Bump the major version",
                ),
            ),
            Outcome("sql", "SQL migration required", ("Write forward and rollback",)),
            Outcome(
                "either",
                f"Either: {named} or SQL",
                (
                    f"Take {named} for a nullable column, a new table or an index",
                    "Take SQL for all else, or to be explicit",
                ),
            ),
        ),
    )


def decide(answers: Mapping[str, bool], tree: Tree) -> Question | Outcome:
    """Follow the answers, by question id: give the first question without one, or the outcome."""
    node: Question | Outcome = tree.questions[0]
    while isinstance(node, Question) and node.id in answers:
        node = tree[node.yes if answers[node.id] else node.no]
    return node


# --- as Markdown --------------------------------------------------------------------------------


def markdown(tree: Tree) -> str:
    """Give the tree as a table: ask from the top, and stop at the first answer with a verdict."""
    rows = (
        (question.text, question.why, _told(tree[question.yes]), _told(tree[question.no]))
        for question in tree.questions
    )
    head = ("Question", "Why it matters", "If yes", "If no")
    lines = (head, ("---",) * len(head), *rows)
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _told(node: Question | Outcome) -> str:
    """Say in a cell what follows: the next question, or the verdict and its steps."""
    if isinstance(node, Question):
        return "ask the next question"
    return " ".join(f"{sentence}." for sentence in (node.verdict, *node.steps))


def _cell(text: str) -> str:
    """Escape what would end a cell or begin markup: the ORM's name comes from outside."""
    return MARKUP.sub(r"\\\g<0>", text)


# --- as Mermaid ---------------------------------------------------------------------------------


def mermaid(tree: Tree) -> str:
    """Give the tree as a Mermaid 11 flowchart."""
    names = {node.id: f"n{index}" for index, node in enumerate(tree.nodes)}
    lines = (
        "flowchart TD",
        "    accTitle: Migration decision tree",
        *(f"    {names[node.id]}{_shape(node)}" for node in tree.nodes),
        *(
            f"    {names[question.id]} -->|{answer}| {names[follows]}"
            for question in tree.questions
            for answer, follows in (("yes", question.yes), ("no", question.no))
        ),
    )
    return "\n".join(lines) + "\n"


def _shape(node: Question | Outcome) -> str:
    """Give a node's shape with its label: a hexagon asks, a box answers."""
    if isinstance(node, Question):
        return f"{{{{{label([node.text])}}}}}"
    return f"[{label((node.verdict, *node.steps))}]"


# --- as text ------------------------------------------------------------------------------------

BOX_WIDTH = 18
"""Columns for a box's text; a longer word makes the box wider."""

SIDE_BY_SIDE = 3
"""Columns between two boxes."""


class Drawn(Struct, frozen=True):
    """A part of the tree as lines of text; ``stem`` is the column at which it is entered."""

    lines: tuple[str, ...]
    stem: int


def text(tree: Tree) -> str:
    """Draw the tree with boxes: a yes leads to the left, a no to the right."""
    return "\n".join(line.rstrip() for line in _drawn(tree.questions[0], tree).lines) + "\n"


def _drawn(node: Question | Outcome, tree: Tree) -> Drawn:
    """Draw a node and all that follows from it."""
    if isinstance(node, Outcome):
        return _box([node.verdict, *(f"- {step}" for step in node.steps)])
    return _fork(_box([node.text]), _drawn(tree[node.yes], tree), _drawn(tree[node.no], tree))


def _box(paragraphs: list[str]) -> Drawn:
    """Draw a box around texts."""
    lines = [line for paragraph in paragraphs for line in _wrapped(paragraph)]
    across = max(map(len, lines))
    body = (f"│ {line:<{across}} │" for line in lines)
    edge = "─" * (across + 2)
    return Drawn((f"┌{edge}┐", *body, f"└{edge}┘"), (across + 4) // 2)


def _wrapped(paragraph: str) -> list[str]:
    """Break a text into a box's lines; a list's item hangs below its first word."""
    hanging = "  " if paragraph.startswith("- ") else ""
    return textwrap.wrap(
        paragraph,
        BOX_WIDTH,
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _fork(box: Drawn, yes: Drawn, no: Drawn) -> Drawn:
    """Draw a question above its two answers."""
    apart = _apart(yes.lines, no.lines)
    middle = (yes.stem + apart + no.stem) // 2
    shift = max(0, box.stem - middle)  # where the question is wider than its answers
    left, right, stem = yes.stem + shift, no.stem + apart + shift, middle + shift
    boxed = [_put("", stem - box.stem, line) for line in box.lines]
    arms = _put("┌" + "─" * (right - left - 1) + "┐", stem - left, "┴")
    lines = (
        *boxed[:-1],
        _put(boxed[-1], stem, "┬"),
        _put("", left, arms),
        _put(_put("", left - 1, "YES"), right - 1, "NO"),
        _put(_put("", left, "▼"), right, "▼"),
        *(
            _put(_put("", shift, one), apart + shift, other)
            for one, other in zip_longest(yes.lines, no.lines, fillvalue="")
        ),
    )
    return Drawn(lines, stem)


def _apart(left: tuple[str, ...], right: tuple[str, ...]) -> int:
    """Find how far to the right a part must stand so that no row of it meets the other part."""
    rows = zip(left, right, strict=False)
    return max(len(one) + SIDE_BY_SIDE - (len(other) - len(other.lstrip())) for one, other in rows)


def _put(line: str, column: int, piece: str) -> str:
    """Write a piece over a line from a column on; its leading spaces cover nothing."""
    start = column + len(piece) - len(piece.lstrip())
    shown = piece.lstrip()
    return line[:start].ljust(start) + shown + line[start + len(shown) :]
