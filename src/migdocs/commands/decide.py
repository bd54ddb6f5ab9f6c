"""The decision tree, asked question by question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.core import decision
from migdocs.core.errors import UsageError, raise_all

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from migdocs.core.decision import Outcome, Question
    from migdocs.core.decision.reading import Answer


class Step(Struct, frozen=True):
    """Where the answers have led: to a question, or to the outcome; the other is None."""

    question: Question | None
    outcome: Outcome | None


def parted(arguments: Sequence[str], *, yes: bool) -> tuple[list[str], list[str]]:
    """Part what was typed into scripts and questions: ``--yes QUESTION`` was how to answer once.

    Raises:
        UsageError: a question is named without ``--yes``, or two scripts are.
    """
    known = {question.id for question in decision.QUESTIONS}
    named = [text for text in arguments if text in known]
    scripts = [text for text in arguments if text not in known]
    if named and not yes:
        raise UsageError(
            f"'{named[0]}' is a question, not a script",
            hint=f"answer it with '--answer {named[0]}=yes' or '--answer {named[0]}=no'.",
        )
    if len(scripts) > 1:
        raise UsageError(f"'{scripts[1]}' is one script too many", hint="name one at a time.")
    if yes and scripts and not scripts[0].lower().endswith(".sql"):
        raise UsageError(
            f"'{scripts[0]}' is neither a question nor a script",
            hint=f"questions: {', '.join(sorted(known))}.",
        )
    return scripts, named


def given(
    answers: Sequence[str], confirmed: Sequence[str], denied: Sequence[str]
) -> dict[str, bool]:
    """Read the answers that were typed, by question.

    Raises:
        UsageError: one is neither yes nor no, or a question is answered both ways.
    """
    pairs = [(name, "yes") for name in confirmed] + [(name, "no") for name in denied]
    pairs += [(name.strip(), said.strip().lower()) for name, _, said in map(_parted, answers)]
    raise_all(
        UsageError(
            f"--answer '{name}{'=' if said else ''}{said}' is neither yes nor no",
            hint=f"write --answer {name}=yes or --answer {name}=no.",
        )
        for name, said in pairs
        if said not in {"yes", "no"}
    )
    found: dict[str, bool] = {}
    for name, said in pairs:
        if found.setdefault(name, said == "yes") != (said == "yes"):
            raise UsageError(f"'{name}' is answered with yes and with no")
    return found


def _parted(text: str) -> tuple[str, str, str]:
    """Split ``QUESTION=yes``."""
    return text.partition("=")


def of_script(start: Path, path: str) -> dict[str, Answer]:
    """Answer what a forward script's SQL answers, by question.

    Raises:
        InputError: something in it cannot be read as PostgreSQL.
    """
    from migdocs.commands import drafted, project
    from migdocs.core import impact
    from migdocs.core.decision import reading

    read = drafted.read(project.read(start), start / path)
    return reading.answers([e.change for e in read.effects], impact.assess(read.effects))


def told(read: Mapping[str, Answer]) -> list[str]:
    """Say what a script answered, a line for each question."""
    words = {True: "yes", False: "no", None: "not known"}
    return [f"{name}: {words[found.yes]} ({found.why})" for name, found in read.items()]


def shape(step: Step, read: Mapping[str, Answer]) -> dict[str, object]:
    """Give where the answers lead as JSON has it, and what a script answered."""
    return {
        "question": step.question and step.question.id,
        "outcome": step.outcome and step.outcome.id,
        "answers": {name: {"yes": found.yes, "why": found.why} for name, found in read.items()},
    }


def next_step(answers: Mapping[str, bool], orm: str) -> Step:
    """Give the first question that the answers leave open, or what they lead to.

    Raises:
        UsageError: an answer is to no question of the tree.
    """
    tree = decision.tree(orm)
    known = {question.id for question in tree.questions}
    raise_all(
        UsageError(f"'{name}' is not a question", hint=f"questions: {', '.join(sorted(known))}.")
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
