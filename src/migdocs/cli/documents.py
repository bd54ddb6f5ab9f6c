"""``generate``, ``check``, ``list`` and ``flow``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migdocs.cli import output
from migdocs.core.errors import EXIT_NO

if TYPE_CHECKING:
    from collections.abc import Iterable

    from migdocs.commands.generate import Generated
    from migdocs.commands.project import Project


@click.command()
@click.argument("documents", nargs=-1, metavar="[DOCUMENT]...")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 and show what is stale.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.option("--adopt", is_flag=True, help="Add a region to files that were written by hand.")
@output.json_option
@output.quiet
@click.pass_context
def generate(
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

    Only the text between '<!-- migdocs:begin NAME -->' and '<!-- migdocs:end NAME -->' is
    replaced. A file without such marks is somebody's own and is left alone, and the others are
    written; --adopt adds the marks and keeps the old text, byte for byte. --diff shows first what
    it would put where; the setting 'adopted_log' chooses where in a change log.
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
    generated = use_case.plan(read, documents, adopt=adopt or diff)
    _say_what_is_put(generated, adopt=adopt, quiet=quiet)
    generated = _checked(read, generated, documents, quiet=quiet) if check else generated
    # What was asked for by name and cannot be written is an error; else the others are written.
    blocked = bool(documents) and bool(generated.unadopted or generated.foreign)
    stale = generated.stale
    writes = not (blocked or check or diff)
    written = use_case.write(read, generated) if writes else ()
    if as_json:
        _tell_json(written, stale, generated.unadopted, generated.foreign)
    elif blocked:
        _say_what_is_in_the_way(generated.unadopted, generated.foreign)
        output.say("Nothing was written.", quiet=quiet)
    else:
        _tell(generated, written, check=check, diff=diff, quiet=quiet)
    if blocked or (check and stale):
        ctx.exit(EXIT_NO)
    if writes and not documents:
        freshness.remember(Path.cwd())


def _tell(
    generated: Generated, written: Iterable[str], *, check: bool, diff: bool, quiet: bool
) -> None:
    """Say what would change, or what was written."""
    stale = generated.stale
    _say_what_is_left_alone(generated, quiet=quiet)
    if stale and (diff or (check and not quiet)):
        output.data(generated.diff())
    if stale and check:
        output.say(f"{len(stale)} stale: run 'migdocs generate'.", quiet=quiet)
    for path in written:
        output.say(f"wrote {path}", quiet=quiet)
    output.say("Every document is up to date.", quiet=quiet or bool(stale))


def _say_what_is_put(generated: Generated, *, adopt: bool, quiet: bool) -> None:
    """Say what goes into people's files, and where."""
    for path, what in generated.adopted.items():
        output.say(f"{path}: adds {what}; your text stays as it is", quiet=quiet)
    if generated.adopted and not adopt:
        output.say("Hint: these files are yours: 'migdocs generate --adopt' does it.", quiet=quiet)


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


def _checked(
    read: Project, generated: Generated, documents: tuple[str, ...], *, quiet: bool
) -> Generated:
    """Leave out what is stale only by releases of other branches, and say which those are."""
    from migdocs.commands import apart

    checked = apart.check(read, generated, documents)
    if checked.passed_over:
        names = ", ".join(checked.passed_over)
        output.say(f"Tagged on another branch, not required here: {names}", quiet=quiet)
    if checked.missing:
        names = ", ".join(checked.missing)
        output.say(
            f"Hint: the change log tells of {names}, whose tag is not in this clone:"
            " 'git fetch --tags' from where releases are made.",
            quiet=quiet,
        )
    return checked.generated


def _say_without_git(git: object, *, quiet: bool = False) -> None:
    """Tell where releases come from when no tag can say it."""
    if git is None:
        output.say(
            "This is not a git repository: releases come from the notes and the change log.",
            quiet=quiet,
        )


def _say_what_is_left_alone(generated: Generated, *, quiet: bool) -> None:
    """Name the files that are somebody's: the others are written all the same."""
    for path in generated.unadopted:
        output.say(f"{path} is written by hand: it is left alone.", quiet=quiet)
    if generated.unadopted:
        output.say(
            "Hint: 'migdocs generate --adopt' puts our part in; your text stays.", quiet=quiet
        )
    for path in generated.foreign:
        output.say(
            f"{path} is left alone: migdocs writes the whole file, and did not write this one.",
            quiet=quiet,
        )
    if generated.foreign:
        output.say(
            "Hint: move it away, or name another path under 'documents' in the settings.",
            quiet=quiet,
        )


def _say_what_is_in_the_way(unadopted: Iterable[str], foreign: Iterable[str]) -> None:
    """Name the files that are somebody's, and what to do about each kind."""
    for path in unadopted:
        output.say(f"{path}: written by hand, without a region of migdocs")
    if unadopted:
        output.say("Hint: 'migdocs generate --adopt' adds one and keeps your text.")
    for path in foreign:
        output.say(
            f"{path}: is in the way: migdocs writes the whole file, and did not write this one"
        )
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
    help="For the terminal (the default), a forge, a picture or a program.",
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
