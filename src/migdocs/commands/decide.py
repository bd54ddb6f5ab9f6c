"""The decision tree, asked question by question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from migdocs.core import decision
from migdocs.core.errors import UsageError, raise_all

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migdocs.core.decision import Outcome, Question


@dataclass(frozen=True, slots=True)
class Step:
    """Where the answers have led: to a question, or to the outcome; the other is None."""

    question: Question | None
    outcome: Outcome | None


def next_step(answers: Mapping[str, bool], orm: str) -> Step:
    """Give the first question that the answers leave open, or what they lead to.

    Raises:
        UsageError: an answer is to no question of the tree.
    """
    tree = decision.tree(orm)
    known = {question.id for question in tree.questions}
    raise_all(
        UsageError(f"'{name}' is no question", hint=f"questions: {', '.join(sorted(known))}.")
        for name in answers
        if name not in known
    )
    found = decision.decide(answers, tree)
    if isinstance(found, decision.Question):
        return Step(found, None)
    return Step(None, found)


def drawing(orm: str) -> str:
    """Draw the whole tree for the terminal."""
    return decision.text(decision.tree(orm))
