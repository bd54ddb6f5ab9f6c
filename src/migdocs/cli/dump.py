"""``backup`` and ``restore``."""

from __future__ import annotations

from pathlib import Path

import click

from migdocs.cli import asking, output


@click.command()
@asking.as_json
@asking.reading
def backup(where: asking.Where, *, as_json: bool) -> None:
    """Back the database up, complete or not at all.

    The file is checked before it gets its name. Older ones than 'backup_keep_days' are removed,
    the newest never.
    """
    from migdocs.commands import backup as use_case
    from migdocs.commands import place as places

    place = places.find(Path.cwd(), where.environment)
    with places.target(place, where.url, where.notify) as target:
        kept = use_case.backup(target, place.backups, place.settings.backup_keep_days)
    for path in kept.pruned:
        where.notify(f"removed {path}")
    if as_json:
        pruned = [str(path) for path in kept.pruned]
        output.as_json({"backup": str(kept.backup.path), "pruned": pruned})
    else:
        output.data(str(kept.backup.path))


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@asking.as_json
@asking.changing
def restore(where: asking.Where, *, file: Path | None, as_json: bool) -> None:
    """Bring the database back to a backup.

    FILE is a backup; the newest one by default. What is there now is backed up first. What was
    made since the backup goes, but for the ledger, which keeps every line and says so.
    """
    from migdocs.commands import backup as use_case
    from migdocs.commands import place as places

    place = places.find(Path.cwd(), where.environment)
    path = file or use_case.newest(place.backups)
    with places.target(place, where.url, where.notify) as target:
        if not where.agreed(f"Replace all that is in the database with {path}?"):
            where.refrain()
        done = use_case.restore(target, path, place.backups)
    where.notify(f"restored {path}; what was there is in {done.before.path}")
    if as_json:
        output.as_json({"restored": str(path), "before": str(done.before.path)})
