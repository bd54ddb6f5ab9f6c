"""The sample project with a history of its own: built, tagged, and its documents written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migdocs.adapters import config, sample
from migdocs.adapters.sample import Moment
from migdocs.commands import apply, evidence, generate, history, project, rollback, verify
from migdocs.commands import place as places

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HISTORY = (
    Moment(
        "feat: sign-in with a second factor, and a log of what people did",
        "2023-11-20T09:00:00+00:00",
        ("migrations/initial_schema*", "migrations/TEMPLATE.md", "docs/ACTIVITY_LOGGING_GUIDE.md"),
        "v1.0.0",
    ),
    Moment(
        "feat(log): say how grave an entry is, when to forget it, and what is unusual",
        "2024-01-03T09:00:00+00:00",
        ("migrations/20240103_*",),
        "v1.1.0",
    ),
    Moment("docs: plan roles and preferences", "2026-03-08T09:00:00+00:00", ("migrations/2026*",)),
)

# What a project has beside its migrations: settings, and two pages of its own with our regions.
BESIDE = {
    config.FILE: 'name = "the sample"\n',
    "README.md": """\
# The sample

A service that people sign in to, with a second factor and a log of what they did: see
[the guide to activity logging](docs/ACTIVITY_LOGGING_GUIDE.md).

<!-- migdocs:begin readme -->
<!-- migdocs:end readme -->
""",
    "CONTRIBUTING.md": """\
# Contributing

Every change comes with a test and a line of why.

<!-- migdocs:begin contribute -->
<!-- migdocs:end contribute -->
""",
}


def build(folder: Path | None = None) -> Path:
    """Make the sample's repository, tags and all; give its folder.

    Args:
        folder: where; it must be empty or missing. A new temporary one where it is None.

    Raises:
        UsageError: the folder holds something.
        MachineError: the folder cannot be written, or git is missing.
    """
    return sample.build(folder, HISTORY, BESIDE)


def database(root: Path, notify: Callable[[str], None]) -> None:
    """Apply the sample's migrations, undo the last, apply it again; bring the ledger into the log.

    All of it in a server of the sample's own: a database that the environment names is somebody's.

    Args:
        root: of the sample.
        notify: told which server this is, and each step.

    Raises:
        MachineError: no PostgreSQL is to be had.
    """
    place = places.find(root)
    with places.embedded(place, notify) as target:
        for event in apply.apply(place.migrations, target):
            notify(f"applied {event.migration} in {event.duration_ms} ms")
        for event in rollback.rollback(place.migrations, target, reason="the demo shows the way"):
            notify(f"rolled back {event.migration} in {event.duration_ms} ms")
        for event in apply.apply(place.migrations, target):
            notify(f"applied {event.migration} again in {event.duration_ms} ms")
        history.export(root, place.settings.below("history.jsonl"), target, "demo")


def proof(root: Path, notify: Callable[[str], None]) -> None:
    """Prove the sample's migrations in a throw-away database, and keep what was seen.

    Args:
        root: of the sample.
        notify: told each proof.

    Raises:
        MachineError: no PostgreSQL is to be had.
    """
    place = places.find(root)
    task = evidence.task(place, (), every=True)
    report = verify.verify(task, on_proof=lambda found: notify("\n".join(evidence.told(found))))
    evidence.keep(place, task, report)


def documents(place: Path) -> tuple[str, ...]:
    """Write the sample's documents; give their paths."""
    read = project.read(place)
    return generate.write(read, generate.plan(read))


def log(place: Path) -> str:
    """Give what the migrations log says of the database: where it stands, and what went back."""
    path = place / config.load(place).settings.document("log")
    text = path.read_text(encoding="utf-8")
    wanted = ("## Current version", "## Rollback history")
    parts = (f"## {part}" for part in text.split("\n## "))
    return "\n".join(part.rstrip() + "\n" for part in parts if part.startswith(wanted))
