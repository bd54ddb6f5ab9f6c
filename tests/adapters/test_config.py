"""Settings from files and the environment, on a real disk."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from migdocs.adapters import config
from migdocs.core.errors import MigdocsError
from migdocs.core.settings import Commands, Settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give a folder that is the top of a repository."""
    (tmp_path / ".git").mkdir()
    return tmp_path


def test_without_settings_the_defaults_hold(root: Path) -> None:
    """The root is the repository's top, from any folder in it."""
    below = root / "a" / "b"
    below.mkdir(parents=True)
    assert config.load(below, {}) == config.Found(root, Settings(), None)


def test_without_a_repository_the_folder_itself_is_the_root(tmp_path: Path) -> None:
    """Nothing above it is ours."""
    assert config.load(tmp_path, {}).root == tmp_path


def test_the_nearest_settings_upward_are_taken(root: Path) -> None:
    """The search ends at the repository's top: what lies above is another project's."""
    inner = root / "services" / "shop"
    (inner / "src").mkdir(parents=True)
    (root / "migdocs.toml").write_text('name = "outer"')
    assert config.load(inner / "src", {}).root == root
    (inner / "pyproject.toml").write_text("[tool.other]\nx = 1\n")
    assert config.load(inner / "src", {}).root == root, "that file has no table of ours"
    (inner / "pyproject.toml").write_text('[tool.migdocs]\nname = "inner"\n')
    found = config.load(inner / "src", {})
    assert (found.root, found.settings.name) == (inner, "inner")
    (inner / ".git").mkdir()
    (inner / "pyproject.toml").unlink()
    assert config.load(inner / "src", {}).settings.name == "", "a repository of its own"


def test_the_environment_wins_over_migdocs_toml_and_that_over_pyproject(root: Path) -> None:
    """Each name by itself for the environment; of two files in one folder, one is read."""
    (root / "pyproject.toml").write_text('[tool.migdocs]\nname = "c"\npostgres = 13\n')
    assert config.load(root, {}).settings.name == "c"
    (root / "migdocs.toml").write_text('name = "b"\norm = "GORM"\n[commands]\nstop = "x"\n')
    found = config.load(root, {"MIGDOCS_NAME": "a", "MIGDOCS_COMMANDS_START": "y"})
    assert found.settings == Settings(name="a", orm="GORM", commands=Commands("x", "y"))
    assert found.source == root / "migdocs.toml"


def test_the_environment_has_strings_numbers_and_lists(root: Path) -> None:
    """Commas separate; what is no setting of ours is let be."""
    environ = {"MIGDOCS_POSTGRES": "17", "MIGDOCS_TAGS": "v*, r-*,", "MIGDOCS_CORPORA": "x",
               "MIGDOCS_COMMANDS": "x", "MIGDOCS_COMMANDS_STOP": "y"}  # fmt: skip
    found = config.load(root, environ).settings
    assert found == Settings(postgres=17, tags=("v*", "r-*"), commands=Commands("y"))


BROKEN = {
    "unknown": ('name = "x"\nmigration = "y"\n', 2, "'migration' is not a setting"),
    "in a table": ("[commands]\n\nstop = 1\n", 3, "'commands.stop' is 1"),
    "a dotted name": ("\ncommands.stop = 1\n", 2, "'commands.stop' is 1"),
    "a quoted table": ('[environments."eu.west"]\nx = 1', 2, "'environments.eu.west.x' is not"),
    "a table itself": ("[[commands]]\nstop = 1\n", 1, "'commands' is [{'stop': 1}], not a table"),
    "not TOML": ('name = "x"\nmigrations = db\n', 2, "not TOML: Invalid value"),
    "a string left open": ('name = "x\n', 1, "not TOML: Illegal character"),
    "cut off": ("[commands", 1, "not TOML: Expected ']'"),
    "twice": ('name = "x"\nname = "y"\n', 2, "not TOML: Cannot overwrite a value"),
    "not UTF-8": (b'name = "x"\n# \xff\n', 2, "is not UTF-8"),
}


@pytest.mark.parametrize(("text", "line", "said"), BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("name", ["migdocs.toml", "pyproject.toml"])
def test_a_broken_file_is_said_with_its_line(
    root: Path, name: str, text: str | bytes, line: int, said: str
) -> None:
    """In either file."""
    data = text.encode() if isinstance(text, str) else text
    if name == "pyproject.toml":
        data = b"[tool.migdocs]\n" + re.sub(rb"^(\[+)", rb"\1tool.migdocs.", data)
    (root / name).write_bytes(data)
    with pytest.raises(MigdocsError) as caught:
        config.load(root, {})
    error = caught.value
    assert error.path == name
    assert error.line == line + (name == "pyproject.toml")
    assert error.message.startswith(said)
    assert error.exit_code == 2


def test_a_file_that_is_no_file_is_said(root: Path) -> None:
    """With the reason, and without the machine's whole path."""
    (root / "migdocs.toml").mkdir()
    with pytest.raises(MigdocsError) as caught:
        config.load(root, {})
    assert str(caught.value) == "migdocs.toml: cannot be read: Is a directory"
    assert caught.value.exit_code == 3


def test_a_table_that_is_no_table_is_said(root: Path) -> None:
    """``tool.migdocs = 5`` sets nothing."""
    (root / "pyproject.toml").write_text("tool.migdocs = 5\n")
    with pytest.raises(MigdocsError, match="is 5, not a table"):
        config.load(root, {})


def test_a_byte_order_mark_is_no_reason(root: Path) -> None:
    """Some editors write one."""
    (root / "migdocs.toml").write_bytes(b'\xef\xbb\xbfname = "x"\r\n')
    assert config.load(root, {}).settings.name == "x"


ENVIRONMENT = {
    "MIGDOCS_POSTGRES": ("new", "MIGDOCS_POSTGRES is 'new', not a whole number"),
    "MIGDOCS_MIGRATIONS": ("../x", "the environment: 'migrations' is '../x', which leaves"),
}


@pytest.mark.parametrize(("name", "wrong"), ENVIRONMENT.items())
def test_a_wrong_variable_is_not_blamed_on_a_file(
    root: Path, name: str, wrong: tuple[str, str]
) -> None:
    """The error names where the value came from."""
    (root / "migdocs.toml").write_text('name = "x"\n')
    value, said = wrong
    with pytest.raises(MigdocsError) as caught:
        config.load(root, {name: value})
    assert str(caught.value).startswith(said)
