"""Explain rules: one for a reader at the terminal, all of them as a page of documentation.

Both are written from the registry, and the examples are judged while they are written, so that no
explanation can say something else than ``check`` does.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from migdocs.core.catalog import Catalog
from migdocs.core.changes.reading import read_changes
from migdocs.core.errors import UsageError
from migdocs.core.hazards.allowing import PROBLEMS
from migdocs.core.hazards.judging import judge
from migdocs.core.hazards.registry import RULES, SEVERITIES
from migdocs.core.locks import blocks_readers, blocks_writers
from migdocs.core.sql import parser
from migdocs.core.sql.script import split

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migdocs.core.hazards.registry import Rule
    from migdocs.core.model import Hazard
    from migdocs.core.sql.parser import Parsed

# What the examples are judged for, and the table that they are about.
POSTGRES = 15
USERS = (
    "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, role text DEFAULT 'user',"
    " visits int, balance numeric(12,2), seen_at timestamp, address cidr);"
)
WIDTH = 88


def explain(id_: str) -> str:
    """Explain a rule in Markdown: what goes wrong, an example, the lock, and what to do instead.

    Raises:
        UsageError: there is no rule of that id.
    """
    if id_ in RULES:
        return f"# {id_}: {RULES[id_].title}\n\n{_entry(RULES[id_])}"
    if id_ in PROBLEMS:
        return f"# {id_}\n\n{_wrapped(PROBLEMS[id_])}\n"
    import difflib

    near = difflib.get_close_matches(id_, [*RULES, *PROBLEMS], n=3)
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    raise UsageError(f"there is no rule '{id_}'", hint=f"{meant}'migdocs explain' lists them all.")


def listing(families: Mapping[str, Sequence[Rule]]) -> str:
    """List the rules of each family, a line each."""
    width = max(map(len, RULES))
    blocks = (
        "\n".join((heading, *(f"  {rule.id:<{width}}  {rule.title}" for rule in rules)))
        for heading, rules in families.items()
    )
    return "\n\n".join(blocks) + "\n"


def reference(families: Mapping[str, Sequence[Rule]]) -> str:
    """Write the page of documentation: how findings are weighed, then every rule by family."""
    parts = [HEAD, _severities(), ALLOWING]
    for heading, rules in families.items():
        parts.append(f"## {heading}\n")
        parts += [f"### {rule.id}: {rule.title}\n\n{_entry(rule)}" for rule in rules]
    return "\n".join(parts)


HEAD = f"""\
# Hazards

What a statement of a migration can break, lock or lose, and what to do instead. The examples were
run on a server of each of PostgreSQL 10 to 18 (10.23, 11.22, 12.22, 13.23, 14.23, 15.18, 16.14,
17.10 and 18.4): the locks, rewrites and refusals are what those showed. Only what cannot run in a
transaction, or is about roles, databases, extensions, tablespaces or psql, is from PostgreSQL's
documentation. `migdocs check` judges for the version in the setting
`postgres`, and with the schema that the earlier migrations leave. What they do not say is assumed
to be the worse. The examples are about this table, on PostgreSQL {POSTGRES} or the first version
that has the feature:

```sql
{textwrap.fill(USERS, WIDTH, subsequent_indent="    ")}
```

What the script itself creates is not in use yet, so it is only reported if older objects are
affected too: a foreign key to one, a partition of one, a trigger or rule on one.
"""
WEIGHING = """\
The first line that holds decides the severity of a finding, unless its rule says otherwise; what
PostgreSQL is sure to refuse is an error.
"""
ALLOWING = """\
A comment before a statement, or at the end of its line, allows one rule there. It needs a reason:

```sql
-- migdocs: allow col-drop: nobody reads it since 1.4
ALTER TABLE users DROP COLUMN role;
```
"""


def _severities() -> str:
    """Write the table that gives a finding its severity."""
    rows = [f"| {words} | {severity} |" for words, severity, _ in SEVERITIES]
    return "\n".join(
        (
            WEIGHING,
            "| what is found | severity |",
            "|---|---|",
            *rows,
            "",
        )
    )


def _entry(rule: Rule) -> str:
    """Write what is known of a rule, without its heading."""
    given = f"-- after: {rule.given.strip()}\n" if rule.given else ""
    found = example(rule)
    facts = {
        "Breaks": ", ".join(rule.breaks),
        "Lock": _lock(rule.lock),
        "Work": rule.work,
        "Impact": rule.impact,
        "Since": f"PostgreSQL {rule.since}" if rule.since else "",
        "Not known from the SQL": rule.unseen.removesuffix("."),
    }
    lines = [f"- {name}: {text}." for name, text in facts.items() if text]
    return "\n".join(
        (
            _wrapped(rule.why),
            "",
            "```sql",
            f"{given}{rule.example};",
            "```",
            "",
            f"{found.severity}: {found.message}.",
            "",
            *lines,
            "",
            _wrapped(f"Instead: {rule.instead}"),
            "",
        )
    )


def _lock(lock: str) -> str:
    """Say what a lock keeps others from."""
    if not lock:
        return "none"
    if blocks_readers(lock):
        return f"{lock}, nobody can read or write"
    return f"{lock}, {'nobody can write' if blocks_writers(lock) else 'all can read and write'}"


def _wrapped(text: str) -> str:
    """Break a paragraph into lines."""
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def example(rule: Rule) -> Hazard:
    """Judge a rule's example, and give what the rule finds in it."""
    before = Catalog()
    before.apply_all(read_changes(_read(USERS + rule.given), "earlier"))
    found = judge(_read(rule.example), postgres=max(POSTGRES, rule.since), before=before)
    return next(hazard for hazard in found if hazard.rule == rule.id)


def _read(sql: str) -> tuple[Parsed, ...]:
    """Read statements."""
    return parser.parse_all(split(sql))
