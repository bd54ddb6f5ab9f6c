"""``decide``, ``new`` and ``fill``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migdocs.cli import asking, output
from migdocs.core.errors import EXIT_NO, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migdocs.commands.decide import Step
    from migdocs.commands.fill import Filled


@click.command()
@click.argument("script", nargs=-1, metavar="[SCRIPT]")
@click.option(
    "--answer", "given", multiple=True, metavar="QUESTION=yes|no", help="Answer a question."
)
@click.option("--tree", is_flag=True, help="Draw the whole tree and ask nothing.")
@click.option("--no", "denied", multiple=True, hidden=True, help="As --answer QUESTION=no.")
@asking.answers
@output.json_option
@output.quiet
def decide(
    *,
    script: tuple[str, ...],
    given: tuple[str, ...],
    tree: bool,
    denied: tuple[str, ...],
    yes: bool,
    no_input: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Decide: SQL migration or automatic migration of the ORM?

    Asks one question after another until the answer is clear. QUESTION is one of breaking,
    data, type, not-null.

    SCRIPT is a forward script: questions that its SQL answers are not asked.
    """
    from migdocs.commands import decide as use_case
    from migdocs.commands import project

    orm = project.settings(Path.cwd()).settings.orm
    if tree:
        output.data(use_case.drawing(orm))
        return
    where = asking.Where("", "", quiet or as_json, yes, no_input or as_json)
    files, confirmed = use_case.parted(script, yes=yes)
    _say_new_spelling(where, confirmed, denied)
    read = use_case.of_script(Path.cwd(), files[0]) if files else {}
    answers = {name: answer.yes for name, answer in read.items() if answer.yes is not None}
    answers |= use_case.given(given, confirmed, denied)
    step = use_case.next_step(answers, orm)
    while step.question and where.asks:
        asked = f"{step.question.text}\n  ({step.question.why})"
        answers[step.question.id] = click.confirm(asked, err=True)
        step = use_case.next_step(answers, orm)
    if as_json:
        output.as_json(use_case.shape(step, read))
        return
    for line in use_case.told(read):
        where.notify(line)
    _print_step(step)


def _say_new_spelling(where: asking.Where, confirmed: Sequence[str], denied: Sequence[str]) -> None:
    """Say how an answer is written, to those who know the former way."""
    answers = [f"--answer {q}=yes" for q in confirmed] + [f"--answer {q}=no" for q in denied]
    if answers:
        where.notify(f"Hint: write '{' '.join(answers)}'; '--yes' asks nothing, in every command.")


def _print_step(step: Step) -> None:
    """Print the outcome.

    Raises:
        UsageError: a question is open, and nobody is there to answer it.
    """
    if step.question:
        name = step.question.id
        raise UsageError(
            f"the question '{name}' is open: {step.question.text}",
            hint=f"answer with '--answer {name}=yes' or '--answer {name}=no', or run it at a"
            " terminal.",
        )
    if step.outcome:
        output.data(f"{step.outcome.verdict}.")
        for task in step.outcome.steps:
            output.data(f"  - {task}")


