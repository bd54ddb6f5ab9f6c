"""What a table is made of, as values: columns, constraints, indexes, and their SQL.

Changes carry them as read from a script, the replayed catalog keeps them, drafted rollbacks write
them. Names stand as SQL needs them: quoted where they are not plain lower case, the schema first
unless it is public.
"""

from __future__ import annotations

import re
from typing import Literal

from msgspec import Struct

ConstraintType = Literal["check", "unique", "primary key", "foreign key", "exclude", "not null"]

# The last part of a qualified name, and an expression that DEFAULT takes without parentheses.
PLAIN_DEFAULT = re.compile(r"(?:'[^']*'|[^\s'])*")
SERIAL_TYPES = {"smallint": "smallserial", "integer": "serial", "bigint": "bigserial"}


class Column(Struct, frozen=True, tag_field="is", tag=True):
    """A column's definition.

    Attributes:
        type: as people write it: ``varchar(20)``, ``timestamptz``, ``integer``; empty if unknown.
        default: an SQL expression, None where there is none.
        serial: the type was written ``serial``: integer, not null, a default from its own sequence.
        identity: ``always`` or ``by default``, empty where it is none.
        sequence: that numbers an identity column, where its name is not the one chosen for it.
        generated: the expression of a generated column, None where it is none.
        virtual: a generated column is computed when it is read, not stored.
        collation: its name, empty for the type's own.
    """

    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    serial: bool = False
    identity: str = ""
    sequence: str = ""
    generated: str | None = None
    virtual: bool = False
    collation: str = ""

    def describe(self) -> str:
        """Give the definition for a reader: ``varchar(20), not null, default 'INFORMATIONAL'``."""
        if self.serial:
            return SERIAL_TYPES.get(self.type, self.type)
        parts = [self.type or "type not known"]
        parts += [f"collate {self.collation}"] if self.collation else []
        parts += [] if self.nullable else ["not null"]
        parts += [f"default {self.default}"] if self.default is not None else []
        parts += [f"generated {self.identity} as identity"] if self.identity else []
        parts += [f"computed from {self.generated}"] if self.generated is not None else []
        return ", ".join(parts)

    def sql(self) -> str:
        """Give the definition as it stands in CREATE TABLE and ADD COLUMN."""
        if self.serial:
            return f"{self.name} {SERIAL_TYPES.get(self.type, self.type)}"
        parts = [self.name, self.type]
        parts += [f"COLLATE {self.collation}"] if self.collation else []
        parts += [f"DEFAULT {default_sql(self.default)}"] if self.default is not None else []
        if self.identity:
            options = f" (SEQUENCE NAME {self.sequence})" if self.sequence else ""
            parts.append(f"GENERATED {self.identity.upper()} AS IDENTITY{options}")
        if self.generated is not None:
            kept = "VIRTUAL" if self.virtual else "STORED"
            parts.append(f"GENERATED ALWAYS AS ({self.generated}) {kept}")
        return " ".join(parts + ([] if self.nullable else ["NOT NULL"]))


def default_sql(expression: str) -> str:
    """Give a default as DEFAULT takes it: anything but the simplest in parentheses."""
    return expression if PLAIN_DEFAULT.fullmatch(expression) else f"({expression})"


def unqualified(name: str) -> str:
    """Give a name without its schema."""
    if not name.endswith('"'):
        return re.split(r"[\".]", name)[-1] or name
    start = name.rfind('"', 0, len(name) - 1)
    while start > 0 and name[start - 1] == '"':  # a mark inside is doubled
        start = name.rfind('"', 0, start - 1)
    return name[max(start, 0) :]


class Constraint(Struct, frozen=True, tag_field="is", tag=True):
    """A constraint's definition.

    Attributes:
        name: empty where the server chooses one.
        columns: that it constrains, as far as its text names them.
        expression: of a check; the elements with their operators of an exclusion.
        references: the table that a foreign key points at.
        referenced: its columns; empty for its primary key.
        on_delete: ``cascade``, ``set null``, ``set default``, ``restrict``, or empty.
        on_update: the same.
        match_full: a foreign key's columns must be null together.
        nulls_not_distinct: a unique constraint holds for nulls too.
        index: an existing index that becomes the constraint's (USING INDEX).
        options: what else follows, in SQL: ``DEFERRABLE INITIALLY DEFERRED``.
        not_valid: rows that exist already are not checked.
    """

    type: ConstraintType
    name: str = ""
    columns: tuple[str, ...] = ()
    expression: str = ""
    references: str = ""
    referenced: tuple[str, ...] = ()
    on_delete: str = ""
    on_update: str = ""
    match_full: bool = False
    nulls_not_distinct: bool = False
    index: str = ""
    options: str = ""
    not_valid: bool = False

    def sql(self) -> str:
        """Give the definition without its name: ``FOREIGN KEY (a) REFERENCES b (c)``."""
        parts = [self._core()]
        parts += ["MATCH FULL"] if self.match_full else []
        parts += [f"ON DELETE {self.on_delete.upper()}"] if self.on_delete else []
        parts += [f"ON UPDATE {self.on_update.upper()}"] if self.on_update else []
        parts += [self.options] if self.options else []
        parts += ["NOT VALID"] if self.not_valid else []
        return " ".join(parts)

    def _core(self) -> str:
        """Give the part that makes it what it is."""
        columns = f"({', '.join(self.columns)})"
        if self.type == "check":
            return f"CHECK ({self.expression})"
        if self.type == "exclude":
            return f"EXCLUDE {self.expression}"
        if self.type == "foreign key":
            referenced = f" ({', '.join(self.referenced)})" if self.referenced else ""
            return f"FOREIGN KEY {columns} REFERENCES {self.references}{referenced}"
        if self.type == "not null":
            return f"NOT NULL {', '.join(self.columns)}"
        nulls = " NULLS NOT DISTINCT" if self.nulls_not_distinct else ""
        keys = f"USING INDEX {self.index}" if self.index else columns
        return f"{self.type.upper()}{nulls} {keys}"


