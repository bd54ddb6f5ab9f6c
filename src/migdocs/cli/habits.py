"""The options that mean the same in every command, and who takes which of them.

``--json``: one JSON document on stdout, errors included. ``-q``: nothing but errors on stderr.
``--yes``: ask nothing and take the default answers. ``--no-input``: never ask; fail where one
would have to. A command that never asks takes the last two as well: a script can always give them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from migdocs.cli import output

if TYPE_CHECKING:
    from collections.abc import Callable

# This one runs until it is stopped.
WITHOUT_JSON = frozenset({"serve"})


def _never_asks(*names: str) -> Callable[[], click.Option]:
    """Make an option for a command that never asks: it is taken, and changes nothing."""

    def make() -> click.Option:
        return click.Option(
            names, is_flag=True, hidden=True, expose_value=False, help="Ask nothing."
        )

    return make


def _quiet() -> click.Option:
    """Make -q for a command whose answer is printed in any case."""
    return click.Option(
        ("-q", "--quiet"),
        is_flag=True,
        expose_value=False,
        callback=output.hush,
        help="Say nothing but errors.",
    )


# Option → what makes it where a command has none of its own.
_MAKERS: dict[str, Callable[[], click.Option]] = {
    "--quiet": _quiet,
    "--yes": _never_asks("--yes"),
    "--no-input": _never_asks("--no-input"),
}


def add(command: click.Command) -> click.Command:
    """Give a command those of the options that it does not have itself."""
    there = {name for parameter in command.params for name in parameter.opts}
    command.params += [make() for name, make in _MAKERS.items() if name not in there]
    return command
