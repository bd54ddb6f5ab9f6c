"""``verify``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from migdocs.cli import asking, output
from migdocs.core.errors import EXIT_NO


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option(
    "--changed/--all",
    "changed",
    default=True,
    help="Only migrations without trusted evidence (the default), or all.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 32),
    default=2,
    show_default=True,
    metavar="N",
    help="How many to prove in parallel.",
)
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0.1),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="The limit for one script.",
)
@click.option(
    "--server",
    default="",
    metavar="URL",
    help="A server to create scratch databases on; by default, a temporary one is started.",
)
@click.option(
    "--superuser", is_flag=True, help="Let scripts read files and run programs on the server."
)
@click.option(
    "--rows",
    type=click.IntRange(min=1),
    default=None,
    metavar="N",
    help="Measure the time with this many rows in every table that a script touches.",
)
@click.option(
    "--base",
    default="",
    metavar="REF",
    help="Do not trust evidence added since REF (default: the default branch).",
)
@click.option("--prune", is_flag=True, help="Remove evidence of scripts that no longer exist.")
@asking.as_json
@output.quiet
@click.pass_context
def verify(
    ctx: click.Context,
    ids: tuple[str, ...],
    *,
    changed: bool,
    jobs: int,
    time_limit: float,
    server: str,
    superuser: bool,
    rows: int | None,
    base: str,
    prune: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Prove that migrations run and roll back, in a scratch database.

    ID selects the migrations to prove. By default: those without evidence, and those whose
    evidence was written since the branch began, unless it was written on this machine. Each is
    applied, checked, rolled back, compared and applied again. Every table is filled with rows
    first, so that lost data is noticed. The results go to evidence.json in the migrations folder,
    and into the documents. Exits 1 if a migration does not apply, a query of its notes fails, or
    its rollback fails or leaves something behind.
    """
    from migdocs.commands import evidence
    from migdocs.commands import place as places
    from migdocs.commands import verify as use_case
    from migdocs.commands.trial_steps import Options

    place = places.find(Path.cwd())
    task = evidence.task(place, ids, every=not changed, measured=rows is not None, base=base)
    where = asking.Where("", "", quiet or as_json)

    def tell(proof: Any) -> None:  # noqa: ANN401 - the core's proof, which this room must not import
        """Tell a proof as soon as it is known."""
        where.notify("\n".join(evidence.told(proof)))

    options = Options(jobs, time_limit, superuser, rows or 0)
    report = use_case.verify(task, server, options, tell)
    path = evidence.keep(place, task, report, prune=prune)
    if as_json:
        output.as_json(evidence.shape(report))
    for kind, name in report.left:
        where.notify(
            f"{kind} '{name}' was made outside of the scratch database;"
            " it is dropped if no one else can have created it"
        )
    for kind, name, why in report.stayed:
        where.notify(f"still there: {kind} '{name}' could not be dropped: {why}")
    for kind, name, what in report.changed:
        told = f"its {what} is not what it was" if what else "it is gone"
        where.notify(f"changed on the server: {kind} '{name}': {told}; 'verify' cannot undo that")
    where.notify(f"{len(report.proofs)} tried on PostgreSQL {report.server}; see {path}")
    ctx.exit(EXIT_NO if report.changed or evidence.is_bad(report) else 0)
