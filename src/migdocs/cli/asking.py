"""What every command that works in a database takes, and how a person is asked and told."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from migdocs.cli import output
from migdocs.commands import naming
from migdocs.core.errors import EXIT_NO, MigdocsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

as_json = output.json_option
fleet = click.option(
    "--fleet",
    type=click.Path(path_type=Path),
    help="For the databases listed in this TOML file; connects to none of them.",
)
_OPTIONS = (
    click.option(
        "--database-url",
        "url",
        default="",
        metavar="URL",
        help="The database's URL; safer in the variable that the settings name.",
    ),
    click.option(
        "--env", "environment", default="", metavar="NAME", help="An environment of the settings."
    ),
    output.quiet,
)
_ANSWERS = (
    click.option("--yes", is_flag=True, help="Ask nothing; take the default answers."),
    click.option("--no-input", is_flag=True, help="Never ask; fail where one would have to."),
)


@dataclass(frozen=True, slots=True)
class Where:
    """The database that is meant, and the person at the terminal."""

    url: str = field(repr=False)
    environment: str
    quiet: bool
    yes: bool = False
    no_input: bool = False

    @property
    def asks(self) -> bool:
        """Whether a person is at the terminal and wants to be asked."""
        return not (self.yes or self.no_input) and sys.stdin.isatty()

    @property
    def option(self) -> str:
        """The options that mean this database again."""
        return naming.option(self.environment, by_url=bool(self.url))

    def named(self, text: str) -> str:
        """Give a text whose commands lead to this database."""
        return naming.in_hand(text, self.option)

    def notify(self, line: str) -> None:
        """Tell one line; what a server says cannot move the cursor."""
        if self.quiet:
            return
        text = "\n".join(_printable(part) for part in self.named(line).splitlines())
        output.say(text)

    def agreed(self, question: str, default: bool = True) -> bool:  # noqa: FBT001, FBT002 - what `walk` calls
        """Ask a question; give the default answer where ``--yes`` stands for the person.

        Raises:
            UsageError: there is nobody to ask.
        """
        if self.yes:
            return default
        self._need_a_person(question)
        return click.confirm(_printable(question), default=default, err=True)

    def refrain(self) -> NoReturn:
        """End because the person said no."""
        self.notify("nothing was done")
        raise click.exceptions.Exit(EXIT_NO)

    def choice(self, question: str, answers: tuple[str, ...]) -> str:
        """Ask for one of several answers; the second one where ``--yes`` stands for the person."""
        if self.yes:
            return answers[1]
        self._need_a_person(question)
        return str(click.prompt(question, type=click.Choice(answers), default=answers[0], err=True))

    def _need_a_person(self, question: str) -> None:
        """Refuse to ask where nobody is."""
        if self.no_input or not sys.stdin.isatty():
            raise UsageError(f"cannot ask without a terminal: {question}", hint="Give --yes.")


def reading(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that only asks a database its options, as ``where``."""
    return _taking(command, _OPTIONS)


def changing(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that changes a database its options, as ``where``."""
    return _taking(command, (*_ANSWERS, *_OPTIONS))


def answers(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that stand for the person: ``--yes`` and ``--no-input``."""
    for option in reversed(_ANSWERS):
        command = option(command)
    return command


def _taking(command: Callable[..., None], options: tuple[Any, ...]) -> Callable[..., None]:
    """Take several options together as one value."""

    @wraps(command)
    def taken(**values: Any) -> None:  # noqa: ANN401 - each command has options of its own
        names = {name: values.pop(name) for name in Where.__slots__ if name in values}
        where = Where(**names)
        try:
            command(where, **values)
        except MigdocsError as error:
            naming.name_in(error, where.option)
            raise

    for option in reversed(options):
        taken = option(taken)
    return taken


def _printable(text: str) -> str:
    """Give a line without control characters."""
    return "".join(char if char.isprintable() else "?" for char in text)
