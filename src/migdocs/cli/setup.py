"""``init``, ``doctor`` and ``demo``."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING

import click

from migdocs.cli import asking, output
from migdocs.core.errors import EXIT_NO, MachineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.commands.init import Plan
    from migdocs.commands.survey import Survey

_SET_IT = ' Then set applied_by = "{}".'
_MARKS = {"ok": ("ok", "green"), "note": ("note", "yellow"), "bites": ("error", "red")}


@click.command()
@click.option("--dry-run", is_flag=True, help="Write nothing; show what would be written.")
@click.option("--migrations", metavar="FOLDER", help="The migrations folder.")
@click.option("--layout", metavar="NAME", default="", help="The naming convention of its files.")
@click.option("--name", help="What the project is called.")
@click.option(
    "--ci",
    type=click.Choice(["auto", "github", "gitlab", "none"]),
    default="auto",
    show_default=True,
    help="Which CI to write a check for; auto looks at the remote.",
)
@click.option(
    "--applied-by",
    type=click.Choice(["migdocs", "runner", "application", "image"]),
    default=None,
    help="Who applies the migrations.",
)
@click.option(
    "--schema",
    type=click.Choice(["private", "public"]),
    default=None,
    help="Whether only this application reads the database.",
)
@asking.answers
@output.json_option
@output.quiet
def init(
    *,
    dry_run: bool,
    migrations: str | None,
    layout: str,
    name: str | None,
    ci: str,
    applied_by: str | None,
    schema: str | None,
    yes: bool,
    no_input: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Set up a project: settings, template, documents, CI.

    Looks at what is there: the migrations' folder and convention, the tags, the forge, documents
    that exist, what applies the migrations, who reads the database. No existing file is changed
    but by a region at its end, and nothing is renamed.
    At a terminal it asks three questions at most; elsewhere it goes by what it saw, and says so.
    """
    from migdocs.commands import init as use_case

    quiet = quiet or as_json
    where = asking.Where("", "", quiet, yes, no_input or as_json)
    seen, asked = _seen(where, layout, migrations)
    asks = where.asks and not dry_run and not quiet
    told = () if applied_by else _seen_of_start(seen, hints=not asks)
    reasons = (*seen.reasons, *told, *(() if schema else _seen_of_readers(seen, hints=not asks)))
    for line in reasons:
        output.say(line, quiet=quiet)
    answers = {"applied_by": applied_by or "", "schema": schema or ""}
    if asks:
        answers = _answers(seen, answers, asked=asked)
    plan = use_case.plan(seen, name=name, ci=ci, **answers)
    if seen.left_alone:
        named = ", ".join(seen.left_alone)
        output.say(
            f"Written by hand, left alone: {named}. 'migdocs generate --adopt' adds ours to it.",
            quiet=quiet,
        )
    first = "" if dry_run else _written(where, plan)
    if dry_run:
        _tell(plan, "would write", quiet=quiet)
        _tell_documents(plan, "would write", quiet=quiet)
    _conclude(plan, first, quiet=quiet)
    if as_json:
        _tell_json(seen, plan, reasons, first)


def _written(where: asking.Where, plan: Plan) -> str:
    """Write, where a person agrees, and give the document to look at first."""
    from migdocs.commands import init as use_case

    asks = bool(plan.why) and where.asks and not where.quiet
    if asks:
        _tell(plan, "will write", quiet=False)
        _tell_documents(plan, "will write", quiet=False)
        if not where.agreed("Write this?"):
            where.refrain()
    use_case.write(plan)
    _tell(plan, "wrote", quiet=where.quiet or asks)
    first = use_case.write_documents(plan)
    _tell_documents(plan, "wrote", quiet=where.quiet or asks)
    return first


def _conclude(plan: Plan, first: str, *, quiet: bool) -> None:
    """Say what is left to a person, and what to look at first."""
    if not plan.why:
        output.say("Everything is set up: nothing to write.", quiet=quiet)
    for what, text in plan.paste:
        output.say(f"\n{what}\n{indent(text.rstrip(), '    ')}\n", quiet=quiet)
    for step in plan.next_steps:
        output.say(f"Next: {step}", quiet=quiet)
    if first:
        output.say(f"Open this first: {first}", quiet=quiet)


def _tell_json(seen: Survey, plan: Plan, reasons: tuple[str, ...], first: str) -> None:
    """Print what is written and why, what is to be pasted by hand, and what comes next."""
    output.as_json(
        {
            "files": [{"path": path, "why": why} for path, why in plan.why.items()],
            "documents": list(plan.documents),
            "left_alone": list(seen.left_alone),
            "reasons": list(reasons),
            "applied_by": {"by": seen.applying.by, "why": seen.applying.why},
            "schema": {"schema": seen.audience.schema, "why": seen.audience.why},
            "paste": [{"what": what, "text": text} for what, text in plan.paste],
            "first": first,
            "next": list(plan.next_steps),
        }
    )


def _seen(where: asking.Where, layout: str, folder: str | None) -> tuple[Survey, bool]:
    """Look at the project; a person is asked where nothing tells the convention.

    Gives what was seen, and whether somebody was asked.
    """
    from migdocs.commands import choosing, survey

    try:
        return survey.look(Path.cwd(), folder=folder, layout=layout), False
    except choosing.Undecided as undecided:
        if not where.asks:
            raise
        output.say(f"{undecided}.")
        layout = click.prompt("Which convention is it? ('?' stops)", default="?")
        if layout == "?":
            raise
        return survey.look(Path.cwd(), folder=folder, layout=layout), True


