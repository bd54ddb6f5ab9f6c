"""``upgrade``."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

import click

from migdocs.cli import output
from migdocs.core.errors import EXIT_NO


@click.command()
@click.argument("versions", nargs=-1, metavar="FROM TO")
@click.option(
    "--format",
    "form",
    type=click.Choice(["markdown", "json", "shell"]),
    default=None,
    help="Markdown by default.",
)
@output.json_option
@click.option(
    "--applied",
    type=click.File(),
    help="Instead of FROM: what is applied, one id per line or 'migdocs status --json'.",
)
@click.pass_context
def upgrade(
    ctx: click.Context,
    *,
    versions: tuple[str, ...],
    form: str | None,
    as_json: bool,
    applied: TextIO | None,
) -> None:
    """Write the guide from one version to another.

    FROM and TO are versions, with or without 'v', or tags. The migrations to run are those in TO
    and not in FROM. The guide lists what breaks, where you must stop, the point of no return, and
    how to roll back. Exits 1 if the upgrade is refused; the reason is printed.
    """
    from migdocs.commands import project
    from migdocs.commands import upgrade as use_case

    if as_json and form not in {None, "json"}:
        raise click.UsageError("--json and --format contradict each other.", ctx)
    wanted = 1 if applied else 2
    if len(versions) != wanted:
        needed = "one version, TO, beside --applied" if applied else "two versions: FROM TO"
        raise click.UsageError(f"Give {needed}.", ctx)
    read = project.read(Path.cwd())
    before = use_case.from_applied(read, applied.read(), applied.name) if applied else versions[0]
    found = use_case.guide(read, before, versions[-1])
    output.data(use_case.formatted(read, found, "json" if as_json else form or "markdown"))
    ctx.exit(0 if found.allowed else EXIT_NO)
