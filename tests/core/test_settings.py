"""Settings: a mapping becomes a value, or everything that is wrong with it is said at once."""

from __future__ import annotations

from typing import Any

import pytest

from migdocs.core import settings
from migdocs.core.errors import MigdocsError, SeveralErrors
from migdocs.core.settings import Commands, Environment, SessionOptions, Settings


def test_nothing_set_means_the_defaults() -> None:
    """And the documents stand where DESIGN's table has them."""
    read = settings.read({}, "migdocs.toml")
    assert read == Settings()
    assert read.document("log") == "migrations/MIGRATIONS_LOG.md"
    assert read.document("breaking") == "BREAKING_CHANGES.md"
    assert read.template_path == "migrations/TEMPLATE.md"


def test_everything_can_be_set() -> None:
    """Each table becomes its value; an environment's database goes on from the general one."""
    read = settings.read(
        {
            "name": "shop",
            "tags": ["v*"],
            "postgres": 17,
            "commands": {"stop": "systemctl stop shop"},
            "database": {"role": "owner", "lock_timeout": 2},
            "environments": {
                "production": {"database_url_env": "PROD_URL", "database": {"lock_timeout": 1.5}}
            },
            "documents": {"log": "docs/LOG.md", "changelog": ""},
            "leave_when": {"v1.2.0": "the queue is empty"},
        },
        "migdocs.toml",
    )
    assert (read.name, read.tags, read.postgres) == ("shop", ("v*",), 17)
    assert read.commands == Commands(stop="systemctl stop shop")
    assert read.database == SessionOptions(role="owner", lock_timeout=2)
    assert read.environments["production"] == Environment(
        "PROD_URL", database=SessionOptions(role="owner", lock_timeout=1.5)
    )
    assert (read.document("log"), read.document("changelog")) == ("docs/LOG.md", "")
    assert read.leave_when == {"v1.2.0": "the queue is empty"}


FOLDERS = {
    "db/migrations": ("db/migrations", "db/migrations/MIGRATIONS_LOG.md"),
    "./db//migrations/": ("db/migrations", "db/migrations/MIGRATIONS_LOG.md"),
    "db/../sql": ("sql", "sql/MIGRATIONS_LOG.md"),
    ".": (".", "MIGRATIONS_LOG.md"),
    "": (".", "MIGRATIONS_LOG.md"),
}


@pytest.mark.parametrize(("written", "expected"), FOLDERS.items())
def test_a_folder_is_one_however_it_is_written(written: str, expected: tuple[str, str]) -> None:
    """Paths are compared as text, so there is one text for each."""
    read = settings.read({"migrations": written, "documents": {"flow": "./docs/x.md"}}, "x")
    assert (read.migrations, read.document("log")) == expected
    assert read.template_path == read.below("TEMPLATE.md")
    assert not read.template_path.startswith("./")
    assert read.document("flow") == "docs/x.md"


UNKNOWN = {
    "migration": ("'migration' is not a setting", "did you mean 'migrations'?"),
    "Postgres": ("'Postgres' is not a setting", "did you mean 'postgres'?"),
    "commands.stopp": ("'commands.stopp' is not a setting", "did you mean 'stop'?"),
    "commands.x": ("'commands.x' is not a setting", "known here: health, start, stop."),
    "documents.logg": ("'documents.logg' is not a setting", "did you mean 'log'?"),
    "environments.prod.backupdir": (
        "'environments.prod.backupdir' is not a setting",
        "did you mean 'backup_dir'?",
    ),
    "environments.prod.commands.begin": (
        "'environments.prod.commands.begin' is not a setting",
        "known here: health, start, stop.",
    ),
    "database.lock_timeuot": (
        "'database.lock_timeuot' is not a setting",
        "did you mean 'lock_timeout'?",
    ),
}


def nested(name: str, value: object) -> dict[str, Any]:
    """Make ``{"a": {"b": value}}`` of ``a.b``."""
    first, _, rest = name.partition(".")
    return {first: nested(rest, value) if rest else value}


@pytest.mark.parametrize(("name", "said"), UNKNOWN.items())
def test_an_unknown_name_is_an_error(name: str, said: tuple[str, str]) -> None:
    """With the one that may be meant, or all that there are."""
    with pytest.raises(MigdocsError) as caught:
        settings.read(nested(name, "x"), "migdocs.toml")
    error = caught.value
    assert (error.message, error.hint, error.exit_code) == (*said, 2)


WRONG = {
    "name": (5, "is 5, not a string"),
    "tags": ("v*", "is 'v*', not a list of strings"),
    "stops": ([1], "is [1], not a list of strings"),
    "postgres": (True, "is True, not a whole number"),
    "backup_keep_days": (1.5, "is 1.5, not a whole number"),
    "commands": ("stop", "is 'stop', not a table"),
    "commands.stop": (["a"], "is ['a'], not a string"),
    "environments": ([], "is [], not a table"),
    "environments.prod": ("x", "is 'x', not a table"),
    "environments.prod.commands": (1, "is 1, not a table"),
    "environments.prod.database": (1, "is 1, not a table"),
    "documents": ("x", "is 'x', not a table"),
    "documents.log": (5, "is 5, not a string"),
    "leave_when.v1": (5, "is 5, not a string"),
    "database.patience": (-1, "is -1, not a number of seconds"),
    "database.psql": (1, "is 1, neither true nor false"),
}


@pytest.mark.parametrize(("name", "wrong"), WRONG.items())
def test_a_wrong_type_is_an_error(name: str, wrong: tuple[object, str]) -> None:
    """With the value, and what it should be."""
    value, problem = wrong
    with pytest.raises(MigdocsError) as caught:
        settings.read(nested(name, value), "migdocs.toml")
    assert caught.value.message == f"'{name}' {problem}"


RANGES = {
    "postgres": (9, "is 9: hazards are known for 10 to 18"),
    "backup_keep_days": (-1, "is -1, less than none"),
    "migrations": ("../db", "is '../db', which leaves the repository"),
    "template": ("/etc/passwd", "is '/etc/passwd', which leaves the repository"),
    "base_schema": ("a/../../b.sql", "is 'a/../../b.sql', which leaves the repository"),
    "documents.flow": (".git/hooks/a", "is '.git/hooks/a': '.git' belongs to another program"),
    "documents.log": ("..", "is '..', which leaves the repository"),
}


@pytest.mark.parametrize(("name", "wrong"), RANGES.items())
def test_a_value_that_cannot_be_meant_is_an_error(name: str, wrong: tuple[object, str]) -> None:
    """A number out of range, a path that leaves the repository."""
    value, problem = wrong
    with pytest.raises(MigdocsError) as caught:
        settings.read(nested(name, value), "migdocs.toml")
    assert caught.value.message == f"'{name}' {problem}"


def test_everything_wrong_is_said_in_one_run() -> None:
    """Each with its file and line."""
    data = {"nam": "x", "postgres": 9, "commands": {"stop": 1}, "documents": {"x": "", "log": "/"}}
    lines = {"nam": 1, "commands.stop": 4}
    with pytest.raises(SeveralErrors) as caught:
        settings.read(data, "migdocs.toml", lambda name: lines.get(name, 0))
    told = [(error.path, error.line, error.message.split("'")[1]) for error in caught.value.errors]
    assert told == [
        ("migdocs.toml", 1, "nam"),
        ("migdocs.toml", 4, "commands.stop"),
        ("migdocs.toml", 0, "documents.x"),
        ("migdocs.toml", 0, "postgres"),
        ("migdocs.toml", 0, "documents.log"),
    ]
