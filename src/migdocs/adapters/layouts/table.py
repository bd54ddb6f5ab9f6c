"""The table in which a project's own runner remembers what it ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

    from migdocs.core.ledger.trackers import Mark, Unfinished


class Tracking(Struct, frozen=True):
    """How the project's own runner remembers what it ran.

    Attributes:
        table: in its default name and schema.
        column: holds what ``Layout.recorded`` gives for an id.
        asks: gives that column, as text, of what stands applied; empty where all rows count.
        latest_only: one row for the newest version, which stands for all before it.
        checksums: gives what ``column`` holds and the checksum of what was run; empty where the
            runner keeps none that can be computed.
        id_of: what ``Layout.recorded`` gives, of a value of the column.
        up_to: an id that sorts behind all that a value stands for; empty where it is one's own.
        marks: how the table is recognised under any name, then others that the runner keeps.
        command: applies what is pending, where nothing is known of the project; empty for the
            runner's own command, which then has no blanks to fill in.
        unfinished: the rows of what failed half way; None where the runner keeps none.
    """

    table: str
    column: str
    asks: str = ""
    latest_only: bool = False
    checksums: str = ""
    id_of: Callable[[str], str] = str
    up_to: Callable[[str], str] = lambda _: ""
    marks: tuple[Mark, ...] = ()
    command: str = ""
    unfinished: Unfinished | None = None

    @property
    def query(self) -> str:
        """The statement that gives what stands applied."""
        return self.asks or f"SELECT {self.column} FROM {self.table}"  # noqa: S608 - our own names
