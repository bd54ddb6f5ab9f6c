"""Find the project's scripts and the database that is meant: the one given, configured, or ours."""

from __future__ import annotations

import contextlib
import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from migdocs.adapters import config, files, large, layouts, repository, sandbox, shell
from migdocs.adapters.database import ledger
from migdocs.commands.target import Target, reading
from migdocs.core.errors import InputError, MachineError, UsageError, raise_all
from migdocs.core.ledger import plan
from migdocs.core.releases import version
from migdocs.core.sql import rows, script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from migdocs.adapters.large import Abridged
    from migdocs.adapters.layouts import Layout, Reading
    from migdocs.commands.guided import Log, Walked
    from migdocs.core.ledger.plan import Step
    from migdocs.core.model import Migration, Release, Script
    from migdocs.core.settings import Environment, Settings

# What is wrong with a folder so that nobody can tell which script is meant.
UNCLEAR = {"duplicate-id", "ambiguous-rollback", "rollback-without-forward"}
EMBEDDED = "app"  # the database of the project's own server


@dataclass(frozen=True, slots=True)
class Place:
    """A project as far as its database is concerned: no git, no documents.

    Attributes:
        root: the folder of its settings.
        name: of the environment, empty where none was named.
        environment: what holds in it.
        migrations: in run order.
    """

    root: Path
    settings: Settings
    name: str
    environment: Environment
    layout: Layout
    migrations: tuple[Migration, ...]

    @property
    def backups(self) -> Path:
        """Where backups lie."""
        return self.root / self.environment.backup_dir

    def logger(self, notify: Callable[[str], None]) -> Log:
        """Give what tells and keeps each step of a flow."""

        def log(walked: Walked) -> None:
            detail = f": {walked.detail}" if walked.detail else ""
            notify(f"{walked.name}: {walked.outcome}{detail}")
            shell.log(self.root, f"{self.name or '-'} {walked.name}: {walked.outcome}{detail}")

        return log


def find(start: Path, environment: str = "") -> Place:
    """Read the settings and the scripts around a folder.

    Raises:
        MigdocsError: a setting, a script or its name is wrong.
    """
    found = config.load(start)
    chosen = found.settings
    reading = _read(found.root, chosen)
    unclear = (f for f in reading.findings if f.rule in UNCLEAR)
    raise_all(InputError(f.message, path=f.path, line=f.line, hint=f.hint) for f in unclear)
    return Place(
        found.root,
        chosen,
        environment,
        config.environment_named(chosen, environment),
        layouts.layout_named(reading.layout),
        reading.migrations,
    )


def _read(root: Path, chosen: Settings) -> Reading:
    """Read the scripts; of those that are too much to hold, not the rows."""
    abridged: dict[str, Abridged] = {}

    def text_of(path: str) -> str:
        """Give a file's text, abridged where that can be undone."""
        if files.size(root, path) > large.LIMIT:
            found = large.read(files.inside(root, path), path)
            if rows.fits(script.split(found.text), found.stored):
                abridged[path] = found
                return found.text
        return files.read(root, path)

    paths = files.everything(root, chosen.migrations)
    reading = layouts.read(paths, chosen.migrations, text_of, chosen.layout)
    if not abridged:
        return reading
    migrations = tuple(_with_stored(one, abridged) for one in reading.migrations)
    if _stored_paths(migrations) != abridged.keys():
        # A convention that has both ways in one file: its scripts are parts of what was read.
        whole = functools.partial(files.read, root)
        return layouts.read(paths, chosen.migrations, whole, chosen.layout)
    return replace(reading, migrations=migrations)


def _with_stored(migration: Migration, abridged: Mapping[str, Abridged]) -> Migration:
    """Give a migration whose scripts know which rows they leave out."""
    forward, rollback = (_storing(one, abridged) for one in (migration.forward, migration.rollback))
    return replace(migration, forward=forward, rollback=rollback)


