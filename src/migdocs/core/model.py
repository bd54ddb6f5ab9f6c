"""The values that everything speaks: migrations, what they change, what is wrong with them.

All are frozen and compare by value. They know nothing of files, git, clocks or databases; what is
computed from them lives in the modules that are named after the question.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Literal

from msgspec import Struct

from migdocs.core.sql.definitions import Definition  # noqa: TC001 - kept Changes are checked by it

Severity = Literal["error", "warning", "info"]
Impact = Literal["major", "minor", "patch", "unknown"]


# --- what lies in the migrations folder ---------------------------------------------------------


class Rows(Struct, frozen=True):
    """Lines that a script's text leaves out: data of a COPY, or statements of nothing but data.

    Attributes:
        line: of the text, where they would stand.
        offset: of their first byte in the file.
        count: how many lines.
        size: how many bytes.
    """

    line: int
    offset: int
    count: int
    size: int = 0


class Stored(Struct, frozen=True):
    """What a script's text leaves out because it is too much to hold; its file has it.

    Attributes:
        digest: of the whole, as ``Script.digest`` would give it.
        rows: below each COPY … FROM STDIN.
        alike: below a statement, those that differ from it, or another before it, in values only.
    """

    digest: str
    rows: tuple[Rows, ...]
    alike: tuple[Rows, ...] = ()


def _hashed(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


class Script(Struct, frozen=True, dict=True):
    r"""One direction of a migration, as text.

    Attributes:
        path: from the project's root, with forward slashes.
        text: without a byte-order mark and with ``\n`` line ends, so that a checkout's line ends
            change no hash.
        line: where ``text`` begins in the file; above 1 where one file holds both directions.
        language: ``sql``, or what else the file is written in (``go`` …): shown, not read.
        transaction: False where a marker of the layout asks for no transaction.
        stored: what ``text`` leaves out; None where it is all there.
        own_digest: of the file as written, where placeholders were filled in; else empty.
    """

    path: str
    text: str
    line: int = 1
    language: str = "sql"
    transaction: bool = True
    stored: Stored | None = None
    own_digest: str = ""

    @cached_property
    def digest(self) -> str:
        """``sha256:`` and the hexadecimal hash of the normalised text."""
        if self.stored:
            return self.stored.digest
        return self.own_digest or _hashed(self.text)

    @cached_property
    def as_read(self) -> str:
        """What names its text as it is read: the hash, and that of its values where it has some."""
        return f"{self.digest} {_hashed(self.text)}" if self.own_digest else self.digest


class Field(Struct, frozen=True):
    """One header field of notes or of a script's leading comment: ``**Type:** Schema Change``."""

    name: str
    value: str
    line: int = 0


class Section(Struct, frozen=True):
    """A heading of the notes and the Markdown below it, up to the next heading of its level.

    Attributes:
        text: from the line after the heading's; empty lines at its end are cut.
    """

    heading: str
    level: int
    text: str
    line: int


class Check(Struct, frozen=True):
    """A fenced ``sql`` block under *Verification*: a query that a reader or ``verify`` can run."""

    sql: str
    line: int


class Notes(Struct, frozen=True):
    """What people wrote about one migration (``x.md``).

    Attributes:
        fields: the header, in the order written; unknown names are kept.
        sections: every heading with its text, in order.
        text: without the marks of what was derived.
        derived: the lines that ``fill`` wrote from the SQL and nobody has changed.
    """

    path: str
    title: str
    fields: tuple[Field, ...] = ()
    sections: tuple[Section, ...] = ()
    checks: tuple[Check, ...] = ()
    text: str = ""
    derived: frozenset[int] = frozenset()


class Declared(Struct, frozen=True):
    """What the notes or a script's header claim; None where they are silent.

    Attributes:
        dependencies: ids, as written.
        forward_compatible: the software of this version also runs on the schema before it.
        by_name: the version stands in the file's name alone, which claims nothing.
    """

    title: str | None = None
    description: str | None = None
    date: str | None = None
    version: str | None = None
    type: str | None = None
    breaking: bool | None = None
    reversible: bool | None = None
    downtime: str | None = None
    duration: str | None = None
    forward_compatible: bool | None = None
    dependencies: tuple[str, ...] = ()
    by_name: bool = False


