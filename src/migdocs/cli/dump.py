"""``backup`` and ``restore``."""

from __future__ import annotations

from pathlib import Path

import click

from migdocs.cli import asking, output


@click.command()
@asking.as_json
@asking.reading
def backup(where: asking.Where, *, as_json: bool) -> None:
    """Back up the database, completely or not at all.

    The file is checked before it gets its name. Backups older than 'backup_keep_days' are removed,
    except for the newest.
    """
    from migdocs.commands import backup as use_case
    from migdocs.commands import place as places

    place = places.locate(Path.cwd(), where.environment)
    with places.target(place, where.url, where.notify) as target:
        kept = use_case.backup(target, place.backups, place.settings.backup_keep_days)
    for path in kept.pruned:
        where.notify(f"removed {path}")
    for line in kept.warnings:
        where.notify(f"note: {line}")
    if as_json:
        pruned = [str(path) for path in kept.pruned]
        said = {"backup": str(kept.backup.path), "pruned": pruned, "warnings": kept.warnings}
        output.as_json(said)
    else:
        output.data(str(kept.backup.path))


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option(
    "--foreign",
    is_flag=True,
    help="Restore FILE although it is from another database, or from an unknown one.",
)
@asking.as_json
@asking.changing
def restore(where: asking.Where, *, file: Path | None, foreign: bool, as_json: bool) -> None:
    """Restore the database from a backup.

    FILE is a backup; by default the newest one of this database, never a copy that an earlier
    restore made. The present state is backed up first. Everything written since the backup is
    lost, except for the ledger, which keeps every row. Stop the application first.
    """
    from migdocs.commands import backup as use_case
    from migdocs.commands import place as places

    if foreign and not file:
        raise click.UsageError("--foreign needs the path of a dump.")
    place = places.locate(Path.cwd(), where.environment)
    with places.target(place, where.url, where.notify) as target:
        path = file or Path(use_case.newest(target, place.backups).path)
        title = use_case.titled(path)
        if not where.agreed(f"Replace all that is in the database with {title}?"):
            where.refrain()
        found = use_case.restore(target, path, place.backups, foreign=foreign)
    where.notify(f"restored {path}; what was there is in {found.before.path}")
    if found.done.beyond:
        where.notify("what the backup does not have was left as it is:")
        for entry in found.done.beyond:
            where.notify(f"  {entry}")
    if as_json:
        beyond = list(found.done.beyond)
        said = {"restored": str(path), "before": str(found.before.path), "beyond": beyond}
        output.as_json(said)
