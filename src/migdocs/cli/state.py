"""``status`` and ``history``: what a database has; nothing is changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migdocs.cli import asking, output
from migdocs.core.errors import EXIT_NO

if TYPE_CHECKING:
    from migdocs.commands.place import Place
    from migdocs.commands.status import Status


@click.command()
@click.option("--fail-on-pending", is_flag=True, help="Exit 1 if something is pending.")
@asking.fleet
@click.option("--markdown", is_flag=True, help="With --fleet: print the report as a document.")
@asking.as_json
@asking.reading
@click.pass_context
def status(
    ctx: click.Context,
    where: asking.Where,
    *,
    fail_on_pending: bool,
    fleet: Path | None,
    markdown: bool,
    as_json: bool,
) -> None:
    """Show what is applied, pending, failed or edited in the database.

    Changes nothing. Exits 1 if something failed, is half done or was edited. With --fleet, it reads
    the ledgers that the databases exported, and exits 1 if one of them failed, is behind, or
    exported nothing.
    """
    from migdocs.commands import outlines
    from migdocs.commands import place as places
    from migdocs.commands import status as use_case

    place = places.locate(Path.cwd(), where.environment)
    if fleet:
        _fleet_status(ctx, place, fleet, markdown=markdown, as_json=as_json)
        return
    migrations = outlines.outlines(place)
    with places.target(place, where.url, where.notify, changes=False) as target:
        found = use_case.status(migrations, target)
    if as_json:
        output.as_json(found.shape())
    else:
        output.data(where.named(_status_text(found)))
    wrong = found.state.failed or found.state.edited
    if wrong or (fail_on_pending and found.state.pending):
        ctx.exit(EXIT_NO)


def _fleet_status(
    ctx: click.Context, place: Place, path: Path, *, markdown: bool, as_json: bool
) -> None:
    """Print how the databases of a fleet stand."""
    from migdocs.commands import fleet as fleets

    found = fleets.status(place, path)
    if as_json:
        output.as_json(found.shape())
    else:
        output.data(fleets.document(found) if markdown else fleets.text(found))
    if not found.good:
        ctx.exit(EXIT_NO)


@click.command()
@click.option("--export", metavar="FILE", help="Add the events to this file, as JSON lines.")
@asking.as_json
@asking.reading
def history(where: asking.Where, *, export: str | None, as_json: bool) -> None:
    """List what was run in the database, oldest first.

    'migdocs history --export migrations/history.jsonl --env production' saves it in the
    repository, where the documents use it. If you export again, only new events are added.
    """
    from migdocs.commands import history as use_case
    from migdocs.commands import place as places

    place = places.locate(Path.cwd(), where.environment)
    with places.target(place, where.url, where.notify, changes=False) as target:
        if export:
            new = use_case.export(place.root, export, target, where.environment)
            where.notify(f"{export}: {len(new)} new events")
            return
        events = use_case.shapes(target, where.environment)
    if as_json:
        output.as_json({"events": events})
        return
    for event in events:
        took = "" if event["duration_ms"] is None else f" in {event['duration_ms']} ms"
        why = event["error"] or event.get("reason", "")
        what = f"{event['action']} {event['outcome']} {event['migration']}{took}"
        output.data(f"{event['at']} {what} by {event['by']}{': ' if why else ''}{why}")


def _status_text(found: Status) -> str:
    """Write the status for a terminal: one line a migration, and what wants attention first."""
    from migdocs.commands import status as use_case

    state = found.state
    lines = [f"another migdocs is at work: {found.at_work}"] if found.at_work else []
    lines += [
        f"tracked by: {tracked.tracker.title} ({tracked.relation.title})"
        for tracked in found.tracked_by
    ]
    lines.append(f"current: {state.current or 'nothing is applied'}")
    lines.append(f"applied: {len(state.applied)}, pending: {len(state.pending)}")
    for name in state.failed:
        event = found.last[name]
        kind = "half done" if name in state.half_done else "failed"
        place = f" (line {event.line})" if event.line else ""
        action = "rollback: " if event.action == "rollback" else ""
        lines.append(f"  {kind:<11} {name}: {action}{event.error or 'cut off'}{place}")
    groups = {"edited": state.edited, "unknown": state.unknown, "rolled back": state.rolled_back}
    groups["late"] = state.late
    told = {*state.failed, *state.rolled_back, *state.late}
    groups["pending"] = tuple(name for name in state.pending if name not in told)
    lines += [f"  {kind:<11} {name}" for kind, names in groups.items() for name in names]
    lines += [
        f"  {'renamed':<11} {new} (was {old}): {use_case.recorded(new, old)}"
        for new, old in state.renamed
    ]
    if state.half_done:
        lines.append("Hint: see what a half done one left, fix it by hand, then 'migdocs repair'.")
    return "\n".join(lines)
