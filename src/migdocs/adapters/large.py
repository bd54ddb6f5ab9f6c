r"""Read a script that is too much to hold, without the rows below its COPY … FROM STDIN."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from migdocs.core.errors import InputError, MachineError
from migdocs.core.model import Rows, Stored

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMIT = 8 << 20  # bytes; smaller scripts are held whole
PIECE = 1 << 20  # bytes of rows sent at a time
COPY = re.compile(rb"\s*copy\b[^;]*\bfrom\s+stdin\b[^;]*;\s*\Z", re.IGNORECASE)
END = re.compile(rb"\\\.[ \t\r]*\n?\Z")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Abridged:
    """A script's text without its rows, and where those are."""

    text: str
    stored: Stored


def read(path: Path, name: str) -> Abridged:
    """Read a script without its rows.

    Args:
        path: of the file.
        name: what an error calls it.

    Raises:
        InputError: what is not rows is not UTF-8.
        MachineError: it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            kept, blocks = _parted(file, digest)
        text = kept.decode()
    except OSError as error:
        raise MachineError(f"cannot be read: {error.strerror}", path=name) from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"byte 0x{error.object[error.start]:02x} is not UTF-8", path=name
        ) from None
    return Abridged(text, Stored(f"sha256:{digest.hexdigest()}", blocks))


def rows(path: Path, block: Rows) -> Iterator[bytes]:
    """Give the rows of one block in pieces, as they stand in the file."""
    with path.open("rb") as file:
        file.seek(block.offset)
        piece = bytearray()
        for _ in range(block.count):
            piece += file.readline()
            if len(piece) > PIECE:
                yield bytes(piece)
                piece.clear()
        yield bytes(piece)


def _parted(file: BinaryIO, digest: hashlib._Hash) -> tuple[bytes, tuple[Rows, ...]]:
    """Part a script's lines into its text and its rows; hash both, line ends made alike."""
    kept: list[bytes] = []
    blocks: list[Rows] = []
    offset = count = 0
    in_rows = False
    for raw in file:
        line = raw.replace(b"\r\n", b"\n") if offset else _first(raw)
        digest.update(line)
        offset += len(raw)
        if in_rows and not END.match(line):
            count += 1
            continue
        if in_rows:
            blocks[-1] = Rows(blocks[-1].line, blocks[-1].offset, count)
        kept.append(line)
        in_rows, count = COPY.match(line) is not None, 0
        if in_rows:
            blocks.append(Rows(len(kept) + 1, offset, 0))
    return b"".join(kept), tuple(blocks)


def _first(raw: bytes) -> bytes:
    """Give a file's first line without its byte-order mark."""
    return raw.removeprefix(BYTE_ORDER_MARK).replace(b"\r\n", b"\n")