@click.command()
@click.argument("name", nargs=-1, required=True)
@click.option("--set", "values", multiple=True, metavar="FIELD=VALUE", help="A header field.")
@click.option(
    "--from",
    "draft",
    type=click.Path(path_type=Path),
    metavar="DRAFT.sql",
    help="A forward script to draft the rollback and the notes from.",
)
@click.option("--dry-run", is_flag=True, help="Write nothing; list the files.")
@asking.answers
@output.json_option
@output.quiet
def new(
    name: tuple[str, ...],
    *,
    values: tuple[str, ...],
    draft: Path | None,
    dry_run: bool,
    yes: bool,
    no_input: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Start a migration from TEMPLATE.md.

    NAME is one or more words: 'migdocs new add user locale'. The files are named as your project
    names them. At a terminal, you are asked for the template's header fields.

    With --from, the rollback is drafted: each statement is undone, newest first. Comments mark what
    you must write yourself and what data is lost. The notes already describe the changes.
    """
    from datetime import UTC, datetime

    from migdocs.commands import new as use_case
    from migdocs.commands import project

    read = project.read(Path.cwd())
    fields = dict(_split(value) for value in values)
    content = use_case.of_draft(read, draft) if draft else None
    quiet = quiet or as_json
    if asking.Where("", "", quiet, yes, no_input or as_json).asks:
        for field in use_case.open_fields(read, fields, content):
            fields[field.name] = click.prompt(
                field.name,
                type=click.Choice(field.choices, case_sensitive=False) if field.choices else str,
                default=None if field.choices else field.placeholder,
                err=True,
            )
    texts = use_case.plan(read, " ".join(name), datetime.now(UTC), fields, content)
    if not dry_run:
        use_case.write(read, texts)
    by_hand = content.by_hand if content else ()
    if as_json:
        output.as_json({"files": list(texts), "by_hand": list(by_hand)})
    for path in () if as_json else texts:
        output.data(path)
    for item in by_hand:
        output.say(f"To write by hand in the rollback: {item}", quiet=quiet)
    what = "read the rollback and complete the notes" if content else "write the forward script"
    after = f"'{read.layout.naming.after}', then " if read.layout.naming.after else ""
    last = "'migdocs check'" if content else "'migdocs fill', which drafts the rest"
    output.say(f"Next: {what}, then {after}{last}.", quiet=quiet or dry_run)


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--dry-run", is_flag=True, help="Write nothing; list the files.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@output.json_option
@output.quiet
@click.pass_context
def fill(
    ctx: click.Context,
    ids: tuple[str, ...],
    *,
    dry_run: bool,
    diff: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Complete a migration from its forward script.

    Drafts the rollback where it is missing or empty, and fills what is empty in the notes: type,
    breaking, dependencies, downtime, locks, queries that prove it, and what a rollback loses.

    ID is a migration of 'migdocs list'; without one, all that are not released are completed.

    Your own words are never changed. What is filled in is marked as derived, and updated the next
    time unless you have edited it.
    """
    from datetime import UTC, datetime

    from migdocs.commands import fill as use_case
    from migdocs.commands import project

    read = project.read(Path.cwd())
    done = use_case.plan(read, ids, datetime.now(UTC))
    if not (dry_run or diff):
        use_case.write(read, done)
    if as_json:
        output.as_json({"migrations": [use_case.shape(one) for one in done]})
    elif diff:
        output.data(use_case.diff(read, done))
    else:
        for one in done:
            for path in one.texts:
                output.data(path)
    if not as_json:
        _say_what_was_filled(done, quiet=quiet)
    if ids and all(one.refused and not one.texts for one in done):
        ctx.exit(EXIT_NO)


def _say_what_was_filled(done: Sequence[Filled], *, quiet: bool) -> None:
    """Say for each migration what was written, what was left, and what is still to do."""
    for one in done:
        if one.filled:
            output.say(f"{one.id}: filled {', '.join(one.filled)}", quiet=quiet)
        if one.kept:
            output.say(f"{one.id}: kept as you wrote it: {', '.join(one.kept)}", quiet=quiet)
        for item in one.by_hand:
            output.say(f"{one.id}: to write by hand in the rollback: {item}", quiet=quiet)
        if one.refused:
            output.say(f"{one.id}: {one.refused}", quiet=quiet)
    if not any(one.texts for one in done):
        output.say("Nothing to fill.", quiet=quiet)
    else:
        output.say(
            "Next: read the rollback, then 'migdocs verify' and 'migdocs check'.", quiet=quiet
        )


def _split(text: str) -> tuple[str, str]:
    """Split ``FIELD=VALUE``."""
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--set '{text}' has no '='", hint="write --set 'Breaking=No'.")
    return name.strip(), value.strip()
