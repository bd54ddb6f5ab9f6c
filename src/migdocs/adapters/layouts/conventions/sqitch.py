"""Sqitch: a plan that orders changes, and their scripts in ``deploy``, ``revert``, ``verify``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from migdocs.adapters.layouts.convention import Arrangement, Layout, Metadata, Naming, Rule
from migdocs.adapters.layouts.evidence import Manifest
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark
from migdocs.core.model import Finding, Migration

if TYPE_CHECKING:
    from collections.abc import Mapping

# users [appschema !old other:x y@v1.0] 2026-03-01T09:30:00Z Ada <ada@example.org> # Add users
_CHANGE = re.compile(
    r"\s*\+?(?P<name>[^\s@%#\[:]+)(?:\s*\[(?P<requires>[^\]]*)\])?"
    r"\s+(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})T\S+[^#]*(?:#\s*(?P<note>.*))?"
)
_TAG = re.compile(r"\s*@(?P<tag>[^\s#]+)")
_SAYS_SOMETHING = re.compile(r"^[ \t]*[^\s%#]", re.MULTILINE)
_FOLDERS = r"(?:[^/]+/)*?"


class Planned(Struct, frozen=True):
    """One change of the plan.

    Attributes:
        id: the script's name: of a change that is reworked later, ``name@tag``.
        tag: the first tag behind it: the release that ships it.
        requires: other changes of this plan, as written.
    """

    id: str
    name: str
    tag: str | None
    requires: tuple[str, ...]
    date: str
    note: str
    line: int


def plan(text: str) -> tuple[Planned, ...]:
    """Read a ``sqitch.plan``: its changes, in the order in which they are deployed."""
    changes: list[Planned] = []
    for number, line in enumerate(text.split("\n"), 1):
        tag = _TAG.match(line)
        if tag:
            changes = [replace(c, tag=c.tag or tag["tag"]) for c in changes]
            continue
        match = _CHANGE.fullmatch(line)
        if match:
            name, requires = match["name"], tuple((match["requires"] or "").split())
            note = (match["note"] or "").strip()
            changes.append(Planned(name, name, None, requires, match["date"], note, number))
    return _reworked(changes)


def _reworked(changes: list[Planned]) -> tuple[Planned, ...]:
    """Name every change but the last of one name after the tag that kept it."""
    last = {change.name: index for index, change in enumerate(changes)}
    return tuple(
        replace(change, id=f"{change.name}@{change.tag}")
        if last[change.name] != index and change.tag
        else change
        for index, change in enumerate(changes)
    )


def arrange(migrations: tuple[Migration, ...], metadata: Mapping[str, Metadata]) -> Arrangement:
    """Put scripts in the plan's order; those that it does not name stand last, with a finding."""
    about = metadata.get("")
    if about is None:
        finding = Finding("missing-plan", "error", "there is no sqitch.plan to order these scripts")
        return Arrangement(tuple(sorted(migrations, key=lambda m: m.id)), (finding,))
    planned = plan(about.text)
    if not planned and _SAYS_SOMETHING.search(about.text):
        message = "this plan cannot be read: what runs, and in what order, is not known"
        hint = "'sqitch plan' says what is wrong with it."
        finding = Finding("unreadable-metadata", "error", message, about.path, 1, hint)
        return Arrangement(tuple(sorted(migrations, key=lambda m: m.id)), (finding,))
    place = {change.id: index for index, change in enumerate(planned)}
    by_id = {migration.id: migration for migration in migrations}
    placed = [
        _planned(by_id[change.id], change, index, set(place))
        for index, change in enumerate(planned)
        if change.id in by_id
    ]
    rest = [replace(m, order=(len(planned), m.id)) for m in migrations if m.id not in place]
    findings = (
        *(_no_script(about.path, change) for change in planned if change.id not in by_id),
        *(_not_in_plan(migration) for migration in rest),
    )
    return Arrangement((*placed, *sorted(rest, key=lambda m: m.id)), findings)


def _planned(migration: Migration, change: Planned, index: int, ids: set[str]) -> Migration:
    """Add what the plan says of a migration; its own notes win."""
    declared = migration.declared
    return replace(
        migration,
        order=(index, migration.id),
        parents=tuple(filter(None, (_parent(name, ids) for name in change.requires))),
        declared=replace(
            declared,
            version=declared.version or change.tag,
            description=declared.description or change.note or None,
            date=declared.date or change.date,
        ),
    )


def _parent(requirement: str, ids: set[str]) -> str | None:
    """Give the id that a requirement means; None for conflicts, tags and other projects."""
    if requirement.startswith(("!", "@")) or ":" in requirement:
        return None
    return requirement if requirement in ids else requirement.partition("@")[0]


def _no_script(path: str, change: Planned) -> Finding:
    message = f"the plan names '{change.id}', but deploy/{change.id}.sql is not here"
    hint = "write the script, or take the change out of the plan."
    return Finding("missing-script", "error", message, path, change.line, hint)


def _not_in_plan(migration: Migration) -> Finding:
    script = migration.forward or migration.rollback
    message = f"the plan does not name '{migration.id}': sqitch never runs it"
    hint = f"run 'sqitch add {migration.id}', or remove the script."
    return Finding("not-in-plan", "warning", message, script.path if script else "", 1, hint)


LAYOUT = Layout(
    name="sqitch",
    title="sqitch: a plan, with deploy, revert and verify scripts",
    rules=(
        Rule("metadata", r"(?:[^/]+/)*sqitch\.plan"),
        Rule("forward", rf"{_FOLDERS}deploy/(?P<id>.+)\.sql"),
        Rule("rollback", rf"{_FOLDERS}revert/(?P<id>.+)\.sql"),
        Rule("notes", rf"{_FOLDERS}(?:deploy|notes)/(?P<id>.+)\.md"),
    ),
    order=lambda migration_id: (0, migration_id),
    recorded=lambda migration_id: migration_id.partition("@")[0],
    manifests=(Manifest(r"(?:.*/)?sqitch\.plan", inside=True), Manifest(r"sqitch\.conf")),
    # The scripts may lie in a folder below the plan: the setting top_dir of its own.
    nested="(?:[^/]+/)?(?:deploy|revert|verify)",
    companions=r"(?:.*/)?verify/.*",
    arrange=arrange,
    naming=Naming(command="sqitch add {name}"),
    stands=(
        Manifest(r"sqitch\.conf"),
        Manifest(r"sqitch\.plan"),
    ),
    tracking=Tracking(
        "sqitch.changes",
        "change",
        marks=(
            mark("change_id change project committed_at planned_at"),
            mark("uri creator_name creator_email", "projects"),
        ),
    ),
    runner=foreign_runner(
        "sqitch",
        status="sqitch status",
        apply="sqitch deploy",
        apply_to="sqitch deploy{last: --to }",
        rollback_to="sqitch revert -y{last: --to }",
        record="sqitch deploy --log-only --to {value}",
        unrecord="sqitch revert -y --log-only{previous: --to }",
    ),
)
