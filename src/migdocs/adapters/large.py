r"""Read a script that is too much to hold, without its data.

Left out are the rows below its COPY … FROM STDIN, and the statements that differ from one before
them in nothing but values. They are sent from the file.
"""

from __future__ import annotations

import hashlib
import re
import sys
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct

from migdocs.core.errors import InputError, MachineError
from migdocs.core.model import Rows, Stored
from migdocs.core.sql import alike

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from migdocs.core.sql.script import Statement

# Older versions match possessive quantifiers wrongly (python/cpython#106052).
KNOWS_ALIKE = sys.version_info >= (3, 11, 5)
LIMIT = 8 << 20  # bytes; smaller scripts are held whole
PIECE = 1 << 20  # bytes read, and rows sent, at a time
MESSAGE = 1 << 18  # bytes of statements sent at a time
SHORT = 80  # bytes that tell what stands somewhere
COPY = re.compile(rb"\s*copy\b[^;]*\bfrom\s+stdin\b[^;]*;\s*\Z", re.IGNORECASE)
END = re.compile(rb"^\\\.[ \t\r]*$", re.MULTILINE)
DOLLAR = re.compile(rb"\$(?:[A-Za-z_]\w*)?\$")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Abridged(Struct, frozen=True):
    """A script's text without its data, and where those are."""

    text: str
    stored: Stored


def read(path: Path, name: str, *, rows_only: bool = False) -> Abridged:
    """Read a script without its data.

    Args:
        path: of the file.
        name: what an error calls it.
        rows_only: leave out rows alone, no statements; so it is before Python 3.11.5.

    Raises:
        InputError: what is held is not UTF-8.
        MachineError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            parting = _Parting(file, rows_only=rows_only)
            parting.run()
        text = b"".join(parting.kept).decode()
    except OSError as error:
        raise MachineError(f"cannot be read: {error.strerror}", path=name) from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"byte 0x{error.object[error.start]:02x} is not UTF-8", path=name
        ) from None
    digest = f"sha256:{parting.digest.hexdigest()}"
    return Abridged(text, Stored(digest, tuple(parting.rows), tuple(parting.alike)))


def below(
    path: Path, statements: Iterable[Statement], stored: Stored
) -> Callable[[Statement], Iterator[bytes]]:
    """Give what reads, from a script's file, what stands below a statement of its text."""
    found: dict[Statement, tuple[Callable[[Path, Rows], Iterator[bytes]], Rows]] = {}
    rows_left, alike_left = iter(stored.rows), iter(stored.alike)
    for statement in statements:
        if statement.kind == "copy":
            found[statement] = rows, next(rows_left)
        elif statement.followed:
            found[statement] = alike_statements, next(alike_left)

    def read_below(statement: Statement) -> Iterator[bytes]:
        """Read anew each time: a step may be tried again."""
        reads, block = found[statement]
        return reads(path, block)

    return read_below


def rows(path: Path, block: Rows) -> Iterator[bytes]:
    """Give what was left out in pieces of whole lines, as they stand in the file."""
    yield from _pieces(path, block, PIECE)


def alike_statements(path: Path, block: Rows) -> Iterator[bytes]:
    """Give statements that were left out, some at a time, with line ends made alike."""
    kept = b""
    for piece in _pieces(path, block, MESSAGE):
        kept += piece.replace(b"\r\n", b"\n")
        end = alike.last_end(kept)
        if end:
            yield kept[:end]
            kept = kept[end:]
    if kept.strip():
        yield kept


def _pieces(path: Path, block: Rows, size: int) -> Iterator[bytes]:
    """Give whole lines of a block, at least so many bytes at a time."""
    left = block.size
    with path.open("rb") as file:
        file.seek(block.offset)
        while left:
            piece = file.read(min(left, size))
            if not piece:
                raise MachineError("it was cut short while it was read", path=path.name)
            piece += file.readline(left - len(piece)) if len(piece) < left else b""
            left -= len(piece)
            yield piece


