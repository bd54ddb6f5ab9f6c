"""drizzle-kit 0.x: SQL files that a journal names, in its order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from migdocs.adapters.layouts.convention import Arrangement, Layout, Metadata, Naming, Rule
from migdocs.adapters.layouts.evidence import Manifest, Strength, npm
from migdocs.adapters.layouts.ordering import by_leading_number
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import NUMBERED, forward, notes
from migdocs.adapters.layouts.table import Tracking
from migdocs.core import foreign
from migdocs.core.errors import InputError
from migdocs.core.ledger.trackers import mark
from migdocs.core.model import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migdocs.adapters.layouts.convention import Metadata
    from migdocs.core.model import Migration


def arrange(migrations: tuple[Migration, ...], metadata: Mapping[str, Metadata]) -> Arrangement:
    """Put scripts in the journal's order; those that it does not name never run."""
    about = metadata.get("")
    tags = _tags(about.text) if about else None
    if about is None or tags is None:
        what = "cannot be read" if about else "is not there"
        message = f"meta/_journal.json {what}: nothing says which scripts run, and in what order"
        hint = "run 'npx drizzle-kit check', or bring the file back."
        path = about.path if about else next((path_of(m) for m in migrations), "")
        finding = Finding("unreadable-metadata", "error", message, path, 1, hint)
        return Arrangement(tuple(sorted(migrations, key=lambda m: (m.order, m.id))), (finding,))
    by_id = {m.id: m for m in migrations}
    placed = [
        replace(by_id[tag], order=(index, tag)) for index, tag in enumerate(tags) if tag in by_id
    ]
    return Arrangement(
        tuple(placed),
        (
            *(_no_script(about.path, tag) for tag in tags if tag not in by_id),
            *(_orphan(by_id[name]) for name in sorted(by_id.keys() - set(tags))),
        ),
    )


def _tags(text: str) -> list[str] | None:
    """Give the names in the journal, in order; None where it is no journal."""
    try:
        data = foreign.read(text, "_journal.json")
        tags = [entry["tag"] for entry in data["entries"]]
        return list(dict.fromkeys(tags)) if all(isinstance(tag, str) for tag in tags) else None
    except (InputError, KeyError, TypeError):
        return None


def path_of(migration: Migration) -> str:
    """Give the path of a migration's script."""
    return migration.forward.path if migration.forward else ""


def _no_script(path: str, tag: str) -> Finding:
    message = f"the journal names '{tag}', but {tag}.sql is not here"
    hint = "restore the script, or run 'npx drizzle-kit drop'."
    return Finding("missing-script", "error", message, path, 1, hint)


def _orphan(migration: Migration) -> Finding:
    message = f"the journal does not name '{migration.id}': drizzle-kit never runs it"
    hint = "remove the script, or make it again with 'npx drizzle-kit generate --custom'."
    return Finding("not-in-plan", "warning", message, path_of(migration), 1, hint)


LAYOUT = Layout(
    name="drizzle",
    title="drizzle-kit: SQL files that meta/_journal.json names",
    rules=(
        Rule("metadata", r"meta/_journal\.json"),
        forward(NUMBERED),
        notes(NUMBERED),
    ),
    order=by_leading_number,
    manifests=(
        Manifest(r"meta/_journal\.json", inside=True),
        # Without its journal it runs nothing: that is a finding, and it is still drizzle-kit's.
        Manifest(r"drizzle\.config\.(?:[cm]?[jt]s|json)", strength=Strength.DEPENDENCY),
    ),
    least=Strength.DEPENDENCY,
    arrange=arrange,
    # Only it can write the journal and the snapshot that go with a script.
    naming=Naming(command="npx drizzle-kit generate --custom --name {name}"),
    stands=(
        Manifest(r"drizzle\.config\.(?:[cm]?[jt]s|json)"),
        npm("drizzle-kit"),
    ),
    tracking=Tracking(
        "drizzle.__drizzle_migrations",
        "created_at",
        "SELECT created_at::text FROM drizzle.__drizzle_migrations",
        marks=(mark("id hash created_at", "__drizzle_migrations"),),
    ),
    reads="SQL, in the journal's order; what the journal does not name is left out",
    runner=foreign_runner("drizzle-kit", apply="npx drizzle-kit migrate", in_one=True),
)