class Migration(Struct, frozen=True):
    """One migration: its scripts and notes. A missing part is a normal state, shown, never a crash.

    Attributes:
        id: the full stem, unique in a project: ``20240103_add_activity_log_smart_fields``.
        order: sorts migrations as the project's own runner would; comparable within one layout.
        declared: what notes and script headers say, taken together.
        parents: ids that the layout itself states as prerequisites (sqitch, Sourcegraph).
        repeatable: run again whenever its text changes (Flyway ``R__``).
        unclear: why nobody can tell what of its script runs; empty where that is clear.
    """

    id: str
    forward: Script | None = None
    rollback: Script | None = None
    notes: Notes | None = None
    declared: Declared = Declared()
    order: tuple[int | str, ...] = ()
    layout: str = "native"
    dialect: str = "postgresql"
    parents: tuple[str, ...] = ()
    repeatable: bool = False
    unclear: str = ""

    @property
    def script_hash(self) -> str:
        """The hash of the forward script, empty where there is none."""
        return self.forward.digest if self.forward else ""

    @property
    def planned(self) -> bool:
        """Whether only notes exist."""
        return self.forward is None and self.rollback is None

    @property
    def rollback_unread(self) -> bool:
        """Whether one program holds both ways: that it can undo is believed, not read."""
        return self.rollback is not None and self.rollback == self.forward

    @property
    def unread(self) -> str:
        """Why nothing is said of what the script does; empty where PostgreSQL's parser reads it."""
        if self.forward is None:
            return ""
        if self.forward.language != "sql":
            return f"not SQL: not read ({self.forward.language})"
        if self.unclear:
            return self.unclear
        return "" if self.dialect == "postgresql" else f"not PostgreSQL: not read ({self.dialect})"


# --- what a script does -------------------------------------------------------------------------


class Change(Struct, frozen=True, omit_defaults=True):
    """One thing that a statement does to the schema or the data.

    Attributes:
        verb: ``create``, ``drop``, ``add``, ``alter``, ``rename``, ``insert``, ``update`` …
        kind: of object: ``table``, ``column``, ``index``, ``constraint``, ``type``, ``rows`` …
        name: qualified: ``activity_logs.severity``; the schema stands first unless it is public.
        before: the old definition or name, None where it is not known or there was none.
        after: the new one: ``varchar(20), not null, default 'INFORMATIONAL'``.
        line: in the file at ``path``.
        statement: its index in the script, from 0.
        known: ``read`` from the SQL or ``observed`` on a server.
        conditional: it stands in a branch, a loop or behind IF [NOT] EXISTS inside a DO block.
        opaque: something happens here that reading cannot see (dynamic SQL).
        definition: what is made, as a value: a column, a constraint, an index …
        needs: other objects that it cannot do without: a key's target, a view's tables, a type.
        guarded: IF [NOT] EXISTS or OR REPLACE lets it pass where it would fail.
        cascade: what depends on the object goes with it.
    """

    verb: str
    kind: str
    name: str
    before: str | None = None
    after: str | None = None
    table: str | None = None
    path: str = ""
    line: int = 0
    statement: int = 0
    known: Literal["read", "observed"] = "read"
    conditional: bool = False
    opaque: bool = False
    definition: Definition | None = None
    needs: tuple[str, ...] = ()
    guarded: bool = False
    cascade: bool = False

    @property
    def own_name(self) -> str:
        """Its name without its table's: ``severity`` of ``activity_logs.severity``."""
        return self.name.removeprefix(f"{self.table}.")


class Finding(Struct, frozen=True):
    """Something that is wrong, or worth a look, at one place.

    Attributes:
        sqlstate: with which PostgreSQL is sure to refuse the statement, empty where it is not.
    """

    rule: str
    severity: Severity
    message: str
    path: str = ""
    line: int = 0
    hint: str = ""
    sqlstate: str = ""


class Hazard(Finding, frozen=True):
    """A statement that can hurt a running system (``hazards.md``).

    Attributes:
        lock: PostgreSQL's name of the strongest lock taken, empty where none is.
        on: the relations that are locked.
        locks: each of these relations with its own lock: a referenced table has a lesser one.
        breaks: any of ``clients``, ``readers``, ``writers``, ``data``, ``operation``,
            ``transaction``.
        known: ``read`` from the SQL, or ``observed`` where a server showed this lock.
    """

    lock: str = ""
    on: tuple[str, ...] = ()
    rewrite: bool = False
    scan: bool = False
    impact: Impact = "unknown"
    breaks: tuple[str, ...] = ()
    migration: str = ""
    statement: int = 0
    known: Literal["read", "observed"] = "read"
    locks: tuple[tuple[str, str], ...] = ()


# --- what is written ----------------------------------------------------------------------------


class Document(Struct, frozen=True):
    """A text for one region of one file.

    Attributes:
        name: of the region: ``log``, ``breaking``, ``upgrade`` …; empty for a whole file of ours.
        path: from the project's root.
    """

    name: str
    path: str
    text: str
