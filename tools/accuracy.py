"""Write the page about how often the check is right, from scripts that were run on real servers.

Usage: ``python tools/accuracy.py [SQUAWK]``. The scripts lie where MIGDOCS_CASES says; SQUAWK is
the program of that name, whose answers stand beside ours where it is given.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import sql_cases  # noqa: E402 - it lies among the tests
from migdocs.core.model import Hazard  # noqa: E402

PAGE = ROOT / "docs" / "reference" / "accuracy.md"
HEAD = """# How often the check is right

<!-- written by tools/accuracy.py -->

{count} pairs of a small script and a PostgreSQL version (10 to 18) were run on servers of that
version. What the server showed is compared with what `migdocs check --schema` says of the script:
the lock on each older table, whether a table is rewritten, whether the script is refused, and with
which SQLSTATE. Locks that neither readers, writers nor other DDL wait for are left out.

| Fact | Right | Missed | Made up |
|---|---|---|---|
{facts}

Recall {recall:.1%}, precision {precision:.1%}. The check was corrected with these very scripts, so
expect somewhat less on others.

## Beside squawk

Squawk reads no schema and states no locks, so only this is compared: how many scripts of each kind
get a finding at all (squawk), or one above a remark (migdocs). Squawk also remarks on style, which
it counts alike; its rules were left as they are by default.

| Scripts | How many | migdocs finds | squawk finds |
|---|---|---|---|
{kinds}
"""
KINDS = {
    "refused by the server": lambda case: bool(case.refused),
    "run, and rewrite a table": lambda case: case.rewrites,
    "run, and lock no older table": lambda case: not case.refused and not case.locks,
}


def facts() -> str:
    """Count each kind of fact."""
    lines = []
    for kind, name in (("lock", "lock"), ("rewrite", "rewrite"), ("refused", "refusal")):
        pairs = [(sql_cases.right(case), sql_cases.claimed(case)) for case in sql_cases.cases()]
        own = [tuple({f for f in side if f[0] == kind} for side in pair) for pair in pairs]
        right = sum(len(one & two) for one, two in own)
        missed = sum(len(one - two) for one, two in own)
        made_up = sum(len(two - one) for one, two in own)
        lines.append(f"| {name} | {right} | {missed} | {made_up} |")
    return "\n".join(lines)


def ours(case: sql_cases.Case) -> bool:
    """Tell whether we find more than a remark."""
    return any(f.severity != "info" for f in sql_cases.said(case) if isinstance(f, Hazard)) or any(
        f.sqlstate for f in sql_cases.said(case)
    )


def theirs(program: str, case: sql_cases.Case) -> bool:
    """Tell whether squawk finds anything."""
    command = [program, "--reporter", "json", "--pg-version", f"{case.postgres}.0", case.script]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return bool(json.loads(answer.stdout or "[]"))


def kinds(program: str) -> str:
    """Count the scripts of each kind in which something is found."""
    lines = []
    for name, holds in KINDS.items():
        cases = [case for case in sql_cases.cases() if holds(case)]
        found = sum(map(ours, cases))
        other = str(sum(theirs(program, case) for case in cases)) if program else "not asked"
        lines.append(f"| {name} | {len(cases)} | {found} | {other} |")
    return "\n".join(lines)


def main() -> None:
    """Write the page."""
    score = sql_cases.score()
    text = HEAD.format(
        count=len(sql_cases.cases()),
        facts=facts(),
        recall=score.recall,
        precision=score.precision,
        kinds=kinds(sys.argv[1] if len(sys.argv) > 1 else ""),
    )
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
