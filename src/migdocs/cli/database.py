"""``apply``, ``rollback``, ``migrate``, ``baseline`` and ``repair``: what changes a database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from migdocs.cli import asking, output
from migdocs.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migdocs.commands.apply import Prepared
    from migdocs.commands.guided import Walked
    from migdocs.commands.place import Place

_take_over = click.option(
    "--take-over",
    is_flag=True,
    help="Run them although the database already has tables, or another tool has run them so far.",
)
_dry_run = click.option("--dry-run", is_flag=True, help="Change nothing; print the statements.")


@click.command()
@click.option("--to", metavar="VERSION|ID", help="Apply up to this one; everything by default.")
@click.option(
    "--allow-late",
    is_flag=True,
    help="Also apply migrations that were merged after newer ones had run.",
)
@click.option("--verify", is_flag=True, help="Run the queries of the notes after each migration.")
@_take_over
@asking.fleet
@click.option(
    "--as",
    "form",
    type=click.Choice(["kubernetes", "github", "parallel", "ansible"]),
    default="parallel",
    show_default=True,
    help="With --fleet: print one job for each database in this form, and run nothing.",
)
@_dry_run
@asking.as_json
@asking.changing
def apply(
    where: asking.Where,
    *,
    to: str | None,
    allow_late: bool,
    verify: bool,
    take_over: bool,
    fleet: Path | None,
    form: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Apply what is pending, and record it in the ledger.

    A script and its row in the table migdocs_ledger are one transaction: both are committed, or
    neither is. What cannot run in a transaction is recorded before and after, so that 'status' can
    show what was interrupted.
    """
    from migdocs.commands import apply as use_case
    from migdocs.commands import place as places

    if fleet:
        from migdocs.commands import fleet as fleets

        output.data(fleets.written(fleet, form))
        return
    place = places.find(Path.cwd(), where.environment, where.notify)
    only = places.ids_of(place, to) if to else None
    with places.target(place, where.url, where.notify, take_over=take_over) as target:
        if dry_run or where.asks:
            plan = use_case.dry_run(place.migrations, target, only=only, allow_late=allow_late)
            if dry_run:
                _print_plan(place, plan, as_json=as_json)
                return
            if plan and not where.agreed(f"Apply {_named(plan)}?"):
                where.refrain()
        events = use_case.apply(
            place.migrations, target, only=only, allow_late=allow_late, verify=verify
        )
    _print_events("applied", [event.migration for event in events], where, as_json=as_json)


@click.command()
@click.option(
    "--to", metavar="VERSION|ID", help="Go back to this version or migration, step by step."
)
@click.option(
    "--last",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="How many migrations to roll back.",
)
@click.option(
    "--reason", default="", metavar="TEXT", help="The reason; it is recorded in the ledger."
)
@_dry_run
@asking.as_json
@asking.changing
def rollback(
    where: asking.Where, *, to: str | None, last: int, reason: str, dry_run: bool, as_json: bool
) -> None:
    """Roll back what was applied, newest first.

    With --to it goes back to a version step by step, and asks at each step: stop the application,
    roll back, verify, restore a backup if that is not enough, check out the version, start, see
    that it works. Your own commands to stop, start and check it are in the settings.
    """
    from migdocs.commands import guided, return_to
    from migdocs.commands import place as places
    from migdocs.commands import rollback as use_case

    place = places.find(Path.cwd(), where.environment)
    with places.target(place, where.url, where.notify) as target:
        if to and not dry_run:
            ids, tag = places.ids_of(place, to), places.tag_of(place, to)
            way = return_to.Return(place, target, ids, tag, reason)
            walked = guided.walk(return_to.steps(way), where.agreed, place.logger(where.notify))
            _print_walked(walked, as_json=as_json)
            return
        keep = places.ids_of(place, to) if to else None
        plan = use_case.dry_run(place.migrations, target, keep=keep, last=last)
        if dry_run:
            _print_plan(place, plan, as_json=as_json)
            return
        if plan and not where.agreed(f"Roll back {_named(plan)}?"):
            where.refrain()
        events = use_case.rollback(place.migrations, target, last=last, reason=reason)
    _print_events("rolled back", [event.migration for event in events], where, as_json=as_json)