def _storing(found: Script | None, abridged: Mapping[str, Abridged]) -> Script | None:
    """Give a script that knows which rows it leaves out; the same where it leaves none."""
    short = abridged.get(found.path) if found else None
    if found is None or short is None or found.text != short.text:
        return found
    return replace(found, stored=short.stored)


def _stored_paths(migrations: Iterable[Migration]) -> set[str]:
    """Name the files of the scripts that leave rows out."""
    parts = (part for one in migrations for part in (one.forward, one.rollback))
    return {part.path for part in parts if part and part.stored}


@contextlib.contextmanager
def target(
    place: Place,
    url: str,
    notify: Callable[[str], None],
    on_step: Callable[[Step], None] = lambda _: None,
) -> Iterator[Target]:
    """Give the database: of the URL given, of the settings, or the project's own server's.

    Raises:
        UsageError: a named environment has no database's URL.
        MachineError: none is configured, and no server can be started here.
    """
    given = url or config.database_url(place.settings, place.name)
    if given:
        yield _target(place, given, notify, on_step)
        return
    with embedded(place, notify, on_step) as found:
        yield found


@contextlib.contextmanager
def embedded(
    place: Place, notify: Callable[[str], None], on_step: Callable[[Step], None] = lambda _: None
) -> Iterator[Target]:
    """Give the database of the project's own server, whatever the environment names.

    Raises:
        MachineError: no server can be started here.
    """
    with sandbox.embedded(place.root) as server:
        notify(f"no database is configured: this is {server.description}")
        yield _target(place, server.ensure_database(EMBEDDED), notify, on_step)


def _target(
    place: Place, url: str, notify: Callable[[str], None], on_step: Callable[[Step], None]
) -> Target:
    """Give a database as this project works in it."""
    options, folder = place.environment.database, place.settings.migrations
    return Target(url, options, _commit(place.root), place.root, folder, notify, on_step)


def ids_of(place: Place, to: str) -> frozenset[str]:
    """Give the ids that are applied at a version, or up to and with a migration.

    Raises:
        UsageError: it is neither.
    """
    if any(migration.id == to for migration in place.migrations):
        return plan.up_to(place.migrations, to)
    return frozenset(release_named(place, to).ships)


def release_named(place: Place, name: str) -> Release:
    """Give a release by its version, with or without its prefix.

    Raises:
        UsageError: there is none; the hint says what there is.
    """
    from migdocs.commands import project  # reads git and all documents, which is seldom wanted

    releases = project.read(place.root).facts.history.releases
    for release in releases:
        if release.version == name or version.same(name, release.version):
            return release
    known = ", ".join(release.version for release in releases[-5:]) or "none"
    raise UsageError(
        f"'{name}' is neither a version nor a migration here",
        hint=f"The newest versions are: {known}. 'migdocs list' shows the migrations.",
    )


def tag_of(place: Place, name: str) -> str:
    """Give a version's tag, empty where a migration is named or the version has none."""
    if any(migration.id == name for migration in place.migrations):
        return ""
    return release_named(place, name).tag or ""


def _commit(root: Path) -> str:
    """Give the commit that is checked out; empty where git does not tell."""
    with contextlib.suppress(MachineError):
        found = repository.find(root)
        return found.head if found else ""
    return ""


def leave_to_own_runner(place: Place, target: Target) -> None:
    """Refuse where the project has a runner of its own, and migdocs has not taken over here.

    Raises:
        UsageError: the hint says that runner's command, and how to take over.
    """
    runner = layouts.runner(place.layout, place.settings.migrations)
    if runner.name == "migdocs":
        return
    with reading(target) as session:
        taken_over = ledger.read(session.connection, target.options.ledger)
    if not taken_over:
        raise UsageError(
            f"{runner.name} applies this project's migrations, and keeps its own table of them",
            hint=f"run '{runner.apply or runner.name}'; or take over with 'migdocs baseline', or on"
            " an empty database with 'migdocs apply --take-over'.",
        )
