"""Find the project's scripts and the database that is meant: the one given, configured, or ours."""

from __future__ import annotations

import contextlib
import os
import shlex
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from msgspec import Struct

from migdocs.adapters import config
from migdocs.commands.target import Target
from migdocs.core.errors import MachineError, UsageError
from migdocs.core.ledger import gate
from migdocs.core.ledger.gate import Owner
from migdocs.core.unread import NOT_MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from migdocs.adapters.layouts import Layout, Reading
    from migdocs.commands.guided import Log, Walked
    from migdocs.core.model import Migration
    from migdocs.core.settings import Environment, Settings
    from migdocs.core.timeline import Release

# What only some commands need is imported where it is: most of what a command takes is its imports.
CLASH = ("repeated-number", "error")
# Variables of libpq's that name a database, for those who know them.
LEADING = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGSERVICE")
EMBEDDED = "app"  # the database of the project's own server


class Place(Struct, frozen=True, dict=True):
    """A project as far as its database is concerned: no git, no documents.

    Attributes:
        root: the folder of its settings.
        name: of the environment, empty where none was named.
        environment: what holds in it.
    """

    root: Path
    settings: Settings
    name: str
    environment: Environment

    @cached_property
    def reading(self) -> Reading:
        """The scripts, read when they are first wanted."""
        from migdocs.commands import folder

        return folder.read(self.root, self.settings)

    @property
    def migrations(self) -> tuple[Migration, ...]:
        """Give the migrations in run order."""
        return self.reading.migrations

    @property
    def layout(self) -> Layout:
        """Give the convention that their files follow."""
        from migdocs.adapters import layouts

        return layouts.layout_named(self.reading.layout)

    @property
    def variable(self) -> str:
        """Name the variable that holds the URL of its database."""
        return self.environment.database_url_env or self.settings.database_url_env

    @property
    def backups(self) -> Path:
        """Where backups lie: the user's state folder, unless the settings say otherwise.

        Raises:
            MachineError: there is no such folder, and none can be made.
        """
        from migdocs.adapters import state

        chosen = self.environment.backup_dir
        return self.root / chosen if chosen else state.state_folder(self.root) / "backups"

    def logger(self, notify: Callable[[str], None]) -> Log:
        """Give what tells and keeps each step of a flow; without a state folder, it only tells."""
        from migdocs.adapters import shell, state

        folder = None
        try:
            folder = state.state_folder(self.root)
        except MachineError as error:
            notify(f"the steps are not logged: {error}\nHint: {error.hint}")

        def log(walked: Walked) -> None:
            detail = f": {walked.detail}" if walked.detail else ""
            notify(f"{walked.name}: {walked.outcome}{detail}")
            if folder:
                line = f"{self.name or '-'} {walked.name}: {walked.outcome}{detail}"
                shell.log(folder, line)

        return log


def find(
    start: Path, environment: str = "", notify: Callable[[str], None] = lambda _: None
) -> Place:
    """Read the settings and the scripts around a folder.

    Args:
        start: the folder.
        environment: of the settings; empty for none.
        notify: is told of scripts that lie there and are not read, for they will not run.

    Raises:
        MigdocsError: a setting, a script or its name is wrong.
    """
    place = locate(start, environment)
    for finding in place.reading.findings:
        if finding.rule in NOT_MIGRATIONS:
            notify(f"not run: {finding.path}: {finding.message}")
    return place


def locate(start: Path, environment: str = "") -> Place:
    """Read the settings around a folder, and no script before it is wanted.

    Raises:
        MigdocsError: a setting is wrong.
    """
    found = config.load(start)
    chosen = found.settings
    return Place(found.root, chosen, environment, config.environment_named(chosen, environment))


@contextlib.contextmanager
def target(
    place: Place,
    url: str,
    notify: Callable[[str], None],
    *,
    changes: bool = True,
    take_over: bool = False,
) -> Iterator[Target]:
    """Give the database: of the URL given, of the settings, or the project's own server's.

    Args:
        place: the project.
        url: that was given; empty for another.
        notify: takes one line for a person, each step before it runs among them.
        changes: whether anything is written; git is asked for the commit only then.
        take_over: whether migrations are run though another runner's they are, or tables are there.

    Raises:
        UsageError: a named environment has no database's URL.
        MachineError: none is configured, and no server can be started here.
    """
    given = url or config.database_url(place.settings, place.name)

    def told(found: Target) -> Target:
        owned = partial(owner, place, take_over=take_over)
        return replace(found, owner=owned, on_step=lambda step: notify(f"{step.title} …"))

    if given:
        yield told(_target(place, given, _commit(place.root) if changes else "", notify))
        return
    with embedded(place, notify) as found:
        yield told(found)


