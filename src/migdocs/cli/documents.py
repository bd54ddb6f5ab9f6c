"""``generate``, ``check``, ``list`` and ``flow``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migdocs.cli import output
from migdocs.core.errors import EXIT_NO

if TYPE_CHECKING:
    from collections.abc import Iterable


@click.command()
@click.argument("documents", nargs=-1, metavar="[DOCUMENT]...")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 and show what is stale.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.option("--adopt", is_flag=True, help="Put a region into files that people wrote.")
@output.json_option
@output.quiet
@click.pass_context
def generate(  # noqa: PLR0913 - one parameter an option
    ctx: click.Context,
    documents: tuple[str, ...],
    *,
    check: bool,
    diff: bool,
    adopt: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Regenerate the documents, all or those named.

    DOCUMENT is any of: log, breaking, upgrade, changelog, guide, contributing, flow, json.

    Only what stands between '<!-- migdocs:begin NAME -->' and '<!-- migdocs:end NAME -->' is
    replaced. A file without such marks is somebody's own and is left alone; --adopt adds them at
    its top and keeps the old text below, byte for byte.
    """
    from migdocs.commands import freshness

    quiet = quiet or as_json
    if not documents and freshness.is_fresh(Path.cwd()):
        output.say("Every document is up to date.", quiet=quiet)
        _tell_json() if as_json else None
        return
    # The rest is imported only now: most runs find nothing to do.
    from migdocs.commands import generate as use_case
    from migdocs.commands import project

    read = project.read(Path.cwd())
    _say_without_git(read.git, quiet=quiet)
    generated = use_case.plan(read, documents, adopt=adopt)
    stale = generated.stale
    if as_json:
        blocked = generated.unadopted or generated.foreign
        written = () if blocked or check or diff else use_case.write(read, generated)
        _tell_json(written, stale, generated.unadopted, generated.foreign)
        if blocked or (check and stale):
            ctx.exit(EXIT_NO)
    elif generated.unadopted or generated.foreign:
        _say_what_is_in_the_way(generated.unadopted, generated.foreign)
        output.say("Nothing was written.", quiet=quiet)
        ctx.exit(EXIT_NO)
    elif stale and (check or diff):
        if diff or not quiet:
            output.data(generated.diff())
        if check:
            output.say(f"{len(stale)} stale: run 'migdocs generate'.", quiet=quiet)
            ctx.exit(EXIT_NO)
        return
    else:
        for path in use_case.write(read, generated):
            output.say(f"wrote {path}", quiet=quiet)
        output.say("Every document is up to date.", quiet=quiet or bool(stale))
    if not documents and not check and not diff:
        freshness.remember(Path.cwd())


def _tell_json(
    written: Iterable[str] = (),
    stale: Iterable[str] = (),
    unadopted: Iterable[str] = (),
    foreign: Iterable[str] = (),
) -> None:
    """Print what was found and written, as JSON."""
    output.as_json(
        {
            "written": list(written),
            "stale": list(stale),
            "unadopted": list(unadopted),
            "foreign": list(foreign),
        }
    )


def _say_without_git(git: object, *, quiet: bool = False) -> None:
    """Tell where releases come from when no tag can say it."""
    if git is None:
        output.say(
            "This is no git repository: releases come from the notes and the change log.",
            quiet=quiet,
        )


def _say_what_is_in_the_way(unadopted: Iterable[str], foreign: Iterable[str]) -> None:
    """Name the files that are somebody's, and what to do about each kind."""
    for path in unadopted:
        output.say(f"{path}: written by hand, without a region of migdocs")
    if unadopted:
        output.say("Hint: 'migdocs generate --adopt' adds one and keeps the text below it.")
    for path in foreign:
        output.say(f"{path}: is in the way: migdocs writes this file whole, and did not write it")
    if foreign:
        output.say("Hint: move it away, or name another path under 'documents' in the settings.")


@click.command(name="list")
@output.json_option
def list_(*, as_json: bool) -> None:
    """List every migration, its parts and its release."""
    from migdocs.commands import project
    from migdocs.commands.listing import listing, table

    read = project.read(Path.cwd())
    _say_without_git(read.git)
    if as_json:
        output.as_json(listing(read.facts))
    else:
        output.data(table(read.facts))


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "mermaid", "svg", "json"]),
    default=None,
    help="For the terminal (the default), for a forge, for a wall, for a program.",
)
@output.json_option
@click.pass_context
def flow(ctx: click.Context, *, form: str | None, as_json: bool) -> None:
    """Draw the version flow."""
    from migdocs.commands import project
    from migdocs.commands.listing import listing, version_flow

    if as_json and form not in {None, "json"}:
        raise click.UsageError("--json and --format contradict each other.", ctx)
    read = project.read(Path.cwd())
    _say_without_git(read.git)
    if as_json or form == "json":
        drawn = version_flow(read.facts, "mermaid")
        output.as_json({"releases": listing(read.facts)["releases"], "mermaid": drawn})
    else:
        output.data(version_flow(read.facts, form or "text"))
