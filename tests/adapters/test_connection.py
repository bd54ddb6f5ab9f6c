"""A database that cannot be worked in is refused with the reason, and without its password."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from migdocs.adapters import sandbox
from migdocs.adapters.sandbox import programs
from migdocs.commands.apply import apply
from migdocs.commands.backup import backup
from migdocs.commands.status import history, status
from migdocs.commands.target import Target
from migdocs.core.errors import DatabaseError, MachineError, MigdocsError
from migdocs.core.model import Migration, Script
from migdocs.core.settings import SessionOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "s3cr3t/p:w"  # noqa: S105 - it guards nothing
QUOTED = "s3cr3t%2Fp%3Aw"
KEY_PASSWORD = "k3y-w0rd"  # noqa: S105 - as above
ONE = [Migration("1", Script("1.sql", "create table a ();"))]


def run(url: str, *statements: str) -> None:
    """Run statements, each on its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def as_role(url: str, role: str) -> str:
    """Give a URL for another role, with the password."""
    return url.replace("//postgres@", f"//{role}:{QUOTED}@")


def free_port() -> int:
    """Give a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def shown(error: MigdocsError) -> str:
    """Give all that a person sees of an error."""
    return f"{error} {error.hint} {error!r}"


# --- who answers --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "says", "hint"),
    [
        (f"postgresql://u:{QUOTED}@127.0.0.1:1/x", "no connection", "Is the server up"),
        (f"postgresql://u:{QUOTED}@no.such.host.invalid/x", "no connection", "Check the host"),
        (f"postgresql//u:{QUOTED}@host/x", "cannot be read", "postgresql://user@host"),
        (f"postgresql://u:{QUOTED}@host:port/x", "no connection", "Check the host"),
        (f"host=127.0.0.1 port=1 password={PASSWORD}", "no connection", "Is the server up"),
    ],
)
def test_a_wrong_url_is_the_environments_error(url: str, says: str, hint: str) -> None:
    """Exit code 3, what to look at, and no password."""
    with pytest.raises(MachineError, match=says) as caught:
        status([], Target(url))
    assert hint in caught.value.hint
    assert caught.value.exit_code == 3
    assert "s3cr3t" not in shown(caught.value)


def test_a_database_that_is_not_there(postgres: sandbox.Server) -> None:
    """The server answers, and refuses: exit code 4."""
    with pytest.raises(DatabaseError, match='database "nope" does not exist') as caught:
        status([], Target(postgres.url("nope")))
    assert caught.value.exit_code == 4


# --- what may be done there ---------------------------------------------------------------------


def test_a_role_without_rights_is_told_so(database: str) -> None:
    """The script's place, the server's words, and nothing half made."""
    run(database, f"create role weak login password '{PASSWORD}'")
    with pytest.raises(DatabaseError, match=r"permission denied for schema public \(42501\)"):
        apply(ONE, Target(as_role(database, "weak")))
    run(database, "grant create on schema public to weak")
    apply(ONE, Target(as_role(database, "weak")))
    run(database, "create table secret ()")
    script = Migration("2", Script("2.sql", "create table b ();\nalter table secret add x int;"))
    with pytest.raises(DatabaseError, match=r"^2\.sql:2: must be owner of table secret") as caught:
        apply([*ONE, script], Target(as_role(database, "weak")))
    assert "lacks the right" in caught.value.hint
    run(database, "drop owned by weak cascade", "drop role weak")


def test_a_role_to_work_as_owns_what_is_made(database: str) -> None:
    """The one that logs in need not be the owner."""
    run(database, "create role owner", "grant create on schema public to owner")
    apply(ONE, Target(database, SessionOptions(role="owner")))
    with psycopg.connect(database) as connection:
        found = connection.execute("select tableowner from pg_tables where tablename = 'a'")
        assert found.fetchone() == ("owner",)
    assert history(Target(database))[0].role == "owner"
    run(database, "drop owned by owner", "drop role owner")


def test_a_read_only_database_is_refused_but_can_be_asked(database: str) -> None:
    """Nothing is tried that cannot be done."""
    name = urlsplit(database).path.lstrip("/")
    run(database, f"alter database {name} set default_transaction_read_only = on")
    with pytest.raises(DatabaseError, match="takes no changes"):
        apply(ONE, Target(database))
    assert status(ONE, Target(database)).state.pending == ("1",)


def test_a_pooler_in_between_is_refused(postgres: sandbox.Server, database: str) -> None:
    """Locks and time limits are lost there: the direct URL is asked for."""
    with pooler(postgres, database) as url, pytest.raises(DatabaseError, match="pooler") as caught:
        apply(ONE, Target(url))
    assert "URL of the server itself" in caught.value.hint
    assert history(Target(database)) == ()


@contextlib.contextmanager
def pooler(postgres: sandbox.Server, database: str) -> Iterator[str]:
    """Put pgbouncer before a database; skip where it is not installed."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("pgbouncer is not installed")
    server = parse_qs(urlsplit(postgres.base).query)["host"][0]
    name = urlsplit(database).path.lstrip("/")
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        Path(folder, "users").write_text('"postgres" ""\n')
        settings = Path(folder, "pgbouncer.ini")
        settings.write_text(
            f"[databases]\n{name} = host={server} user=postgres\n[pgbouncer]\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
            f"auth_type = any\nauth_file = {folder}/users\npool_mode = transaction\n"
        )
        account = programs.stand_in()
        with subprocess.Popen(
            [program, str(settings)], stderr=subprocess.DEVNULL, cwd="/", **account
        ) as process:
            try:
                wait_for_port(port)
                yield f"postgresql://postgres@127.0.0.1:{port}/{name}"
            finally:
                process.terminate()


