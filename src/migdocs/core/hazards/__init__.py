"""Say what each statement of a script can break, lock or lose, and what to do instead.

One rule is one function with one id, entered into the registry; families of rules stand in files.
"""

from __future__ import annotations

from migdocs.core.hazards import (
    added_columns,
    columns,
    constraints,
    foreign_keys,
    indexes,
    nullability,
    types,
)
from migdocs.core.hazards.judging import judge
from migdocs.core.hazards.registry import RULES, Rule

FAMILIES = {
    "Columns: add": added_columns,
    "Columns: drop, rename": columns,
    "Column types": types,
    "Nullability, defaults, identity": nullability,
    "Constraints": constraints,
    "Foreign keys": foreign_keys,
    "Indexes": indexes,
}

__all__ = ["FAMILIES", "RULES", "Rule", "judge"]
