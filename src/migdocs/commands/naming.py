"""Let the commands that a person is told to type name the database that is in hand."""

from __future__ import annotations

import re
import shlex

from migdocs.core.errors import MigdocsError, SeveralErrors

# Those that work in a database; where one names its database already, it is left as it is.
COMMAND = re.compile(
    r"\bmigdocs (?:apply|backup|baseline|history|migrate|repair|restore|rollback|status)\b"
    r"(?![^'\n]{0,200}--(?:env|database-url)\b)"
)


def option(environment: str, *, by_url: bool) -> str:
    """Give the options that mean a database again; empty where none was named.

    Args:
        environment: as it was named; empty for none.
        by_url: whether the URL was given on the command line; it is not repeated.
    """
    named = [f"--env {shlex.quote(environment)}"] if environment else []
    return " ".join([*named, *(['--database-url "$URL"'] if by_url else [])])


def in_hand(text: str, options: str) -> str:
    """Give a text whose commands of migdocs lead to a database.

    Args:
        text: that people read.
        options: that mean the database.
    """
    return COMMAND.sub(lambda found: f"{found[0]} {options}", text) if options else text


def name_in(error: MigdocsError, options: str) -> None:
    """Let an error's hints lead to a database."""
    for one in error.errors if isinstance(error, SeveralErrors) else (error,):
        one.hint = in_hand(one.hint, options)
