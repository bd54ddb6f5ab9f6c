"""Every rule's example, run on the servers at hand: its locks and rewrites are what is printed."""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING

import psycopg
import pytest
from msgspec.structs import replace

from migdocs.adapters import sandbox
from migdocs.core.catalog import Catalog
from migdocs.core.changes.reading import read_changes
from migdocs.core.errors import MachineError
from migdocs.core.hazards import RULES, judge
from migdocs.core.hazards.explaining import USERS
from migdocs.core.locks import LOCKS, STRENGTH
from migdocs.core.model import Hazard
from migdocs.core.sql import parser, script

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards import Rule

VERSIONS = tuple(range(10, 19)) if os.environ.get("MIGDOCS_SERVERS") else (15, 17)
# What only newer servers can be told: the tables of these examples, on older ones.
STORED, FUNCTIONS = 12, 11
HELD = """
SELECT n.nspname, c.relname, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE l.pid = pg_backend_pid() AND l.granted AND c.oid >= 16384
AND c.relkind IN ('r', 'p', 'v', 'm')
"""
FILES = (
    "SELECT oid::regclass::text, relfilenode FROM pg_class"
    " WHERE relkind IN ('r', 'p', 'm', 'S') AND oid >= 16384"
)
# What cannot be run in a transaction that is looked at, or means other machines or roles.
NOT_HERE = frozenset(
    ("ix-conc", "ix-conc-ine", "ix-drop-conc", "ix-reindex-conc", "pt-detach-conc", "tx-nontx-mix")
) | frozenset(("tx-meta", "tx-copy", "db-drop", "role-alter", "ext", "tb-am", "tb-cluster"))
QUIET = STRENGTH["ROW EXCLUSIVE"]


@pytest.fixture(scope="module", params=VERSIONS)
def server(request: pytest.FixtureRequest) -> Iterator[sandbox.Server]:
    """Give a server of a version; skip where there is none."""
    try:
        sandbox.find_binaries(request.param)
    except MachineError as error:
        pytest.skip(str(error))
    with sandbox.server(major=request.param, room=2_000_000_000) as running:
        yield running


def read(sql: str) -> tuple[parser.Parsed, ...]:
    """Read a script."""
    return parser.parse_all(script.split(sql))


def older(rule: Rule, postgres: int) -> Rule:
    """Give a rule whose earlier tables an older server can make, too."""
    given = rule.given
    if postgres < STORED:
        given = re.sub(r" GENERATED ALWAYS AS \([^)]*\) STORED", "", given)
    if postgres < FUNCTIONS:
        given = given.replace("EXECUTE FUNCTION", "EXECUTE PROCEDURE")
    return replace(rule, given=given)


def claimed(rule: Rule, postgres: int) -> tuple[dict[str, str], bool]:
    """Give the strongest lock that is said of each table, and whether one is rewritten."""
    before = Catalog()
    before.apply_all(read_changes(read(USERS + rule.given), "earlier"))
    locks: dict[str, str] = {}
    found = judge(read(rule.example), postgres=postgres, before=before)
    for hazard in found:
        for table, lock in hazard.locks:
            if STRENGTH[lock] > STRENGTH[locks.get(table, "")]:
                locks[table] = lock
    return locks, any(isinstance(hazard, Hazard) and hazard.rewrite for hazard in found)


def told(rule: Rule, postgres: int) -> set[str]:
    """Name the rules that an example is told of."""
    before = Catalog()
    before.apply_all(read_changes(read(USERS + rule.given), "earlier"))
    return {found.rule for found in judge(read(rule.example), postgres=postgres, before=before)}


def measured(url: str, rule: Rule) -> tuple[dict[str, str], bool]:
    """Give the strongest lock on each older table, and whether one got another file."""
    with psycopg.connect(url, options="-c timezone=Europe/Berlin") as connection:
        connection.execute((USERS + rule.given).encode())
        connection.execute(b"INSERT INTO users (id, name) SELECT 1, 'a'")
        connection.commit()
        files = dict(connection.execute(FILES).fetchall())
        connection.execute(rule.example.encode())
        locks: dict[str, str] = {}
        for schema, name, mode in connection.execute(HELD).fetchall():
            lock = re.sub(r"(?<!^)(?=[A-Z])", " ", mode.removesuffix("Lock")).upper()
            table = name if schema == "public" else f"{schema}.{name}"
            locks[table] = max(locks.get(table, ""), lock, key=STRENGTH.__getitem__)
        now = dict(connection.execute(FILES).fetchall())
        emptied = "TRUNCATE" in rule.example  # a new file, and nothing is written anew
        rewritten = not emptied and any(now.get(n, file) != file for n, file in files.items())
        connection.rollback()
    return {table: lock for table, lock in locks.items() if table in files}, rewritten


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES.values() if rule.id not in NOT_HERE], ids=lambda rule: rule.id
)
def test_an_example_locks_and_rewrites_what_is_said(server: sandbox.Server, rule: Rule) -> None:
    """No lock that others wait for is missed or made up, and no rewrite."""
    with psycopg.connect(server.base) as connection:
        version = connection.info.server_version // 10_000
    url = server.create_database(f"rule_{abs(hash((rule.id, version)))}")
    rule = older(rule, version)
    really = None
    with contextlib.suppress(psycopg.Error):  # an example of a refusal, or the server is too old
        really = measured(url, rule)
    if really is None:
        assert told(rule, version) & {rule.id, "too-young"}
        return
    said = claimed(rule, version)
    waits = [
        {table: lock for table, lock in locks.items() if STRENGTH[lock] > QUIET and lock in LOCKS}
        for locks in (really[0], {t: k for t, k in said[0].items() if t in really[0]})
    ]
    assert waits[1] == waits[0]
    assert said[1] == really[1]