def _seen_of_start(seen: Survey, *, hints: bool) -> Iterator[str]:
    """Yield who applies the migrations, as it was seen.

    With ``hints`` also what to set where it is otherwise, for those who are not asked.
    """
    if not seen.reading.migrations:
        return
    found = seen.applying
    yield f"Applied by: {found.who} ({_plain(found.why)})."
    if seen.sign and not found.at_start:
        yield (
            f"    But {_plain(seen.sign.place)} {_plain(seen.sign.says)}: does the {seen.sign.by}"
            f" apply them?{_SET_IT.format(seen.sign.by) if hints else ''}"
        )
    elif found.by == "unknown" and hints:
        yield "    The documents name migdocs' commands until 'applied_by' says who does."


def _seen_of_readers(seen: Survey, *, hints: bool) -> Iterator[str]:
    """Yield who reads the database, as above."""
    if not seen.reading.migrations:
        return
    read = seen.audience
    hint = f" {_plain(read.otherwise)}" if hints and read.otherwise else ""
    yield f"Schema: {read.schema} ({_plain(read.why)}).{hint}"


def _answers(seen: Survey, given: dict[str, str], *, asked: bool) -> dict[str, str]:
    """Ask what the files cannot tell for sure; three questions at most, with the last one."""
    answers = dict(given)
    if not seen.is_new or not seen.reading.migrations:
        return answers
    if not answers["applied_by"]:
        found = "migdocs" if seen.applying.by == "unknown" else seen.applying.by
        tool = seen.applying.runner or "another tool"
        answers["applied_by"] = click.prompt(
            f"Who applies the migrations? migdocs, runner ({tool}), application, image",
            type=click.Choice(["migdocs", "runner", "application", "image"]),
            default=found,
            show_choices=False,
            err=True,
        )
    if not answers["schema"] and not asked:
        public = click.confirm(
            "Does anything but this application read the database?",
            default=not seen.audience.private,
            err=True,
        )
        answers["schema"] = "public" if public else "private"
    return answers


def _plain(text: str) -> str:
    """Give a sentence of the documents for a terminal."""
    return text.replace("`", "'")


def _tell(plan: Plan, word: str, *, quiet: bool) -> None:
    """Name each file with what it is for."""
    for path, reason in plan.why.items():
        output.say(f"{word} {path}: {reason}", quiet=quiet)


def _tell_documents(plan: Plan, word: str, *, quiet: bool) -> None:
    """Name the documents in one line."""
    if plan.documents:
        output.say(f"{word} {', '.join(plan.documents)}", quiet=quiet)


@click.command()
@asking.as_json
@asking.reading
@click.pass_context
def doctor(ctx: click.Context, where: asking.Where, *, as_json: bool) -> None:
    """Check this environment for what will cause trouble.

    If a database is given, by option or by the variable of the settings, it also shows which tool
    migrates it; nothing is changed there. Exits 1 if something will cause trouble.
    """
    from msgspec.structs import asdict

    from migdocs.commands import doctor as use_case

    remarks = use_case.examine(Path.cwd(), where.url, where.environment)
    if as_json:
        output.as_json({"remarks": [asdict(remark) for remark in remarks]})
    else:
        for remark in remarks:
            word, colour = _MARKS[remark.state]
            click.echo(f"{output.styled(word.rjust(5), fg=colour)}  {remark.about}: {remark.text}")
            if remark.hint and remark.state != "ok":
                click.echo(f"       Hint: {where.named(remark.hint)}")
    if any(remark.state == "bites" for remark in remarks):
        ctx.exit(EXIT_NO)


@click.command()
@click.option(
    "--directory",
    type=click.Path(path_type=Path),
    help="Where to create it; a temporary folder by default.",
)
@output.json_option
@output.quiet
def demo(directory: Path | None, *, as_json: bool, quiet: bool) -> None:
    """Try everything on a sample project.

    Creates a small repository with two releases, applies its migrations to its own PostgreSQL,
    rolls one back, applies it again, proves every rollback in a scratch database, and writes the
    documents. There is nothing to set up. Its database is kept in your state folder.
    """
    from migdocs.commands import demo as use_case

    def say(text: str) -> None:
        """Tell one step."""
        output.say(text, quiet=quiet or as_json)

    place = use_case.build(directory)
    say(f"Built a repository with {len(use_case.HISTORY)} commits and 2 releases.")
    try:
        use_case.database(place, say)
        use_case.proof(place, say)
    except MachineError as error:
        say(f"No database to show: {error}\nHint: {error.hint}")
    for path in use_case.documents(place):
        say(f"wrote {path}")
    say(f"\nThe log now says:\n\n{use_case.log(place)}")
    say(f"Look at {place / 'UPGRADE_GUIDE.md'} first,")
    say(f"then at {place / 'migrations' / 'MIGRATIONS_LOG.md'}.")
    if as_json:
        output.as_json({"directory": str(place)})
    else:
        output.data(str(place))