@click.command()
@_take_over
@asking.as_json
@asking.changing
def migrate(where: asking.Where, *, take_over: bool, as_json: bool) -> None:
    """Upgrade the database step by step, asking at each one.

    Shows what breaks, backs up, lets you choose (one by one, all at once, or by hand with psql),
    applies, verifies. If that fails: rolls back, restores, and tells you what to fix. You can
    decline each step. Each is logged ('migdocs doctor' shows where). After Ctrl-C, 'migdocs status'
    shows what was done.
    """
    from migdocs.commands import guided
    from migdocs.commands import migrate as use_case
    from migdocs.commands import place as places
    from migdocs.commands.briefing import briefing

    place = places.find(Path.cwd(), where.environment, where.notify)
    with places.target(place, where.url, where.notify, take_over=take_over) as target:
        migrating = use_case.Migrating(
            place,
            target,
            lambda ids: briefing(place.root, ids),
            lambda: where.choice("How?", use_case.WAYS),
        )
        walked = guided.walk(use_case.steps(migrating), where.agreed, place.logger(where.notify))
    _print_walked(walked, as_json=as_json)


@click.command()
@click.option("--to", metavar="VERSION|ID", help="Declare everything up to this one as applied.")
@click.option(
    "--reason", default="", metavar="TEXT", help="The reason; it is recorded in the ledger."
)
@asking.as_json
@asking.changing
def baseline(where: asking.Where, *, to: str | None, reason: str, as_json: bool) -> None:
    """Record what has already run in a database; runs nothing.

    Without --to, it reads the table of the project's own runner: schema_migrations of
    golang-migrate, dbmate or a hand-made runner, or that of Flyway, goose, diesel or sqitch.
    """
    from migdocs.commands import baseline as use_case
    from migdocs.commands import place as places

    place = places.find(Path.cwd(), where.environment, where.notify)
    with places.target(place, where.url, where.notify) as target:
        if to:
            ids = places.ids_of(place, to)
            found = use_case.baseline(place.migrations, target, ids, reason=reason)
        else:
            found = use_case.baseline_from_runner(place.migrations, target, place.layout)
    for name in found.unknown:
        where.notify(f"the runner's table has '{name}', which is not a migration here")
    names = [event.migration for event in found.events]
    _print_events("taken over", names, where, as_json=as_json)


@click.command()
@click.argument("migration", metavar="ID")
@click.option(
    "--as",
    "state",
    type=click.Choice(["applied", "pending"]),
    help="Its state in the database now.",
)
@click.option("--reason", default="", metavar="TEXT", help="What you found and did.")
@click.option("--renamed-from", "old", metavar="ID", help="The name that it was applied under.")
@asking.as_json
@asking.changing
def repair(
    where: asking.Where,
    *,
    migration: str,
    state: Literal["applied", "pending"] | None,
    reason: str,
    old: str | None,
    as_json: bool,
) -> None:
    """Settle a half-done, edited or renamed migration.

    ID is the migration, as 'migdocs status' shows it. The reason is recorded in the ledger.
    """
    from migdocs.commands import place as places
    from migdocs.commands import repair as use_case

    place = places.find(Path.cwd(), where.environment)
    with places.target(place, where.url, where.notify) as target:
        if old:
            use_case.rename(place.migrations, target, migration, old)
            where.notify(f"{migration} is applied, as {old} was")
            _print_repaired(migration, "applied", as_json=as_json)
            return
        if not state:
            raise UsageError(
                "what does the database have of it?", hint="Say '--as applied' or '--as pending'."
            )
        use_case.repair(place.migrations, target, migration, reason=reason, state=state)
    where.notify(f"{migration} is {state} now")
    _print_repaired(migration, state, as_json=as_json)


def _print_repaired(migration: str, state: str, *, as_json: bool) -> None:
    """Print what the database has of a migration now."""
    if as_json:
        output.as_json({"migration": migration, "state": state})


# --- what is printed ----------------------------------------------------------------------------


def _named(plan: Sequence[Prepared]) -> str:
    """Name the migrations of a plan."""
    return ", ".join(item.step.migration.id for item in plan)


def _print_plan(place: Place, plan: Sequence[Prepared], *, as_json: bool) -> None:
    """Print what would run, and what each statement may do to others."""
    from migdocs.commands import preview

    if as_json:
        output.as_json({"steps": preview.shapes(place.root, plan)})
    else:
        output.data(preview.text(place.root, plan))


def _print_events(done: str, ids: Sequence[str], where: asking.Where, *, as_json: bool) -> None:
    """Print what was done with which migrations."""
    if as_json:
        output.as_json({"migrations": list(ids)})
        return
    for name in ids:
        where.notify(f"{done} {name}")
    if not ids:
        where.notify("nothing to do")


def _print_walked(walked: Sequence[Walked], *, as_json: bool) -> None:
    """Print what came of a flow's steps."""
    if as_json:
        steps = [{"name": w.name, "outcome": w.outcome, "detail": w.detail} for w in walked]
        output.as_json({"steps": steps})