@contextlib.contextmanager
def embedded(place: Place, notify: Callable[[str], None]) -> Iterator[Target]:
    """Give the database of the project's own server, whatever the environment names.

    Raises:
        MachineError: no server can be started here.
    """
    from migdocs.adapters import sandbox, state

    home = state.state_folder(place.root)
    if not sandbox.has_data(home) and (said := leftover_database(place.root, home)):
        notify(f"{said[0]}\nHint: {said[1]}")
    aside = [name for name in LEADING if name in os.environ]
    with sandbox.embedded(home) as server:
        notify(f"no database is configured: this is {server.description}")
        if aside:
            notify(
                f"not used: {', '.join(aside)}; to go by them, set {place.variable}=postgresql://"
            )
        url, commit = server.ensure_database(EMBEDDED), _commit(place.root)
        yield _target(place, url, commit, notify)


def leftover_database(root: Path, home: Path) -> tuple[str, str] | None:
    """Say that a database in the project's ``.migdocs`` is not used, and how to take it over.

    Args:
        root: of the project.
        home: its state folder.

    Returns:
        What is so, and what to do about it; None where there is no such database.
    """
    from migdocs.adapters import repository, sandbox, state

    there = state.leftovers(root)[1:]
    if not there:
        return None
    problem = f"the database in '{there[0]}' is not used any more: migdocs keeps its own in {home}"
    with contextlib.suppress(MachineError):
        git = repository.find(root)
        if git and repository.is_tracked(git, state.OLD):
            return problem, f"'{state.OLD}' is committed: do not start a server on its data."
    if sandbox.has_data(home):
        return problem, f"remove '{state.OLD}' if you created it and no longer need it."
    target = home / there[0].removeprefix(f"{state.OLD}/")
    return problem, (
        "a server runs programs that its data name. Only if you made this one yourself:"
        f" mv {shlex.quote(str(root / there[0]))} {shlex.quote(str(target))}"
    )


def _target(place: Place, url: str, commit: str, notify: Callable[[str], None]) -> Target:
    """Give a database as this project works in it."""
    options, folder = place.environment.database, place.settings.migrations
    return Target(
        url,
        options,
        commit,
        place.root,
        folder,
        notify,
        owner=partial(owner, place),
        environment=place.name,
    )


def ids_of(place: Place, to: str) -> frozenset[str]:
    """Give the ids that are applied at a version, or up to and with a migration.

    Raises:
        UsageError: it is neither.
    """
    from migdocs.core.ledger import plan

    if any(migration.id == to for migration in place.migrations):
        return plan.up_to(place.migrations, to)
    return frozenset(release_named(place, to).ships)


def release_named(place: Place, name: str) -> Release:
    """Give a release by its version, with or without its prefix.

    Raises:
        UsageError: there is none; the hint says what there is.
    """
    from migdocs.commands import project  # reads git and all documents, which is seldom wanted
    from migdocs.core.releases import version

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
    from migdocs.adapters import repository

    with contextlib.suppress(MachineError):
        found = repository.find(root)
        return found.head if found else ""
    return ""


def owner(place: Place, *, take_over: bool = False) -> Owner:
    """Say who runs the project's migrations: as the settings say, else as their convention tells.

    Args:
        place: the project.
        take_over: whether the user said that migdocs is to.
    """
    from migdocs.adapters import layouts

    reading, chosen = place.reading, place.settings.applied_by
    runner = layouts.runner(place.layout, place.settings.migrations)
    named = "" if runner.name == "migdocs" else runner.name
    return Owner(
        applied_by=gate.applied_by(chosen, named),
        is_set=bool(chosen),
        runner=named,
        command=runner.apply if named else "",
        doubt="" if reading.confirmed_by else reading.reason,
        take_over=take_over,
        clash=next((f for f in reading.findings if (f.rule, f.severity) == CLASH), None),
    )
