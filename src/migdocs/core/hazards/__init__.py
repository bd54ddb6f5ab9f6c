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
    foreign_keys,
    indexes,
    nullability,
    partitions,
    privileges,
    routines,
    runner,
    tables,
    types,
)
from migdocs.core.hazards.judging import judge
from migdocs.core.hazards.registry import RULES, Rule

# Heading of the documentation → the module that holds its rules.
FAMILIES = {
    "Columns that are added": added_columns,
    "Columns that are dropped or renamed": columns,
    "Types of columns": types,
    "NOT NULL, defaults, identities, sequences": nullability,
    "Constraints": constraints,
    "Foreign keys": foreign_keys,
    "Indexes": indexes,
    "Tables and storage": tables,
    "Partitions": partitions,
    "Enums, domains, composite types": enums_and_domains,
    "Views, functions, triggers, rules": routines,
    "Privileges, row-level security, the cluster": privileges,
    "Rows": data,
    "The script as a whole": runner,
}

__all__ = ["FAMILIES", "RULES", "Rule", "judge"]
