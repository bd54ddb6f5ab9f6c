"""A project's files: read below its folder only, and written all or none, over no link."""

from __future__ import annotations

from migdocs.adapters.files.reading import (
    SETTLED,
    Texts,
    digest,
    everything,
    exists,
    inside,
    is_there,
    read,
    read_all,
    size,
    stamps,
    texts,
    walk,
)
from migdocs.adapters.files.writing import remove, writable, write_all

__all__ = [
    "SETTLED",
    "Texts",
    "digest",
    "everything",
    "exists",
    "inside",
    "is_there",
    "read",
    "read_all",
    "remove",
    "size",
    "stamps",
    "texts",
    "walk",
    "writable",
    "write_all",
]
