"""What a rollback left behind is named, and nothing that may have been so before."""

from __future__ import annotations

import pytest

from migdocs.core.changes.reading import read_script
from migdocs.core.model import Script
from migdocs.core.proof.way_back import remains

TABLE, COLUMN = ("table", "book"), ("column", "book.title")


@pytest.mark.parametrize(
    ("text", "present", "wrong"),
    [
        ("create table book (id int);", [], ()),
        ("create table book (id int);", [TABLE], ("the table book is still there",)),
        (
            "alter table book add title text; create index book_title on book (title);",
            [TABLE, ("index", "book_title")],
            ("the index book_title is still there",),
        ),
        (
            "alter table book drop title;",
            [TABLE, ("column", "book.id")],
            ("the column book.title is not back",),
        ),
        ("alter table book drop title;", [TABLE, COLUMN], ()),
        ("create table if not exists book (id int);", [TABLE], ()),
        ("create table book (id int); drop table book;", [], ()),
        ("alter table book drop title; alter table book add title int;", [TABLE, COLUMN], ()),
        ("alter table book add title text; drop table book;", [TABLE], ()),
        ("create table book (id int); alter table book rename to tome;", [TABLE], ()),
    ],
)
def test_what_did_not_go_back(
    text: str, present: list[tuple[str, str]], wrong: tuple[str, ...]
) -> None:
    """By kind and name, as the catalog has them."""
    assert remains(read_script(Script("1.sql", text)), present) == wrong
