"""drizzle-kit 1.0: a directory with `migration.sql` and `snapshot.json`."""

from __future__ import annotations

from migdocs.adapters.layouts.convention import Naming, Rule
from migdocs.adapters.layouts.evidence import Manifest, Strength, npm
from migdocs.adapters.layouts.ordering import as_text
from migdocs.adapters.layouts.runners import foreign_runner
from migdocs.adapters.layouts.shapes import DIRECTORY, directory
from migdocs.adapters.layouts.table import Tracking

LAYOUT = directory(
    "drizzle-v1",
    "drizzle-kit 1.0: a directory with migration.sql and snapshot.json",
    (
        Rule("forward", rf"{DIRECTORY}/migration\.sql"),
        Rule("metadata", rf"{DIRECTORY}/snapshot\.json"),
    ),
    order=as_text,
    manifests=(Manifest(r"[0-9][^/]*/snapshot\.json", inside=True),),
    least=Strength.MANIFEST,
    # Only it can write the snapshot that goes with a script.
    naming=Naming(command="npx drizzle-kit generate --custom --name {name}", notes="{id}/{id}.md"),
    stands=(
        Manifest(r"drizzle\.config\.(?:[cm]?[jt]s|json)"),
        npm("drizzle-kit"),
    ),
    tracking=Tracking(
        "drizzle.__drizzle_migrations",
        "name",
    ),
    reads="SQL",
    runner=foreign_runner("drizzle-kit", apply="npx drizzle-kit migrate", in_one=True),
)
