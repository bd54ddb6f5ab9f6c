"""Settings as a value, and how a mapping from a file or the environment becomes one."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct, field

from migdocs.core.checking.choosing import CheckOptions
from migdocs.core.errors import raise_all
from migdocs.core.paths import private_part
from migdocs.core.taking import Taking

# Of a change log, in the order of Keep a Changelog 1.1 with what breaks first.
SECTIONS = ("Breaking", "Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
# Where each document stands unless [documents] says otherwise.
DOCUMENTS: dict[str, str] = {
    "log": "{migrations}/MIGRATIONS_LOG.md",
    "breaking": "BREAKING_CHANGES.md",
    "upgrade": "UPGRADE_GUIDE.md",
    "changelog": "CHANGELOG.md",
    "guide": "MIGRATIONS.md",
    "contributing": "{migrations}/README.md",
    "flow": "docs/version-flow.md",
    "json": "migrations.json",
    "readme": "README.md",
    "contribute": "CONTRIBUTING.md",
}
# Somebody's own files, which carry a region with our links only where `init` or they put one.
GUESTS = {"readme", "contribute"}
# Setting → the words that it knows.
CHOICES = {
    "applied_by": ("migdocs", "runner", "application", "image"),
    "schema": ("private", "public"),
    "adopted_log": ("from_now", "sections", "below"),
}
OLDEST_POSTGRES, NEWEST_POSTGRES = 10, 18


class Commands(Struct, frozen=True):
    """The project's own commands; empty where it has none.

    Attributes:
        stop: stops the application.
        start: starts it.
        health: checks its health; fails if something is wrong.
    """

    stop: str = ""
    start: str = ""
    health: str = ""


class SessionOptions(Struct, frozen=True):
    """Database sessions; times in seconds.

    Attributes:
        lock_timeout: for one lock; 0 waits forever.
        statement_timeout: for one statement; 0 sets no limit.
        patience: how long to wait for another migdocs that works in the same database.
        attempts: how often to try a step that runs into a lock or a deadlock.
        role: the role to work as; empty keeps the one that logs in.
        search_path: empty leaves it as the server has it.
        timezone: empty leaves it as the server has it.
        ledger: the ledger's table, with its schema.
        psql: whether scripts with psql commands are run by psql, which can also run shell
            commands, and without a transaction of migdocs.
    """

    lock_timeout: float = 5.0
    statement_timeout: float = 0.0
    patience: float = 60.0
    attempts: int = 5
    role: str = ""
    search_path: str = ""
    timezone: str = ""
    ledger: str = "public.migdocs_ledger"
    psql: bool = False


class Environment(Struct, frozen=True):
    """What differs in one environment (``production``).

    Attributes:
        database_url_env: the variable with its database's URL; empty for the general one.
        backup_dir: where its backups are kept; empty for the general one.
        commands: its own commands, as above.
        database: its own session options, as above.
    """

    database_url_env: str = ""
    backup_dir: str = ""
    commands: Commands = Commands()
    database: SessionOptions = SessionOptions()


class Settings(Struct, frozen=True):
    """The settings of a project.

    Attributes:
        name: of the project, for titles.
        migrations: the folder, from the root.
        layout: the convention of its files; ``auto`` detects it.
        applied_by: who runs the migrations: ``migdocs``, ``runner`` (the tool of that
            convention), ``application`` (it does so itself when it starts) or ``image`` (the
            container's entrypoint does); empty if that is not known.
        dialect: of the scripts (``postgresql``, ``sqlite`` …); detected if empty.
        notes: the folder of the notes, the log and the template, from the root; if empty, that of
            the migrations, unless their runner would read such files.
        schema: who reads the database: ``private`` (this application alone) or ``public`` (others
            too, so that a dropped column is a breaking change); detected if empty.
        template: the template of new notes; ``TEMPLATE.md`` in that folder if empty.
        tags: glob patterns of release tags; if empty, every tag that looks like a version.
        base_schema: a script that creates the schema which the migrations expect.
        postgres: the major version of PostgreSQL that scripts are checked for.
        database_url_env: the variable with the database's URL.
        backup_dir: the folder of the backups, from the root; if empty, your state folder.
        backup_keep_days: how many days backups are kept.
        placeholders: what another program fills in in scripts, by name or as it is written → the
            value to read it with.
        documents: document → path, if it is not the default one; an empty path leaves that
            document out.
        forge: the repository's page, for links; taken from the remote if empty.
        changelog_template: the project's own Jinja2 template of the change log, from the root;
            empty uses the built-in one.
        paths: folders and files, from the root: only commits that touch one of them are in the
            change log. By default, the project's folder if it is not the repository's top.
        commit_types: types of commits of your own → the section of the change log; an empty
            section leaves them out.
        lenient_breaking: whether BREAKING CHANGE without a colon counts.
        release_message: the subject of a release's commit, with ``{version}``; if empty, as the
            history has it.
        adopted_log: what is put into a change log that people wrote: ``from_now``, the releases
            after the newest that they told, above it; ``sections``, also what each release that
            they told does to the database, in its own section; or ``below``, a block under their
            text, with the releases that they passed over and a table of every migration.
        acronyms: words of titles that keep their case, as they are to be written (``OIDC``);
            common ones are known.
        orm: the name of the project's ORM, for the decision tree.
        stops: versions that no upgrade may skip.
        leave_when: version → what must be true before an upgrade continues from there.
        check: which findings ``migdocs check`` reports.
        commands: the project's own commands.
        database: how a session in a database behaves.
        environments: what differs in each, by name.
    """

    name: str = ""
    migrations: str = "migrations"
    layout: str = "auto"
    applied_by: str = ""
    dialect: str = ""
    notes: str = ""
    schema: str = ""
    template: str = ""
    tags: tuple[str, ...] = ()
    base_schema: str = ""
    postgres: int = 15
    database_url_env: str = "DATABASE_URL"
    backup_dir: str = ""
    backup_keep_days: int = 7
    acronyms: tuple[str, ...] = ()
    orm: str = ""
    forge: str = ""
    changelog_template: str = ""
    paths: tuple[str, ...] = ()
    commit_types: Mapping[str, str] = field(default_factory=dict)
    lenient_breaking: bool = False
    release_message: str = ""
    adopted_log: str = "from_now"
    stops: tuple[str, ...] = ()
    leave_when: Mapping[str, str] = field(default_factory=dict)
    check: CheckOptions = field(default_factory=CheckOptions)
    commands: Commands = Commands()
    database: SessionOptions = SessionOptions()
    environments: Mapping[str, Environment] = field(default_factory=dict)
    placeholders: Mapping[str, str] = field(default_factory=dict)
    documents: Mapping[str, str] = field(default_factory=dict)

    @property
    def template_path(self) -> str:
        """Where TEMPLATE.md stands, from the root."""
        return self.template or self.below("TEMPLATE.md")

    def below(self, path: str) -> str:
        """Give a path in the folder of the notes, from the root."""
        return posixpath.normpath(posixpath.join(self.notes or self.migrations, path))

    def document(self, name: str) -> str:
        """Give where a document stands, from the root; empty where the project leaves it out."""
        return self.documents.get(
            name,
            posixpath.normpath(DOCUMENTS[name].format(migrations=self.notes or self.migrations)),
        )


def picture(path: str) -> str:
    """Give where the drawing stands that belongs to the version flow's page; empty has none."""
    return f"{path.removesuffix('.md')}.svg" if path else ""


def read(
    data: Mapping[str, Any], source: str, line_of: Callable[[str], int] = lambda _: 0
) -> Settings:
    """Make settings of a mapping.

    Args:
        data: as TOML has it.
        source: the name of the file, for errors.
        line_of: gives the line of a setting by its whole name (``commands.stop``), 0 where that is
            not known.

    Raises:
        UsageError: an unknown name (with the nearest known one), or a value of the wrong type or
            out of range; all of them are said in one run.
    """
    reading = Taking(source, line_of)
    values = reading.table(data, Settings, "")
    general = values.get("database", {})
    for name, make in _TABLES.items():
        if name in values:
            values[name] = make(values[name], reading)
    if "environments" in values:
        values["environments"] = {
            name: _environment(_over(general, item), f"environments.{name}", reading)
            for name, item in values["environments"].items()
        }
    for name in ("commit_types", "documents", "leave_when", "placeholders"):
        if name in values:
            values[name] = reading.strings(values[name], name)
    _check_tables(values, reading)
    _check_choices(values, reading)
    _check_numbers(values, reading)
    _check_paths(values, reading)
    raise_all(reading.errors)
    return Settings(**values)


def _check(data: Any, reading: Taking) -> CheckOptions:  # noqa: ANN401 - TOML
    """Make the settings of ``check``; each of its patterns has a list of rules."""
    values = reading.table(data, CheckOptions, "check")
    if "per_file_ignores" in values:
        place = "check.per-file-ignores"
        values["per_file_ignores"] = reading.lists(values["per_file_ignores"], place)
    return CheckOptions(**values)


# Table of the settings → what makes its value.
_TABLES: Mapping[str, Callable[[Any, Taking], Any]] = {
    "check": _check,
    "commands": lambda data, reading: Commands(**reading.table(data, Commands, "commands")),
    "database": lambda data, reading: SessionOptions(
        **reading.table(data, SessionOptions, "database")
    ),
}


def _environment(data: Any, place: str, reading: Taking) -> Environment:  # noqa: ANN401 - TOML
    """Make one environment's settings."""
    values = reading.table(data, Environment, place)
    for name, kind in (("commands", Commands), ("database", SessionOptions)):
        if name in values:
            values[name] = kind(**reading.table(values[name], kind, f"{place}.{name}"))
    return Environment(**values)


def _over(general: Any, data: Any) -> Any:  # noqa: ANN401 - TOML
    """Lay one environment's database table over the general one."""
    if not isinstance(data, Mapping) or not isinstance(general, Mapping):
        return data
    own = data.get("database", {})
    return {**data, "database": {**general, **own}} if isinstance(own, Mapping) else data


def _check_choices(values: Mapping[str, Any], reading: Taking) -> None:
    """Note a word that is none of those that a setting knows."""
    for name, known in CHOICES.items():
        value = values.get(name)
        if value and value not in known:
            reading.refuse(name, f"is '{value}'", f"it is one of {', '.join(known)}.")


def _check_numbers(values: Mapping[str, Any], reading: Taking) -> None:
    """Note the numbers that cannot be meant."""
    postgres = values.get("postgres", OLDEST_POSTGRES)
    if not OLDEST_POSTGRES <= postgres <= NEWEST_POSTGRES:
        known = f"hazards are known for {OLDEST_POSTGRES} to {NEWEST_POSTGRES}"
        reading.refuse("postgres", f"is {postgres}: {known}")
    days = values.get("backup_keep_days", 0)
    if days < 0:
        reading.refuse("backup_keep_days", f"is {days}, less than none")


def _check_tables(values: dict[str, Any], reading: Taking) -> None:
    """Note the names and values of tables that nothing can be made of."""
    for name, value in values.get("placeholders", {}).items():
        if not name.strip() or "\n" in value:
            reading.refuse(f"placeholders.{name}", "must have a name, and a value of one line")
    for name, section in values.get("commit_types", {}).items():
        if section and section not in SECTIONS:
            known = ", ".join(SECTIONS)
            reading.refuse(f"commit_types.{name}", f"must be one of {known}, or empty")
    for name in values.get("documents", {}):
        if name not in DOCUMENTS:
            reading.refuse_unknown(f"documents.{name}", DOCUMENTS)


def _check_paths(values: dict[str, Any], reading: Taking) -> None:
    """Write each path in one way (``db/`` is ``db``); note those that leave the repository."""
    for name in ("migrations", "notes", "template", "base_schema", "changelog_template"):
        if name in values:
            values[name] = _path(values[name], name, reading)
    if "documents" in values:
        values["documents"] = {
            name: _path(path, f"documents.{name}", reading)
            for name, path in values["documents"].items()
        }
    if values.get("migrations") == "":
        values["migrations"] = "."


def _path(path: str, place: str, reading: Taking) -> str:
    """Give a path below the root, without dots; empty stays empty."""
    if not path.isprintable():
        reading.refuse(place, f"is {path!r}, which no file can be called", "take the mark out.")
        return ""
    made = posixpath.normpath(path) if path else ""
    if made.startswith(("/", "../")) or made == "..":
        hint = "give a path below the folder that holds the settings."
        reading.refuse(place, f"is '{path}', which leaves the repository", hint)
    elif part := private_part(made):
        hint = "give a path in folders of your own."
        reading.refuse(place, f"is '{path}': '{part}' belongs to another program", hint)
    return made
