"""drizzle-kit 1.0: a directory with `migration.sql` and `snapshot.json`."""

from __future__ import annotations

from migdocs.adapters.layouts.convention import Layout, Naming, Rule, Tracking
from migdocs.adapters.layouts.evidence import Manifest, Strength
from migdocs.adapters.layouts.ordering import as_text
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import DIRECTORY, DIRECTORY_NOTES

LAYOUT = Layout(
    name="drizzle-v1",
    title="drizzle-kit 1.0: a directory with migration.sql and snapshot.json",
    rules=(
        Rule("forward", rf"{DIRECTORY}/migration\.sql"),
        Rule("metadata", rf"{DIRECTORY}/snapshot\.json"),
        *DIRECTORY_NOTES,
    ),
    order=as_text,
    manifests=(Manifest(r"[0-9][^/]*/snapshot\.json", inside=True),),
    least=Strength.MANIFEST,
    nested=r"[0-9][^/]*",
    # Only it can write the snapshot that goes with a script.
    naming=Naming(command="npx drizzle-kit generate --custom --name {name}", notes="{id}/{id}.md"),
    tracking=Tracking(
        "drizzle.__drizzle_migrations",
        "name",
        "SELECT name FROM drizzle.__drizzle_migrations",
    ),
    reads="SQL",
    runner=foreign_runner("drizzle-kit", apply="npx drizzle-kit migrate", in_one=True),
)
