"""Tell which types the server casts into each other by itself when a value is assigned.

From pg_cast (castcontext "i" and "a") of PostgreSQL 10 to 18, which are alike in the types below.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migdocs.core.sql.definitions import Enum

if TYPE_CHECKING:
    from migdocs.core.hazards.schema import Schema

NUMBERS = frozenset(("smallint", "integer", "bigint", "numeric", "real", "double precision"))
STRINGS = frozenset(("text", "varchar", "char", "bpchar", "name", '"char"'))
OIDS = frozenset(("oid", "regclass", "regproc", "regtype", "regrole", "regnamespace"))
# Whole groups whose members are cast into each other.
GROUPS = (
    NUMBERS,
    STRINGS,
    frozenset(("date", "timestamp", "timestamptz")),
    frozenset(("json", "jsonb")),
    frozenset(("inet", "cidr")),
    frozenset(("bit", "varbit")),
    frozenset(("macaddr", "macaddr8")),
)
PAIRS = frozenset(
    (
        ("timestamp", "time"),
        ("timestamptz", "time"),
        ("timestamptz", "timetz"),
        ("time", "timetz"),
        ("timetz", "time"),
        ("time", "interval"),
        ("interval", "time"),
        ("integer", "money"),
        ("bigint", "money"),
        ("numeric", "money"),
        ("money", "numeric"),
        *((number, oid) for number in ("smallint", "integer", "bigint") for oid in OIDS),
        *((oid, number) for oid in OIDS for number in ("integer", "bigint")),
        *((oid, "oid") for oid in OIDS),
        *(("oid", oid) for oid in OIDS),
        ("xml", "text"),
        ("text", "regclass"),
        ("varchar", "regclass"),
    )
)
# Types of the server's own that are in none of the groups.
OTHERS = frozenset(("boolean", "uuid", "bytea", "xml", "tsvector", "tsquery", "point", "box"))
KNOWN = frozenset().union(*GROUPS, *PAIRS, OTHERS)
MODIFIERS = re.compile(r"\([^()]*\)| (?:year|month|day|hour|minute|second).*")


def plain(type_: str) -> str:
    """Give a type without its modifiers."""
    return MODIFIERS.sub("", type_)


def assigned(old: str, new: str, schema: Schema) -> bool | None:
    """Tell whether a value of one type is cast to another on assignment; None if not known."""
    one, other = _base(old, schema), _base(new, schema)
    if one is None or other is None:
        return None
    if one.endswith("[]") and other.endswith("[]") and one != other:
        return assigned(one.removesuffix("[]"), other.removesuffix("[]"), schema)
    if one == other or other in STRINGS:
        return None if one != other and other in {'"char"', "name"} else True
    if schema.is_enum(one) or schema.is_enum(other):
        return False
    in_group = any({one, other} <= group for group in GROUPS)
    known = {one.removesuffix("[]"), other.removesuffix("[]")} <= KNOWN
    return (one, other) in PAIRS or in_group if known else None


def _base(type_: str, schema: Schema) -> str | None:
    """Give the type below a domain, without modifiers; None where it is not known."""
    name = plain(type_)
    for _ in range(8):  # a domain over a domain over …
        domain = schema.domain(name)
        if domain is None:
            break
        if not domain.type:
            return None
        name = plain(domain.type)
    stripped = name.removesuffix("[]")
    is_known = stripped in KNOWN or isinstance(schema.type_definition(stripped), Enum)
    return name if is_known else None
