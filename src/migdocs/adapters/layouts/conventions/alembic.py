"""Alembic: Python revisions that name the one before them; placed, not read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.adapters.layouts import graph
from migdocs.adapters.layouts.convention import Arrangement, Layout, Metadata, Naming, Rule
from migdocs.adapters.layouts.evidence import Manifest, python
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.table import Tracking
from migdocs.core.ledger.trackers import mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migdocs.core.model import Migration

_REVISION = re.compile(r"^revision\b[^=\n]*=\s*['\"](?P<id>[^'\"]+)['\"]", re.MULTILINE)
# One revision in quotes, several in brackets, or None.
_BEFORE = re.compile(
    r"^down_revision\b[^=\n]*=\s*(?P<ids>\([^)]*\)|\[[^\]]*\]|[^\n#]*)", re.MULTILINE
)


def arrange(
    migrations: tuple[Migration, ...],
    metadata: Mapping[str, Metadata],  # noqa: ARG001 - all stands in the scripts
) -> Arrangement:
    """Put each revision behind those that its ``down_revision`` names."""
    texts = {m.id: m.forward.text if m.forward else "" for m in migrations}
    ids = {_revision(text) or name: name for name, text in texts.items()}
    linked = (
        replace(m, parents=tuple(ids.get(name, name) for name in _before(texts[m.id])))
        for m in migrations
    )
    return graph.arrange(tuple(linked))


def _revision(text: str) -> str | None:
    match = _REVISION.search(text)
    return match["id"] if match else None


def _before(text: str) -> list[str]:
    match = _BEFORE.search(text)
    return re.findall(r"['\"]([^'\"]+)['\"]", match["ids"]) if match else []


LAYOUT = Layout(
    name="alembic",
    title="Alembic: Python revisions",
    rules=(
        Rule("both", r"(?:versions/)?(?P<id>(?!__init__|env\.)[^/]+)\.py"),
        Rule("notes", r"(?:versions/|notes/)?(?P<id>[^/]+)\.md"),
    ),
    order=lambda migration_id: (0, migration_id),
    recorded=lambda migration_id: migration_id.partition("_")[0],
    marker=re.compile(r"^down_revision\b", re.MULTILINE),
    manifests=(Manifest(r"alembic\.ini"), python("alembic")),
    nested="versions",
    reads="placed, in the order of their revisions; not read",
    arrange=arrange,
    naming=Naming(command="alembic revision -m {name}"),
    stands=(Manifest(r"alembic\.ini"),),
    tracking=Tracking(
        "alembic_version",
        "version_num",
        latest_only=True,
        marks=(mark("version_num", only=True),),
    ),
    runner=foreign_runner(
        "Alembic",
        in_one=True,
        status="alembic current",
        apply="alembic upgrade head",
        rollback_one="alembic downgrade -1",
        by_hand=False,
        log="Running upgrade",
    ),
)
