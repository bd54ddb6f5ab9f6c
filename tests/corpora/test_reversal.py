"""Real projects' rollbacks, read without a server, beside what a server was seen to restore."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from migdocs.adapters import files, layouts
from migdocs.core import reversals
from migdocs.core.changes import remembered
from migdocs.core.memory import Forgetful

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from migdocs.core.reversal import Reversal

PROJECTS = {
    "opentdf": "service/policy/db/migrations",
    "pocketid": "backend/resources/migrations/postgres",
    "graphnode": "store/postgres/migrations",
    "ftl": "backend/controller/sql/schema",
}
TAGS = {"ftl": "v0.410.2"}
# What a dump before and after showed → what reading may say of it, if it says anything.
AGREES = {
    "restored": {"restores", "nothing"},  # rows alone were changed, and nothing undoes that
    "restored-order-differs": {"restores"},
    "DIFF": {"leaves", "nothing"},
    "DOWNFAIL": {"leaves", "nothing"},  # it raises an exception of its own, and does nothing else
    "emptydown": {"nothing", None},
    "nodown": {None},
}
# Where reading is wrong, and why.
WRONG = {
    "20230101000000_create_schema": "both ways hold nothing",
    "2021-01-19-033749_add_chains": "another object depends on what the rollback drops",
}


def read(root: Path, folder: str) -> dict[str, Reversal]:
    """Read every rollback of a project."""
    paths = files.everything(root, folder)
    reading = layouts.read(paths, folder, lambda path: files.read(root, path))
    scripts = {m.id: m.forward for m in reading.migrations if m.forward and not m.unread}
    changes = remembered.read(Forgetful(), scripts.values())
    forward = {id_: changes[script] for id_, script in scripts.items()}
    return reversals.read_all(Forgetful(), reading.migrations, forward)


@pytest.mark.parametrize("project", PROJECTS)
def test_reading_agrees_with_what_was_observed(
    project: str,
    corpus: Callable[[str], Path],
    truth: Path,
    record_property: Callable[[str, object], None],
) -> None:
    """What is read to restore was seen to; four of five are known without a server."""
    root = corpus(project)
    if tag := TAGS.get(project):
        subprocess.run(["git", "-C", root, "checkout", "--quiet", tag], check=True)
    lines = (truth / f"{project}_roundtrip.jsonl").read_text().splitlines()
    observed = {id_: verdict for id_, verdict, *_ in map(json.loads, lines)}
    found = {id_: item for id_, item in read(root, PROJECTS[project]).items() if id_ in observed}
    counted: Counter[str] = Counter()
    for id_, item in found.items():
        if item.outcome == "unknown":
            counted["not known"] += 1
        elif id_ in WRONG:
            counted["wrong"] += 1
        else:
            assert item.outcome in AGREES[observed[id_]], (id_, observed[id_], str(item))
            counted["agrees"] += 1
    told = ", ".join(f"{count} {word}" for word, count in counted.items())
    sys.stdout.write(f"{project}: of {len(found)} rollbacks read, {told}\n")
    record_property("agreement", told)
    assert found.keys() == observed.keys()
    assert counted["agrees"] >= 0.8 * len(found)
