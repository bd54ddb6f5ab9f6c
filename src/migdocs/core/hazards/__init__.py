"""Say what each statement of a script can break, lock or lose, and what to do instead.

One rule is one function with one id, entered into the registry; families of rules stand in files.
"""

from __future__ import annotations

from migdocs.core.hazards import (
    added_columns,
    columns,
    constraints,
    data,
    enums_and_domains,
    explaining,
    foreign_keys,
    index_coverage,
    indexes,
    keys,
    not_yet,
    nullability,
    partitions,
    privileges,
    refused_absent,
    refused_bodies,
    refused_columns,
    refused_definitions,
    refused_keys,
    refused_kinds,
    refused_objects,
    refused_parts,
    replication,
    routines,
    runner,
    storage,
    style,
    tables,
    types,
    versions,
    views,
)
from migdocs.core.hazards.checking import check_part, check_script, unread
from migdocs.core.hazards.explaining import explain
from migdocs.core.hazards.judging import judge
from migdocs.core.hazards.registry import RULES, Rule

# Heading of the documentation → the module that holds its rules.
FAMILIES = {
    "Columns that are added": added_columns,
    "Columns that are dropped or renamed": columns,
    "Types of columns": types,
    "NOT NULL, defaults, identities, sequences": nullability,
    "Constraints": constraints,
    "Unique constraints and primary keys": keys,
    "Foreign keys": foreign_keys,
    "Indexes": indexes,
    "What indexes cover": index_coverage,
    "Tables": tables,
    "Storage, options and owners of tables": storage,
    "Partitions": partitions,
    "Enums, domains, composite types": enums_and_domains,
    "Views": views,
    "Functions, triggers, rules": routines,
    "Privileges, row-level security, the cluster": privileges,
    "Rows": data,
    "Replication, event triggers, lock slots": replication,
    "The script as a whole": runner,
    "How a script is written": style,
    "Columns that PostgreSQL refuses": refused_columns,
    "Keys that PostgreSQL refuses": refused_keys,
    "Objects that PostgreSQL refuses": refused_objects,
    "Definitions that PostgreSQL refuses": refused_definitions,
    "Relations of another kind": refused_kinds,
    "Names that nothing has": refused_absent,
    "Parts that are not there": refused_parts,
    "Bodies and queries that PostgreSQL refuses": refused_bodies,
    "Syntax of later versions": versions,
    "What later versions can": not_yet,
}


def families() -> dict[str, tuple[Rule, ...]]:
    """Give the rules of each family, in the order of their modules."""
    return {
        heading: tuple(r for r in RULES.values() if r.check.__module__ == module.__name__)
        for heading, module in FAMILIES.items()
    }


def listing() -> str:
    """List every rule by family, a line each."""
    return explaining.listing(families())


def reference() -> str:
    """Write the page of documentation about every rule."""
    return explaining.reference(families())


__all__ = [
    "RULES",
    "Rule",
    "check_part",
    "check_script",
    "explain",
    "families",
    "judge",
    "listing",
    "reference",
    "unread",
]
