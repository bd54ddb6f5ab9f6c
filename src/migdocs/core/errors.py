"""Every error that a user can meet, with its place, its hint and its exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypedDict, Unpack

    class _Place(TypedDict, total=False):
        path: str
        line: int
        column: int
        hint: str


EXIT_DONE = 0
EXIT_NO = 1
EXIT_USAGE = 2
EXIT_MACHINE = 3
EXIT_DATABASE = 4
EXIT_INTERRUPTED = 130


class MigdocsError(Exception):
    """Something a user can mend: what is wrong, where, and what to do.

    ``str(error)`` is ``path:line:column: message``, without the parts that are not known.
    """

    exit_code = EXIT_NO

    def __init__(
        self, message: str, *, path: str = "", line: int = 0, column: int = 0, hint: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.line = line
        self.column = column
        self.hint = hint

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.path, self.line, self.column) if part)
        return f"{place}: {self.message}" if place else self.message


class UsageError(MigdocsError):
    """Wrong arguments or settings."""

    exit_code = EXIT_USAGE


class InputError(MigdocsError):
    """A file of the project says something that cannot be read: notes, scripts, regions."""

    exit_code = EXIT_USAGE


class MachineError(MigdocsError):
    """The machine lacks something: git, a server, a readable file, a writable folder."""

    exit_code = EXIT_MACHINE


class DatabaseError(MigdocsError):
    """A database refused, or a script failed in it.

    Attributes:
        sqlstate: PostgreSQL's five-character code, empty where the server gave none.
    """

    exit_code = EXIT_DATABASE

    def __init__(self, message: str, *, sqlstate: str = "", **place: Unpack[_Place]) -> None:
        super().__init__(message, **place)
        self.sqlstate = sqlstate


class SeveralErrors(MigdocsError):  # noqa: N818 - it is several
    """Several errors of one kind, met in one run; the exit code is the highest of theirs."""

    def __init__(self, errors: Iterable[MigdocsError]) -> None:
        self.errors: tuple[MigdocsError, ...] = tuple(
            one
            for error in errors
            for one in (error.errors if isinstance(error, SeveralErrors) else (error,))
        )
        super().__init__("\n".join(str(error) for error in self.errors))
        self.exit_code = max((error.exit_code for error in self.errors), default=EXIT_NO)


def raise_all(errors: Iterable[MigdocsError]) -> None:
    """Raise the one error, or all of them together; return where there is none."""
    found = tuple(errors)
    if len(found) == 1:
        raise found[0]
    if found:
        raise SeveralErrors(found)
