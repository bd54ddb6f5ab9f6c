"""Help and completion: every command says what it does, in the words that the overview has."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from migdocs.cli.main import COMMANDS, _wants_json, cli

SCRIPT = Path(sys.executable).parent / "migdocs"
NAMES = [name for commands in COMMANDS.values() for name in commands]
WORDS = {name: text for commands in COMMANDS.values() for name, (_, text) in commands.items()}


def command(name: str) -> click.Command:
    """Load a command."""
    found = cli.get_command(click.Context(cli), name)
    assert found is not None
    return found


def run(*arguments: str, **env: str) -> str:
    """Give what the installed program prints."""
    done = subprocess.run(
        [SCRIPT, *arguments], env={**os.environ, **env}, capture_output=True, check=True, text=True
    )
    return done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_the_overview_says_what_the_command_says(name: str) -> None:
    """The overview imports no command, so its words stand twice: they must be the same."""
    help_text = command(name).help or ""
    assert help_text.partition("\n")[0] == WORDS[name]
    assert command(name).name == name


@pytest.mark.parametrize("name", NAMES)
def test_every_option_has_help(name: str) -> None:
    """And every argument is named in the command's text, unless its name says it all."""
    found = command(name)
    for parameter in found.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts}"
            assert parameter.help.endswith((".", "?")), f"{name} {parameter.opts}"
        else:
            words = re.findall(r"[A-Z]{2,}", parameter.make_metavar(click.Context(found)))
            assert all(word in (found.help or "") for word in words), f"{name} {words}"


@pytest.mark.parametrize("columns", [80, 120])
def test_the_overview_fits_the_terminal(columns: int) -> None:
    """Nothing wraps that was laid out as a table."""
    lines = run("--help", COLUMNS=str(columns)).splitlines()
    assert max(map(len, lines)) <= columns
    for name, text in WORDS.items():
        assert any(line.split()[:1] == [name] and line.endswith(text) for line in lines), name


SHELLS = {
    "bash": ("complete -o nosort -F", {"COMP_WORDS": "migdocs gen", "COMP_CWORD": "1"}),
    "zsh": ("#compdef migdocs", {"COMP_WORDS": "migdocs gen", "COMP_CWORD": "1"}),
    "fish": (
        "complete --no-files --command migdocs",
        {"COMP_WORDS": "migdocs gen", "COMP_CWORD": "gen"},
    ),
}


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_works(shell: str) -> None:
    """The shell's own lines, and the words that it asks for then."""
    marks, asked = SHELLS[shell]
    assert marks in run(_MIGDOCS_COMPLETE=f"{shell}_source")
    assert "generate" in run(_MIGDOCS_COMPLETE=f"{shell}_complete", **asked)


JSON = {
    ("list", "--json"): True,
    ("--json", "list"): True,
    ("check", "--format", "json"): True,
    ("check", "--format=json"): True,
    ("check", "--format", "text", "json"): False,
    ("generate", "json"): False,
    ("new", "json"): False,
    (): False,
}


@pytest.mark.parametrize(("arguments", "wanted"), JSON.items())
def test_json_is_told_from_a_word(arguments: tuple[str, ...], *, wanted: bool) -> None:
    """Errors are JSON where the answer would be, and ``json`` is a document's name too."""
    assert _wants_json(arguments) is wanted
