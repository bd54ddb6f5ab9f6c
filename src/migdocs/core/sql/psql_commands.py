"""Read what psql's own commands do to the question whether a script ran: to its end, and here.

psql's manual page, "Meta-Commands". Its exit code tells of errors only: what ends a file half way,
lets psql go on after an error or leads to another database ends with 0.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from migdocs.core.sql.script import Statement

# Several commands may share a line: an unquoted backslash begins the next one.
COMMAND = re.compile(
    r"""\\(?:[^\\'"`\n]++|'(?:[^'\\\n]|\\.|(?!))*+'?|"[^"\n]*+"?|`[^`\n]*+`?|(?!))*+"""
)
# Of what a switch is set to, psql takes any beginning of "off", "false" and "no", quoted or not.
ON = r"'?(?i:on|1|true|yes)'?\s*\Z"
# Commands after which psql's exit code no longer says that the script ran here to its end.
UNTOLD = tuple(
    (re.compile(pattern), why)
    for pattern, why in (
        (r"\\q(?:uit)?\b", "ends psql before the end of the script"),
        (rf"\\set\s+ON_ERROR_STOP\b(?!\s*\Z|\s+{ON})", "makes psql continue after an error"),
        (r"\\(?:unset|getenv|prompt)\s.*\bON_ERROR_STOP\b", "makes psql continue after an error"),
        (r"\\c(?:onnect)?\b", "goes on in another database"),
    )
)
INCLUDE = re.compile(r"\\i(?P<relative>r|nclude_relative)?(?:nclude)?\b[ \t]*(?P<name>[^\n]*)")
CHANGES_FOLDER = re.compile(r"\\cd\b")
# A name that is the same whatever ran before: no variable, no output of a program.
PLAIN_NAME = re.compile(r"(?:'(?P<quoted>[^'\\]+)'|(?P<bare>[^\s'\"\\:`|-][^\s'\"\\:`]*))(?:\s|\Z)")


class Include(Struct, frozen=True):
    """A place where a script includes another.

    Attributes:
        line: where it stands.
        name: of the other file as it is written; empty where only psql knows it.
        relative: whether it begins at the script's own folder, not where psql was started.
    """

    line: int
    name: str
    relative: bool


def untold(text: str) -> tuple[str, str]:
    """Give the first command after which psql's exit code tells nothing, and why; or nothing.

    Args:
        text: a line of psql's commands.
    """
    for command in COMMAND.findall(text):
        for what, why in UNTOLD:
            if what.match(command):
                return command.split(maxsplit=1)[0], why
    return "", ""


def includes(statements: Iterable[Statement]) -> Iterator[Include]:
    r"""Give every place where a script includes another; behind ``\cd``, where is not known."""
    moved = False
    for statement in statements:
        commands = COMMAND.findall(statement.text) if statement.kind == "psql" else ()
        for command in commands:
            moved = moved or bool(CHANGES_FOLDER.match(command))
            if found := INCLUDE.match(command):
                relative = bool(found["relative"])
                plain = None if moved and not relative else PLAIN_NAME.match(found["name"])
                name = (plain["quoted"] or plain["bare"]) if plain else ""
                yield Include(statement.line, name, relative)
