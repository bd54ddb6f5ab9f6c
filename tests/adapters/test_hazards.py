"""The rules against a real PostgreSQL 15: locks, rewrites and scans are what they say.

The method is that of the reference: locks are read from ``pg_locks`` inside the transaction, a
rewrite is another ``relfilenode``, and scans and index builds are told by messages of DEBUG1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg
import pytest

from migdocs.core import hazards
from migdocs.core.catalog import Catalog
from migdocs.core.changes.reading import read_changes
from migdocs.core.hazards.explaining import USERS
from migdocs.core.locks import STRENGTH, blocks_writers, stronger
from migdocs.core.sql import parser, script

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migdocs.core.hazards import Rule
    from migdocs.core.model import Hazard
    from migdocs.core.sql.parser import Parsed

VERSION = 15
HELD = """
SELECT relation, mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'
"""
RELATIONS = """
SELECT oid, relname, relfilenode, relkind IN ('i', 'I')
FROM pg_class WHERE relnamespace = 'public'::regnamespace
"""
CHECKS = re.compile("verifying table|validating foreign key")
SCANS = re.compile(f"{CHECKS.pattern}|building index")  # a rewrite builds every index anew

# Examples that cannot be measured inside one transaction, and why.
NOT_MEASURED = {
    "ix-conc": "refused in a transaction",
    "ix-conc-ine": "refused in a transaction",
    "ix-drop-conc": "refused in a transaction",
    "ix-reindex-conc": "refused in a transaction",
    "pt-detach-conc": "refused in a transaction",
    "db-drop": "refused in a transaction",
    "dml-dup-assign": "refused",
    "en-recreate": "refused: the default has another type",
    "type-using": "refused: the default has another type",
    "type-view-dep": "refused, as the rule says",
    "ext": "the extension may not be installed",
    "ix-partial": "its DROP INDEX takes more than the CREATE INDEX that it is about",
}
# Examples of whose work the server tells something else, and why.
OTHERWISE_TOLD = {
    "dml-nowhere": "an UPDATE's scan is not told",
    "dml-with-ddl": "an UPDATE's scan is not told",
    "dm-add": "the scan of a domain's tables is not told",
    "ix-create-part": "there is no partition to build an index on",
    "ix-reindex": "the index has a new file, which is what it is for",
    "tb-truncate": "new files, and nothing is copied",
    "tb-truncate-cascade": "new files, and nothing is copied",
    "tb-am": "it is moved to where it is",
}
# Further forms, each with what has to be there before.
P = "CREATE TABLE p (id int PRIMARY KEY)"
C = "CREATE TABLE c (user_id bigint REFERENCES users)"
D = "CREATE DOMAIN d AS int; CREATE TABLE u (x d)"
E = "CREATE TABLE e (a int) PARTITION BY LIST (a)"
REST = f"{E}; CREATE TABLE rest PARTITION OF e DEFAULT"
V = "CREATE VIEW v AS SELECT 1 AS a"
FORMS = [
    ("ALTER TABLE users ADD COLUMN a int DEFAULT 1 REFERENCES p", P),
    ("ALTER TABLE users ADD COLUMN a int DEFAULT 1 CHECK (a > 0)", ""),
    ("ALTER TABLE users ADD COLUMN a timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP", ""),
    ("ALTER TABLE users ADD COLUMN a timestamptz DEFAULT clock_timestamp()", ""),
    ("ALTER TABLE users ADD COLUMN a text, DROP COLUMN role, ALTER visits TYPE bigint", ""),
    ("ALTER TABLE users ALTER name TYPE varchar(20), ALTER role SET NOT NULL", ""),
    ("ALTER TABLE users SET (fillfactor = 70), ALTER name SET STATISTICS 5", ""),
    ("ALTER TABLE users ALTER visits DROP DEFAULT, ALTER visits SET DEFAULT 3", ""),
    ("ALTER TABLE users ADD CONSTRAINT c CHECK (id > 0) NOT VALID, VALIDATE CONSTRAINT c", ""),
    ("DROP TABLE c", C),
    ("ALTER TABLE c DROP CONSTRAINT c_user_id_fkey", C),
    ("TRUNCATE users CASCADE", C),
    ("ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE", C),
    ("ALTER TABLE users SET SCHEMA s", "CREATE SCHEMA s"),
    ("ALTER SEQUENCE n OWNED BY users.id", "CREATE SEQUENCE n"),
    ("ALTER SEQUENCE n INCREMENT BY 2", "CREATE SEQUENCE n"),
    ("ALTER DOMAIN d SET NOT NULL", D),
    ("ALTER DOMAIN d ADD CHECK (value > 1)", D),
    ("ALTER DOMAIN d ADD CHECK (value > 1) NOT VALID", D),
    ("DROP TYPE m CASCADE", "CREATE TYPE m AS ENUM ('a'); CREATE TABLE u (x m)"),
    ("CREATE TABLE n PARTITION OF e DEFAULT", E),
    ("CREATE TABLE n PARTITION OF e FOR VALUES IN (1)", REST),
    ("CREATE INDEX ON e (a)", REST),
    ("ALTER INDEX i SET TABLESPACE pg_default", "CREATE INDEX i ON users (name)"),
    ("REINDEX INDEX i", "CREATE INDEX i ON users (name)"),
    ("ALTER VIEW v RENAME TO w", V),
    ("ALTER VIEW v OWNER TO CURRENT_USER", V),
    ("LOCK TABLE users IN SHARE MODE", ""),
    ("COMMENT ON COLUMN users.name IS 'what to call them'", ""),
    ("ANALYZE users", ""),
    ("SELECT * INTO people FROM users", ""),
]


@dataclass
class Measured:
    """What a statement did on the server, to relations that were there before.

    Attributes:
        locks: the strongest on each.
        indexes: those that are indexes.
        rewritten: those whose file is another.
        scan: rows were read to check them, or an index was built, but not by a rewrite.
    """

    locks: dict[str, str] = field(default_factory=dict)
    indexes: set[str] = field(default_factory=set)
    rewritten: set[str] = field(default_factory=set)
    scan: bool = False


@pytest.fixture(scope="module")
def connection(postgres) -> Iterator[psycopg.Connection]:
    """Give a connection to a database of its own, in a version that was measured."""
    with psycopg.connect(postgres.create_database("hazards")) as found:
        found.execute("SET timezone = 'Europe/Paris'")  # in UTC the two timestamps are the same
        if found.info.server_version // 10_000 < VERSION:
            pytest.skip("the examples are for PostgreSQL 15 and later")
        yield found


def measure(connection: psycopg.Connection, given: str, sql: str) -> Measured:
    """Run statements on a fresh schema, in a transaction that is then rolled back."""
    connection.execute("DROP SCHEMA IF EXISTS public, s CASCADE; CREATE SCHEMA public")
    connection.execute(given)
    connection.commit()
    before = {oid: facts for oid, *facts in connection.execute(RELATIONS)}
    connection.commit()
    told: list[str] = []
    connection.add_notice_handler(handler := lambda note: told.append(note.message_primary or ""))
    connection.execute("SET LOCAL client_min_messages = debug1")
    connection.execute(sql)
    connection.remove_notice_handler(handler)
    found = Measured(indexes={name for name, _, is_index in before.values() if is_index})
    for oid, mode in connection.execute(HELD).fetchall():
        if oid in before:
            name = before[oid][0]
            lock = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", mode).upper().removesuffix(" LOCK")
            found.locks[name] = stronger(found.locks.get(name, ""), lock)
    for oid, name, file, _ in connection.execute(RELATIONS):
        if oid in before and before[oid][1] != file:
            found.rewritten.add(name)
    wanted = CHECKS if found.rewritten - found.indexes else SCANS
    found.scan = any(wanted.match(message) for message in told)
    connection.rollback()
    return found


def read(sql: str) -> tuple[Parsed, ...]:
    """Read statements."""
    return parser.parse_all(script.split(sql))


def judged(given: str, sql: str) -> tuple[Hazard, ...]:
    """Judge statements on the same schema."""
    before = Catalog()
    before.apply_all(read_changes(read(given), "before"))
    return hazards.judge(read(sql), postgres=VERSION, before=before)


MEASURED = [
    rule
    for rule in hazards.RULES.values()
    if rule.since <= VERSION and rule.id not in NOT_MEASURED and not rule.id.startswith("tx-")
]


@pytest.mark.parametrize("rule", MEASURED, ids=lambda rule: rule.id)
def test_a_rule_says_what_the_server_does(connection: psycopg.Connection, rule: Rule) -> None:
    """The example of the documentation takes the lock that the rule names, and does that work."""
    given = USERS + rule.given
    found = next(h for h in judged(given, rule.example) if h.rule == rule.id)
    try:
        measured = measure(connection, given, rule.example)
    except psycopg.Error:  # an example of what the server refuses: that it is told of is all
        connection.rollback()
        return
    for name in found.on[:1]:
        assert measured.locks[name] == found.lock
    assert set(found.on) <= set(measured.locks)
    if rule.id not in OTHERWISE_TOLD:
        assert found.rewrite == bool(measured.rewritten.intersection(found.on))
        assert found.scan == measured.scan


@pytest.mark.parametrize(("sql", "given"), FORMS)
def test_a_statement_does_what_all_rules_say(
    connection: psycopg.Connection, sql: str, given: str
) -> None:
    """Together they name every relation that others wait for, the strongest lock, and the work."""
    given = f"{USERS}{given};"
    found = [h for h in judged(given, sql) if h.lock and not h.rule.startswith("tx-")]
    measured = measure(connection, given, sql)
    blocked = {name for name, lock in measured.locks.items() if blocks_writers(lock)}
    named = {name for hazard in found for name in hazard.on}
    assert blocked - measured.indexes <= named
    strongest = max(measured.locks.values(), key=STRENGTH.__getitem__, default="")
    assert max((h.lock for h in found), key=STRENGTH.__getitem__, default="") == strongest
