"""Every variable of libpq's works, or is refused by name: for us and for the programs we start."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from psycopg.pq import Conninfo

from migdocs.adapters import sandbox
from migdocs.adapters.sandbox import programs
from migdocs.commands.apply import apply
from migdocs.commands.backup import backup
from migdocs.commands.status import history
from migdocs.commands.target import Target
from migdocs.core.errors import MigdocsError
from migdocs.core.model import Migration, Script
from migdocs.core.settings import SessionOptions

if TYPE_CHECKING:
    from pathlib import Path

ONE = [Migration("1", Script("1.sql", "create table a (); insert into a default values;"))]
# Variable → a value that must work, and one that must be refused in words that hold the second.
# A value of None: there is none such (the variable takes anything, or it names what is not here).
VALUES: dict[str, tuple[str | None, str | None, str]] = {
    "PGAPPNAME": ("shop", None, ""),
    "PGCHANNELBINDING": ("prefer", "require", "channel binding"),
    "PGCLIENTENCODING": ("LATIN1", None, ""),
    "PGCONNECT_TIMEOUT": ("5", None, ""),
    "PGDATABASE": (None, "nowhere", 'database "nowhere" does not exist'),
    "PGDATESTYLE": ("German", "Mayan", "DateStyle"),
    "PGGEQO": ("off", "maybe", "geqo"),
    "PGGSSDELEGATION": ("0", None, ""),
    "PGGSSENCMODE": ("disable", "perhaps", "gssencmode"),
    "PGGSSLIB": ("gssapi", None, ""),
    "PGHOST": (None, "/nowhere", "/nowhere"),
    "PGHOSTADDR": (None, "127.0.0.256", "127.0.0.256"),
    "PGKRBSRVNAME": ("postgres", None, ""),
    "PGLOADBALANCEHOSTS": ("random", "perhaps", "load_balance_hosts"),
    "PGLOCALEDIR": ("/nowhere", None, ""),
    "PGMAXPROTOCOLVERSION": ("latest", None, ""),
    "PGMINPROTOCOLVERSION": ("3.0", None, ""),
    "PGOPTIONS": ("-c work_mem=1MB -c search_path=public", "-c nonsense=1", "nonsense"),
    "PGPASSFILE": ("/nowhere", None, ""),
    "PGPASSWORD": ("s3cr3t", None, ""),
    "PGPORT": (None, "6543", "6543"),
    "PGREQUIREAUTH": ("none", "scram-sha-256", "scram-sha-256"),
    "PGREQUIREPEER": (None, "nobody-here", "nobody-here"),
    "PGREQUIRESSL": ("0", None, ""),
    "PGSERVICE": ("shop", "nowhere", 'definition of service "nowhere" not found'),
    "PGSERVICEFILE": (None, None, ""),  # tried with PGSERVICE
    "PGSSLCERT": ("/nowhere", None, ""),
    "PGSSLCERTMODE": ("allow", "perhaps", "sslcertmode"),
    "PGSSLCOMPRESSION": ("0", None, ""),
    "PGSSLCRL": ("/nowhere", None, ""),
    "PGSSLCRLDIR": ("/nowhere", None, ""),
    "PGSSLKEY": ("/nowhere", None, ""),
    "PGSSLMAXPROTOCOLVERSION": ("TLSv1.3", "TLSv9", "ssl_max_protocol_version"),
    "PGSSLMINPROTOCOLVERSION": ("TLSv1.2", "TLSv9", "ssl_min_protocol_version"),
    "PGSSLMODE": ("require", "perhaps", "sslmode"),  # a socket has none
    "PGSSLNEGOTIATION": ("postgres", "perhaps", "sslnegotiation"),
    "PGSSLROOTCERT": ("/nowhere", None, ""),
    "PGSSLSNI": ("1", None, ""),
    "PGSYSCONFDIR": ("/nowhere", None, ""),
    "PGTARGETSESSIONATTRS": ("read-write", "read-only", "session is not read-only"),
    "PGTZ": ("Asia/Tokyo", "Nowhere/Land", "TimeZone"),
    "PGUSER": (None, "nobody_here", 'role "nobody_here" does not exist'),
}


def test_no_variable_is_forgotten() -> None:
    """The library that is installed says which there are."""
    known = {option.envvar.decode() for option in Conninfo.get_defaults() if option.envvar}
    assert known <= VALUES.keys()


@pytest.fixture
def led(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Target:
    """Give a database that only variables lead to, with a service that names it too."""
    name = urlsplit(database).path.lstrip("/")
    host = parse_qs(urlsplit(database).query)["host"][0]
    found = {"PGHOST": host, "PGPORT": "5432", "PGUSER": "postgres", "PGDATABASE": name}
    for variable, value in found.items():
        monkeypatch.setenv(variable, value)
    (tmp_path / "services").write_text(f"[shop]\nhost={host}\nport=5432\ndbname={name}\n")
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    return Target("postgresql://", root=tmp_path)


def test_every_variable_works_or_is_refused_by_name(led: Target, tmp_path: Path) -> None:
    """In our own session, and in pg_dump's, which is led by the same ones."""
    apply(ONE, led)
    wrong = []
    for variable, (good, bad, words) in VALUES.items():
        with pytest.MonkeyPatch.context() as patch:
            if good is not None:
                patch.setenv(variable, good)
                try:
                    assert [event.migration for event in history(led)] == ["1"]
                    backup(led, tmp_path / "backups", 7)
                except MigdocsError as error:
                    wrong.append((variable, good, str(error)))
            if bad is not None:
                patch.setenv(variable, bad)
                try:
                    history(led)
                    wrong.append((variable, bad, "not refused"))
                except MigdocsError as error:
                    if words not in str(error):
                        wrong.append((variable, bad, str(error)))
    assert wrong == []


def test_a_service_leads_alone(
    led: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By variable or in the URL; programs of PostgreSQL's go by it too."""
    for variable in ("PGHOST", "PGPORT", "PGDATABASE"):
        monkeypatch.delenv(variable)
    apply(ONE, Target("postgresql://?service=shop"))
    monkeypatch.setenv("PGSERVICE", "shop")
    assert [event.migration for event in history(led)] == ["1"]
    assert backup(led, tmp_path / "backups", 7).backup.label


def test_options_of_the_url_reach_the_programs_beside_ours(database: str, tmp_path: Path) -> None:
    """They outweighed the variable that carries the role and the time limits."""
    apply(ONE, Target(database))
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "create role keeper; grant all on a, migdocs_ledger to keeper;"
            " grant all on all sequences in schema public to keeper"
        )
    url = f"{database}&options=-c%20application_name%3Dx%20-c%20row_security%3Doff"
    kept = backup(Target(url, SessionOptions(role="keeper")), tmp_path, 7)
    assert kept.backup.label
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("revoke all on a from keeper")
    # The role of the settings is the one that reads the rows.
    with pytest.raises(MigdocsError, match="permission denied for table a"):
        backup(Target(url, SessionOptions(role="keeper")), tmp_path, 7)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("drop owned by keeper; drop role keeper")


def test_our_own_server_is_not_led_by_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody set for a server of theirs stops none of ours, and is there again after."""
    theirs = {
        "PGSERVICE": "nowhere",
        "PGREQUIREAUTH": "scram-sha-256",
        "PGOPTIONS": "-c nonsense=1",
    }
    for variable, value in theirs.items():
        monkeypatch.setenv(variable, value)
    with programs.unled(), sandbox.server() as server:
        with psycopg.connect(server.base) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        assert not theirs.keys() & os.environ.keys()
    assert {variable: os.environ[variable] for variable in theirs} == theirs
