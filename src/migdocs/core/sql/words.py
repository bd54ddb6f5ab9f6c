"""Words of PostgreSQL's grammar, and the names that its trees have for what people write."""

from __future__ import annotations

# Words that are no names without quotes (pg_get_keywords(), categories R and T).
# fmt: off
RESERVED = frozenset((
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization",
    "binary", "both", "case", "cast", "check", "collate", "collation", "column", "concurrently",
    "constraint", "create", "cross", "current_catalog", "current_date", "current_role",
    "current_schema", "current_time", "current_timestamp", "current_user", "default", "deferrable",
    "desc", "distinct", "do", "else", "end", "except", "false", "fetch", "for", "foreign",
    "freeze", "from", "full", "grant", "group", "having", "ilike", "in", "initially", "inner",
    "intersect", "into", "is", "isnull", "join", "lateral", "leading", "left", "like", "limit",
    "localtime", "localtimestamp", "natural", "not", "notnull", "null", "offset", "on", "only",
    "or", "order", "outer", "overlaps", "placing", "primary", "references", "returning", "right",
    "select", "session_user", "similar", "some", "symmetric", "system_user", "table",
    "tablesample", "then", "to", "trailing", "true", "union", "unique", "user", "using",
    "variadic", "verbose", "when", "where", "window", "with",
))
# fmt: on
# The system catalog's names of types → the names that people write.
TYPE_NAMES = {
    "bool": "boolean",
    "bpchar": "char",
    "char": '"char"',  # the word itself reads as bpchar; this is the system's one-byte type
    "float4": "real",
    "float8": "double precision",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "decimal": "numeric",
}
# INTERVAL's fields are a bit mask in the first modifier (utils/timestamp.h); the common ones.
INTERVAL_FIELDS = {
    4: "year",
    2: "month",
    8: "day",
    1024: "hour",
    2048: "minute",
    4096: "second",
    6: "year to month",
    1032: "day to hour",
    3080: "day to minute",
    7176: "day to second",
    3072: "hour to minute",
    7168: "hour to second",
    6144: "minute to second",
}
CURRENT = {
    1: "CURRENT_DATE",
    2: "CURRENT_TIME",
    4: "CURRENT_TIMESTAMP",
    6: "LOCALTIME",
    8: "LOCALTIMESTAMP",
    10: "CURRENT_ROLE",
    11: "CURRENT_USER",
    12: "USER",
    13: "SESSION_USER",
    14: "CURRENT_CATALOG",
    15: "CURRENT_SCHEMA",
}


def folded(name: str) -> str:
    """Give an identifier as the server keeps it."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()