def wait_for_port(port: int) -> None:
    """Wait until somebody listens."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.02)
    pytest.fail("nobody listens")


# --- TLS and passwords --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def guarded() -> Iterator[str]:
    """Give the URL of a server that asks for a password and for TLS, without both."""
    port = free_port()
    settings = {"listen_addresses": "127.0.0.1", "port": str(port)}
    with (
        tempfile.TemporaryDirectory() as folder,
        sandbox.server(settings=settings, walls=()) as server,
    ):
        assert server.folder is not None
        local = f"postgresql://postgres@/postgres?host={server.folder}&port={port}"
        make_certificate(Path(folder), server.folder / "data")
        (server.folder / "data" / "pg_hba.conf").write_text(
            "local all postgres trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n"
        )
        run(local, "alter system set ssl = on", "select pg_reload_conf()")
        run(local, f"create role app superuser login password '{PASSWORD}'")
        yield f"postgresql://app@127.0.0.1:{port}/postgres"


def make_certificate(folder: Path, data: Path) -> None:
    """Give a server a certificate of its own."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    files = {"-keyout": folder / "server.key", "-out": folder / "server.crt"}
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost"]
    command += [str(part) for pair in files.items() for part in pair]
    subprocess.run(command, check=True, capture_output=True)
    owner = data.stat()
    for file in files.values():
        file.chmod(0o600)
        os.chown(file, owner.st_uid, owner.st_gid)
        shutil.move(file, data / file.name)
        os.chown(data / file.name, owner.st_uid, owner.st_gid)


def with_password(url: str, password: str) -> str:
    """Give a URL with a password."""
    return url.replace("//app@", f"//app:{password}@")


def test_a_server_that_wants_tls_says_how_to_give_it(guarded: str) -> None:
    """Exit code 4, and the parameter to add."""
    url = with_password(guarded, QUOTED) + "?sslmode=disable"
    with pytest.raises(DatabaseError, match="no encryption") as caught:
        status([], Target(url))
    assert "sslmode=verify-full" in caught.value.hint
    assert "s3cr3t" not in shown(caught.value)


def test_a_certificate_that_nobody_vouches_for_is_refused(guarded: str) -> None:
    """verify-full means it."""
    url = with_password(guarded, QUOTED) + "?sslmode=verify-full&sslrootcert=system"
    with pytest.raises(MachineError, match="no connection") as caught:
        status([], Target(url))
    assert "certificate" in caught.value.hint


@pytest.mark.parametrize("password", ["", "wr0ng"])
def test_a_wrong_password_is_refused_and_not_shown(guarded: str, password: str) -> None:
    """Exit code 4, or 3 where none was given."""
    with pytest.raises((DatabaseError, MachineError)) as caught:
        status([], Target(with_password(guarded, password)))
    assert "Check the user and the password" in caught.value.hint
    assert "wr0ng" not in shown(caught.value)


