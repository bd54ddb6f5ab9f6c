"""Measure what is said of scripts against what servers did: facts expected, found and made up."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from migdocs.core.hazards import check_script
from migdocs.core.locks import STRENGTH
from migdocs.core.model import Hazard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.model import Finding

CASES = Path(os.environ.get("MIGDOCS_CASES") or Path(__file__).parents[2] / "shared" / "cases")
ROW = re.compile(r"\| (?P<name>\w+) \(PG(?P<postgres>\d+)\) \| (?P<right>.*) \|")
LOCK = re.compile(r"(?P<table>[^=,;]+?)=(?P<lock>[A-Za-z]+)")
# Locks that neither readers nor writers of rows nor other changes wait for are no one's concern.
QUIET = {"", "ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE"}


# Locks were looked at when the script was done, and these give theirs back before.
AFTERWARDS = frozenset({"c16_notvalid_validate_tx", "d48_reindex_conc"})


@dataclass(frozen=True, slots=True)
class Case:
    """A script, the schema that it meets, and what a server of a version did with it.

    Attributes:
        right: the row of the table; ``(manual)`` where nothing was measured.
    """

    name: str
    postgres: int
    right: str

    @property
    def script(self) -> Path:
        """The file of the script."""
        return CASES / "sql" / f"{self.name}.sql"

    @property
    def base(self) -> Path:
        """The file that makes the schema."""
        own = self.script.with_suffix(".base.sql")
        return own if own.exists() else CASES / "sql" / "base.sql"

    @property
    def refused(self) -> str:
        """The SQLSTATE with which the server refuses it, empty where it does not."""
        return self.right.split()[1] if self.right.startswith("refused") else ""

    @property
    def locks(self) -> dict[str, str]:
        """The strongest lock on each older table, those that nobody waits for apart."""
        text = self.right.partition(";")[0]
        spaced = (
            (m["table"].strip(), re.sub(r"(?<!^)(?=[A-Z])", " ", m["lock"]).upper())
            for m in LOCK.finditer(text)
        )
        return {table: lock for table, lock in spaced if lock not in QUIET}

    @property
    def rewrites(self) -> bool:
        """Whether a table is written anew."""
        return "; rewrites" in self.right

    @property
    def reads(self) -> bool:
        """Whether rows are read whole, for a check or an index."""
        return "; scans" in self.right or "; builds" in self.right or self.rewrites

    @property
    def builds_only_new(self) -> bool:
        """Whether every index is that of a new table, whose rows nobody waits for."""
        return "; builds" in self.right and not self.locks


@cache
def cases() -> tuple[Case, ...]:
    """Give every row of the table that was measured."""
    table = CASES / "sql" / "README.md"
    if not table.exists():
        return ()
    rows = (ROW.match(line) for line in table.read_text(encoding="utf-8").splitlines())
    found = (Case(row["name"], int(row["postgres"]), row["right"]) for row in rows if row)
    return tuple(c for c in found if c.right != "(manual)" and c.name not in AFTERWARDS)


@cache
def said(case: Case) -> tuple[Finding, ...]:
    """Give what the checker says of a case."""
    return check_script(
        case.script.read_bytes().decode("utf-8-sig"),
        case.script.name,
        postgres=case.postgres,
        schema_text=case.base.read_bytes().decode("utf-8-sig"),
        schema_path=case.base.name,
    )


def claimed_locks(findings: tuple[Finding, ...]) -> dict[str, str]:
    """Give the strongest lock that is said of each table."""
    found: dict[str, str] = {}
    for hazard in findings:
        if isinstance(hazard, Hazard):
            for table, lock in hazard.locks:
                if STRENGTH[lock] > STRENGTH[found.get(table, "")]:
                    found[table] = lock
    return {
        table.replace('"', ""): lock
        for table, lock in found.items()
        if lock not in QUIET and not table.endswith(("_idx", "_pkey", "_uq"))
    }


Fact = tuple[str, str]


def right(case: Case) -> set[Fact]:
    """Give the facts that a server showed."""
    if case.refused:
        return {("refused", case.refused)}
    facts: set[Fact] = {("lock", f"{table}: {lock}") for table, lock in case.locks.items()}
    return facts | ({("rewrite", "")} if case.rewrites else set())


def claimed(case: Case) -> set[Fact]:
    """Give the facts that the checker claims, in the same words."""
    findings = said(case)
    refusals = {("refused", h.sqlstate) for h in findings if h.sqlstate}
    if case.refused:
        return refusals
    facts: set[Fact] = {("lock", f"{t}: {lock}") for t, lock in claimed_locks(findings).items()}
    if any(isinstance(h, Hazard) and h.rewrite for h in findings):
        facts.add(("rewrite", ""))
    return facts | refusals


@dataclass(frozen=True, slots=True)
class Score:
    """How many facts were right, were missed and were made up."""

    hit: int
    missed: int
    made_up: int

    @property
    def recall(self) -> float:
        """The part of the facts that was found."""
        return self.hit / (self.hit + self.missed)

    @property
    def precision(self) -> float:
        """The part of what was claimed that is a fact."""
        return self.hit / (self.hit + self.made_up)


def score() -> Score:
    """Count the facts of every case."""
    pairs = [(right(case), claimed(case)) for case in cases()]
    return Score(
        sum(len(is_so & is_said) for is_so, is_said in pairs),
        sum(len(is_so - is_said) for is_so, is_said in pairs),
        sum(len(is_said - is_so) for is_so, is_said in pairs),
    )


def differences() -> Iterator[str]:
    """Give a line for each case that is not got right, for whoever mends it."""
    for case in cases():
        is_so, is_said = right(case), claimed(case)
        if is_so != is_said:
            missed = " ".join(f"-{kind}:{what}" for kind, what in sorted(is_so - is_said))
            made_up = " ".join(f"+{kind}:{what}" for kind, what in sorted(is_said - is_so))
            yield f"{case.name} ({case.postgres}): {missed} {made_up}".strip()
