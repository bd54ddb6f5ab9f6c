"""No text costs more than in proportion to its length: each reader gets it doubled."""

from __future__ import annotations

import contextlib
import gc
import time
from typing import TYPE_CHECKING

import pytest

from migdocs.core import foreign, hazards, notes, secrets
from migdocs.core.changelog import forge, subjects
from migdocs.core.errors import MigdocsError
from migdocs.core.ledger import journal
from migdocs.core.markup import escape, markdown, regions
from migdocs.core.notes import template
from migdocs.core.proof import evidence, is_empty
from migdocs.core.releases import tags, version
from migdocs.core.sql import definitions, parser, script
from migdocs.core.timeline import Commit, Tag

if TYPE_CHECKING:
    from collections.abc import Callable

SHORTEST = 8_000  # characters; a quadratic reader takes seconds for four times as many
SLOWER = {"front matter": 1_000, "script": 4_000, "select": 4_000}  # YAML and SQL are parsed whole
SLOWEST = 1.5  # seconds for the longest, on a machine that has other work to do
PUMPS = (
    "#", "# a\n", "## a\n", " ", "\t", "\n", " \n", "a", "1", "a.", "1.", "_", "a_", "*", "**a ",
    "`", "`a``b", "[", "(", "((", "]", ") ", "(#1) ", "|", "| a ", "\\", "'", '"', '""', "$", "$a$",
    "/*", "/*\n", "--\n", "-- a\n", "<!--", "<!-- migdocs:begin a -->\n", "-", "---\n", "a-", "v1.",
    "md", ".sql", "&", "&a", "~", "=", ":", "a: b\n", "- a\n", "**a:** b\n", "back-port ",
    "(back-port",
    "[skip ci] ", "{", "{}", "{\n", "[{", ", ", "x,", "@", "://", "https://", "password=",
    "\x00", "é",
)  # fmt: skip


def read_sql(text: str) -> None:
    """Read a script as ``check`` does."""
    parser.parse_all(script.split(text))


READERS: dict[str, Callable[[str], object]] = {
    "prose": escape._prose.__wrapped__,
    "code": escape.code,
    "excerpt": escape.excerpt,
    "block": escape.block,
    "headings": markdown.headings,
    "fields": markdown.fields,
    "plain": markdown.plain,
    "regions": lambda text: regions.find(text, "a.md"),
    "notes": lambda text: notes.parse("a.md", text),
    "front matter": lambda text: notes.parse("a.md", f"---\na: {text}\n---\n"),
    "YAML": lambda text: foreign.read(f"a: {text}", "a.yaml"),
    "YAML in blocks": lambda text: foreign.read(text, "a.yaml", tags=True),
    "TOML": lambda text: foreign.toml(text, "a.toml"),
    "title": lambda text: notes.parse("a.md", f"# Migration: {text}x\n"),
    "template": lambda text: template.parse("a.md", text),
    "subject": lambda text: subjects.read(commit(text), convention=True),
    "body": lambda text: subjects.read(commit("feat: a", text), convention=True),
    "version": version.parse,
    "tags": lambda text: tags.read_tags([Tag(f"v{text}", "", "a" * 40, "2026-01-01")]),
    "remote": forge.read,
    "password": secrets.redact,
    "script": read_sql,
    "select": lambda text: read_sql(f"SELECT {text};"),
    "name": lambda text: definitions.unqualified(f"{text}x"),
    "rollback": is_empty,
    "history": lambda text: journal.read(text, "history.jsonl"),
    "evidence": lambda text: evidence.read(text, "evidence.json"),
}


def commit(subject: str, body: str = "") -> Commit:
    """Give a commit that says something."""
    return Commit("a" * 40, subject, body, "Ada", "2026-01-01", (), 0)


def seconds(reader: Callable[[str], object], text: str) -> float:
    """Give how long a reader takes, be it that it refuses."""
    gc.disable()  # what other tests left is not this reader's to look through
    try:
        begun = time.process_time()
        with contextlib.suppress(MigdocsError):
            reader(text)
        return time.process_time() - begun
    finally:
        gc.enable()


@pytest.mark.parametrize("name", READERS)
def test_a_reader_takes_time_in_proportion(name: str) -> None:
    """Four times the text takes four times as long, not sixteen."""
    wrong = []
    shortest = SLOWER.get(name, SHORTEST)
    for pump in PUMPS:
        one = pump * (shortest // len(pump)) + "x"
        four = pump * (4 * shortest // len(pump)) + "x"
        long = seconds(READERS[name], four)
        if long > SLOWEST / 5 and long > 9 * max(seconds(READERS[name], one), 0.001):
            again = seconds(READERS[name], four), seconds(READERS[name], one)
            if again[0] > 9 * again[1]:
                wrong.append((pump, *again))
    assert not wrong


# What scripts do many times over: first what it is done to, then once more for each number.
REPEATED = {
    "rows": (
        "CREATE TABLE t (a int)",
        "INSERT INTO t VALUES (%d); UPDATE t SET a = 1 WHERE a = %d",
    ),
    "tables": ("", "CREATE TABLE t%d (a int PRIMARY KEY); COMMENT ON TABLE t%d IS 'x'"),
    "columns": ("CREATE TABLE t (a int)", "ALTER TABLE t ADD c%d int"),
    "keys": ("CREATE TABLE p (id int PRIMARY KEY)", "CREATE TABLE t%d (a int REFERENCES p)"),
    "enums": ("", "CREATE TYPE e%d AS ENUM ('a'); ALTER TYPE e%d ADD VALUE 'b'"),
    "views": ("CREATE TABLE t (a int)", "CREATE OR REPLACE VIEW v%d AS SELECT a FROM t"),
    "functions": ("", "CREATE FUNCTION f%d() RETURNS int LANGUAGE sql AS 'SELECT 1'"),
    "blocks": ("", "DO $$ BEGIN EXECUTE 'CREATE TABLE t%d (a int)'; END $$"),
    "sequences": ("", "CREATE SEQUENCE s%d; ALTER SEQUENCE s%d RESTART WITH 5"),
    "made and dropped": ("", "CREATE TABLE t%d (a int); DROP TABLE t%d"),
    "rights": ("CREATE TABLE t (a int)", "GRANT SELECT ON t TO r%d"),
}


@pytest.mark.parametrize("name", REPEATED)
def test_a_script_is_judged_in_time_in_proportion(name: str) -> None:
    """Eight times the statements take eight times as long, not sixty-four."""
    begin, each = REPEATED[name]

    def judge(text: str) -> object:
        return hazards.check_script(text, "a.sql", postgres=15)

    def repeated(count: int) -> str:
        return f"{begin};\n" + "".join(f"{each.replace('%d', str(n))};\n" for n in range(count))

    judge(repeated(1))  # imports and tables that are made once
    assert seconds(judge, repeated(640)) < 25 * max(seconds(judge, repeated(80)), 0.01)
