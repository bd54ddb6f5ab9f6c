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
@output.quiet
@click.pass_context
def generate(  # noqa: PLR0913 - one parameter an option
    ctx: click.Context,
    documents: tuple[str, ...],
    *,
    check: bool,
    diff: bool,
    adopt: bool,
    quiet: bool,
) -> None:
    """Regenerate the documents, all or those named.

    DOCUMENT is any of: log, breaking, upgrade, changelog, guide, contributing, flow, json.

    Only what stands between '<!-- migdocs:begin NAME -->' and '<!-- migdocs:end NAME -->' is
    replaced. A file without such marks is somebody's own and is left alone; --adopt adds them at
    its top and keeps the old text below, byte for byte.
    """
    from migdocs.commands import freshness

    if not documents and freshness.is_fresh(Path.cwd()):
        output.say("Every document is up to date.", quiet=quiet)
        return
    # The rest is imported only now: most runs find nothing to do.
    from migdocs.commands import generate as use_case
    from migdocs.commands import project

    read = project.read(Path.cwd())
    _say_without_git(read.git, quiet=quiet)
    generated = use_case.plan(read, documents, adopt=adopt)
    if generated.unadopted or generated.foreign:
        _say_what_is_in_the_way(generated.unadopted, generated.foreign)
        output.say("Nothing was written.", quiet=quiet)
        ctx.exit(EXIT_NO)
    if generated.stale and (check or diff):
        if diff or not quiet:
            output.data(generated.diff())
        if check:
            output.say(f"{len(generated.stale)} stale: run 'migdocs generate'.", quiet=quiet)
            ctx.exit(EXIT_NO)
        return
    for path in use_case.write(read, generated):
        output.say(f"wrote {path}", quiet=quiet)
    output.say("Every document is up to date.", quiet=quiet or bool(generated.stale))
    if not documents and not check and not diff:
        freshness.remember(Path.cwd())


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
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
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
    type=click.Choice(["text", "mermaid", "svg"]),
    default="text",
    show_default=True,
    help="For the terminal, for a forge, for a wall.",
)
def flow(form: str) -> None:
    """Draw the version flow."""
    from migdocs.commands import project
    from migdocs.commands.listing import version_flow

    read = project.read(Path.cwd())
    _say_without_git(read.git)
    output.data(version_flow(read.facts, form))


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--json", "as_json", is_flag=True, help="One JSON document; same as --format json.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "gitlab", "sarif", "junit"]),
    default="text",
    show_default=True,
    help="What reads it: a person, a program, a forge.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info", "never"]),
    default="error",
    show_default=True,
    help="Exit 1 from this severity on.",
)
@click.option(
    "--severity",
    type=click.Choice(["error", "warning", "info"]),
    default="info",
    show_default=True,
    help="Say only what is at least so grave.",
)
@click.option(
    "--postgres",
    type=click.IntRange(10, 18),
    metavar="N",
    help="With a script's PATH: the version it will run on.",
)
@click.option(
    "--schema",
    type=click.Path(exists=True, dir_okay=False),
    help="With a script's PATH: a script that makes what it assumes.",
)
@click.option(
    "--require-evidence", is_flag=True, help="Find also what 'migdocs verify' has not tried."
)
@click.option(
    "--base",
    default="",
    metavar="REF",
    help="With --require-evidence: believe what REF holds (default: the default branch).",
)
@output.quiet
@click.pass_context
def check(  # noqa: PLR0913 - one parameter an option
    ctx: click.Context,
    paths: tuple[str, ...],
    *,
    postgres: int | None,
    schema: str | None,
    as_json: bool,
    form: str,
    fail_on: str,
    severity: str,
    require_evidence: bool,
    base: str,
    quiet: bool,
) -> None:
    """Say everything that is wrong, with its place.

    PATH limits what is said to these files and folders of the project. With --postgres or --schema,
    or where a PATH is a script outside of the migrations' folder, the scripts are judged by
    themselves and no project is needed.
    """
    from migdocs.commands import alone

    if as_json and form not in {"text", "json"}:
        raise click.UsageError("--json and --format contradict each other.", ctx)
    if (postgres or schema) and not paths:
        raise click.UsageError("--postgres and --schema need the PATH of a script.", ctx)
    findings = alone.asked(Path.cwd(), paths, postgres, schema)
    if findings is None:
        from migdocs.commands import check as use_case

        findings = use_case.asked(Path.cwd(), paths, require_evidence=require_evidence, base=base)
    if as_json or form != "text" or not quiet:
        said = alone.at_least(findings, severity)
        output.data(alone.formatted(said, "json" if as_json else form))
    ctx.exit(EXIT_NO if alone.at_least(findings, fail_on) else 0)
