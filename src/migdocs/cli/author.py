"""``decide``, ``new`` and ``fill``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from migdocs.cli import output
from migdocs.core.errors import EXIT_NO, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migdocs.commands.fill import Filled


@click.command()
@click.option("--yes", "yes", multiple=True, metavar="QUESTION", help="Answer a question yes.")
@click.option("--no", "no", multiple=True, metavar="QUESTION", help="Answer a question no.")
@click.option("--tree", is_flag=True, help="Draw the whole tree and ask nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document; asks nothing.")
def decide(*, yes: tuple[str, ...], no: tuple[str, ...], tree: bool, as_json: bool) -> None:
    """Decide: SQL migration or automatic migration of the ORM?

    Asks one question after the other until the answer is clear. QUESTION is one of breaking,
    data, type, not-null.
    """
    from migdocs.commands import decide as use_case
    from migdocs.commands import project

    orm = project.settings(Path.cwd()).settings.orm
    if tree:
        output.data(use_case.drawing(orm))
        return
    if both := sorted(set(yes) & set(no)):
        raise UsageError(f"'{both[0]}' is answered with yes and with no")
    answers = dict.fromkeys(yes, True) | dict.fromkeys(no, False)
    step = use_case.next_step(answers, orm)
    while step.question and not as_json and sys.stdin.isatty():
        asked = f"{step.question.text}\n  ({step.question.why})"
        answers[step.question.id] = click.confirm(asked, err=True)
        step = use_case.next_step(answers, orm)
    if as_json:
        question = step.question and step.question.id
        output.as_json({"question": question, "outcome": step.outcome and step.outcome.id})
    elif step.question:
        raise UsageError(
            f"the question '{step.question.id}' is open: {step.question.text}",
            hint=f"answer with --yes {step.question.id} or --no {step.question.id},"
            " or run it at a terminal.",
        )
    elif step.outcome:
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
    help="A forward script: the rollback and the notes are drafted from it.",
)
@click.option("--dry-run", is_flag=True, help="Write nothing; name the files.")
@click.option("--no-input", is_flag=True, help="Ask nothing.")
@output.quiet
def new(  # noqa: PLR0913 - click gives each option as an argument
    name: tuple[str, ...],
    *,
    values: tuple[str, ...],
    draft: Path | None,
    dry_run: bool,
    no_input: bool,
    quiet: bool,
) -> None:
    """Scaffold a migration from TEMPLATE.md.

    NAME is words or a name: 'migdocs new add user locale'. The files are laid in the project's own
    convention. At a terminal, the template's header fields are asked for.

    With --from, the rollback is the inverse of each statement that has one, last first; what a
    person must write, and what data do not come back, is said where it belongs. The notes already
    say what changes and what it means.
    """
    from datetime import UTC, datetime

    from migdocs.commands import new as use_case
    from migdocs.commands import project

    read = project.read(Path.cwd())
    fields = dict(_split(value) for value in values)
    content = use_case.of_draft(read, draft) if draft else None
    if sys.stdin.isatty() and not no_input:
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
    for path in texts:
        output.data(path)
    for item in content.by_hand if content else ():
        output.say(f"To write by hand in the rollback: {item}", quiet=quiet)
    what = "read the rollback and complete the notes" if content else "write the forward script"
    after = f"'{read.layout.naming.after}', then " if read.layout.naming.after else ""
    last = "'migdocs check'" if content else "'migdocs fill', which drafts the rest"
    output.say(f"Next: {what}, then {after}{last}.", quiet=quiet or dry_run)


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--dry-run", is_flag=True, help="Write nothing; name the files.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@output.json_option
@output.quiet
@click.pass_context
def fill(  # noqa: PLR0913 - one parameter an option
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

    What you have written stays as it is. What was filled in is marked as derived, and renewed the
    next time unless you have changed it.
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