class _Parting:
    """Part a script into its text and what is left out, once, forwards.

    Attributes:
        kept: the lines of the text.
        digest: of the whole, its line ends made alike.
    """

    def __init__(self, file: BinaryIO, *, rows_only: bool) -> None:
        self.file = file
        self.rows_only = rows_only or not KNOWS_ALIKE
        self.kept: list[bytes] = []
        self.lines = 0  # of what is kept
        self.rows: list[Rows] = []
        self.alike: list[Rows] = []
        self.digest = hashlib.sha256()
        self.kinds = alike.Kinds()
        self.buffer = b""
        self.at = self.before = 0  # in the buffer; and where that begins in the file
        self.quoted = b""  # the dollar quote that a kept line left open

    def run(self) -> None:
        """Read the file to its end."""
        self.more()
        self.at = len(BYTE_ORDER_MARK) if self.buffer.startswith(BYTE_ORDER_MARK) else 0
        while self.at < len(self.buffer) or self.more():
            statement = b"" if self.quoted or self.rows_only else self.statement()
            if statement:
                self.keep(statement)
                self.leave_out_alike()
                continue
            line = self.line()
            self.keep(line)
            self.note_quote(line)
            if not self.quoted and COPY.match(line):
                self.leave_out_rows()

    def more(self) -> bool:
        """Read more, at least as much as there is, and tell whether there was any."""
        piece = self.file.read(max(PIECE, len(self.buffer) - self.at))
        if piece:
            self.buffer = self.buffer[self.at :] + piece
            self.before += self.at
            self.at = 0
        return bool(piece)

    def take(self, end: int) -> bytes:
        """Pass what stands before a position of the buffer, and give it."""
        taken = self.buffer[self.at : end].replace(b"\r\n", b"\n")
        self.digest.update(taken)
        self.at = end
        return taken

    def keep(self, taken: bytes) -> None:
        """Make lines part of the text."""
        self.kept.append(taken)
        self.lines += taken.count(b"\n")

    def line(self) -> bytes:
        """Take a line."""
        while (end := self.buffer.find(b"\n", self.at)) < 0:
            if not self.more():
                return self.take(len(self.buffer))
        return self.take(end + 1)

    def statement(self) -> bytes:
        """Take a statement that changes rows and ends its line; nothing where there is none."""
        end = self.end_of_statement()
        if not end:
            return b""
        taken = self.take(end)
        self.kinds.learn(taken.rpartition(b";")[0])
        return taken

    def end_of_statement(self) -> int:
        """Give where the statement ends that stands here, of which all is read; 0 for none."""
        if len(self.buffer) - self.at < SHORT:
            self.more()
        while body := alike.BODY.match(self.buffer, self.at):
            end = alike.END.match(self.buffer, body.end())
            if end:
                return end.end()
            if not self.is_cut(body.end()) or not self.more():
                return 0
        return 0

    def is_cut(self, stop: int) -> bool:
        """Tell whether only the buffer's end stopped a statement."""
        rest = self.buffer[stop : stop + SHORT]
        if rest[:1] in {b"'", b'"'}:
            return self.buffer.find(rest[:1], stop + 1) < 0
        return len(rest) < SHORT and not rest.strip(b";-:/ \t\r")

    def leave_out_alike(self) -> None:
        """Pass the statements that follow and are like those known."""
        offset, lines = self.before + self.at, 0
        while True:
            end = self.kinds.end(self.buffer, self.at)
            if end > self.at:
                lines += self.take(end).count(b"\n")
            elif not self.end_of_statement() or self.kinds.end(self.buffer, self.at) == self.at:
                break
        if lines:
            size = self.before + self.at - offset
            self.alike.append(Rows(self.lines + 1, offset, lines, size))

    def leave_out_rows(self) -> None:
        r"""Pass the rows below a COPY, up to the line ``\.``."""
        offset, lines = self.before + self.at, 0
        while not (end := END.search(self.buffer, self.at)) or end.end() == len(self.buffer):
            line_end = self.buffer.rfind(b"\n", self.at) + 1
            if line_end > self.at and not end:
                lines += self.take(line_end).count(b"\n")
            if not self.more():
                break
        if end := END.search(self.buffer, self.at):
            lines += self.take(end.start()).count(b"\n")
        size = self.before + self.at - offset
        self.rows.append(Rows(self.lines + 1, offset, lines, size))

    def note_quote(self, line: bytes) -> None:
        """Note the dollar quote that a line opens or closes."""
        for tag in DOLLAR.findall(line):
            if not self.quoted:
                self.quoted = tag
            elif tag == self.quoted:
                self.quoted = b""
