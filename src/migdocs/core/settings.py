"""Settings as a value, and how a mapping from a file or the environment becomes one."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from migdocs.core.errors import UsageError, raise_all

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
OLDEST_POSTGRES, NEWEST_POSTGRES = 10, 18


@dataclass(frozen=True, slots=True)
class Commands:
    """The project's own commands; empty where it has none."""

    stop: str = ""
    start: str = ""
    health: str = ""


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """How a session in a database behaves; times in seconds.

    Attributes:
        lock_timeout: for one lock; 0 waits for ever.
        statement_timeout: for one statement; 0 lets it take its time.
        patience: how long to wait for another migdocs that is at work in the same database.
        attempts: how often a step is tried that meets another's lock or a deadlock.
        role: to work as, empty for the one that logs in.
        search_path: empty leaves it as the server has it.
        timezone: empty leaves it as the server has it.
        ledger: the ledger's table, with its schema.
    """

    lock_timeout: float = 5.0
    statement_timeout: float = 0.0
    patience: float = 60.0
    attempts: int = 5
    role: str = ""
    search_path: str = ""
    timezone: str = ""
    ledger: str = "public.migdocs_ledger"


@dataclass(frozen=True, slots=True)
class Environment:
    """What differs in one environment (``production``)."""

    database_url_env: str = ""
    backup_dir: str = ""
    commands: Commands = Commands()
    database: SessionOptions = SessionOptions()


@dataclass(frozen=True, slots=True)
class Settings:
    """What a project says about itself.

    Attributes:
        name: of the project, for titles.
        migrations: the folder, from the root.
        tags: glob patterns of the tags that are releases; empty takes every version-like one.
        base_schema: a script that makes what the migrations assume.
        postgres: the major version that hazards are judged for.
        documents: document → path, where one stands elsewhere than by default; an empty path
            leaves that document out.
        forge: the repository's page, for links; found from the remote where it is empty.
        changelog_template: a Jinja2 template of the project's own for the change log, from the
            root; empty takes ours.
        orm: what the decision tree calls the project's automatic migrations.
        stops: versions that no upgrade may skip.
        leave_when: version → what must be true before one goes on from there.
    """

    name: str = ""
    migrations: str = "migrations"
    layout: str = "auto"
    template: str = ""
    tags: tuple[str, ...] = ()
    base_schema: str = ""
    postgres: int = 15
    database_url_env: str = "DATABASE_URL"
    backup_dir: str = "backups"
    backup_keep_days: int = 7
    orm: str = ""
    forge: str = ""
    changelog_template: str = ""
    stops: tuple[str, ...] = ()
    leave_when: Mapping[str, str] = field(default_factory=dict)
    commands: Commands = Commands()
    database: SessionOptions = SessionOptions()
    environments: Mapping[str, Environment] = field(default_factory=dict)
    documents: Mapping[str, str] = field(default_factory=dict)

    @property
    def template_path(self) -> str:
        """Where TEMPLATE.md stands, from the root."""
        return self.template or f"{self.migrations}/TEMPLATE.md"

    def document(self, name: str) -> str:
        """Give where a document stands, from the root; empty where the project leaves it out."""
        return self.documents.get(name, DOCUMENTS[name].format(migrations=self.migrations))


def read(data: Mapping[str, Any], source: str) -> Settings:
    """Make settings of a mapping.

    Raises:
        UsageError: an unknown name (with the nearest known one) or a value of the wrong type; all
            of them are said in one run.
    """
    errors: list[UsageError] = []
    values = _typed(data, Settings, source, "", errors)
    if "commands" in values:
        values["commands"] = _table(values["commands"], Commands, source, "commands", errors)
    general = data.get("database", {})
    if "database" in values:
        values["database"] = _table(general, SessionOptions, source, "database", errors)
    if "environments" in values:
        values["environments"] = {
            name: _environment(_over(general, item), source, f"environments.{name}", errors)
            for name, item in values["environments"].items()
        }
    errors.extend(
        _unknown(f"documents.{name}", name, DOCUMENTS, source)
        for name in values.get("documents", {})
        if name not in DOCUMENTS
    )
    errors.extend(
        UsageError(f"'leave_when.{name}' is {value!r}, not a string", path=source)
        for name, value in values.get("leave_when", {}).items()
        if not isinstance(value, str)
    )
    errors.extend(_out_of_range(values, source))
    raise_all(errors)
    return Settings(**values)


