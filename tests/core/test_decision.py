"""The decision tree: answers lead to one outcome, and every form of it reads the same table."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from migdocs.core import decision
from migdocs.core.decision import Outcome, Question, Tree
from migdocs.core.decision import svg as decision_svg

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTILE = '<b>GO|RM</b> `x` [y](z) "\n--> %%{init}%%'

LITTLE_TREE = """\
        ┌──────────┐
        │ Is it a? │
        └─────┬────┘
      ┌───────┴───────┐
     YES             NO
      ▼               ▼
┌──────────┐    ┌──────────┐
│ Is it b? │    │ Is it c? │
└─────┬────┘    └─────┬────┘
  ┌───┴───┐       ┌───┴───┐
 YES     NO      YES     NO
  ▼       ▼       ▼       ▼
┌───┐   ┌───┐   ┌───┐   ┌───┐
│ X │   │ Y │   │ X │   │ Y │
└───┘   └───┘   └───┘   └───┘
"""


def test_the_first_question_is_whether_it_breaks() -> None:
    """Nothing answered: ask the question that the tree begins with."""
    asked = decision.decide({}, decision.tree())
    assert isinstance(asked, Question)
    assert asked.id == "breaking"


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ({"breaking": True}, "breaking-sql"),
        ({"breaking": False, "data": True}, "sql"),
        ({"breaking": False, "data": False, "type": True}, "sql"),
        ({"breaking": False, "data": False, "type": False, "not-null": True}, "sql"),
        ({"breaking": False, "data": False, "type": False, "not-null": False}, "either"),
    ],
)
def test_each_way_down_ends_in_its_outcome(answers: dict[str, bool], outcome: str) -> None:
    """As the flow document draws it."""
    assert decision.decide(answers, decision.tree()).id == outcome


def test_an_answer_too_few_gives_the_next_question() -> None:
    """The command that asks needs no knowledge of the tree."""
    assert decision.decide({"breaking": False}, decision.tree()).id == "data"


def test_an_answer_that_was_not_asked_for_changes_nothing() -> None:
    """Once it is breaking, the column's type does not matter."""
    answers = {"breaking": True, "type": False, "colour": True}
    assert decision.decide(answers, decision.tree()).id == "breaking-sql"


def test_every_question_leads_on_and_everything_can_be_reached() -> None:
    """The table has no dead end, no circle and nothing that nobody ever reads."""
    tree = decision.tree()
    names = [question.id for question in tree.questions]
    reached = {names[0]}
    for values in itertools.product([True, False], repeat=len(names)):
        answers = dict(zip(names, values, strict=True))
        for known in range(len(names) + 1):
            reached.add(decision.decide(dict(itertools.islice(answers.items(), known)), tree).id)
        assert isinstance(decision.decide(answers, tree), Outcome)
    assert reached == {node.id for node in tree.nodes}


def test_the_orm_is_called_by_the_project_s_name_for_it() -> None:
    """GORM in one project, Django in another, and some words where nobody said."""
    assert decision.tree("GORM")["either"] == Outcome(
        "either",
        "Either: GORM or SQL",
        (
            "Take GORM for a nullable column, a new table or an index",
            "Take SQL for all else, or to be explicit",
        ),
    )
    assert "your ORM" in decision.text(decision.tree())
    assert "your ORM" in decision.text(decision.tree(" \n"))


def test_a_breaking_change_asks_for_its_three_duties() -> None:
    """Documented, with a way to go, and a new major version."""
    assert decision.tree()["breaking-sql"] == Outcome(
        "breaking-sql",
        "SQL migration required",
        (
            "Document it in BREAKING_CHANGES.md",
            "Give a migration path",
            "Bump the major version",
        ),
    )


# --- its forms ----------------------------------------------------------------------------------


def test_each_form_is_the_one_that_was_read(golden: Callable[[str, str], None]) -> None:
    """Text, Markdown, Mermaid and drawing are as somebody has read and looked at them."""
    tree = decision.tree("GORM")
    golden("decision.txt", decision.text(tree))
    golden("decision.md", decision.markdown(tree))
    golden("decision.mmd", decision.mermaid(tree))
    golden("decision.svg", decision_svg.svg(tree))


def test_a_yes_may_lead_to_a_question_too() -> None:
    """The drawing in text holds for another tree than ours: two levels on both sides."""
    questions = (
        Question("a", "Is it a?", "", yes="b", no="c"),
        Question("b", "Is it b?", "", yes="x", no="y"),
        Question("c", "Is it c?", "", yes="x", no="y"),
    )
    tree = Tree(questions, (Outcome("x", "X"), Outcome("y", "Y")))
    assert decision.text(tree) == LITTLE_TREE
    assert decision_svg.svg(tree).count(">Is it ") == 3


def test_a_hostile_name_breaks_out_of_no_form() -> None:
    """The ORM's name is a setting: text from outside."""
    tree = decision.tree(HOSTILE)
    table = decision.markdown(tree).splitlines()
    assert len(table) == 2 + len(tree.questions)
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in table} == {5}
    assert "\\<b\\>GO\\|RM" in table[-1]
    [either] = [line for line in decision.mermaid(tree).splitlines() if "Either" in line]
    assert re.fullmatch(r'    n6\["(?:[^"<>&|{}`]|<br/>)*"\]', either)
    ET.fromstring(decision_svg.svg(tree))  # noqa: S314 - our own text
    assert "\n-->" not in decision.text(tree)


def test_no_golden_file_is_an_orphan(golden_files: set[str]) -> None:
    """Each is compared above."""
    expected = {f"decision.{form}" for form in ("txt", "md", "mmd", "svg")}
    assert {name for name in golden_files if name.startswith("decision")} == expected
