"""What earlier versions wrote is read, and what they printed keeps its shape.

``tests/data/formats/VERSION`` holds files as that version wrote them on the sample project: a new
version adds a folder, none is ever changed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from migdocs.adapters import config
from migdocs.core.ledger import journal
from migdocs.core.proof import evidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scenarios.conftest import Workplace

FORMATS = Path(__file__).parents[1] / "data" / "formats"
VERSIONS = sorted(path.name for path in FORMATS.iterdir())
# What 'migdocs COMMAND' was asked for each document that is kept.
COMMANDS = {
    "list": ("list", "--json"),
    "check": ("check", "--format", "json"),
    "upgrade": ("upgrade", "v1.0.0", "v1.1.0", "--format", "json"),
    "changelog": ("changelog", "--json"),
    "decide": ("decide", "--json"),
    "release": ("release", "1.2.0", "--dry-run", "--json"),
    "verify": ("verify", "--all", "--json"),
}
ASKED_OF_A_DATABASE = {"status": ("status", "--json"), "history": ("history", "--json")}


@pytest.fixture(params=VERSIONS)
def written(request: pytest.FixtureRequest) -> Path:
    """Give the folder of what one earlier version wrote."""
    return FORMATS / str(request.param)


def shape(value: object, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield each place of a JSON document with the type of what is there: ``a[].b``, ``str``."""
    yield place, type(value).__name__
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from shape(inner, f"{place}.{name}".lstrip("."))
    elif isinstance(value, list):
        for inner in value:
            yield from shape(inner, f"{place}[]")


def lost(before: object, after: object) -> dict[str, set[str]]:
    """Give the places of an old document that a new one lacks, or fills with another type.

    Null says *not known* or *none* and may stand or go anywhere.
    """
    kinds: dict[str, set[str]] = {}
    for place, kind in shape(after):
        kinds.setdefault(place, set()).add(kind)
    return {
        place: kinds.get(place, set())
        for place, kind in shape(before)
        if place not in kinds
        or (kind not in kinds[place] | {"NoneType"} and kinds[place] != {"NoneType"})
    }


def test_a_lost_or_changed_place_is_seen() -> None:
    """The comparison itself can fail: a name that is gone, and a text that became a number."""
    old = {"a": [{"b": "x", "c": 1}], "d": None}
    assert lost(old, {"a": [{"b": "y", "c": 2, "more": 3}], "d": "now known"}) == {}
    assert lost(old, {"a": [{"b": 1, "c": 2}], "d": None}) == {"a[].b": {"int"}}
    assert set(lost(old, {"a": [{"c": 2}]})) == {"a[].b", "d"}


def test_its_settings_are_read(written: Path, tmp_path: Path) -> None:
    """A settings file that was right stays right, whatever it says."""
    shutil.copy(written / "migdocs.toml", tmp_path)
    read = config.load(tmp_path).settings
    assert read.stops == ("v1.1.0",)
    assert read.environments["production"].database.lock_timeout == 2
    assert read.environments["production"].database.patience == 60, "as the general table has it"


def test_its_evidence_is_read(written: Path) -> None:
    """What was proved then still counts for the same scripts."""
    found = evidence.read((written / "evidence.json").read_text(encoding="utf-8"), "evidence.json")
    assert {one.migration: one.verdict for one in found} == {
        "20240103_add_activity_log_smart_fields": "exact",
        "initial_schema": "exact",
    }
    assert found[0].locks == {"activity_logs": "ACCESS EXCLUSIVE"}


def test_its_exported_history_is_read(written: Path) -> None:
    """What ran where stays known."""
    lines = (written / "history.jsonl").read_text(encoding="utf-8")
    events = journal.read(lines, "history.jsonl")
    assert [(event.action, event.outcome) for event in events] == [
        ("apply", "succeeded"),
        ("apply", "succeeded"),
        ("rollback", "succeeded"),
        ("apply", "succeeded"),
    ]
    assert events[2].reason == "the demo shows the way"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_document_keeps_its_shape(written: Path, sample: Workplace, command: str) -> None:
    """Programs that read 'migdocs COMMAND --json' go on reading: names stay, and their types."""
    before = json.loads((written / "json" / f"{command}.json").read_text(encoding="utf-8"))
    told(written, sample)
    after = json.loads(sample.migdocs(*COMMANDS[command]).out)
    assert lost(before, after) == {}


def test_the_facts_keep_their_shape(written: Path, sample: Workplace) -> None:
    """``migrations.json`` is read by programs too."""
    before = json.loads((written / "migrations.json").read_text(encoding="utf-8"))
    told(written, sample)
    assert sample.migdocs("generate", "json").code == 0
    assert lost(before, json.loads(sample.read("migrations.json"))) == {}


def test_its_ledger_is_carried_on(written: Path, sample: Workplace, database: str) -> None:
    """A database that an earlier version migrated is gone on with: nothing runs twice."""
    env = {"DATABASE_URL": database}
    for name in ("initial_schema", "20240103_add_activity_log_smart_fields"):
        psql(database, sample.root / "migrations" / f"{name}.sql")
    psql(database, written / "ledger.sql")
    for command, arguments in ASKED_OF_A_DATABASE.items():
        before = json.loads((written / "json" / f"{command}.json").read_text(encoding="utf-8"))
        after = json.loads(sample.migdocs(*arguments, env=env).out)
        assert lost(before, after) == {}, command
    assert json.loads(sample.migdocs("status", "--json", env=env).out)["pending"] == []
    sample.write("migrations/20260401_add_note.sql", "CREATE TABLE notes (id int);\n")
    done = sample.migdocs("apply", env=env)
    assert done.code == 0, done.err
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "SELECT migration, action, outcome FROM migdocs_ledger ORDER BY id OFFSET 4"
        ).fetchall()
    assert rows == [("20260401_add_note", "apply", "succeeded")]


def told(written: Path, sample: Workplace) -> None:
    """Lay what a version wrote of servers and databases where it is read."""
    for name in ("evidence.json", "history.jsonl"):
        shutil.copy(written / name, sample.root / "migrations")


def psql(url: str, script: Path) -> None:
    """Run a script as somebody without migdocs would."""
    command = ["psql", "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--file", script, url]
    subprocess.run(command, check=True, capture_output=True)
