"""Choose what ``verify`` proves, keep what it saw, and say it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migdocs.adapters import files
from migdocs.adapters.state import cache
from migdocs.commands import trust
from migdocs.commands.verify import Task
from migdocs.core import notes, proof
from migdocs.core.catalog import Catalog
from migdocs.core.changes import remembered
from migdocs.core.errors import InputError, UsageError, raise_all
from migdocs.core.model import Script
from migdocs.core.proof import agreement, evidence, tracking

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from migdocs.commands.place import Place
    from migdocs.commands.verify import Report
    from migdocs.core.proof import Proof
    from migdocs.core.proof.agreement import Disagreement
    from migdocs.core.proof.evidence import Evidence


def base_script(root: Path, path: str, paths: Collection[str]) -> Script | None:
    """Read the script that makes what the migrations assume.

    Raises:
        InputError: the settings name one that is not there.
    """
    if not path:
        return None
    if path not in paths:
        raise InputError(
            f"'base_schema' is '{path}', and there is no such file",
            hint="It is given from the project's root.",
        )
    return Script(path, notes.normalise(files.read(root, path)))


def task(
    place: Place, ids: Sequence[str], *, every: bool, measured: bool = False, base: str = ""
) -> Task:
    """Choose what to prove: the migrations named, all, or those that no evidence speaks of.

    Args:
        place: the project.
        ids: as typed; those without evidence where there are none.
        every: all instead.
        measured: evidence that says no time is none.
        base: that changes of the evidence are measured against: what was only written into the
            file since is tried again.

    Raises:
        UsageError: a name is no migration's.
        InputError: the base schema or the evidence cannot be read.
    """
    by_id = {m.id: m for m in place.migrations}
    raise_all(
        UsageError(f"'{id_}' is not a migration of this project", hint="'migdocs list' names them.")
        for id_ in ids
        if id_ not in by_id
    )
    told = () if every else trust.believed(place.root, _evidence_path(place), base)
    seen = evidence.valid(told, place.migrations)
    known = {id_ for id_, item in seen.items() if item.measured or not measured}
    can = [m.id for m in place.migrations if m.forward and m.dialect == "postgresql"]
    chosen = ids or [id_ for id_ in can if id_ not in known]
    base = place.settings.base_schema
    paths = files.walk(place.root) if base else ()
    script = base_script(place.root, base, paths)
    return Task(
        place.root, script, place.migrations, frozenset(chosen), _tracking_table(place, script)
    )


def _tracking_table(place: Place, base: Script | None) -> Script | None:
    """Give what makes the table of the project's own runner, where a script reads it."""
    known = place.layout.tracking
    scripts = [base, *(s for m in place.migrations for s in (m.forward, m.rollback))]
    texts = [script.text for script in scripts if script]
    made = tracking.definition(place.layout.name, known.table, texts) if known else ""
    return Script("the runner's table", made) if made else None


def read_evidence(place: Place) -> tuple[Evidence, ...]:
    """Read the project's evidence; none where there is no file yet."""
    path = _evidence_path(place)
    if not (place.root / path).is_file():
        return ()
    return evidence.read(files.read(place.root, path), path)


def keep(place: Place, task: Task, report: Report, *, prune: bool = False) -> str:
    """Write what was seen into the evidence, and give its path; what could not be tried is not."""
    differing = _disagreements(task, report)
    seen = [
        evidence.of(item, differing.get(item.migration))
        for item in report.proofs
        if item.rollback.verdict != "untried"
    ]
    found = evidence.merged(read_evidence(place), seen)
    if prune:
        found = evidence.pruned(found, place.migrations)
    path = _evidence_path(place)
    files.write_all(place.root, {path: evidence.write(found)})
    tried = {(item.migration, item.server) for item in seen}
    trust.note(place.root, [i for i in found if (i.migration, i.server) in tried])
    return path


def _disagreements(task: Task, report: Report) -> dict[str, Disagreement]:
    """Lay what was observed beside what is read, for the migrations that apply."""
    observed = {item.migration: item.changes for item in report.proofs if item.applied}
    forward = [m.forward for m in task.migrations if m.forward and not m.unread]
    read = remembered.read(cache.Memory(task.root), [*([task.base] if task.base else ()), *forward])
    catalog = Catalog()
    if task.base:
        catalog.apply_all(read[task.base])
    found: dict[str, Disagreement] = {}
    for migration in task.migrations:
        changes = read.get(migration.forward, ()) if migration.forward else ()
        if migration.id in observed:
            found[migration.id] = agreement.disagreement(catalog, changes, observed[migration.id])
        else:
            catalog.apply_all(changes)
    return found


def _evidence_path(place: Place) -> str:
    """Give where the evidence stands."""
    return place.settings.below(evidence.FILE)


def shape(report: Report) -> dict[str, Any]:
    """Give what ``--json`` prints."""
    return {
        "server": f"PostgreSQL {report.server}",
        "migrations": [proof.shape(item) for item in report.proofs],
        "left_on_server": [{"kind": kind, "name": name} for kind, name in report.left],
    }


def told(found: Proof) -> list[str]:
    """Say a proof in a few lines, for a terminal."""
    seen = evidence.of(found)
    if found.rollback.verdict == "untried" and not found.applied:
        return [f"{found.migration}: cannot be tried here: {found.error or 'it is not SQL'}"]
    lines = [f"{found.migration}: {evidence.sentence(seen)}"]
    lines += [f"    check: {text}" for text in found.checks]
    lines += [f"    {text}" for text in seen.differences]
    if found.measured:
        said = found.measured.error
        lines += [f"    on many rows it fails: {said}" if said else f"    {_time(seen)}"]
    return lines + [f"    no rows in {table}: {why}" for table, why in found.unfilled]


def _time(seen: Evidence) -> str:
    """Say how long it took."""
    return f"time: {evidence.time_sentence(seen)}"


def is_bad(report: Report) -> bool:
    """Tell whether anything must be mended."""
    return any(proof.is_bad(item) for item in report.proofs)
