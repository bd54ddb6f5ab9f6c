"""A fleet's jobs are run for real, two databases broken on purpose, and its report names them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from migdocs.adapters import sandbox
    from scenarios.conftest import Workplace

# As many as show it; a run with 50 is in the how-to.
DATABASES = int(os.environ.get("MIGDOCS_FLEET", "8"))
PROGRAMS = Path(sys.executable).parent


def test_every_database_gets_its_job_and_the_report_says_how_it_went(
    sample: Workplace, postgres: sandbox.Server
) -> None:
    """Each job can be run again; who failed and who exported nothing is named, and exit is 1."""
    names = [f"shard-{number}" for number in range(DATABASES)]
    urls = {name: postgres.create_database(f"fleet_{name}_{os.getpid()}") for name in names}
    failing, silent = names[1], names[2]
    with psycopg.connect(urls[failing]) as connection:
        connection.execute("create schema other; create table other.users ()")  # no history
    environment = {f"URL_{name.rpartition('-')[2]}": url for name, url in urls.items()}
    environment["PATH"] = f"{PROGRAMS}:{os.environ['PATH']}"
    listed = "".join(
        f'[[databases]]\nname = "{name}"\nsecret = "URL_{name.rpartition("-")[2]}"\n'
        for name in names
    )
    sample.write("fleet.toml", f'to = "v1.1.0"\n{listed}')
    lines = sample.migdocs("apply", "--fleet", "fleet.toml", "--as", "parallel").out.splitlines()
    assert len(lines) == DATABASES

    def job(line: str) -> int:
        """Run one line as a shell does."""
        whole = {**os.environ, **environment}
        done = subprocess.run(["sh", "-c", line], cwd=sample.root, env=whole, capture_output=True)  # noqa: PLW1510
        return done.returncode

    with ThreadPoolExecutor(3) as pool:
        codes = dict(zip(names, pool.map(job, lines), strict=True))
        again = dict(zip(names, pool.map(job, lines), strict=True))
    assert codes == again == {name: 4 if name == failing else 0 for name in names}
    for name in names:
        if name != silent:
            export = ["history", "--export", f"fleet/{name}.jsonl"]
            assert sample.migdocs(*export, env={"DATABASE_URL": urls[name]}).code == 0
    told = sample.migdocs("status", "--fleet", "fleet.toml", "--json")
    assert told.code == 1
    outcomes = {one["name"]: one["outcome"] for one in json.loads(told.out)["databases"]}
    wrong = {failing: "pending", silent: "not known"}
    assert outcomes == {name: wrong.get(name, "up to date") for name in names}
    page = sample.migdocs("status", "--fleet", "fleet.toml", "--markdown").out
    assert f"| {silent} | not known: it exported no ledger |" in page
