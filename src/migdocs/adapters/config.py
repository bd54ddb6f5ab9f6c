"""Settings from ``migdocs.toml``, ``[tool.migdocs]`` in ``pyproject.toml``, and the environment."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct, structs

from migdocs.core import foreign
from migdocs.core import values as fields
from migdocs.core.errors import MachineError, UsageError
from migdocs.core.settings import DOCUMENTS, Commands, Environment, Settings, read

if TYPE_CHECKING:
    from pathlib import Path

FILE = "migdocs.toml"
_TABLE = "tool.migdocs"
_PREFIX = "MIGDOCS_"
_HEADER = re.compile(r"\s*\[{1,2}(?P<name>[^\]]+)\]")
_KEY = re.compile(r"\s*(?P<name>[\w.\"-]+)\s*=")


class Found(Struct, frozen=True):
    """The project's root, its settings, and the file that they came from.

    Attributes:
        source: ``migdocs.toml`` or ``pyproject.toml``; None where the defaults hold.
    """

    root: Path
    settings: Settings
    source: Path | None


def load(start: Path, environ: dict[str, str] | None = None) -> Found:
    """Search upward from a folder to the repository's root for settings.

    Flags win over the environment, that over ``migdocs.toml``, that over ``[tool.migdocs]``.

    Raises:
        UsageError: a file is not TOML, or a setting is unknown or of the wrong type.
        MachineError: a file cannot be read.
    """
    own = _from_environment(dict(os.environ) if environ is None else environ)
    read(own, "the environment")
    start = start.resolve()
    for folder in (start, *start.parents):
        for name in (FILE, "pyproject.toml"):
            if table := _table(folder / name):
                settings = read(_merge(table.data, own), name, table.line_of)
                return Found(folder, _with_change_log(folder, settings), folder / name)
        if (folder / ".git").exists():
            return Found(folder, _with_change_log(folder, read(own, "the environment")), None)
    return Found(start, _with_change_log(start, read(own, "the environment")), None)


def _with_change_log(root: Path, settings: Settings) -> Settings:
    """Name the change log that the project keeps, where it has another name than usual."""
    usual = DOCUMENTS["changelog"]
    if "changelog" in settings.documents:
        return settings
    names = {place.name for place in root.iterdir() if _is_near(place)} if root.is_dir() else set()
    if not names or usual in names:
        return settings
    from migdocs.core.changelog import named

    found = named.find(
        names, lambda name: (root / name).read_text(encoding="utf-8", errors="replace")
    )
    if not found:
        return settings
    return structs.replace(settings, documents={**settings.documents, "changelog": found})


def _is_near(place: Path) -> bool:
    """Tell whether a file's name is like a change log's."""
    likely = place.name.lower().startswith(("change", "history", "news"))
    return likely and place.is_file() and not place.is_symlink()


def database_url(
    settings: Settings, environment: str = "", environ: dict[str, str] | None = None
) -> str:
    """Give the URL of the database that the settings lead to; empty where none is set.

    Raises:
        UsageError: there is no such environment, or its variable is not set: a named environment
            never means another database than its own.
    """
    environ = dict(os.environ) if environ is None else environ
    chosen = environment_named(settings, environment)
    variable = chosen.database_url_env or settings.database_url_env
    url = environ.get(variable, "")
    if variable in environ and not url.strip():
        raise UsageError(
            f"{variable} is set, and empty",
            hint="Set it to the database's URL; or unset it, and the project's own server is used.",
        )
    if environment and not url:
        raise UsageError(
            f"the environment '{environment}' needs its database's URL in {variable}",
            hint="Set that variable, or give --database-url.",
        )
    return url


def environment_named(settings: Settings, name: str) -> Environment:
    """Give what the settings say of an environment; the general settings where they name none.

    Raises:
        UsageError: the settings name environments, and this is none of them.
    """
    if not name or not settings.environments:
        return Environment(
            backup_dir=settings.backup_dir, commands=settings.commands, database=settings.database
        )
    if name not in settings.environments:
        known = ", ".join(sorted(settings.environments))
        raise UsageError(
            f"there is no environment '{name}'", hint=f"The settings' [environments] are: {known}."
        )
    chosen = settings.environments[name]
    return structs.replace(
        chosen,
        backup_dir=chosen.backup_dir or settings.backup_dir,
        commands=chosen.commands if chosen.commands != Commands() else settings.commands,
    )


class _Table(Struct, frozen=True):
    """A file's table of ours, and the file's text."""

    data: dict[str, Any]
    text: str

    def line_of(self, place: str) -> int:
        """Find the line of a setting or table by its whole name; 0 where it cannot be told."""
        table = ""
        for number, line in enumerate(self.text.split("\n"), 1):
            if header := _HEADER.match(line):
                table = header["name"].strip().replace('"', "")
            key = _KEY.match(line)
            whole = f"{table}.{key['name']}".replace('"', "") if key else table
            if whole.removeprefix(_TABLE).strip(".") == place:
                return number
        return 0


def _table(path: Path) -> _Table | None:
    """Give a file's table of ours; None where there is none."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise MachineError(f"cannot be read: {error.strerror}", path=path.name) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UsageError(
            "is not UTF-8", path=path.name, line=line, hint="save the file as UTF-8."
        ) from None
    data: Any = foreign.toml(text, path.name)
    if path.name != FILE:
        for name in _TABLE.split("."):
            data = data.get(name) if isinstance(data, dict) else None
        if data is None:
            return None
    if not isinstance(data, dict):
        raise UsageError(f"'{_TABLE}' is {data!r}, not a table", path=path.name)
    return _Table(data, text)


def _from_environment(environ: dict[str, str]) -> dict[str, Any]:
    """Read ``MIGDOCS_NAME`` variables; lists are separated by commas, commands nest."""
    defaults = Settings()
    values: dict[str, Any] = {}
    for name in fields.names(Settings):
        text = environ.get(_PREFIX + name.upper())
        scalar = isinstance(getattr(defaults, name), (str, int, tuple))
        if text is not None and scalar:
            values[name] = _parsed(text, getattr(defaults, name), name)
    for name in fields.names(Commands):
        text = environ.get(f"{_PREFIX}COMMANDS_{name.upper()}")
        if text is not None:
            values.setdefault("commands", {})[name] = text
    prefix = f"{_PREFIX}PLACEHOLDERS_"
    filled = {k.removeprefix(prefix): v for k, v in environ.items() if k.startswith(prefix)}
    return {**values, "placeholders": filled} if filled else values


def _parsed(text: str, default: object, name: str) -> object:
    """Read a variable's text as its setting's type."""
    if isinstance(default, tuple):
        return [part.strip() for part in text.split(",") if part.strip()]
    if isinstance(default, int):
        try:
            return int(text)
        except ValueError:
            variable = f"{_PREFIX}{name.upper()}"
            raise UsageError(f"{variable} is '{text}', not a whole number") from None
    return text


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Lay one mapping over another, tables into tables."""
    merged = dict(base)
    for name, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(name), dict)
        merged[name] = _merge(merged[name], value) if both else value
    return merged
