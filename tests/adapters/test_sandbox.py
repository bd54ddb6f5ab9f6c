"""A throw-away server is there when asked for, and leaves nothing however its user ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from migdocs.adapters import sandbox
from migdocs.adapters.sandbox import memory, programs, walled
from migdocs.core.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

USER_OF_A_SERVER = """
import time
from migdocs.adapters import sandbox
with sandbox.server() as server:
    print(server.folder, flush=True)
    time.sleep(60)
"""


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Tell whether a condition comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def is_alive(process: int) -> bool:
    """Tell whether a process exists and is more than a zombie."""
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return bool(state) and not state.startswith("Z")


def postmaster(folder: Path) -> int:
    """Give the process of the server that runs in a folder."""
    return int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])


@pytest.fixture
def project() -> Iterator[Path]:
    """Give a project's folder that every user may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_a_fresh_database_is_empty_and_reachable_by_its_url(database: str) -> None:
    """Every test starts from nothing."""
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "select count(*) from pg_class where relnamespace = 'public'::regnamespace"
        ).fetchone()
    assert rows == (0,)


def test_a_copy_has_what_its_template_has(postgres: sandbox.Server) -> None:
    """A prepared database is copied, not built again."""
    with psycopg.connect(postgres.create_database("prepared")) as connection:
        connection.execute("create table book (title text)")
    with psycopg.connect(postgres.create_database("a copy/1", "prepared")) as connection:
        assert connection.execute("select count(*) from book").fetchone() == (0,)
        assert connection.info.dbname == "a copy/1"


def test_the_server_listens_on_no_network_port(database: str) -> None:
    """Only the private folder's socket leads to it."""
    with psycopg.connect(database) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("",)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.usefixtures("postgres")
def test_a_killed_user_leaves_neither_process_nor_folder(end: signal.Signals) -> None:
    """The watchdog ends the server, also after a kill -9."""
    with subprocess.Popen(
        [sys.executable, "-c", USER_OF_A_SERVER],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as user:
        assert user.stdout is not None
        folder = Path(user.stdout.readline().strip())
        server = postmaster(folder)
        user.send_signal(end)
    assert wait_for(lambda: not folder.exists())
    assert wait_for(lambda: not is_alive(server))


def test_a_given_server_is_used_and_left_as_it_was(postgres: sandbox.Server) -> None:
    """Databases that were made on somebody else's server go again."""
    with sandbox.server(postgres.base) as given:
        given.create_database("guest")
    with psycopg.connect(postgres.base) as connection:
        found = connection.execute("select count(*) from pg_database where datname = 'guest'")
        assert found.fetchone() == (0,)


@pytest.mark.usefixtures("postgres")
def test_the_embedded_server_keeps_its_data_and_ends_with_its_last_user(project: Path) -> None:
    """Two programs share it; the data are there the next time."""
    with sandbox.embedded(project) as first:
        assert first.folder == project / "postgres"
        process = postmaster(first.folder)
        with sandbox.embedded(project) as second:
            assert second == first
            with psycopg.connect(second.url("postgres")) as connection:
                connection.execute("create table kept (id int)")
        assert is_alive(process)
    assert wait_for(lambda: not is_alive(process))
    with sandbox.embedded(project) as again, psycopg.connect(again.url("postgres")) as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (0,)


@pytest.mark.usefixtures("postgres")
def test_a_path_too_long_for_a_socket_is_no_hindrance(project: Path) -> None:
    """The kernel takes 107 bytes; a deep project still gets its server, and finds it again."""
    deep = project / ("deep" * 30)
    deep.mkdir()
    with sandbox.embedded(deep) as first, psycopg.connect(first.base) as connection:
        connection.execute("create table kept (id int)")
    with sandbox.embedded(deep) as again, psycopg.connect(again.base) as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (0,)
    assert again.folder is not None
    assert not again.folder.is_relative_to(project)
    shutil.rmtree(again.folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a folder that the server's user lacks")
def test_programs_in_a_closed_home_are_copied_to_where_they_run(tmp_path: Path) -> None:
    """A wheel below a 0700 home cannot be entered by the user that takes root's place."""
    home = tmp_path / "home"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "postgres").write_text("#!/bin/sh\necho reached\n")
    (home / "bin" / "postgres").chmod(0o755)
    home.chmod(0o700)
    with walled.kept(sandbox._new_folder(Path(tempfile.gettempdir()))) as keeper:
        folder = keeper.folder
        found = programs.usable(programs.Binaries(home / "bin", (17, 0), "wheel"), folder)
        assert found.folder == folder / "install" / "home" / "bin"
        assert programs.run([found.program("postgres")]).stdout == "reached\n"


def test_no_server_is_an_error_that_names_the_one_command() -> None:
    """A machine without PostgreSQL is told what brings one."""
    with pytest.raises(MachineError, match="no PostgreSQL 99 server") as caught:
        sandbox.find_binaries(99)
    assert "pip install 'migdocs[embedded]'" in caught.value.hint


@pytest.mark.usefixtures("postgres")
def test_a_server_that_does_not_start_says_why() -> None:
    """The end of the server's log is in the message."""
    with (
        pytest.raises(MachineError, match="no_such_setting"),
        sandbox.server(settings={"no_such_setting": "1"}),
    ):
        pass


@pytest.fixture
def shared_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder that is taken for the memory's, where 10,240 bytes are to be had."""
    (tmp_path / "meminfo").write_text("MemTotal:  99 kB\nMemAvailable:         10 kB\n")
    monkeypatch.setattr(memory, "SHARED_MEMORY", tmp_path)
    monkeypatch.setattr(memory, "MEMORY", tmp_path / "meminfo")
    monkeypatch.delenv("TMPDIR", raising=False)
    return tmp_path


def test_data_are_kept_in_memory_where_there_is_room(shared_memory: Path) -> None:
    """As much as the system says it can spare."""
    assert memory.place(10_240) == shared_memory
    assert memory.place(10_241) is None


def test_data_are_kept_where_somebody_says(
    shared_memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TMPDIR goes before memory."""
    monkeypatch.setenv("TMPDIR", str(shared_memory))
    assert memory.place(1) is None


def test_a_system_that_does_not_say_what_it_can_spare_spares_nothing(shared_memory: Path) -> None:
    """Other systems than Linux have no such file, or no such folder."""
    (shared_memory / "meminfo").write_text("MemTotal:  99 kB\n")
    assert memory.place(1) is None
    (shared_memory / "meminfo").unlink()
    assert memory.place(1) is None