def _environment(data: Any, source: str, place: str, errors: list[UsageError]) -> Environment:  # noqa: ANN401 - TOML
    """Make one environment's settings."""
    values = _typed(data, Environment, source, place, errors)
    if "commands" in values:
        values["commands"] = _table(
            values["commands"], Commands, source, f"{place}.commands", errors
        )
    if "database" in values:
        place = f"{place}.database"
        values["database"] = _table(values["database"], SessionOptions, source, place, errors)
    return Environment(**values)


def _over(general: Any, data: Any) -> Any:  # noqa: ANN401 - TOML
    """Lay one environment's database table over the general one."""
    if not isinstance(data, Mapping) or not isinstance(general, Mapping):
        return data
    own = data.get("database", {})
    return {**data, "database": {**general, **own}} if isinstance(own, Mapping) else data


def _table(data: Any, kind: type, source: str, place: str, errors: list[UsageError]) -> Any:  # noqa: ANN401 - TOML
    """Make a nested table's value."""
    return kind(**_typed(data, kind, source, place, errors))


def _typed(
    data: Any,  # noqa: ANN401 - TOML
    kind: type,
    source: str,
    place: str,
    errors: list[UsageError],
) -> dict[str, Any]:
    """Keep the values whose names and types are right; note the others."""
    if not isinstance(data, Mapping):
        errors.append(UsageError(f"'{place}' is {data!r}, not a table", path=source))
        return {}
    defaults = kind()
    known = {f.name: getattr(defaults, f.name) for f in dataclasses.fields(kind)}
    kept: dict[str, Any] = {}
    for name, value in data.items():
        if name not in known:
            errors.append(_unknown(f"{place}.{name}".lstrip("."), name, known, source))
        elif (problem := _type_problem(value, known[name])) is not None:
            errors.append(UsageError(f"'{f'{place}.{name}'.lstrip('.')}' {problem}", path=source))
        else:
            kept[name] = tuple(value) if isinstance(known[name], tuple) else value
    return kept


def _type_problem(value: object, default: object) -> str | None:
    """Say what is wrong with a value's type, by the default's; None where nothing is."""
    if isinstance(default, tuple):
        good = isinstance(value, (list, tuple)) and all(isinstance(part, str) for part in value)
        return None if good else f"is {value!r}, not a list of strings"
    if isinstance(default, (Commands, SessionOptions, Mapping)):
        return None if isinstance(value, Mapping) else f"is {value!r}, not a table"
    if isinstance(default, float):
        good = isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
        return None if good else f"is {value!r}, not a number of seconds"
    if isinstance(default, int):
        good = isinstance(value, int) and not isinstance(value, bool)
        return None if good else f"is {value!r}, not a whole number"
    return None if isinstance(value, str) else f"is {value!r}, not a string"


def _out_of_range(values: Mapping[str, Any], source: str) -> list[UsageError]:
    """Note the values that are of the right type and still cannot be meant."""
    errors: list[UsageError] = []
    postgres = values.get("postgres", OLDEST_POSTGRES)
    if not OLDEST_POSTGRES <= postgres <= NEWEST_POSTGRES:
        errors.append(
            UsageError(
                f"'postgres' is {postgres}: hazards are known for {OLDEST_POSTGRES} to"
                f" {NEWEST_POSTGRES}",
                path=source,
            )
        )
    paths = {
        name: values[name]
        for name in ("migrations", "template", "base_schema", "changelog_template")
        if name in values
    }
    paths |= {f"documents.{name}": path for name, path in values.get("documents", {}).items()}
    for name, path in paths.items():
        if path.startswith("/") or ".." in path.split("/"):
            errors.append(
                UsageError(
                    f"'{name}' is '{path}', which leaves the repository",
                    path=source,
                    hint="give a path below the folder that holds the settings.",
                )
            )
    return errors


def _unknown(place: str, name: str, known: Mapping[str, Any], source: str) -> UsageError:
    """Build the error about a name that is no setting."""
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"known here: {', '.join(sorted(known))}."
    return UsageError(f"'{place}' is not a setting", path=source, hint=hint)
