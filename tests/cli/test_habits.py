"""One set of habits: what ``--json``, ``-q``, ``--yes`` and ``--no-input`` mean, everywhere."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING

import click
import pytest

from migdocs.cli import habits, output, progress
from migdocs.cli.main import COMMANDS, cli

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = [name for commands in COMMANDS.values() for name in commands]
# Commands that may ask somebody something, and so say in their help how not to be asked.
ASK = {
    "init",
    "decide",
    "new",
    "release",
    "migrate",
    "apply",
    "rollback",
    "restore",
    "baseline",
    "repair",
}
HELP = {
    "--json": "One JSON document.",
    "--quiet": "Say nothing but errors.",
    "--yes": "Ask nothing; take the default answers.",
    "--no-input": "Never ask; fail where one would have to.",
}


def options(name: str) -> dict[str, click.Option]:
    """Give a command's options by name."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    found = (p for p in command.params if isinstance(p, click.Option))
    return {spelling: option for option in found for spelling in option.opts}


@pytest.mark.parametrize("name", NAMES)
def test_the_table_of_habits(name: str) -> None:
    """Each is taken by each command, is a flag, and is explained in the same words."""
    found = options(name)
    wanted = set(HELP) - ({"--json"} if name in habits.WITHOUT_JSON else set())
    assert wanted <= set(found)
    assert found["-q"] is found["--quiet"]
    for spelling in wanted:
        option = found[spelling]
        assert option.is_flag, spelling
        assert option.hidden or option.help == HELP[spelling], f"{name} {spelling}"
    for spelling in ("--yes", "--no-input"):
        assert found[spelling].hidden is (name not in ASK), spelling


@pytest.mark.parametrize("name", NAMES)
def test_json_is_a_format_where_there_are_formats(name: str) -> None:
    """``--json`` is ``--format json``."""
    form = options(name).get("--format")
    if form is not None:
        assert isinstance(form.type, click.Choice)
        assert "json" in form.type.choices


def test_progress_is_one_line_that_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is drawn again and again, cleared for what is printed, and silent at a prompt."""
    line = progress.Line()
    monkeypatch.setattr(progress, "make_room", line.make_room)
    bytes_ = io.BytesIO()
    screen = output.Harmless(bytes_, encoding="utf-8", write_through=True)
    line.begin(screen, "check", every=0.01)
    _until(lambda: b"check: at work, 0 s" in bytes_.getvalue())
    screen.write("Found.\n")
    assert bytes_.getvalue().endswith(b"\r" + b" " * len("check: at work, 0 s") + b"\rFound.\n")
    screen.write("Go on? [y/N]: ")
    before = bytes_.getvalue()
    time.sleep(0.05)
    assert bytes_.getvalue() == before
    line.end()


def _until(done: Callable[[], bool]) -> None:
    """Wait for what another thread does."""
    end = time.monotonic() + 10
    while not done() and time.monotonic() < end:
        time.sleep(0.005)
    assert done()