def test_the_password_is_nowhere(guarded: str) -> None:
    """Not in what is said, nor in the ledger, nor in the list of processes."""
    url = with_password(guarded, QUOTED)
    said: list[str] = []
    script = f"select pg_sleep(0.1); do $$ begin raise exception '%', 'by {url}'; end $$;"
    with pytest.raises(DatabaseError) as caught:
        apply([Migration("1", Script("1.sql", script))], Target(url, notify=said.append))
    processes = subprocess.run(["ps", "-ef"], capture_output=True, text=True, check=True).stdout
    told = shown(caught.value) + "".join(said) + repr(history(Target(url))) + repr(Target(url))
    assert (
        caught.value.message
        == "by postgresql://app:***@127.0.0.1" + guarded[guarded.rindex(":") :] + " (P0001)"
    )
    for secret in (PASSWORD, QUOTED):
        assert secret not in told
        assert secret not in processes


def processes(word: str) -> str:
    """Give the command lines of what runs, as soon as one of them holds a word."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
        if word in listed.stdout:
            return listed.stdout
    pytest.fail(f"'{word}' never ran")


def test_the_programs_that_work_for_us_get_the_password_unseen(
    guarded: str, tmp_path: Path
) -> None:
    """pg_dump waits for a lock and psql sleeps while we look at the list of processes."""
    url = with_password(guarded, QUOTED)
    run(url, "create table held ()")
    with ThreadPoolExecutor() as other, psycopg.connect(url) as holder:
        holder.execute("lock table held")
        made = other.submit(backup, Target(url), tmp_path, 7)
        lines = processes("pg_dump --")
        holder.rollback()
        made.result()
    run(url, "drop table held")
    (tmp_path / "2.sql").write_text("\\set n 1\nselect pg_sleep(:n);\n")
    script = Script("2.sql", (tmp_path / "2.sql").read_text())
    target = Target(url, SessionOptions(psql=True), root=tmp_path)
    with ThreadPoolExecutor() as other:
        ran = other.submit(apply, [Migration("2", script)], target)
        lines += processes("psql -X")
        ran.result()
    assert PASSWORD not in lines
    assert QUOTED not in lines


@pytest.fixture
def locked_key(guarded: str, tmp_path: Path) -> str:
    """Give a URL whose user shows a certificate with a key that only ``sslpassword`` opens."""
    key, certificate = tmp_path / "c.key", tmp_path / "c.crt"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-days", "2", "-subj", "/CN=app"]
    command += ["-keyout", str(key), "-out", str(certificate), "-passout", f"pass:{KEY_PASSWORD}"]
    subprocess.run(command, check=True, capture_output=True)
    key.chmod(0o600)
    url = with_password(guarded, QUOTED) + "?" + f"sslcert={certificate}&sslkey={key}"
    return url + f"&sslpassword={KEY_PASSWORD}"


def test_the_password_of_a_key_is_handed_over_unseen(locked_key: str, tmp_path: Path) -> None:
    """pg_dump and psql open the key, and no command line, file or error has its password."""
    run(locked_key, "create table kept ()")
    with ThreadPoolExecutor() as other, psycopg.connect(locked_key) as holder:
        holder.execute("lock table kept")
        made = other.submit(backup, Target(locked_key), tmp_path / "kept", 7)
        lines = processes("pg_dump --")
        holder.rollback()
        made.result()
    run(locked_key, "drop table kept")
    (tmp_path / "3.sql").write_text("\\set n 1\nselect pg_sleep(:n);\nselect 1/0;\n")
    script = Script("3.sql", (tmp_path / "3.sql").read_text())
    target = Target(locked_key, SessionOptions(psql=True), root=tmp_path)
    with ThreadPoolExecutor() as other:
        ran = other.submit(apply, [Migration("3", script)], target)
        lines += processes("psql -X")
        with pytest.raises(DatabaseError, match="division by zero") as caught:
            ran.result()
    files = b"".join(p.read_bytes() for p in (tmp_path / "kept").rglob("*") if p.is_file())
    assert KEY_PASSWORD not in lines + shown(caught.value) + repr(history(target)) + repr(target)
    assert KEY_PASSWORD.encode() not in files


def test_a_secret_that_cannot_be_handed_over_is_refused(
    locked_key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service of the user's own would be lost: it is not, and its place is named."""
    monkeypatch.setenv("PGSERVICE", "mine")
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    (tmp_path / "services").write_text("[mine]\napplication_name=mine\n")
    with pytest.raises(MachineError, match="beside a service") as caught:
        backup(Target(locked_key), tmp_path / "kept", 7)
    assert "service file" in caught.value.hint
    assert KEY_PASSWORD not in shown(caught.value)


def test_importing_the_commands_is_cheap() -> None:
    """The driver is loaded when a database is asked, not before."""
    code = "import sys, migdocs.commands.apply; print('psycopg' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
