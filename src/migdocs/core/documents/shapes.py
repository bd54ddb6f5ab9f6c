"""The shapes that programs read: plain dictionaries, with the names that DESIGN fixes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from migdocs.core import values
from migdocs.core.documents import published
from migdocs.core.documents.published import Applied, Breaking, Published, ReadAs
from migdocs.core.model import Hazard

if TYPE_CHECKING:
    from collections.abc import Iterable

    from migdocs.core.facts import Entry, Facts
    from migdocs.core.model import Finding
    from migdocs.core.timeline import Release
    from migdocs.core.upgrade.guide import Guide


def listing(facts: Facts) -> dict[str, Any]:
    """Give ``list --json``: migrations in run order, releases oldest first, ignored tags."""
    return _builtin(published_of(facts))


def whole(facts: Facts) -> dict[str, Any]:
    """Give ``migrations.json``: the same, told apart from files that others wrote."""
    return _builtin(replace(published_of(facts), generator="migdocs"))


def _builtin(found: Published) -> dict[str, Any]:
    """Give it as plain dictionaries and lists."""
    plain: dict[str, Any] = msgspec.to_builtins(found)
    return plain


def published_of(facts: Facts) -> Published:
    """Give what is published of a project."""
    return Published(
        schema_version=1,
        migrations=tuple(_migration(entry) for entry in facts.entries.values()),
        releases=tuple(_release(item) for item in facts.history.releases if _says(item)),
        schema=ReadAs(facts.audience.schema, facts.audience.why),
        applied_by=Applied(facts.applying.by, facts.applying.why),
        ignored_tags=facts.history.ignored_tags,
    )


def _migration(entry: Entry) -> published.Migration:
    """Give one migration."""
    found = entry.migration
    return published.Migration(
        id=entry.id,
        title=entry.title,
        release=entry.placement.release,
        placed_by=entry.placement.by,
        status=entry.status,
        forward=found.forward.path if found.forward else None,
        rollback=found.rollback.path if found.rollback else None,
        notes=found.notes.path if found.notes else None,
        breaking=Breaking(found.declared.breaking, _computed(entry)),
        rollback_effect=entry.reversal.outcome,
        rollback_read=None if entry.reversal.outcome is None else str(entry.reversal),
        unread="; ".join(entry.unread) or None,
        date=entry.date,
        type=entry.type,
        language=found.forward.language if found.forward else None,
        later=entry.placement.later,
        removed_in=entry.placement.removed_in,
        dependencies=entry.dependencies,
        changes=() if found.unread else entry.changes,
    )


def _computed(entry: Entry) -> bool | None:
    """Tell whether its SQL breaks something; None where a part of it was not read."""
    unknown = entry.unread or entry.computed in {None, "unknown"}
    return None if unknown else entry.computed == "major"


def _release(item: Release) -> published.Release:
    """Give one release: what has the same name in both."""
    names = values.names(published.Release)
    return published.Release(**{name: getattr(item, name) for name in names})


def _says(item: Release) -> bool:
    """Tell whether a release says anything of migrations: the next commit alone does not."""
    return item.status != "unreleased" or bool(item.migrations or item.edited or item.removed)


def upgrade(guide: Guide) -> dict[str, Any]:
    """Give ``upgrade --json``: the fixed names first, then all else that the guide says."""
    whole: dict[str, Any] = values.plain(guide)
    for piece in whole["pieces"]:
        _leave_open(piece)
    fixed = {
        "from": whole.pop("before"),
        "to": whole.pop("version"),
        "allowed": guide.allowed,
        "reason": whole.pop("reason") or None,
        "hops": [_hop(hop) for hop in whole.pop("hops")],
        "migrations": [piece.id for piece in guide.pieces],
        "breaking": whole.pop("breaking"),
        "point_of_no_return": guide.no_return.migration if guide.no_return else None,
        "steps": whole.pop("steps"),
        "rollback": whole.pop("undoable"),
        "summary": guide.summary,
    }
    return fixed | whole


def _leave_open(piece: dict[str, Any]) -> None:
    """Let what nobody can tell of a script that was not read be null, where nothing showed it."""
    if piece["unread"]:
        piece |= {name: piece[name] or None for name in ("stays", "waits")}


def _hop(hop: dict[str, Any]) -> dict[str, Any]:
    """Give one hop, with ``from`` and ``to`` as the whole has them."""
    return {"from": hop.pop("before"), "to": hop.pop("version"), **hop}


def finding(item: Finding) -> dict[str, Any]:
    """Give one finding; a hazard carries its lock, rewrite, scan and impact too.

    What PostgreSQL is sure to refuse has its ``sqlstate``.
    """
    shape = {
        "rule": item.rule,
        "severity": item.severity,
        "path": item.path,
        "line": item.line,
        "message": item.message,
        "hint": item.hint,
    }
    if item.sqlstate:
        shape["sqlstate"] = item.sqlstate
    if isinstance(item, Hazard):
        shape |= {
            "lock": item.lock,
            "on": list(item.on),
            "locks": [{"table": table, "lock": lock} for table, lock in item.locks],
            "rewrite": item.rewrite,
            "scan": item.scan,
            "impact": item.impact,
        }
    return shape


def findings(items: Iterable[Finding]) -> dict[str, Any]:
    """Give ``check --json``."""
    return {"findings": [finding(item) for item in items]}
