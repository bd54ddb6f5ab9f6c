"""``init``, ``doctor`` and ``demo``."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Any

import click

from migdocs.cli import asking, output
from migdocs.core.errors import EXIT_NO, MachineError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migdocs.commands.init import Plan

_MARKS = {"ok": ("ok", "green"), "note": ("note", "yellow"), "bites": ("bites", "red")}


@click.command()
@click.option("--dry-run", is_flag=True, help="Write nothing; say what would be written.")
@click.option("--migrations", metavar="FOLDER", help="Where the migrations are.")
@click.option("--layout", metavar="NAME", default="", help="The convention of its files.")
@click.option("--name", help="What the project is called.")
@click.option(
    "--ci",
    type=click.Choice(["auto", "github", "gitlab", "none"]),
    default="auto",
    show_default=True,
    help="Whose CI to write a check for; auto goes by the remote.",
)
@asking.answers
@output.json_option
@output.quiet
def init(  # noqa: PLR0913 - one parameter an option
    *,
    dry_run: bool,
    migrations: str | None,
    layout: str,
    name: str | None,
    ci: str,
    yes: bool,
    no_input: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Set a project up: settings, template, regions, CI.

    Looks at what is there: the migrations' folder and convention, the tags, the forge, documents
    that exist. No existing file is changed but by a region at its end, and nothing is renamed.
    At a terminal it asks once, before it writes, and where nothing tells the convention.
    """
    from migdocs.commands import init as use_case

    quiet = quiet or as_json
    where = asking.Where("", "", quiet, yes, no_input or as_json)
    plan = _planned(where, layout, folder=migrations, name=name, ci=ci)
    for reason in plan.reasons:
        output.say(reason, quiet=quiet)
    if dry_run:
        _tell(plan.why, "would write", quiet=quiet)
    elif plan.why and where.asks and not quiet:
        _tell(plan.why, "will write", quiet=quiet)
        if not where.agreed("Write this?"):
            where.refrain()
        use_case.write(plan)
    else:
        use_case.write(plan)
        _tell(plan.why, "wrote", quiet=quiet)
    if not plan.why:
        output.say("Everything is set up: nothing to write.", quiet=quiet)
    for what, text in plan.paste:
        output.say(f"\n{what}\n{indent(text.rstrip(), '    ')}\n", quiet=quiet)
    for step in plan.next_steps:
        output.say(f"Next: {step}", quiet=quiet)
    if as_json:
        _tell_json(plan)


def _tell_json(plan: Plan) -> None:
    """Print what is written and why, what is to be pasted by hand, and what comes next."""
    output.as_json(
        {
            "files": [{"path": path, "why": why} for path, why in plan.why.items()],
            "reasons": list(plan.reasons),
            "paste": [{"what": what, "text": text} for what, text in plan.paste],
            "next": list(plan.next_steps),
        }
    )


def _planned(where: asking.Where, layout: str, **options: Any) -> Plan:  # noqa: ANN401 - as they are
    """Plan the set-up; a person is asked where nothing tells the convention."""
    from migdocs.commands import choosing
    from migdocs.commands import init as use_case

    try:
        return use_case.plan(Path.cwd(), layout=layout, **options)
    except choosing.Undecided as undecided:
        if not where.asks:
            raise
        output.say(f"{undecided}.")
        layout = click.prompt("Which convention is it? ('?' stops)", default="?")
        if layout == "?":
            raise
        return use_case.plan(Path.cwd(), layout=layout, **options)


def _tell(why: Mapping[str, str], word: str, *, quiet: bool) -> None:
    """Name each file with what it is for."""
    for path, reason in why.items():
        output.say(f"{word} {path}: {reason}", quiet=quiet)


@click.command()
@asking.as_json
@asking.reading
@click.pass_context
def doctor(ctx: click.Context, where: asking.Where, *, as_json: bool) -> None:
    """Say what in this environment will bite.

    Of a database that is named, by option or by the settings' variable, it says whose it is: it
    only asks there. Exits 1 where something will bite.
    """
    from dataclasses import asdict

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
    "--directory", type=click.Path(path_type=Path), help="Where; a temporary folder by default."
)
@output.json_option
@output.quiet
def demo(directory: Path | None, *, as_json: bool, quiet: bool) -> None:
    """Show the whole thing on a sample project.

    Builds a small repository with two releases, applies its migrations to a PostgreSQL of its own,
    rolls one back, applies it again, proves every rollback in a throw-away database, and writes
    the documents. Nothing to set up. Its database is kept in your state folder.
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