class Index(Struct, frozen=True, tag_field="is", tag=True):
    """An index's definition.

    Attributes:
        name: empty where the server chooses one.
        keys: each as SQL: a column or an expression, with its order.
        columns: the columns that are keys themselves; expressions are left out.
        include: columns that are only stored.
        where: the condition of a partial index, None where it holds every row.
        options: what else follows, in SQL: ``WITH (fillfactor = 70)``.
        only: the partitions of its table get none.
    """

    name: str
    table: str
    keys: tuple[str, ...]
    columns: tuple[str, ...] = ()
    unique: bool = False
    method: str = "btree"
    include: tuple[str, ...] = ()
    nulls_not_distinct: bool = False
    where: str | None = None
    options: str = ""
    only: bool = False

    def describe(self) -> str:
        """Give what it holds: ``unique, on users (email), where deleted_at IS NULL``."""
        parts = ["unique"] if self.unique else []
        parts += [self.method] if self.method != "btree" else []
        parts.append(f"on {self.table} ({', '.join(self.keys)})")
        parts += [f"including {', '.join(self.include)}"] if self.include else []
        parts += [f"where {self.where}"] if self.where is not None else []
        return ", ".join(parts)

    def sql(self) -> str:
        """Give the statement that makes it."""
        method = f" USING {self.method}" if self.method != "btree" else ""
        only = "ONLY " if self.only else ""
        unique = "UNIQUE " if self.unique else ""
        parts = [f"CREATE {unique}INDEX {unqualified(self.name)} ON {only}{self.table}{method}"]
        parts.append(f"({', '.join(self.keys)})")
        parts += [f"INCLUDE ({', '.join(self.include)})"] if self.include else []
        parts += ["NULLS NOT DISTINCT"] if self.nulls_not_distinct else []
        parts += [self.options] if self.options else []
        parts += [f"WHERE {self.where}"] if self.where is not None else []
        return " ".join(parts)


class Table(Struct, frozen=True, tag_field="is", tag=True):
    """What a table is, besides its columns and constraints.

    Attributes:
        persistence: ``unlogged`` or ``temporary``, empty for neither.
        like: tables whose columns it copies (LIKE), each with what comes along: ``defaults``,
            ``constraints``, ``indexes``, ``identity``, ``generated``.
        inherits: tables whose columns it inherits.
        partition_of: the table that it is a partition of.
        bound: of a partition, as SQL.
        partition_by: ``RANGE (created_at)``, empty where it is not partitioned.
        query: it is made from the answer of this query, None where it is not.
        copies: the one table of whose columns the query takes all (``SELECT *``), else empty.
    """

    persistence: str = ""
    like: tuple[tuple[str, tuple[str, ...]], ...] = ()
    inherits: tuple[str, ...] = ()
    partition_of: str = ""
    bound: str = ""
    partition_by: str = ""
    query: str | None = None
    copies: str = ""

    def describe(self) -> str:
        """Give what is special about it, empty where nothing is."""
        parts = [self.persistence] if self.persistence else []
        parts += [f"like {table}" for table, _ in self.like]
        parts += [f"inherits {table}" for table in self.inherits]
        parts += [f"partition of {self.partition_of} {self.bound}"] if self.partition_of else []
        parts += [f"partitioned by {self.partition_by}"] if self.partition_by else []
        parts += ["from a query"] if self.query is not None else []
        return ", ".join(parts)


class Enum(Struct, frozen=True, tag_field="is", tag=True):
    """An enumerated type: its values in order, each as an SQL literal."""

    values: tuple[str, ...]

    def sql(self, name: str) -> str:
        """Give the statement that makes it."""
        return f"CREATE TYPE {name} AS ENUM ({', '.join(self.values)})"


class Source(Struct, frozen=True, tag_field="is", tag=True):
    """What has no finer definition here: the statement that made it, as it was written."""

    sql: str


Definition = Column | Constraint | Index | Table | Enum | Source
