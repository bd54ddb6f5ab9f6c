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
    help="Only what no evidence that is believed speaks of (the default), or everything.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 32),
    default=2,
    show_default=True,
    metavar="N",
    help="How many to prove at once.",
)
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0.1),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="For one script.",
)
@click.option(
    "--server",
    default="",
    metavar="URL",
    help="A server where scratch databases may be made; by default one is started and thrown away.",
)
@click.option(
    "--superuser", is_flag=True, help="Let scripts read files and run programs on the server."
)
@click.option(
    "--rows",
    type=click.IntRange(min=1),
    default=None,
    metavar="N",
    help="Measure the time with so many rows in every table that a script touches.",
)
@click.option(
    "--base",
    default="",
    metavar="REF",
    help="Try again what only the evidence since REF speaks of (default: the default branch).",
)
@click.option("--prune", is_flag=True, help="Drop evidence of scripts that are not there any more.")
@asking.as_json
@output.quiet
@click.pass_context
def verify(  # noqa: PLR0913 - one parameter an option
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

    ID names those to prove; without any, those that no evidence speaks of yet, and those whose
    evidence was written since the branch began, unless you saw it here. Each is applied, checked,
    rolled back, compared and applied again. Every table gets rows first, so that a rollback has
    something to lose. What was seen is written to evidence.json beside the migrations, and the
    documents print it. Exits 1 where a migration does not apply, a check of its notes fails, or its
    rollback fails or leaves something else.
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
            " it is dropped where nobody else can have made it"
        )
    for kind, name, why in report.stayed:
        where.notify(f"still there: {kind} '{name}' could not be dropped: {why}")
    where.notify(f"{len(report.proofs)} tried on PostgreSQL {report.server}; see {path}")
    ctx.exit(EXIT_NO if evidence.is_bad(report) else 0)
